/** Drafts on their way to the server: saved a second after the last change, never lost, never over another's. */

/** How the last change stands. */
export type Saving = "saved" | "waiting" | "saving" | "offline" | "expired" | "conflict" | "refused";

/** What came of an attempt to save. */
export type Sent =
  | { kind: "saved"; version: number }
  | { kind: "conflict" }
  | { kind: "expired" }
  | { kind: "offline" }
  | { kind: "refused"; detail: string };

/** The clock, so that tests need not wait. Milliseconds. */
export interface Timers {
  set(run: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

const PAUSE_MS = 1_000;
const RETRIES_MS = [2_000, 5_000, 10_000, 20_000, 30_000];

/** Keeps one study's draft on the server. `changed` only marks; what is sent is what `current` gives at that moment. */
export class DraftKeeper<T> {
  state: Saving = "saved";
  detail = "";
  version: number;
  #dirty = false;
  #failures = 0;
  #timer: unknown = null;
  #sending: Promise<void> | null = null;
  readonly #send: (version: number, draft: T) => Promise<Sent>;
  readonly #current: () => T;
  readonly #timers: Timers;
  readonly #told: () => void;

  constructor(
    version: number,
    ports: { send: (version: number, draft: T) => Promise<Sent>; current: () => T; timers: Timers; told: () => void },
  ) {
    this.version = version;
    this.#send = ports.send;
    this.#current = ports.current;
    this.#timers = ports.timers;
    this.#told = ports.told;
  }

  /** Whether anything is not on the server yet. */
  get unsaved(): boolean {
    return this.#dirty || this.#sending !== null;
  }

  /** Note a change; it goes out a second after the last one. While a conflict stands it only waits. */
  changed(): void {
    this.#dirty = true;
    if (this.state === "conflict") return;
    this.#failures = 0;
    this.#say("waiting");
    this.#later(PAUSE_MS);
  }

  /** Send what is unsaved at once; ends when it is on the server or could not be sent. */
  async flush(): Promise<void> {
    this.#stopTimer();
    if (this.#sending) await this.#sending;
    if (!this.#dirty || this.state === "conflict") return;
    this.#sending = this.#attempt();
    await this.#sending;
  }

  /** Go on after a conflict from the server's version; `changed`: there is something of ours to save upon it. */
  settle(version: number, changed: boolean): void {
    this.version = version;
    this.state = "saved";
    this.#dirty = false;
    this.#stopTimer();
    if (changed) this.changed();
    else this.#say("saved");
  }

  /** Say that what is unsaved waits until its reader has signed in again. */
  signedOut(): void {
    if (this.unsaved) this.#say("expired");
  }

  /** Send nothing more. */
  dispose(): void {
    this.#stopTimer();
  }

  async #attempt(): Promise<void> {
    this.#dirty = false;
    this.#say("saving");
    const sent = await this.#send(this.version, this.#current());
    this.#sending = null;
    if (sent.kind === "saved") this.#arrived(sent.version);
    else this.#failed(sent);
  }

  #arrived(version: number): void {
    this.version = version;
    this.#failures = 0;
    if (this.#dirty) this.#later(PAUSE_MS);
    this.#say(this.#dirty ? "waiting" : "saved");
  }

  #failed(sent: Exclude<Sent, { kind: "saved" }>): void {
    this.#dirty = true;
    if (sent.kind === "offline" || sent.kind === "expired") {
      this.#later(RETRIES_MS[Math.min(this.#failures, RETRIES_MS.length - 1)]!);
      this.#failures += 1;
    }
    this.#say(sent.kind, sent.kind === "refused" ? sent.detail : "");
  }

  #later(ms: number): void {
    this.#stopTimer();
    this.#timer = this.#timers.set(() => {
      this.#timer = null;
      void this.flush();
    }, ms);
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
  }

  #say(state: Saving, detail = ""): void {
    this.state = state;
    this.detail = detail;
    this.#told();
  }
}

/** Give both readers' lists as one: the same thing once, what differs under one id twice, ours under a new id. */
export function united<T extends { id: string }>(
  ours: readonly T[],
  theirs: readonly T[],
  freshId: () => string,
): T[] {
  const known = new Map(theirs.map((each) => [each.id, JSON.stringify(each)]));
  const added = ours.flatMap((each) => {
    const same = known.get(each.id);
    if (same === undefined) return [each];
    return same === JSON.stringify(each) ? [] : [{ ...each, id: freshId() }];
  });
  return [...theirs, ...added];
}
