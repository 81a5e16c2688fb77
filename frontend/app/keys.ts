/**
 * Keys as text: "Ctrl+K", "Shift+ArrowLeft", "Alt+R", "?", "1".
 *
 * One notation for defaults, for what a person remapped, and for the key sheet. Letters are written large; Shift is
 * named with letters and named keys only, since "?" already says which character was typed on whatever keyboard.
 */

/** What a chord is made of; a `KeyboardEvent` fits. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
}

const MODIFIERS = ["Ctrl", "Alt", "Shift", "Meta"] as const;
const MODIFIER_KEYS = new Set(["Control", "Alt", "Shift", "Meta", "AltGraph", "CapsLock", "Dead", "Process"]);

/** Give the chord of a key press, "" for a modifier on its own. */
export function chordOf(press: KeyPress): string {
  if (MODIFIER_KEYS.has(press.key)) return "";
  const key = press.key === " " ? "Space" : press.key;
  const letter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  const named = key.length > 1;
  const held = [
    press.ctrlKey && "Ctrl",
    press.altKey && "Alt",
    press.shiftKey && (letter || named) && "Shift",
    press.metaKey && "Meta",
  ].filter((word) => word !== false);
  return [...held, letter ? key.toUpperCase() : key].join("+");
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

const CAPS: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Escape: "Esc",
  Enter: "↵",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Backspace: "⌫",
};

/** Give the words printed on the caps of a chord: ["Shift", "←"]. */
export function keyCaps(chord: string): string[] {
  return splitChord(chord).map((part) => CAPS[part] ?? part);
}
