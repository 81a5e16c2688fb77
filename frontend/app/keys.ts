/**
 * Keys as text: "Ctrl+K", "Shift+ArrowLeft", "Alt+R", "?", "1".
 *
 * One notation for defaults, for what a person remapped, and for the key sheet. Letters are written large; Shift is
 * named with letters and named keys only, since "?" already says which character was typed on whatever keyboard.
 */
import { t } from "../locale/index.ts";

/** What a chord is made of; a `KeyboardEvent` fits. */
export interface KeyPress {
  readonly key: string;
  /** Where the key lies, whatever it types: "Digit1" (UI Events KeyboardEvent code values). */
  readonly code?: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
  getModifierState?(name: string): boolean;
}

const MODIFIERS = ["Ctrl", "Alt", "Shift", "Meta"] as const;
const MODIFIER_KEYS = new Set(["Control", "Alt", "Shift", "Meta", "AltGraph", "CapsLock", "Dead", "Process"]);

/** Give the chord of a key press, "" for a modifier on its own. */
export function chordOf(press: KeyPress): string {
  if (MODIFIER_KEYS.has(press.key)) return "";
  const key = press.key === " " ? "Space" : press.key;
  const letter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  const named = key.length > 1;
  const typed = !letter && !named && (press.getModifierState?.("AltGraph") ?? false); // Windows calls AltGr Ctrl+Alt
  const held = [
    press.ctrlKey && !typed && "Ctrl",
    press.altKey && !typed && "Alt",
    press.shiftKey && (letter || named) && "Shift",
    press.metaKey && "Meta",
  ].filter((word) => word !== false);
  return [...held, letter ? key.toUpperCase() : key].join("+");
}

/**
 * Give the digit of a key in the row of digits that types something else, "" for every other key.
 *
 * On a French keyboard the digits need Shift: "&" lies where others have "1".
 */
export function digitOf(press: KeyPress): string {
  if (press.ctrlKey || press.altKey || press.shiftKey || press.metaKey) return "";
  return /^Digit(\d)$/.exec(press.code ?? "")?.[1] ?? "";
}

/** Give a chord in the one order and case that `chordOf` gives, so that text typed by a person compares equal. */
export function normalChord(text: string): string {
  const parts = splitChord(text);
  const key = parts.at(-1) ?? "";
  const held = MODIFIERS.filter((word) =>
    parts.slice(0, -1).some((part) => part.toLowerCase() === word.toLowerCase()),
  );
  return [...held, key.length === 1 ? key.toUpperCase() : key].join("+");
}

/** Give modifiers and key of a chord, the key last: "Ctrl++" is Ctrl with the plus key. */
export function splitChord(text: string): string[] {
  if (text === "" || text === "+") return text === "" ? [] : ["+"];
  return text.endsWith("++") ? [...text.slice(0, -2).split("+"), "+"] : text.split("+");
}

/** Say whether a chord types a character, and so belongs to a text field that has the focus. */
export function typesText(chord: string): boolean {
  const parts = splitChord(chord);
  const key = parts.at(-1) ?? "";
  const commands = parts.includes("Ctrl") || parts.includes("Alt") || parts.includes("Meta");
  return !commands && !/^(Escape|F\d{1,2})$/.test(key);
}

const SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "↵",
  Backspace: "⌫",
};

/** Give the words on the caps of keyboards that are sold where the language is spoken. */
function capWords(): Readonly<Record<string, string>> {
  return {
    Shift: t("Shift"),
    Space: t("Space"),
    Escape: t("Esc"),
    PageUp: t("PgUp"),
    PageDown: t("PgDn"),
    Home: t("Home"),
    End: t("End"),
    Delete: t("Del"),
  };
}

/** Give the words printed on the caps of a chord: ["Shift", "←"]. */
export function keyCaps(chord: string): string[] {
  const words = capWords();
  return splitChord(chord).map((part) => SIGNS[part] ?? words[part] ?? part);
}
