/** Which pixels lie in a region, and their statistics. A pixel lies in it when its centre does. Pure. */

import { ellipseOf } from "./geometry.ts";
import type { Kind, Pixels, Point, RoiStatistics } from "./types.ts";

/** Kinds that enclose pixels. */
export const REGIONS: readonly Kind[] = ["rectangle", "ellipse", "freehand"];

/** Give the ranges of x in which a horizontal line lies inside, as pairs in rising order. */
type Cut = (y: number) => number[];

/** Give the statistics of a region's pixels, null when it holds none or is no region. */
export function roiStatistics(kind: Kind, points: readonly Point[], pixels: Pixels): RoiStatistics | null {
  const cut = cutOf(kind, points);
  if (!cut) return null;
  const sums = new Sums();
  const [top, bottom] = rowsOf(kind, points, pixels.rows);
  for (let row = top; row < bottom; row += 1) {
    const ends = cut(row + 0.5);
    for (let each = 0; each + 1 < ends.length; each += 2) {
      const last = Math.min(columnFrom(ends[each + 1]!), pixels.columns);
      for (let column = Math.max(columnFrom(ends[each]!), 0); column < last; column += 1) {
        sums.add(pixels.value(column, row));
      }
    }
  }
  return sums.result(pixels.unit);
}

/** Give the first column whose centre is at or right of x. */
function columnFrom(x: number): number {
  return Math.ceil(x - 0.5);
}

function cutOf(kind: Kind, points: readonly Point[]): Cut | null {
  if (kind === "rectangle" && points.length === 2) return polygonCut(corners(points[0]!, points[1]!));
  if (kind === "ellipse" && points.length === 4) return ellipseCut(points);
  if (kind === "freehand" && points.length >= 3) return polygonCut(points);
  return null;
}

/** Give the corners of an upright rectangle, around it. */
export function corners(one: Point, other: Point): Point[] {
  return [[one[0], one[1]], [other[0], one[1]], [other[0], other[1]], [one[0], other[1]]];
}

function rowsOf(kind: Kind, points: readonly Point[], rows: number): [number, number] {
  const ys = points.map((point) => point[1]);
  let [low, high] = [Math.min(...ys), Math.max(...ys)];
  if (kind === "ellipse") {
    const { centre, a, b } = ellipseOf(points);
    const reach = Math.hypot(a[1], b[1]);
    [low, high] = [centre[1] - reach, centre[1] + reach];
  }
  return [Math.max(Math.floor(low), 0), Math.min(Math.ceil(high), rows)];
}

/** By the even-odd rule; an edge belongs to the pixels right of and below it, so that regions side by side share none. */
function polygonCut(points: readonly Point[]): Cut {
  return (y) => {
    const crossings: number[] = [];
    points.forEach(([x0, y0], index) => {
      const [x1, y1] = points[(index + 1) % points.length]!;
      if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    });
    return crossings.sort((one, other) => one - other);
  };
}

/**
 * A point centre + s·a + t·b lies in an ellipse when s² + t² ≤ 1. On a horizontal line s and t are linear in x, so the
 * ends are the roots of a quadratic equation.
 */
function ellipseCut(points: readonly Point[]): Cut {
  const { centre, a, b } = ellipseOf(points);
  const whole = a[0] * b[1] - a[1] * b[0];
  if (whole === 0) return () => [];
  const [sx, tx] = [b[1] / whole, -a[1] / whole];
  const square = sx * sx + tx * tx;
  return (y) => {
    const [s0, t0] = [(-b[0] * (y - centre[1])) / whole, (a[0] * (y - centre[1])) / whole];
    const half = s0 * sx + t0 * tx;
    const under = half * half - square * (s0 * s0 + t0 * t0 - 1);
    if (!(under > 0)) return [];
    const root = Math.sqrt(under);
    return [centre[0] + (-half - root) / square, centre[0] + (-half + root) / square];
  };
}

/** Sums of values less the first one, so that large values of small spread keep their digits. */
class Sums {
  #count = 0;
  #first = 0;
  #sum = 0;
  #squares = 0;
  #min = Infinity;
  #max = -Infinity;

  add(value: number): void {
    if (Number.isNaN(value)) return;
    if (this.#count === 0) this.#first = value;
    const apart = value - this.#first;
    this.#count += 1;
    this.#sum += apart;
    this.#squares += apart * apart;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  result(unit: string): RoiStatistics | null {
    const count = this.#count;
    if (count === 0) return null;
    const mean = this.#sum / count;
    const variance = Math.max(this.#squares / count - mean * mean, 0);
    return { mean: this.#first + mean, sd: Math.sqrt(variance), min: this.#min, max: this.#max, count, unit };
  }
}

/** Give the value of the pixel under a point, NaN outside and in padding. */
export function valueUnder([x, y]: Point, pixels: Pixels): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= pixels.columns || row >= pixels.rows) return NaN;
  return pixels.value(column, row);
}

/** What of a render model turns stored values into measured ones (PS3.3 C.11.1). */
export interface Scale {
  modality: { slope: number; intercept: number; unit: string; lut: { first: number; data: string } | null };
  padding: readonly [number, number] | null;
}

/** Give the values of a decoded frame at full size after the Modality LUT; null for colour and smaller frames. */
export function framePixels(
  scale: Scale,
  frame: { columns: number; rows: number; level: number; data: ArrayLike<number> },
): Pixels | null {
  const { columns, rows, level, data } = frame;
  if (level !== 0 || data.length !== columns * rows) return null;
  const measured = measuredBy(scale);
  const [low, high] = scale.padding ?? [1, 0];
  return {
    columns,
    rows,
    unit: scale.modality.unit,
    value(column, row) {
      const stored = data[row * columns + column]!;
      return stored >= low && stored <= high ? NaN : measured(stored);
    },
  };
}

function measuredBy({ modality }: Scale): (stored: number) => number {
  const { slope, intercept, lut } = modality;
  if (!lut) return (stored) => stored * slope + intercept;
  const words = Uint8Array.from(atob(lut.data), (letter) => letter.charCodeAt(0));
  const last = words.length / 2 - 1;
  return (stored) => {
    const place = Math.min(Math.max(stored - lut.first, 0), last) * 2;
    return words[place]! | (words[place + 1]! << 8);
  };
}
