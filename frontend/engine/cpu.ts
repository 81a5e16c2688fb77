/** The painter for computers without a graphics processor: two passes over typed arrays.
 *
 * The first finds each pixel's cell and is kept while the picture stands still; the second turns cells into greys, so
 * that moving a window costs one look-up a pixel.
 */

import type { Grid } from "./affine.ts";
import type { Source } from "./pyramid.ts";
import { resample } from "./resample.ts";
import type { Cells } from "./resample.ts";
import { OUTSIDE, sameSampling, samplingOf } from "./sampling.ts";
import type { Sampling } from "./sampling.ts";
import type { Painter, Scene } from "./scene.ts";

const OPAQUE = 0xff000000;

/** The cells of one source, as long as neither the source's level nor the grid changes. */
class Layer {
  #cells: Cells = new Int32Array(0);
  #grid: Grid | null = null;
  #sampling: Sampling | null = null;

  cells(source: Source, grid: Grid, smooth: boolean): Cells {
    const sampling = samplingOf(source, grid, smooth);
    if (this.#grid === grid && sameSampling(this.#sampling, sampling)) return this.#cells;
    if (this.#cells.length !== grid.width * grid.height) this.#cells = new Int32Array(grid.width * grid.height);
    resample(sampling, grid, source.padding, this.#cells);
    this.#grid = grid;
    this.#sampling = sampling;
    return this.#cells;
  }
}

/** Draws with the processor alone. */
export class CpuPainter implements Painter {
  readonly #channels = [new Layer(), new Layer(), new Layer()];
  readonly #overlay = new Layer();
  readonly #shutter = new Layer();
  readonly #colours = new Uint32Array(OUTSIDE + 1);
  #table: Uint8Array | null = null;
  #image: ImageData | null = null;

  paint(scene: Scene, target: CanvasRenderingContext2D): void {
    target.putImageData(this.render(scene), 0, 0);
  }

  /** Give the picture's pixels; they are the painter's own until the next call. */
  render(scene: Scene): ImageData {
    const { width, height } = scene.grid;
    if (this.#image?.width !== width || this.#image.height !== height) this.#image = new ImageData(width, height);
    this.draw(scene, new Uint32Array(this.#image.data.buffer));
    return this.#image;
  }

  /** Write the picture's pixels as RGBA, little endian, into `out`. */
  draw(scene: Scene, out: Uint32Array): void {
    const [red, green, blue] = scene.channels.map((source, i) =>
      this.#channels[i]!.cells(source, scene.grid, scene.smooth),
    );
    this.#colour(scene.table);
    if (green && blue) merged([red!, green, blue], this.#colours, out);
    else greys(red!, this.#colours, out);
    if (scene.overlay) cover(this.#overlay.cells(scene.overlay, scene.grid, false), 255, out);
    if (scene.shutter) cover(this.#shutter.cells(scene.shutter, scene.grid, false), scene.shutterGrey, out);
  }

  #colour(table: Uint8Array): void {
    if (this.#table === table) return;
    this.#table = table;
    const colours = this.#colours;
    for (let i = 0; i < table.length; i += 1) colours[i] = OPAQUE + table[i]! * 0x10101;
    colours.fill(OPAQUE, table.length);
  }

  dispose(): void {
    this.#image = null;
  }
}

function greys(cells: Cells, colours: Uint32Array, out: Uint32Array): void {
  for (let i = 0; i < out.length; i += 1) out[i] = colours[cells[i]!]!;
}

function merged([red, green, blue]: readonly [Cells, Cells, Cells], colours: Uint32Array, out: Uint32Array): void {
  for (let i = 0; i < out.length; i += 1) {
    const r = colours[red[i]!]! & 0xff;
    const g = colours[green[i]!]! & 0xff00;
    const b = colours[blue[i]!]! & 0xff0000;
    out[i] = OPAQUE + (r | g | b);
  }
}

/** Lay a grey over the picture: a pixel takes its share of both. */
function cover(shares: Cells, grey: number, out: Uint32Array): void {
  for (let i = 0; i < out.length; i += 1) {
    const share = shares[i]!;
    if (share === 0 || share === OUTSIDE) continue;
    const pixel = out[i]!;
    const r = mixed(pixel & 0xff, grey, share);
    const g = mixed((pixel >> 8) & 0xff, grey, share);
    const b = mixed((pixel >> 16) & 0xff, grey, share);
    out[i] = OPAQUE + (r | (g << 8) | (b << 16));
  }
}

function mixed(below: number, above: number, share: number): number {
  return Math.floor((below * (255 - share) + above * share) / 255 + 0.5);
}
