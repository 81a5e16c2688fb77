/**
 * The person's preferences: `const [preferences, update] = usePreferences()`.
 *
 * A change shows at once and is then saved with the version it was made on. When another window saved first (409), the
 * newer preferences are fetched and the change is made again upon them, so both hold.
 */
import { useSyncExternalStore } from "react";

import { call, Problem } from "../api/client.ts";
import { joined, NO_PREFERENCES, type Patch, patched } from "./merging.ts";
import type { Preferences } from "./model.ts";
import { onSessionState, sessionState } from "./session.ts";

export type { Patch } from "./merging.ts";

let saved: Preferences = NO_PREFERENCES;
let waiting: Patch = {};
let shown: Preferences = NO_PREFERENCES;
let owner = "";
let saving = false;
const listeners = new Set<() => void>();

function show(): void {
  shown = patched(saved, waiting);
  for (const listener of [...listeners]) listener();
}

/** Give the preferences as they stand now, outside React. */
export function currentPreferences(): Preferences {
  return shown;
}

/** Be called whenever they change; gives the function that ends this. */
export function onPreferences(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Change some of them; never throws: what cannot be saved now stays in force here and is sent with the next change. */
export function updatePreferences(patch: Patch): void {
  waiting = joined(waiting, patch);
  show();
  void save();
}

/** Give the preferences and how to change them. */
export function usePreferences(): [Preferences, (patch: Patch) => void] {
  return [useSyncExternalStore(onPreferences, currentPreferences), updatePreferences];
}

/** How often a change is made again upon newer preferences before it is given up for now. */
const TRIES = 3;

async function save(): Promise<void> {
  if (saving || owner === "") return;
  saving = true;
  try {
    for (let tries = 0; tries < TRIES && Object.keys(waiting).length > 0; tries += 1) await saveOnce();
  } catch {
    // It stays in `waiting`, and in force in this window.
  } finally {
    saving = false;
  }
}

async function saveOnce(): Promise<void> {
  const sent = waiting;
  const body = patched(saved, sent);
  try {
    const answer = await call<Partial<Preferences> | undefined>("PUT", "/api/preferences", { body });
    saved = { ...body, version: saved.version + 1, ...answer };
    waiting = waiting === sent ? {} : waiting;
  } catch (error) {
    if (!(error instanceof Problem && error.isConflict)) throw error;
    saved = await call<Preferences>("GET", "/api/preferences");
  }
  show();
}

/** Fetch the preferences of whoever has signed in; called at every change of the session. */
async function load(): Promise<void> {
  const { session } = sessionState();
  if (session === null || session.name === owner) return;
  owner = session.name;
  waiting = {};
  saved = await call<Preferences>("GET", "/api/preferences").catch(() => NO_PREFERENCES);
  show();
}

onSessionState(() => void load());
