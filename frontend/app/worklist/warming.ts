/** The first image of a study that a reader chose, asked for before the study is opened.
 *
 * The render model and the beginning of the frame are asked for, and nothing is kept here: the server has the frame
 * encoded then, and the browser its beginning, whose address is for ever. Its reader's lease is left alone: nobody reads
 * a study by resting on its row.
 *
 * Audit: what gives images of a study is a view of it, ahead of need or not, and stands in the trail. So this is only
 * done of a row that was chosen by key or by click, and when the panel shows the pictures of that study to the same
 * person already: the trail, which has a view once a minute, then says no more than what was seen. A row that a pointer
 * passes over, and a list without the panel, ask for nothing.
 */
import { useEffect } from "react";

import { call } from "../../api/client.ts";
import type { Item, StudyDisplay } from "../model.ts";

/** How long a row is rested on before, ms: arrows held down ask for nothing. */
const REST_MS = 300;
/** What the engine asks for first of a frame, so that the browser gives it out of its cache. */
const BEGINNING = "bytes=0-131071";
/** Of so many studies it is remembered that they were asked for. */
const REMEMBERED = 100;

/** What is asked of the server. */
export interface Asking {
  model(study: string, item: Item, signal: AbortSignal): Promise<{ pixels: { url: string } }>;
  frame(url: string, signal: AbortSignal): Promise<unknown>;
}

const SERVER: Asking = {
  model: (study, { series, instance }, signal) =>
    call("GET", "/api/studies/{study}/series/{series}/instances/{instance}/render-model", {
      path: { study, series, instance },
      query: { frame: 1 },
      signal,
    }),
  frame: async (url, signal) => {
    const answer = await fetch(url, { headers: { Range: BEGINNING }, priority: "low", credentials: "same-origin", signal });
    return answer.arrayBuffer();
  },
};

/** Give the image that hangs first, null for none. */
export function firstImage(display: StudyDisplay): Item | null {
  const items = display.series.flatMap((series) => series.instances);
  return items.find((item) => item.kind === "image" && !item.for_processing) ?? null;
}

/** Asks for one study at a time, each once. */
export class Warming {
  readonly #asking: Asking;
  readonly #done = new Set<string>();

  constructor(asking: Asking = SERVER) {
    this.#asking = asking;
  }

  /** Ask for the first image of a study. Never throws: whoever opens it is told what is wrong. */
  async warm(display: StudyDisplay, signal: AbortSignal): Promise<void> {
    const { study } = display.study;
    const item = firstImage(display);
    if (!item || this.#done.has(item.instance)) return;
    try {
      const model = await this.#asking.model(study, item, signal);
      await this.#asking.frame(model.pixels.url, signal);
      this.#remember(item.instance);
    } catch {
      return; // given up, or for the viewer to say
    }
  }

  #remember(instance: string): void {
    this.#done.add(instance);
    for (const oldest of [...this.#done].slice(0, -REMEMBERED)) this.#done.delete(oldest);
  }
}

const warming = new Warming();

/** Ask for the first image of a study that is rested on; given up as soon as it is another one, or null. */
export function useWarming(display: StudyDisplay | null): void {
  useEffect(() => {
    if (!display) return undefined;
    const gone = new AbortController();
    const timer = setTimeout(() => void warming.warm(display, gone.signal), REST_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [display]);
}
