/** One viewport: an image on a canvas with the annotation layer over it. No framework; React only hands it elements. */

import { AnnotationLayer } from "../annotate/index.ts";
import type { Annotation, LayerHost } from "../annotate/index.ts";
import { Viewport } from "../engine/index.ts";
import type { Frame, FrameStore, Quality, RenderModel, Subtrahend, ViewState } from "../engine/index.ts";
import { hangRight } from "./following.ts";
import { letters, mirrored } from "./overlaytext.ts";
import type { Letters } from "./overlaytext.ts";
import type { Sight } from "./linking.ts";
import { problemOf } from "./server.ts";
import type { Problem } from "./server.ts";
import type { Item, KeptView } from "./types.ts";
import { recommended, Subtrahends } from "./subtracting.ts";
import { kept, sameStand } from "./views.ts";

/** What is to be seen: one frame (from 1) of an image of a study. */
export interface Place {
  study: string;
  item: Item;
  frame: number;
}

/** What may be altered of a view, for those linked with it: the greys, where the image stands, how it is turned. */
export type Aspect = "greys" | "stand" | "turn" | "none";

/** What a pane needs of the room around it. */
export interface PaneHost {
  readonly store: FrameStore;
  readonly mode: "auto" | "gl" | "cpu";
  model(place: Place): Promise<RenderModel>;
  /** Another image takes the canvas now; `pane.seen` is still the old one. */
  leaving(pane: Pane): void;
  /** An image is on the canvas for the first time, fitted and as recorded: alter that where there is reason. */
  start(pane: Pane): void;
  /** Give how an image that fits is to stand in a cell so wide (CSS pixels), {} for as the engine fits it. */
  fitted(pane: Pane, width: number): Partial<ViewState>;
  /** The reader altered the view. */
  altered(pane: Pane, before: ViewState, aspect: Aspect): void;
  layer(pane: Pane): LayerHost;
  /** The spacing in use, a reader's own calibration first. */
  spacing(pane: Pane): RenderModel["spacing"] | null;
  /** The full quality is on the screen. */
  arrived(pane: Pane): void;
}

/** A viewport of the grid. */
export class Pane {
  readonly viewport: Viewport;
  readonly layer: AnnotationLayer;
  /** What is to be seen; `model` and `frame` are what is seen. */
  place: Place | null = null;
  seen: Place | null = null;
  model: RenderModel | null = null;
  frame: Frame | null = null;
  quality: Quality | "" = "";
  problem: Problem | null = null;
  /** What the tool in hand waits for, "" for nothing. */
  prompt = "";
  /** Whether a subtraction is wanted and nothing is to be subtracted from this frame. */
  unmasked = false;
  version = 0;
  /** The zoom by which the whole image is just seen. */
  rawZoom = 0;
  #fitted: { zoom: number; centre: [number, number] } | null = null;
  #abort: AbortController | null = null;
  #listeners = new Set<() => void>();
  #asked = false;
  #anew = false;
  /** Of which frame and mask it is what is subtracted now, "" for nothing. */
  #masked = "";
  readonly #subtrahends = new Subtrahends();
  readonly #canvas: HTMLCanvasElement;
  readonly #host: PaneHost;
  readonly #forget: () => void;

