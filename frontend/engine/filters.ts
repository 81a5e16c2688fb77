/** Unsharp masking and CLAHE on stored values, before any table, so that windows keep their meaning. */

import type { Plane } from "./model.ts";
import { alike } from "./pyramid.ts";
import type { Padding } from "./pyramid.ts";

/** What is to be done to a plane. `radius` is the blur's standard deviation in pixels of this very plane. */
export interface Filter {
  sharpen: { radius: number; amount: number } | null;
  clahe: { tiles: number; clip: number } | null;
  padding: Padding;
  /** The smallest and largest stored value there may be. */
  range: readonly [number, number];
}

const BINS = 1024;
const PASSES = 32;

/** Give a plane filtered: local contrast first, then sharpness. Padding stays what it is. */
export function filteredPlane(plane: Plane, filter: Filter): Plane {
  const equalised = filter.clahe ? clahe(plane, filter.clahe, filter.padding) : plane;
  return filter.sharpen ? unsharp(equalised, filter.sharpen, filter) : equalised;
}

/** Give value + amount × (value − blurred value), within the range. */
export function unsharp(
  plane: Plane,
  { radius, amount }: { radius: number; amount: number },
  { padding, range }: Pick<Filter, "padding" | "range">,
): Plane {
  const blurred = blur(plane, radius, padding);
  const data = alike(plane.data, plane.data.length);
  const [low, high] = range;
  const padded = padding ?? [1, 0];
  for (let i = 0; i < data.length; i += 1) {
    const value = plane.data[i]!;
    const isPadding = value >= padded[0] && value <= padded[1];
    const sharp = Math.round(value + amount * (value - blurred[i]!));
    data[i] = isPadding ? value : beside(Math.min(Math.max(sharp, low), high), padded, value);
  }
  return { ...plane, data };
}

/** An image's pixel never becomes padding: give the nearest value beside it, on the side where the pixel was. */
function beside(value: number, [low, high]: readonly [number, number], was: number): number {
  if (value < low || value > high) return value;
  return was < low ? low - 1 : high + 1;
}

/** Give the plane blurred by three running means, which come close to a Gaussian; padding has no part in it. */
function blur(plane: Plane, sigma: number, padding: Padding): Float32Array {
  const values = new Float32Array(plane.data.length);
  const shares = padding ? new Float32Array(plane.data.length) : null;
  const [low, high] = padding ?? [1, 0];
  for (let i = 0; i < values.length; i += 1) {
    const value = plane.data[i]!;
    const image = value < low || value > high;
    if (image) values[i] = value;
    if (shares && image) shares[i] = 1;
  }
  smooth(values, plane, sigma);
  if (!shares) return values;
  smooth(shares, plane, sigma);
  for (let i = 0; i < values.length; i += 1) values[i] = shares[i]! > 1e-3 ? values[i]! / shares[i]! : plane.data[i]!;
  return values;
}

function smooth(values: Float32Array, { columns, rows }: Plane, sigma: number): void {
  // three boxes of 2r + 1 have the variance of a Gaussian of sigma when 3 ((2r + 1)² − 1) / 12 = sigma²
  const reach = Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2);
  const across = { count: columns, step: 1, lines: rows, next: columns };
  const down = { count: rows, step: columns, lines: columns, next: 1 };
  for (const run of reach > 0 ? [across, down] : []) {
    const line = new Float64Array(run.count);
    for (let i = 0; i < run.lines; i += 1) {
      for (let pass = 0; pass < 3; pass += 1) running(values, i * run.next, run, { reach, line });
    }
  }
}

/** Put a running mean in the place of a line; beyond its ends the line goes on as it ended. */
function running(
  values: Float32Array, at: number, { count, step }: { count: number; step: number },
  { reach, line }: { reach: number; line: Float64Array },
): void {
  for (let i = 0; i < count; i += 1) line[i] = values[at + i * step]!;
  const end = count - 1;
  let sum = line[0]! * reach;
  for (let i = 0; i <= reach; i += 1) sum += line[Math.min(i, end)]!;
  const size = 2 * reach + 1;
  for (let i = 0; i < count; i += 1) {
    values[at + i * step] = sum / size;
    sum += line[Math.min(i + reach + 1, end)]! - line[Math.max(i - reach, 0)]!;
  }
}

/** Give the plane with its contrast evened out in tiles (contrast-limited adaptive histogram equalisation).
 *
 * Values are spread over the range that they had, so a window fits as before. `clip` is how many times the mean of a
 * histogram's bins a bin may hold: 1 changes nothing, more gives more contrast. Between tiles it is bilinear.
 */
