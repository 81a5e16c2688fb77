/** Who reads the study: the lease, its renewal, take-over, and the way to the next study. No framework. */

import { giveBack, lease, problemOf, rowOf, setStatus } from "./server.ts";
import type { Row } from "./types.ts";

/** How a study stands with its readers. `reader` is who else has it, "" for nobody. */
export interface Standing {
  row: Row;
  reader: string;
  /** Whether we have the lease. */
  mine: boolean;
  /** Who took it from us just now, "" for nobody. */
  takenBy: string;
}

const RENEW_MS = 4 * 60_000;
const STORED = "radiotheque.worklist";

/** Holds the lease of one study while it is open. */
export class Duty {
  standing: Standing;
  readonly #me: string;
  readonly #told: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #events: EventSource | null = null;

  constructor(row: Row, me: string, told: () => void) {
    this.standing = { row, reader: "", mine: false, takenBy: "" };
    this.#me = me;
    this.#told = told;
  }

  /** Take the lease where it is free, and watch what others do. */
  async begin(): Promise<void> {
    await this.take(false);
    this.#timer = setInterval(() => this.standing.mine && void this.take(false), RENEW_MS);
    if (typeof EventSource === "undefined") return;
    this.#events = new EventSource("/api/worklist/events");
    this.#events.addEventListener("status", (event) => void this.#heard(event));
    this.#events.addEventListener("reload", () => void this.#look()); // what was missed is told no more
  }

  /** Take the lease; `over`: from whoever has it. */
  async take(over: boolean): Promise<void> {
    try {
      await lease(this.standing.row.study, over);
      this.#say({ reader: "", mine: true, takenBy: "" });
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 409) this.#say({ reader: readerIn(error), mine: false });
    }
  }

  async #heard(event: MessageEvent): Promise<void> {
    if (studyIn(event.data) === this.standing.row.study) await this.#look();
  }

  async #look(): Promise<void> {
    const { study } = this.standing.row;
    const row = await rowOf(study).catch(() => null);
    if (!row) return;
    const other = row.reader && row.reader.name !== this.#me ? row.reader.name : "";
    const takenBy = this.standing.mine && other ? other : this.standing.takenBy;
    this.#say({ row, reader: other, mine: this.standing.mine && !other, takenBy });
  }

  /** Mark the study as read (or new again). Raises what the server refuses, 409 when it changed meanwhile. */
  async mark(status: Row["status"]): Promise<void> {
    const row = await setStatus(this.standing.row.study, this.standing.row.version, status);
    this.#say({ row });
  }

  /** Give the lease back. */
  end(): void {
    clearInterval(this.#timer);
    this.#events?.close();
    if (this.standing.mine) giveBack(this.standing.row.study);
    this.standing = { ...this.standing, mine: false };
  }

  #say(patch: Partial<Standing>): void {
    this.standing = { ...this.standing, ...patch };
    this.#told();
  }
}

function readerIn(error: unknown): string {
  const members = (error as { members?: Record<string, unknown> }).members ?? {};
  const { reader } = members;
  if (typeof reader === "string") return reader;
  return typeof reader === "object" && reader !== null ? String((reader as { name?: unknown }).name ?? "") : "";
}

function studyIn(data: unknown): string {
  try {
    const found = JSON.parse(String(data)) as { study?: unknown };
    return typeof found.study === "string" ? found.study : "";
  } catch {
    return "";
  }
}

/** Give the study before (-1) or after (1) one in the worklist that the reader came from, "" at its ends. */
export function neighbour(study: string, by: number, stored = storedList()): string {
  const at = stored.indexOf(study);
  return at < 0 ? "" : (stored[at + by] ?? "");
}

/** Give the studies of the worklist in its order. */
export function storedList(storage: Pick<Storage, "getItem"> = sessionStorage): string[] {
  try {
    const found = JSON.parse(storage.getItem(STORED) ?? "{}") as { ids?: unknown };
    return Array.isArray(found.ids) ? found.ids.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}
