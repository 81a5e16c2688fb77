/** Preferences changed in two windows: each change is a patch, and patches of different things both hold. */
import type { Preferences } from "./model.ts";

/** A change: whole values for plain fields, single entries for the tables; an entry of `undefined` is taken out. */
export type Patch = {
  readonly [Name in Exclude<keyof Preferences, "version">]?: Preferences[Name] extends Readonly<
    Record<string, infer Value>
  >
    ? Readonly<Record<string, Value | undefined>>
    : Preferences[Name];
};

/** What is in force until the server has told the person's own. */
export const NO_PREFERENCES: Preferences = {
  version: 0,
  language: "",
  theme: "",
  shortcuts: {},
  mouse: {},
  columns: [],
  screens: {},
  hanging: {},
};

type Table = Readonly<Record<string, unknown>>;

/** Give the preferences with a patch applied. */
export function patched(preferences: Preferences, patch: Patch): Preferences {
  const next: Record<string, unknown> = { ...preferences };
  for (const [name, value] of Object.entries(patch)) {
    const old = next[name];
    next[name] = isTable(old) && isTable(value) ? withEntries(old, value) : value;
  }
  return next as unknown as Preferences;
}

/** Give two patches as one; the later has the last word. */
export function joined(first: Patch, then: Patch): Patch {
  const next: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(then)) {
    const old = next[name];
    next[name] = isTable(old) && isTable(value) ? { ...old, ...value } : value;
  }
  return next as Patch;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withEntries(old: Table, changes: Table): Table {
  return Object.fromEntries(
    Object.entries({ ...old, ...changes }).filter(([, value]) => value !== undefined),
  );
}
