/** How images were looked at in a sitting: remembered while other images take the canvas, and kept in the draft. */

import type { RenderModel, ViewState } from "../engine/index.ts";
import { hangRight } from "./following.ts";
import type { Notes } from "./notes.ts";
import type { Pane, Place } from "./pane.ts";
import { applyState, seenAgain } from "./rehanging.ts";
import { recommended } from "./subtracting.ts";
import { restored } from "./views.ts";

const KEEP_MS = 400;

/** A view that was looked at in this sitting. */
interface Remembered {
  view: ViewState;
  fits: boolean;
  /** The presentation state that its greys are under, "" for none. */
  state: string;
}

type Shown = Pick<ViewState, "overlays" | "shutters">;

/** Views by image. `notesOf` gives a study's notes when they are at hand. */
export class Looks {
  readonly #notesOf: (study: string) => Notes | undefined;
  readonly #views = new Map<string, Remembered>();
  readonly #under = new WeakMap<RenderModel, string>();
  readonly #touched = new Set<Pane>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(notesOf: (study: string) => Notes | undefined) {
    this.#notesOf = notesOf;
  }

  /** Give the presentation state that an image is to be seen under: what is published of it, unless its reader has looked
   * at it in a way of their own. */
  stateOf({ study, item: { instance }, frame }: Place): string {
    const remembered = this.#views.get(instance);
    if (remembered) return remembered.state;
    const notes = this.#notesOf(study);
    return notes?.viewOf(instance, frame) ? "" : (notes?.stateOf(instance, frame)?.state ?? "");
  }

  /** Note which state a model is under. */
  isUnder(model: RenderModel, state: string): void {
    this.#under.set(model, state);
  }

  /** Show an image that has just come onto the canvas, fitted and as recorded, as it was looked at. */
  start(pane: Pane, shown: Shown): void {
    const { seen, model } = pane;
    if (!seen || !model || this.#touched.has(pane)) return;
    pane.viewport.set(shown);
    if (this.#under.get(model) !== this.stateOf(seen)) return pane.retry(); // notes came after the image
    const remembered = this.#views.get(seen.item.instance);
    if (remembered) return resume(pane, remembered, shown);
    const notes = this.#notesOf(seen.study);
    pane.viewport.set(recommended(model));
    const noted = notes?.viewOf(seen.item.instance, seen.frame);
    const published = notes?.stateOf(seen.item.instance, seen.frame);
    if (noted) pane.viewport.set(restored(noted, model));
    else if (published) applyState(pane, published.view);
    else hangRight(pane);
    if (noted?.zoom) seenAgain(pane, noted);
    else if (noted) pane.fit();
  }

  /** Note that a view was altered; it goes into the draft when the hand rests. */
  touch(pane: Pane): void {
    this.#touched.add(pane);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), KEEP_MS);
  }

  /** Put all that was altered into the drafts. */
  flush(): void {
    clearTimeout(this.#timer);
    for (const pane of this.#touched) this.#note(pane);
    this.#touched.clear();
  }

  #note(pane: Pane): void {
    this.keep(pane);
    const view = pane.kept();
    if (view && pane.seen) this.#notesOf(pane.seen.study)?.keepView(view);
  }

  /** Remember a view before another image takes the canvas. */
  keep(pane: Pane): void {
    const { seen, model, viewport } = pane;
    if (!seen || !model) return;
    const state = this.#under.get(model) ?? "";
    const view = { ...viewport.plain, subtraction: viewport.view.subtraction };
    this.#views.set(seen.item.instance, { view, fits: pane.fits, state });
  }

  /** Keep a view for the last time: its pane goes. */
  leave(pane: Pane): void {
    if (this.#touched.delete(pane)) this.#note(pane);
    else this.keep(pane);
  }

  /** Look at an image as if for the first time: how its reader had it is forgotten, here and in the draft. */
  anew(pane: Pane): void {
    const { seen } = pane;
    if (!seen) return;
    this.#touched.delete(pane);
    this.#views.delete(seen.item.instance);
    this.#notesOf(seen.study)?.forgetView(seen.item.instance);
    pane.retry();
  }
}

function resume(pane: Pane, { view, fits }: Remembered, shown: Shown): void {
  pane.viewport.set({ ...view, ...shown, subtraction: null });
  pane.viewport.set({ subtraction: view.subtraction }); // a difference gets its greys, and the frame keeps its own
  if (fits) pane.fit();
}
