/** Where an image point lies on the screen: affine maps. */

import type { ViewState } from "./model.ts";

/** x' = a·x + c·y + e, y' = b·x + d·y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** What of a view says where the image lies. */
export type Stand = Pick<ViewState, "centre" | "zoom" | "rotation" | "flipH" | "flipV">;

/** The canvas: `width` and `height` in its own pixels, `ratio` of them a CSS pixel. */
export interface Screen {
  width: number;
  height: number;
  ratio: number;
}

const QUARTERS: readonly (readonly [number, number])[] = [[1, 0], [0, 1], [-1, 0], [0, -1]];

/** Give cosine and sine of degrees, exact for quarter turns. */
export function turn(degrees: number): readonly [number, number] {
  const positive = ((degrees % 360) + 360) % 360;
  if (positive % 90 === 0) return QUARTERS[positive / 90]!;
  const angle = (positive * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}

/** Give the map from image pixels to canvas pixels. `aspect` is a pixel's height over its width.
 *
 * Turned first, then mirrored (PS3.3 C.10.6). At quarter turns the image's corner lies on a canvas pixel's corner, so
 * that at 1:1 every image pixel is exactly one of the canvas.
 */
export function toCanvas(stand: Stand, aspect: number, screen: Screen): Matrix {
  const [cosine, sine] = turn(stand.rotation);
  const across = stand.zoom * screen.ratio;
  const down = across * aspect;
  const mirror = stand.flipH ? -1 : 1;
  const upside = stand.flipV ? -1 : 1;
  const [a, b] = [mirror * cosine * across, upside * sine * across];
  const [c, d] = [-mirror * sine * down, upside * cosine * down];
  const [x, y] = stand.centre;
  const e = screen.width / 2 - (a * x + c * y);
  const f = screen.height / 2 - (b * x + d * y);
  return isAligned([a, b, c, d, e, f]) ? [a, b, c, d, Math.round(e), Math.round(f)] : [a, b, c, d, e, f];
}

/** Say whether the image's axes lie along the screen's. */
export function isAligned([a, b, c, d]: Matrix): boolean {
  return (b === 0 && c === 0) || (a === 0 && d === 0);
}

/** Give the map back. */
export function inverse([a, b, c, d, e, f]: Matrix): Matrix {
  const area = a * d - b * c;
  const [ia, ib, ic, id] = [d / area + 0, -b / area + 0, -c / area + 0, a / area + 0];
  return [ia, ib, ic, id, -(ia * e + ic * f), -(ib * e + id * f)];
}

/** Give the image of a point. */
export function mapped([a, b, c, d, e, f]: Matrix, x: number, y: number): [number, number] {
  return [a * x + c * y + e, b * x + d * y + f];
}

/** An image's size in pixels, and a pixel's height over its width. */
export interface Shape {
  columns: number;
  rows: number;
  aspect: number;
}

/** Give the zoom (CSS pixels an image pixel's width) at which a turned image just fits. */
export function fitting({ columns, rows, aspect }: Shape, rotation: number, screen: Screen): number {
  const [cosine, sine] = turn(rotation).map(Math.abs) as [number, number];
  const high = rows * aspect;
  const wide = columns * cosine + high * sine;
  const tall = columns * sine + high * cosine;
  return Math.min(screen.width / wide, screen.height / tall) / screen.ratio;
}

/** What a picture is made of: where each pixel of the canvas lies in the image, and how much of it that is.
 *
 * `across` and `down` are image pixels a canvas pixel, along the image's rows and columns.
 */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly inverse: Matrix;
  readonly columns: number;
  readonly rows: number;
  readonly across: number;
  readonly down: number;
}

/** A picture's grid, and the maps from image pixels to canvas pixels and back. */
export interface Placement {
  grid: Grid;
  matrix: Matrix;
  back: Matrix;
}

/** Give where an image lies in a view. */
export function placementOf(stand: Stand, image: Shape, screen: Screen): Placement {
  const matrix = toCanvas(stand, image.aspect, screen);
  const back = inverse(matrix);
  const across = 1 / (stand.zoom * screen.ratio);
  const { width, height } = screen;
  const { columns, rows, aspect } = image;
  return { matrix, back, grid: { width, height, inverse: back, columns, rows, across, down: across / aspect } };
}

/** Gives the very same placement again as long as nothing moves: painters keep their cells by it. */
export class Placing {
  #of: readonly unknown[] = [];
  #placement: Placement | null = null;

  at(stand: Stand, image: Shape, screen: Screen): Placement {
    const { centre, zoom, rotation, flipH, flipV } = stand;
    const of = [...centre, zoom, rotation, flipH, flipV, ...Object.values(image), ...Object.values(screen)];
    if (!this.#placement || of.some((each, i) => each !== this.#of[i])) {
      this.#placement = placementOf(stand, image, screen);
      this.#of = of;
    }
    return this.#placement;
  }
}
