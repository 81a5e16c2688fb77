/** A source whose levels are filtered when they are shown; until a level is ready, it is shown as it was. */

import type { Filter } from "./filters.ts";
import type { FilterAnswer, FilterTask } from "./filters.worker.ts";
import type { Plane, ViewState } from "./model.ts";
import type { Padding, Source } from "./pyramid.ts";

/** Filters one plane, beside the page. */
export type FilterPlane = (plane: Plane, filter: Filter) => Promise<Plane>;

/** How a source is filtered; the radius is in image pixels. */
export interface Wanted extends Pick<ViewState, "sharpen" | "clahe"> {
  range: readonly [number, number];
}

/** A filtered source; `ready` is called when there is something better to show. */
export class Processed implements Source {
  readonly finest: number;
  readonly shift: number;
  readonly padding: Padding;
  readonly #source: Source;
  readonly #wanted: Wanted;
  readonly #filter: FilterPlane;
  readonly #ready: () => void;
  readonly #levels = new Map<number, Plane | null>();

  constructor(source: Source, wanted: Wanted, filter: FilterPlane, ready: () => void) {
    this.finest = source.finest;
    this.shift = source.shift;
    this.padding = source.padding;
    this.#source = source;
    this.#wanted = wanted;
    this.#filter = filter;
    this.#ready = ready;
  }

  /** Whether the level asked for last is filtered already. */
  settled = false;

  level(k: number): Plane {
    const plane = this.#source.level(k);
    if (!this.#levels.has(k)) void this.#start(k, plane);
    const done = this.#levels.get(k);
    this.settled = Boolean(done);
    return done ?? plane;
  }

  async #start(k: number, plane: Plane): Promise<void> {
    this.#levels.set(k, null);
    const { sharpen, clahe, range } = this.#wanted;
    // what is finer than the pixels shown cannot be sharpened: a small picture is sharpened by its own pixels
    const radius = sharpen ? Math.max(sharpen.radius / 2 ** k, 1) : 0;
    const scaled = sharpen && { radius, amount: sharpen.amount };
    try {
      const done = await this.#filter(plane, { sharpen: scaled, clahe, padding: this.padding, range });
      this.#levels.set(k, done);
      this.#forget(k);
      this.#ready();
    } catch {
      // shown as it was: `settled` stays false, and the marks on the screen say so
    }
  }

  /** Keep two levels: zooming back and forth is then at once. */
  #forget(latest: number): void {
    for (const k of [...this.#levels.keys()].slice(0, -2)) if (k !== latest) this.#levels.delete(k);
  }
}

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, { resolve: (plane: Plane) => void; reject: (error: Error) => void }>();

/** Filter a plane in the one worker of the page. */
export const filterBeside: FilterPlane = (plane, filter) => {
  worker ??= started();
  const id = (last += 1);
  const task: FilterTask = { id, plane, filter };
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker!.postMessage(task);
  });
};

function started(): Worker {
  const made = new Worker(new URL("./filters.worker.ts", import.meta.url), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<FilterAnswer>) => {
    waiting.get(data.id)?.resolve(data.plane);
    waiting.delete(data.id);
  };
  made.onerror = () => {
    for (const { reject } of waiting.values()) reject(new Error("the filter failed"));
    waiting.clear();
    made.terminate();
    worker = null;
  };
  return made;
}
