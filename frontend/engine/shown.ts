/** What lies on the canvas: sources, table and masks of one image in one view, made again only when needed. */

import type { Grid } from "./affine.ts";
import { colourTable, greyTable, storedRange } from "./lut.ts";
import { overlayOf, shutterOf } from "./masks.ts";
import type { Frame, GreyModel, Plane, Quality, RenderModel, Subtrahend, ViewState, Window } from "./model.ts";
import { Processed, filterBeside } from "./processed.ts";
import type { FilterPlane } from "./processed.ts";
import { Pyramid, sourcesOf } from "./pyramid.ts";
import type { Source } from "./pyramid.ts";
import type { Scene } from "./scene.ts";
import { difference, differenceModel, differenceWindow } from "./subtract.ts";

/** Keep the last result of a making as long as what it was made of is the same. */
class Kept<T> {
  #of: readonly unknown[] = [];
  #value: T | undefined;

  get(of: readonly unknown[], make: () => T): T {
    const same = of.length === this.#of.length && of.every((each, i) => Object.is(each, this.#of[i]));
    if (!same || this.#value === undefined) {
      this.#of = of;
      this.#value = make();
    }
    return this.#value;
  }
}

/** An image, a frame of it, and whether that is all there is. */
export interface Image {
  model: RenderModel;
  frame: Frame;
  quality: Quality;
}

/** One image with its frame. */
export class Shown {
  readonly model: RenderModel;
  readonly frame: Frame;
  readonly quality: Quality;
  readonly #table = new Kept<Uint8Array>();
  readonly #filtered = new Kept<Source[]>();
  readonly #difference = new Kept<{ plane: Plane; sources: Source[]; model: GreyModel }>();
  readonly #filter: FilterPlane;
  readonly #ready: () => void;

  constructor(image: Image, ready: () => void, filter: FilterPlane = filterBeside) {
    this.model = image.model;
    this.frame = image.frame;
    this.quality = image.quality;
    this.#ready = ready;
    this.#filter = filter;
  }

  /** Give the picture of a view. `under` is what is subtracted, when there is anything. */
  scene(view: ViewState, grid: Grid, under: Subtrahend | null): Scene {
    const { model } = this;
    const subtracted = this.#subtracted(view, under);
    const channels = subtracted?.sources ?? sourcesOf(this.frame, model.padding);
    const greys = subtracted?.model ?? model;
    return {
      grid,
      channels: this.#processed(channels, view, greys),
      smooth: view.smooth === true,
      table: this.#greys(greys, view),
      overlay: view.overlays ? overlayOf(model) : null,
      shutter: view.shutters ? shutterOf(model) : null,
      shutterGrey: model.shutter?.grey ?? 0,
    };
  }

  /** Give the window that suits a difference, null when there is none to show. */
  differenceWindow(view: ViewState, under: Subtrahend | null): Window | null {
    const subtracted = this.#subtracted(view, under);
    return subtracted && differenceWindow(this.model, subtracted.plane);
  }

  /** Whether a view shows a difference and not the frame itself. */
  isSubtracted({ subtraction }: ViewState, under: Subtrahend | null): boolean {
    return subtraction !== null && under !== null && this.frame.level === 0 && this.model.kind === "grey";
  }

  #subtracted(view: ViewState, under: Subtrahend | null): { plane: Plane; sources: Source[]; model: GreyModel } | null {
    const { frame, model } = this;
    if (!view.subtraction || !under || !this.isSubtracted(view, under)) return null;
    const [rows, columns] = view.subtraction.shift;
    const shift = [under.shift[0] + rows, under.shift[1] + columns] as const;
    return this.#difference.get([under, ...shift], () => {
      const plane = difference(model, under.contrast ?? frame, under.mask, shift);
      const greys = differenceModel(model);
      return { plane, sources: [new Pyramid(plane, { padding: greys.padding })], model: greys };
    });
  }


  #processed(sources: readonly Source[], { sharpen, clahe }: ViewState, greys: GreyModel): readonly Source[] {
    if (!sharpen && !clahe) return sources;
    const range: readonly [number, number] = this.model.kind === "colour" ? [0, 255] : storedRange(greys);
    const of = [sources[0], sharpen?.radius, sharpen?.amount, clahe?.tiles, clahe?.clip];
    return this.#filtered.get(of, () =>
      sources.map((source) => new Processed(source, { sharpen, clahe, range }, this.#filter, this.#ready)),
    );
  }

  #greys(model: GreyModel, { voi, window, gamma, invert }: ViewState): Uint8Array {
    const bytes = model === this.model ? this.frame.data.BYTES_PER_ELEMENT : 2;
    const of = [model, voi, window?.centre, window?.width, window?.function, gamma, invert];
    return this.#table.get(of, () =>
      this.model.kind === "colour"
        ? colourTable({ gamma, invert })
        : greyTable(model, { voi, window, gamma, invert }, bytes === 1 ? 8 : 16),
    );
  }
}