export function clahe(plane: Plane, { tiles, clip }: { tiles: number; clip: number }, padding: Padding): Plane {
  const [low, high] = extent(plane, padding);
  if (!(high > low)) return plane;
  const across = Math.max(1, Math.min(Math.round(tiles), plane.columns));
  const down = Math.max(1, Math.min(Math.round(tiles), plane.rows));
  const scale = (BINS - 1) / (high - low);
  const tiling = { across, down, low, scale };
  const curves = Array.from({ length: across * down }, (_, i) => {
    const counts = histogram(plane, tiling, i, padding);
    limit(counts, clip);
    return cumulated(counts);
  });
  return equalised(plane, tiling, curves, padding);
}

interface Tiling {
  across: number;
  down: number;
  low: number;
  scale: number;
}

function extent({ data }: Plane, padding: Padding): [number, number] {
  const [first, last] = padding ?? [1, 0];
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i]!;
    if (value >= first && value <= last) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function histogram(plane: Plane, { across, down, low, scale }: Tiling, tile: number, padding: Padding): Float64Array {
  const counts = new Float64Array(BINS);
  const [first, last] = padding ?? [1, 0];
  const column = tile % across;
  const row = Math.floor(tile / across);
  const edge = (number: number, size: number, count: number): number => Math.floor((number * size) / count);
  const [left, right] = [edge(column, plane.columns, across), edge(column + 1, plane.columns, across)];
  const [top, bottom] = [edge(row, plane.rows, down), edge(row + 1, plane.rows, down)];
  for (let y = top; y < bottom; y += 1) {
    for (let i = y * plane.columns + left; i < y * plane.columns + right; i += 1) {
      const value = plane.data[i]!;
      if (value < first || value > last) counts[Math.round((value - low) * scale)]! += 1;
    }
  }
  return counts;
}

/** Take from each bin what is over the limit and spread it over those below, as often as that fills others. */
function limit(counts: Float64Array, clip: number): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const most = (Math.max(clip, 1) * total) / BINS;
  for (let pass = 0; pass < PASSES; pass += 1) {
    let excess = 0;
    let below = 0;
    for (let i = 0; i < BINS; i += 1) {
      excess += Math.max(counts[i]! - most, 0);
      counts[i] = Math.min(counts[i]!, most);
      if (counts[i]! < most) below += 1;
    }
    if (excess < 0.5 || !below) return;
    for (let i = 0; i < BINS; i += 1) if (counts[i]! < most) counts[i]! += excess / below;
  }
}

/** Give where each bin goes, 0 … 1: the share below it and half of itself. An empty tile changes nothing. */
function cumulated(counts: Float64Array): Float32Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  return Float32Array.from(counts, (count, i) => {
    const middle = below + count / 2;
    below += count;
    return total > 0 ? middle / total : (i + 0.5) / BINS;
  });
}

function equalised(plane: Plane, tiling: Tiling, curves: readonly Float32Array[], padding: Padding): Plane {
  const { across, down, low, scale } = tiling;
  const [first, last] = padding ?? [1, 0];
  const data = alike(plane.data, plane.data.length);
  const span = (BINS - 1) / scale;
  for (let y = 0, at = 0; y < plane.rows; y += 1) {
    const [upper, lower, shareDown] = between(((y + 0.5) * down) / plane.rows, down);
    for (let x = 0; x < plane.columns; x += 1, at += 1) {
      const value = plane.data[at]!;
      if (value >= first && value <= last) {
        data[at] = value;
        continue;
      }
      const [left, right, share] = between(((x + 0.5) * across) / plane.columns, across);
      const bin = Math.round((value - low) * scale);
      const above = curves[upper * across + left]![bin]! * (1 - share) + curves[upper * across + right]![bin]! * share;
      const below = curves[lower * across + left]![bin]! * (1 - share) + curves[lower * across + right]![bin]! * share;
      const even = Math.round(low + span * (above * (1 - shareDown) + below * shareDown));
      data[at] = beside(even, padding ?? [1, 0], value);
    }
  }
  return { ...plane, data };
}

/** Give the two tiles whose centres lie around a place (in tiles), and the share of the second. */
function between(place: number, tiles: number): [number, number, number] {
  const at = Math.min(Math.max(place - 0.5, 0), tiles - 1);
  const lower = Math.floor(at);
  return [lower, Math.min(lower + 1, tiles - 1), at - lower];
}
