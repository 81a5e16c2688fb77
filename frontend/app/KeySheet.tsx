/** The sheet of keys, opened by "?": what can be done here, by which key. */
import { useSyncExternalStore } from "react";

import { Dialog } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { keyCaps } from "./keys.ts";
import { type Described, useDescribedActions } from "./shortcuts.ts";

let isOpen = false;
const listeners = new Set<() => void>();

function setOpen(open: boolean): void {
  isOpen = open;
  for (const listener of [...listeners]) listener();
}

/** Show the sheet. */
export function openKeySheet(): void {
  setOpen(true);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Give the title of a scope; one that is not known keeps its own word. */
export function scopeTitle(scope: string): string {
  const titles: Readonly<Record<string, string>> = {
    app: t("Everywhere"),
    worklist: t("Worklist"),
    patient: t("Patient"),
    viewer: t("Viewer"),
    lists: t("In lists"),
  };
  return titles[scope] ?? scope;
}

/** A chord as caps of keys. */
export function Keys({ chord }: { readonly chord: string }) {
  return (
    <span className="keys">
      {keyCaps(chord).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}

/** Keys that a list answers by itself, and that cannot be changed. */
export function listKeys(): Described[] {
  const row = (id: string, label: string, ...keys: string[]): Described => ({
    id,
    label,
    keys,
    defaults: keys,
    scope: "lists",
    active: true,
  });
  return [
    row("lists.move", t("Move from row to row"), "ArrowUp", "ArrowDown"),
    row("lists.page", t("Move by a page, to the start, to the end"), "PageDown", "Home", "End"),
    row("lists.open", t("Open"), "Enter"),
    row("lists.select", t("Select, or select one more"), "Space", "Shift+ArrowDown"),
    row("lists.all", t("Select all"), "Ctrl+A"),
    row("lists.type", t("Jump to a name: type its first letters"), "A", "B", "C"),
  ];
}

/** Actions by scope, as a table of labels and keys. */
export function KeyTable({
  actions,
  level,
}: {
  readonly actions: readonly Described[];
  readonly level: 2 | 3;
}) {
  const Title = `h${level}` as const;
  const scopes = [...new Set(actions.map((one) => one.scope))];
  return (
    <div className="key-scopes">
      {scopes.map((scope) => (
        <section key={scope}>
          <Title>{scopeTitle(scope)}</Title>
          <dl className="key-list">
            {actions
              .filter((one) => one.scope === scope && one.keys.length > 0)
              .map((one) => (
                <div key={one.id}>
                  <dt>{one.label}</dt>
                  <dd>
                    {one.keys.map((chord) => (
                      <Keys key={chord} chord={chord} />
                    ))}
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

/** The dialog. */
export function KeySheet() {
  const open = useSyncExternalStore(subscribe, () => isOpen);
  const actions = useDescribedActions().filter((one) => one.active);
  return (
    <Dialog title={t("Keyboard")} isOpen={open} onClose={() => setOpen(false)} closeLabel={t("Close")} isWide>
      <KeyTable level={3} actions={[...actions, ...listKeys()]} />
    </Dialog>
  );
}
