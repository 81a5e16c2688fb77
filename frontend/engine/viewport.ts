/** One canvas that shows an image: its view, its events, and the painter in use. */

import { Placing, fitting, mapped } from "./affine.ts";
import type { Placement, Screen } from "./affine.ts";
import { CpuPainter } from "./cpu.ts";
import { GlPainter } from "./gl.ts";
import { glDevice } from "./gldevice.ts";
import { valueOf } from "./lut.ts";
import { untouched } from "./model.ts";
import type { Frame, Quality, RenderModel, Subtrahend, ViewState } from "./model.ts";
import type { Painter } from "./scene.ts";
import { Shown } from "./shown.ts";

/** How pixels are made: "auto" takes the graphics processor when there is a real one. */
export interface ViewportOptions {
  mode: "auto" | "gl" | "cpu";
}

type Happening = "change" | "draw";

const NARROWEST = 1e-4;

/** Shows one image. The canvas has its size from the style sheet; call `resize` when that changes. */
export class Viewport {
  readonly #canvas: HTMLCanvasElement;
  readonly #target: CanvasRenderingContext2D;
  readonly #listeners = { change: new Set<() => void>(), draw: new Set<() => void>() };
  #painter!: Painter;
  #mode: "gl" | "cpu" = "cpu";
  #forgetLoss: () => void = () => undefined;
  #screen: Screen = { width: 0, height: 0, ratio: 1 };
  #shown: Shown | null = null;
  #under: Subtrahend | null = null;
  #view: ViewState = untouched([0, 0], 1);
  /** A difference and the frame itself have greys of their own: here are those of the one that is not seen. */
  #aside: Pick<ViewState, "window" | "voi"> | null = null;
  #isDifference = false;
  #fitted = true;
  readonly #placing = new Placing();
  #asked = 0;
  readonly #observer: ResizeObserver | null;
  #exact: { width: number; height: number } | null = null;

  constructor(canvas: HTMLCanvasElement, { mode }: ViewportOptions) {
    const target = canvas.getContext("2d", { alpha: false, willReadFrequently: mode === "cpu" });
    if (!target) throw new Error("the browser gives no canvas");
    this.#canvas = canvas;
    this.#target = target;
    this.#choose(mode);
    this.#observer = this.#observe();
    this.resize();
  }

  /** Learn how many pixels of the screen the canvas covers: with a ratio of 1.25 its own size does not say. */
  #observe(): ResizeObserver | null {
    if (typeof ResizeObserver === "undefined") return null;
    const observer = new ResizeObserver(([entry]) => {
      const size = entry?.devicePixelContentBoxSize?.[0];
      this.#exact = size ? { width: size.inlineSize, height: size.blockSize } : null;
      // a layout that really changed is for the page to tell by `resize`
      const { width, height } = this.#screen;
      if (size && Math.abs(size.inlineSize - width) < 2 && Math.abs(size.blockSize - height) < 2) this.#size();
    });
    try {
      observer.observe(this.#canvas, { box: "device-pixel-content-box" });
    } catch {
      return null; // a browser that does not count in its own pixels
    }
    return observer;
  }