  constructor(canvas: HTMLCanvasElement, svg: SVGSVGElement, host: PaneHost) {
    this.#host = host;
    this.#canvas = canvas;
    this.viewport = new Viewport(canvas, { mode: host.mode });
    this.layer = new AnnotationLayer(svg, this.viewport, host.layer(this));
    this.#forget = this.viewport.on("change", () => {
      this.#followMask();
      this.tell();
    });
  }

  /** Hear of every change of the pane or its view, at most once a painting. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Tell that something changed. */
  tell(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.version += 1;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Show what the tool in hand waits for. */
  say(text: string): void {
    this.prompt = text;
    this.tell();
  }

  /** Whether something else is on its way than what is seen. */
  get loading(): boolean {
    return this.place !== null && this.problem === null && (!isSame(this.place, this.seen) || this.quality !== "full");
  }

  /** Whether the canvas shows what belongs to the cell: between images of one series the last one stays. */
  get standing(): boolean {
    return this.seen !== null && this.problem === null && this.place?.item.series === this.seen.item.series;
  }

  /** Bring an image onto the canvas; what was on its way before is given up. Never throws: a problem is shown. */
  async show(place: Place | null): Promise<void> {
    if (place && this.place && isSame(place, this.place) && !this.problem) return;
    this.#abort?.abort();
    const abort = new AbortController();
    Object.assign(this, { place, problem: null });
    this.#abort = abort;
    this.tell();
    if (!place || place.item.kind !== "image") return this.#clear();
    try {
      const model = await this.#host.model(place);
      abort.signal.throwIfAborted();
      await this.#load(place, model, abort.signal);
      if (!abort.signal.aborted) this.#host.arrived(this);
    } catch (error) {
      if (!abort.signal.aborted) this.#fail(error);
    }
  }

  /** Load a frame and show it; a run that is seen subtracted goes on to a frame only with what is subtracted from it. */
  async #load(place: Place, model: RenderModel, signal: AbortSignal): Promise<void> {
    const { subtraction } = this.viewport.view;
    const waits = subtraction !== null && !this.#anew && this.seen?.item.instance === place.item.instance;
    const receive = (frame: Frame, quality: Quality): void => {
      if (!signal.aborted) this.#receive(place, model, frame, quality);
    };
    const frame = await this.#host.store.load(model, place.frame, { signal, onFrame: waits ? () => undefined : receive });
    if (!waits) return;
    const { mask } = subtraction;
    const under = await this.#subtrahends.of(this.#host.store, model, { frame: place.frame, mask, signal });
    signal.throwIfAborted();
    this.#masked = maskKey(place, mask);
    receive(frame, "full");
    this.#showMask(under);
  }

  /** Load what is subtracted when the view comes to subtract it. */
  #followMask(): void {
    const { seen, model } = this;
    const { subtraction } = this.viewport.view;
    const key = seen && model && subtraction ? maskKey(seen, subtraction.mask) : "";
    if (key === this.#masked) return;
    this.#masked = key;
    if (!seen || !model || !subtraction || !this.#abort) return this.#showMask(null);
    const wanted = { frame: seen.frame, mask: subtraction.mask, signal: this.#abort.signal };
    const show = (under: Subtrahend | null): void => {
      if (this.#masked === key) this.#showMask(under);
    };
    this.#subtrahends.of(this.#host.store, model, wanted).then(show, () => undefined); // another image is on its way
  }

  #showMask(under: Subtrahend | null): void {
    this.unmasked = under === null && this.viewport.view.subtraction !== null;
    this.viewport.showMask(under);
    this.tell();
  }

  /** Show the same image anew: what could not be shown, or what is to be seen under another presentation state. */
  retry(): void {
    const { place } = this;
    this.place = null;
    this.#anew = true;
    void this.show(place);
  }

  #clear(): void {
    Object.assign(this, { seen: null, model: null, frame: null, quality: "", unmasked: false });
    this.layer.update();
    this.tell();
  }

  #fail(error: unknown): void {
    this.#clear();
    this.problem = problemOf(error);
  }

  #receive(place: Place, model: RenderModel, frame: Frame, quality: Quality): void {
    const fresh = this.#anew || this.seen?.item.instance !== place.item.instance;
    if (fresh && this.seen && !this.#anew) this.#host.leaving(this);
    this.#anew = false;
    Object.assign(this, { seen: place, model, frame, quality });
    this.viewport.show(model, frame, quality);
    if (fresh) {
      this.viewport.reset();
      this.fit();
      this.#host.start(this);
    }
    this.layer.update();
    this.tell();
  }

  /** Fit the image into the cell and remember where that is. */
  fit(): void {
    this.viewport.fit();
    this.rawZoom = this.viewport.view.zoom;
    const patch = this.#host.fitted(this, this.#canvas.clientWidth);
    if (Object.keys(patch).length) this.viewport.set(patch);
    const { zoom, centre } = this.viewport.view;
    this.#fitted = { zoom, centre: [centre[0], centre[1]] };
  }

  /** The size of the viewport in CSS pixels. */
  size(): { width: number; height: number } {
    return { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
  }

  /** Show the image as recorded, fitted, a mammogram as it hangs; overlays and shutters stay as the reader has them. */
  recorded(): void {
    const { overlays, shutters } = this.viewport.view;
    this.viewport.reset();
    this.viewport.set({ overlays, shutters, ...(this.model ? recommended(this.model) : {}) });
    this.fit();
    hangRight(this);
  }

  /** Whether the image stands as fitted, so that it is to fit again in another size. */
  get fits(): boolean {
    return this.#fitted !== null && sameStand(this.#fitted, this.viewport.view);
  }

  /** The cell has another size. */
  resize(): void {
    const fits = this.fits;
    this.viewport.resize();
    if (this.model && (fits || this.#fitted === null)) this.fit();
    this.layer.update();
    this.tell();
  }

  /** Alter the view at the reader's wish. */
  alter(patch: Partial<ViewState>, aspect: Aspect): void {
    if (!this.model) return;
    const before = this.snapshot();
    const refit = aspect === "turn" && this.fits;
    this.viewport.set(patch);
    if (refit) this.fit();
    this.#host.altered(this, before, aspect);
  }

  /** Give the view as it is, for undo. */
  snapshot(): ViewState {
    return structuredClone(this.viewport.view) as ViewState;
  }

  /** Give the view as it is kept in a draft, null without an image. */
  kept(): KeptView | null {
    const { seen, model, fits, viewport } = this;
    if (!seen || !model) return null;
    const { width, height } = this.size();
    const corners = [[0, 0], [width, 0], [0, height], [width, height]].map(([x, y]) => viewport.toImage(x!, y!));
    const [columns, rows] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const area: KeptView["area"] = [Math.min(...columns), Math.min(...rows), Math.max(...columns), Math.max(...rows)];
    return kept(viewport.plain, model, { instance: seen.item.instance, frame: seen.frame, fits, area });
  }

  /** Give what linking needs to know, null without an image. */
  sight(): Sight | null {
    if (!this.model || !this.#fitted) return null;
    const { centre, zoom } = this.viewport.view;
    const { columns, rows } = this.model;
    const mm = this.spacing()?.column ?? 0;
    return { centre, zoom, fit: this.#fitted.zoom, columns, rows, mm };
  }

  /** Give the spacing in use, a reader's own calibration first. */
  spacing(): RenderModel["spacing"] | null {
    return this.model && this.#host.spacing(this);
  }

  /** Where the image's axes point on the screen (CSS pixels). */
  axes(): { x: [number, number]; y: [number, number] } {
    const [x0, y0] = this.viewport.toScreen(0, 0);
    const [x1, y1] = this.viewport.toScreen(1, 0);
    const [x2, y2] = this.viewport.toScreen(0, 1);
    return { x: [x1 - x0, y1 - y0], y: [x2 - x0, y2 - y0] };
  }

  /** Give the letters at the edges of the screen and whether the image is mirrored. */
  lie(): { letters: Letters; mirrored: boolean } {
    const { x, y } = this.axes();
    return { letters: letters(this.model?.orientation ?? null, x, y), mirrored: mirrored(x, y) };
  }

  /** Give the values (after the Modality LUT) in a rectangle of the image, at most some 40,000 of them. */
  *values([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): Generator<number> {
    const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
    const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
    const step = Math.max(1, Math.sqrt(((right - left) * (bottom - top)) / 40_000));
    for (let y = Math.floor(top) + 0.5; y < bottom; y += step) {
      for (let x = Math.floor(left) + 0.5; x < right; x += step) {
        const found = this.viewport.valueAt(x, y);
        if (found) yield found.value;
      }
    }
  }

  /** Let go of everything. */
  dispose(): void {
    this.#abort?.abort();
    this.#forget();
    this.layer.dispose();
    this.viewport.dispose();
    this.#listeners.clear();
  }
}

/** Say whether two places are the same frame. */
export function isSame(one: Place | null, other: Place | null): boolean {
  return one?.item.instance === other?.item.instance && one?.frame === other?.frame;
}

function maskKey({ item, frame }: Place, mask: number | null): string {
  return `${item.instance} ${frame} ${mask ?? "file"}`;
}

/** Give the annotations of `next` that belong to the reader's draft: published ones are only looked at. */
export function ownOf(next: readonly Annotation[], published: ReadonlySet<string>): Annotation[] {
  return next.filter((each) => !published.has(each.id));
}
