/**
 * The registry of actions: what can be done now, by which key.
 *
 * Parts of the application register their actions under a scope while they are on screen. The scope registered last
 * answers first, so a dialog's keys cover a page's, and a page's those of the application. Keys remapped by the user
 * replace an action's default keys. No DOM here but the event that is handed to `run`.
 */
import { normalChord } from "./keys.ts";

/** Something that a person can do by a key. */
export interface Action<Press = KeyboardEvent> {
  /** Stable name, "scope.verb" in small letters: it is what preferences store. */
  readonly id: string;
  /** What it does, translated. */
  readonly label: string;
  /** Default chords as `chordOf` writes them ("Ctrl+K", "?", "Shift+ArrowLeft"); empty for none. */
  readonly keys: readonly string[];
  run(event: Press): void;
  /** Whether it can run now; an action that cannot lets the key pass to the next scope. */
  enabled?(): boolean;
}

/** What the key sheet and the settings say of an action. */
export interface Described {
  readonly id: string;
  readonly label: string;
  readonly scope: string;
  /** Default chords. */
  readonly defaults: readonly string[];
  /** Chords in force, after remapping. */
  readonly keys: readonly string[];
  /** Whether it is registered now. */
  readonly active: boolean;
}

/** Chosen keys by action id: a chord, or "" for no key at all. */
export type Remap = Readonly<Record<string, string>>;

interface Entry<Press> {
  readonly scope: string;
  readonly actions: readonly Action<Press>[];
}

/** Actions by scope, and the key that reaches each. */
export class Registry<Press = KeyboardEvent> {
  private entries: Entry<Press>[] = [];
  private readonly known = new Map<string, { label: string; scope: string; defaults: readonly string[] }>();
  private remapped: Remap = {};
  private readonly listeners = new Set<() => void>();
  private counter = 0;

  /** Put actions in force until the function given back is called. */
  register(scope: string, actions: readonly Action<Press>[]): () => void {
    const entry = { scope, actions };
    this.entries.push(entry);
    this.describe(scope, actions);
    return () => {
      this.entries = this.entries.filter((one) => one !== entry);
      this.tell();
    };
  }

  /** Make actions known to the settings and the key sheet without putting them in force. */
  describe(scope: string, actions: readonly Pick<Action<Press>, "id" | "label" | "keys">[]): void {
    for (const { id, label, keys } of actions) this.known.set(id, { label, scope, defaults: keys });
    this.tell();
  }

  /** Take the user's own keys into force. */
  remap(keys: Remap): void {
    this.remapped = keys;
    this.tell();
  }

  /** Give the chords in force for an action. */
  keysOf(id: string, defaults: readonly string[]): readonly string[] {
    const own = this.remapped[id];
    if (own === undefined) return defaults.map(normalChord);
    return own === "" ? [] : [normalChord(own)];
  }

  /** Give the action that a chord reaches: of the scope registered last, that can run. */
  find(chord: string): Action<Press> | null {
    for (const { actions } of this.entries.toReversed()) {
      const hit = actions.find(
        (one) => this.keysOf(one.id, one.keys).includes(chord) && (one.enabled?.() ?? true),
      );
      if (hit) return hit;
    }
    return null;
  }

  /** Give all actions ever made known, those of one scope together, in the order of their registration. */
  all(): Described[] {
    const active = new Set(this.entries.flatMap((entry) => entry.actions.map((one) => one.id)));
    return [...this.known].map(([id, { label, scope, defaults }]) => ({
      id,
      label,
      scope,
      defaults,
      keys: this.keysOf(id, defaults),
      active: active.has(id),
    }));
  }

  /** Give the other action of the same scope, or of the application, that a chord already reaches. */
  clash(id: string, chord: string): Described | null {
    const scope = this.known.get(id)?.scope;
    const wanted = normalChord(chord);
    const rivals = this.all().filter(
      (one) => one.id !== id && (one.scope === scope || one.scope === "app" || scope === "app"),
    );
    return rivals.find((one) => one.keys.includes(wanted)) ?? null;
  }

  /** Call `listener` whenever actions or keys change, until the function given back is called. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A number that grows with every change. */
  get version(): number {
    return this.counter;
  }

  private tell(): void {
    this.counter += 1;
    for (const listener of this.listeners) listener();
  }
}
