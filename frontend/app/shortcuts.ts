/**
 * Shortcuts of the whole application: `useActions("worklist", [{ id, label, keys, run }])`.
 *
 * One listener on the window in the capture phase, so that an action is reached before a grid takes the letter for
 * its typeahead. Keys that type text stay with a text field that has the focus, and with open menus and lists.
 */
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

import { chordOf, digitOf, typesText } from "./keys.ts";
import { type Action, type Described, Registry, type Remap } from "./registry.ts";

export type { Action, Described, Remap } from "./registry.ts";

const registry = new Registry<KeyboardEvent>();

/** Put actions in force until the function given back is called; the scope registered last answers first. */
export function registerActions(scope: string, actions: readonly Action[]): () => void {
  return registry.register(scope, actions);
}

/** Make actions known to the settings page before their screen was ever opened. */
export function describeActions(
  scope: string,
  actions: readonly Pick<Action, "id" | "label" | "keys">[],
): void {
  registry.describe(scope, actions);
}

/** Put the user's own keys in force: action id → chord, "" for none. */
export function remapShortcuts(keys: Remap): void {
  registry.remap(keys);
}

/** Give another action that the chord would already reach, when `id` is to have it. */
export function clashOf(id: string, chord: string): Described | null {
  return registry.clash(id, chord);
}

/** Give the chords in force for an action, its defaults unless the user chose others. */
export function keysOf(id: string): readonly string[] {
  return registry.all().find((one) => one.id === id)?.keys ?? [];
}

/**
 * Keep actions in force while a component is on screen.
 *
 * `run` and `enabled` are always those of the last rendering; the registration is renewed only when ids, labels or
 * keys change.
 */
export function useActions(scope: string, actions: readonly Action[]): void {
  const run = useEffectEvent((id: string, event: KeyboardEvent) =>
    actions.find((one) => one.id === id)?.run(event),
  );
  const enabled = useEffectEvent((id: string) => actions.find((one) => one.id === id)?.enabled?.() ?? true);
  const shape = JSON.stringify(actions.map(({ id, label, keys }) => [id, label, keys]));
  useEffect(() => {
    const rows = JSON.parse(shape) as [string, string, string[]][];
    return registerActions(
      scope,
      rows.map(([id, label, keys]) => ({
        id,
        label,
        keys,
        run: (event: KeyboardEvent) => run(id, event),
        enabled: () => enabled(id),
      })),
    );
  }, [scope, shape]);
}

/** Give all known actions, and render again when they or their keys change. */
export function useDescribedActions(): Described[] {
  useSyncExternalStore(
    (listener) => registry.subscribe(listener),
    () => registry.version,
  );
  return registry.all();
}

const TEXT_INPUTS =
  "input:not([type=checkbox],[type=radio],[type=range],[type=button]),textarea,select,[contenteditable=true]";
const OVERLAYS = "[role=menu],[role=listbox],[role=dialog],[role=alertdialog]";

/** Say whether a key press belongs to what has the focus rather than to a shortcut. */
function belongsToFocus(target: EventTarget | null, chord: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest("[data-captures-keys]")) return true; // a field that records the key itself
  if (target.closest(TEXT_INPUTS)) return typesText(chord);
  return target.closest(OVERLAYS) !== null && typesText(chord);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const chord = chordOf(event);
  if (chord === "" || belongsToFocus(event.target, chord)) return;
  if (document.querySelector("[data-modal-open]") !== null) return; // work under a modal dialog stays as it is
  const action = registry.find(chord) ?? registry.find(digitOf(event));
  if (action === null) return;
  event.preventDefault();
  event.stopPropagation();
  action.run(event);
}

/** Begin to listen; called once at the start. Gives the function that ends it. */
export function listenForShortcuts(target: Window = window): () => void {
  target.addEventListener("keydown", onKeyDown, { capture: true });
  return () => target.removeEventListener("keydown", onKeyDown, { capture: true });
}
