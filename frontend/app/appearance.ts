/** Theme and language of this browser: what the person chose, else what this browser remembers, else what it asks for. */
import { useEffect, useSyncExternalStore } from "react";

import {
  type Language,
  LANGUAGES,
  language,
  onLanguage,
  preferredLanguage,
  setLanguage,
} from "../locale/index.ts";
import { usePreferences } from "./preferences.ts";

/** "dark" for reading, "light" for the office. */
export type Theme = "dark" | "light";

const THEME = "radiotheque.theme";
const LANGUAGE = "radiotheque.language";

function remembered(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // a browser that keeps nothing
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is asked again next time.
  }
}

function asLanguage(text: string): Language | null {
  return LANGUAGES.find((one) => one === text) ?? null;
}

function asTheme(text: string): Theme | null {
  return text === "dark" || text === "light" ? text : null;
}

/** Give the theme in force. */
export function currentTheme(): Theme {
  return asTheme(document.documentElement.dataset["theme"] ?? "") ?? "dark";
}

/** Put a theme in force and remember it in this browser. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  remember(THEME, theme);
}

/** Put a language in force and remember it in this browser. */
export async function applyLanguage(next: Language): Promise<void> {
  remember(LANGUAGE, next);
  if (next !== language()) await setLanguage(next);
}

/** Put in force what this browser remembers or asks for, before anybody has signed in. */
export async function applyRemembered(): Promise<void> {
  applyTheme(asTheme(remembered(THEME)) ?? "dark");
  await setLanguage(asLanguage(remembered(LANGUAGE)) ?? preferredLanguage(navigator.languages));
}

/** Give the language of the screens, rendering again when it changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(onLanguage, language);
}

/** Keep theme and language as the signed-in person prefers them; without a preference, as they are in this browser. */
export function useAppearance(): void {
  const [preferences] = usePreferences();
  const theme = asTheme(preferences.theme);
  const wanted = asLanguage(preferences.language);
  useEffect(() => {
    if (theme !== null) applyTheme(theme);
  }, [theme]);
  useEffect(() => {
    if (wanted !== null) void applyLanguage(wanted);
  }, [wanted]);
}