  #choose(mode: ViewportOptions["mode"]): void {
    const device = mode === "cpu" ? null : glDevice(mode);
    this.#mode = device ? "gl" : "cpu";
    this.#painter = device ? new GlPainter(device) : new CpuPainter();
    if (device) this.#forgetLoss = device.onLost(() => this.#fallBack());
  }

  /** The graphics processor went away: go on without it. */
  #fallBack(): void {
    this.#forgetLoss();
    this.#choose("cpu");
    this.#ask();
  }

  /** Which painter draws. */
  get mode(): "gl" | "cpu" {
    return this.#mode;
  }

  /** How the image is seen; to be changed by `set` alone. */
  get view(): Readonly<ViewState> {
    return this.#view;
  }

  /** The image that is shown, null before the first. */
  get model(): RenderModel | null {
    return this.#shown?.model ?? null;
  }

  /** The view without a subtraction, in the greys of the frame itself. */
  get plain(): ViewState {
    return { ...this.#view, ...(this.#isDifference ? this.#aside : null), subtraction: null };
  }

  /** Whether what is seen is a difference, and not the frame itself. */
  get isDifference(): boolean {
    return this.#isDifference;
  }

  /** The frame that is shown, null before the first. */
  get frame(): Frame | null {
    return this.#shown?.frame ?? null;
  }

  /** Show a frame. Another image begins fitted and as recorded; another frame or quality of the same keeps its view. */
  show(model: RenderModel, frame: Frame, quality: Quality): void {
    const last = this.#shown;
    if (last && last.model === model && last.frame === frame && last.quality === quality) return;
    this.#shown = new Shown({ model, frame, quality }, () => this.#ask());
    if (last?.model.instance !== model.instance) {
      this.#under = null;
      this.reset();
      return;
    }
    this.#settleGreys();
    if (this.#fitted) this.fit();
    else this.#ask();
  }

  /** Show nothing: a black canvas. */
  clear(): void {
    this.#shown = null;
    this.#under = null;
    this.#ask();
  }

  /** Say what is subtracted from the frame that is shown while the view says so; null: nothing is, and it shows as it is. */
  showMask(under: Subtrahend | null): void {
    this.#under = under;
    this.#settleGreys();
    this.#changed();
  }

  /** Change the view. Senseless numbers are passed over. */
  set(patch: Partial<ViewState>): void {
    // greys that come with the beginning of a subtraction were those of a difference: it gets its own
    const { window, voi } = this.#view;
    const begins = patch.subtraction && !this.#view.subtraction;
    const next = { ...this.#view, ...patch, ...(begins ? { window, voi } : {}) };
    if (!sensible(next)) return;
    if (patch.centre || patch.zoom !== undefined) this.#fitted = false;
    this.#view = next;
    this.#settleGreys(patch);
    this.#changed();
  }

  /** Change over to the greys of the difference or of the frame itself when the other comes to be seen.
   *
   * A difference that is new gets a window that suits it; greys that are being set go before those of the frame.
   */
  #settleGreys(patch: Partial<ViewState> = {}): void {
    const isDifference = this.#shown?.isSubtracted(this.#view, this.#under) ?? false;
    if (isDifference !== this.#isDifference) {
      this.#isDifference = isDifference;
      const { window, voi } = this.#view;
      const suits = this.#shown?.differenceWindow(this.#view, this.#under);
      const greys = this.#aside ?? (suits ? { window: suits, voi } : null);
      this.#aside = { window, voi };
      if (greys && (isDifference || !("window" in patch || "voi" in patch))) this.#view = { ...this.#view, ...greys };
    }
    if (!this.#view.subtraction) this.#aside = null;
  }

  /** Make the whole image just visible; the size of the canvas may change then, and it still fits. */
  fit(): void {
    const { model } = this;
    if (!model) return;
    const { columns, rows } = model;
    const zoom = fitting({ columns, rows, aspect: aspectOf(model) }, this.#view.rotation, this.#screen);
    this.#view = { ...this.#view, zoom, centre: [columns / 2, rows / 2] };
    this.#fitted = true;
    this.#changed();
  }

  /** Show the image as recorded, fitted. */
  reset(): void {
    this.#view = untouched(this.#view.centre, this.#view.zoom);
    this.#aside = null;
    this.#isDifference = false;
    this.fit();
  }

  #place(): Placement {
    const { model } = this;
    const image = { columns: model?.columns ?? 1, rows: model?.rows ?? 1, aspect: model ? aspectOf(model) : 1 };
    return this.#placing.at(this.#view, image, this.#screen);
  }

  /** Give where an image point lies, in CSS pixels from the canvas's top left corner. */
  toScreen(x: number, y: number): [number, number] {
    const [canvasX, canvasY] = mapped(this.#place().matrix, x, y);
    return [canvasX / this.#screen.ratio, canvasY / this.#screen.ratio];
  }

  /** Give the image point that lies at CSS pixels from the canvas's top left corner. */
  toImage(x: number, y: number): [number, number] {
    return mapped(this.#place().back, x * this.#screen.ratio, y * this.#screen.ratio);
  }

  /** Give the stored value and the Modality LUT's output at an image point; null outside, for colour and previews. */
  valueAt(x: number, y: number): { stored: number; value: number } | null {
    const shown = this.#shown;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (!shown || shown.frame.level || shown.model.kind !== "grey") return null;
    const { columns, rows, data } = shown.frame;
    if (column < 0 || row < 0 || column >= columns || row >= rows) return null;
    const stored = data[row * columns + column]!;
    return { stored, value: valueOf(shown.model, stored) };
  }

  /** Give the canvas's pixels as they are on the screen, drawn now if need be. */
  readPixels(): ImageData {
    this.draw();
    return this.#target.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Hear of changes of the view, or of pictures drawn; gives a function that stops it. */
  on(event: Happening, listener: () => void): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  /** Take the canvas's size from the page. What fitted fits again. */
  resize(): void {
    if (!this.#size()) return;
    if (this.#fitted && this.model) this.fit();
  }

  /** Take the canvas's size; say whether it is another one. */
  #size(): boolean {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = globalThis.devicePixelRatio || 1;
    const width = sizeOf(clientWidth * ratio, this.#exact?.width);
    const height = sizeOf(clientHeight * ratio, this.#exact?.height);
    const last = this.#screen;
    if (width === last.width && height === last.height && ratio === last.ratio) return false;
    this.#screen = { width, height, ratio };
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#changed();
    return true;
  }

  #changed(): void {
    for (const listener of [...this.#listeners.change]) listener();
    this.#ask();
  }

  #ask(): void {
    this.#asked ||= requestAnimationFrame(() => this.draw(true));
  }

  /** Draw, unless what is on the canvas is right already. `due`: the browser asks for it. */
  draw(due = false): void {
    if (!this.#asked && !due) return;
    cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    if (this.#shown) this.#paint(this.#shown);
    else this.#target.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    for (const listener of [...this.#listeners.draw]) listener();
  }

  #paint(shown: Shown): void {
    const scene = shown.scene(this.#view, this.#place().grid, this.#under);
    try {
      this.#painter.paint(scene, this.#target);
    } catch (error) {
      if (this.#mode === "cpu") throw error;
      console.warn("drawing goes on without the graphics processor", error);
      this.#fallBack();
      this.#painter.paint(scene, this.#target);
    }
  }

  /** Let go of everything. */
  dispose(): void {
    cancelAnimationFrame(this.#asked);
    this.#observer?.disconnect();
    this.#forgetLoss();
    this.#painter.dispose();
    this.#shown = null;
    this.#under = null;
    for (const set of Object.values(this.#listeners)) set.clear();
  }
}

/** Give a length in pixels of the screen: the browser's own count, unless that is of an older layout. */
function sizeOf(reckoned: number, exact: number | undefined): number {
  return Math.max(exact !== undefined && Math.abs(exact - reckoned) < 1.5 ? exact : Math.round(reckoned), 1);
}

function aspectOf({ aspect }: RenderModel): number {
  return aspect > 0 && Number.isFinite(aspect) ? aspect : 1;
}

function sensible({ zoom, centre, rotation, gamma, window }: ViewState): boolean {
  const numbers = [zoom, ...centre, rotation, gamma, window?.centre ?? 0, window?.width ?? 1];
  return numbers.every(Number.isFinite) && zoom >= NARROWEST && gamma > 0;
}
