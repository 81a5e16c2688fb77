/** The names of languages, each in its own words, since whoever looks for theirs may not read another. */
import type { Language } from "../locale/index.ts";

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", fr: "Français" };
