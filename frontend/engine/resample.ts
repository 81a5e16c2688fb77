/** The picture's cells on the processor: each canvas pixel an average of a pyramid level. The rule is `glsl.ts`'s. */

import { isAligned } from "./affine.ts";
import type { Grid } from "./affine.ts";
import type { Plane } from "./model.ts";
import type { Padding } from "./pyramid.ts";
import { OUTSIDE, WIDEST, weight } from "./sampling.ts";
import type { Sampling } from "./sampling.ts";

/** Taps of a picture that is smaller than its level: loops of so many are written out, which halves their time. */
const USUAL = 5;

/** Cells of a picture, each a table index (a stored value's cell read as unsigned) or `OUTSIDE`. */
export type Cells = Int32Array;

const padded = new WeakMap<Plane, boolean>();

/** Say whether a plane holds padding at all: many that name a value for it do not. Looked through once. */
function hasPadding(plane: Plane, [low, high]: readonly [number, number]): boolean {
  const known = padded.get(plane);
  if (known !== undefined) return known;
  const { data } = plane;
  let i = 0;
  while (i < data.length && (data[i]! < low || data[i]! > high)) i += 1;
  padded.set(plane, i < data.length);
  return i < data.length;
}

/** Fill `out` (width × height of the grid) with cells. */
export function resample(sampling: Sampling, grid: Grid, named: Padding, out: Cells): void {
  const padding = named && hasPadding(sampling.plane, named) ? named : null;
  if (isAligned(grid.inverse)) aligned(sampling, grid, padding, out);
  else free(sampling, grid, padding, out);
}

/** Give the bits of a cell. */
export function maskOf(plane: Plane): number {
  return plane.data.BYTES_PER_ELEMENT === 1 ? 0xff : 0xffff;
}

/** Along one axis: for each place the first level pixel, -1 outside, and the weights of it and its neighbours. */
interface Axis {
  length: number;
  taps: number;
  starts: Int32Array;
  weights: Float32Array;
  /** The places inside are `from` … `to` - 1. */
  from: number;
  to: number;
}

/** The full size in image pixels, the level's, and the level's scale along an axis. */
interface Extent {
  size: number;
  cells: number;
  scale: number;
  shift: number;
  reach: number;
}

function axisOf(length: number, step: number, origin: number, extent: Extent): Axis {
  const { size, cells, scale, shift, reach } = extent;
  const taps = reach ? Math.min(reach > 1 ? Math.max(Math.ceil(2 * reach), USUAL) : 2, cells) : 1;
  const starts = new Int32Array(length).fill(-1);
  const axis: Axis = { length, taps, starts, weights: new Float32Array(length * taps), from: length, to: 0 };
  for (let i = 0; i < length; i += 1) {
    const place = step * (i + 0.5) + origin;
    if (place < 0 || place >= size) continue;
    axis.from = Math.min(axis.from, i);
    axis.to = i + 1;
    weigh(axis, i, { at: (place - shift) / scale, reach, cells });
  }
  axis.from = Math.min(axis.from, axis.to);
  return axis;
}

function weigh(axis: Axis, i: number, { at, reach, cells }: { at: number; reach: number; cells: number }): void {
  const { taps, weights } = axis;
  const first = reach ? Math.ceil(at - reach - 0.5) : Math.floor(at);
  const start = Math.min(Math.max(first, 0), cells - taps);
  axis.starts[i] = start;
  let sum = 0;
  for (let tap = 0; reach && tap < taps; tap += 1) {
    const share = weight(start + tap + 0.5 - at, reach);
    weights[i * taps + tap] = share;
    sum += share;
  }
  for (let tap = 0; tap < taps; tap += 1) weights[i * taps + tap] = sum > 0 ? weights[i * taps + tap]! / sum : 1 / taps;
}

function aligned(sampling: Sampling, grid: Grid, padding: Padding, out: Cells): void {
  const [ia, ib, ic, id, ie, jf] = grid.inverse;
  const turned = ic !== 0;
  const { plane, scale, shift } = sampling;
  const across = { size: grid.columns, cells: plane.columns, scale, shift, reach: sampling.reachAcross };
  const down = { size: grid.rows, cells: plane.rows, scale, shift, reach: sampling.reachDown };
  const x = turned ? axisOf(grid.height, ic, ie, across) : axisOf(grid.width, ia, ie, across);
  const y = turned ? axisOf(grid.width, ib, jf, down) : axisOf(grid.height, id, jf, down);
  const cells = turned ? new Int32Array(out.length) : out;
  if (x.taps === 1 && y.taps === 1) nearest(plane, x, y, cells);
  else filtered(plane, x, y, padding, cells);
  if (turned) transposed(cells, grid, out);
}

function nearest(plane: Plane, x: Axis, y: Axis, out: Cells): void {
  const { data, columns } = plane;
  const mask = maskOf(plane);
  const { starts } = x;
  for (let j = 0, at = 0; j < y.length; j += 1, at += x.length) {
    const row = y.starts[j]! * columns;
    if (row < 0) {
      out.fill(OUTSIDE, at, at + x.length);
      continue;
    }
    out.fill(OUTSIDE, at, at + x.from);
    for (let i = x.from; i < x.to; i += 1) out[at + i] = data[row + starts[i]!]! & mask;
    out.fill(OUTSIDE, at + x.to, at + x.length);
  }
}

/** Rows already averaged across, each kept in the slot of its number modulo the taps down. */
interface Slots {
  held: Int32Array;
  sums: Float32Array;
  shares: Float32Array | null;
}

function filtered(plane: Plane, x: Axis, y: Axis, padding: Padding, out: Cells): void {
  const slots: Slots = {
    held: new Int32Array(y.taps).fill(-1),
    sums: new Float32Array(y.taps * x.length),
    shares: padding ? new Float32Array(y.taps * x.length) : null,
  };
  const mask = maskOf(plane);
  const offsets = new Int32Array(y.taps);
  for (let j = 0, at = 0; j < y.length; j += 1, at += x.length) {
    const start = y.starts[j]!;
    out.fill(OUTSIDE, at, at + x.length);
    if (start < 0) continue;
    for (let tap = 0; tap < y.taps; tap += 1) offsets[tap] = hold(slots, start + tap, plane, { x, padding });
    const weights = y.weights.subarray(j * y.taps, (j + 1) * y.taps);
    const line = { slots, offsets, weights, x, out, at, mask };
    if (padding) downWithout(line, padding);
    else down(line);
  }
}

function hold(slots: Slots, row: number, plane: Plane, { x, padding }: { x: Axis; padding: Padding }): number {
  const slot = row % slots.held.length;
  const at = slot * x.length;
  if (slots.held[slot] === row) return at;
  slots.held[slot] = row;
  const line = { data: plane.data, base: row * plane.columns };
  if (padding) acrossWithout(slots, at, line, { x, padding });
  else across(slots.sums, at, line, x);
  return at;
}

interface Line {
  data: Plane["data"];
  base: number;
}

function across(sums: Float32Array, at: number, { data, base }: Line, x: Axis): void {
  const { taps, starts, weights } = x;
  if (taps === USUAL) {
    for (let i = x.from, w = x.from * USUAL; i < x.to; i += 1, w += USUAL) {
      const f = base + starts[i]!;
      sums[at + i] =
        weights[w]! * data[f]! + weights[w + 1]! * data[f + 1]! + weights[w + 2]! * data[f + 2]! +
        weights[w + 3]! * data[f + 3]! + weights[w + 4]! * data[f + 4]!;
    }
    return;
  }
  for (let i = x.from, w = x.from * taps; i < x.to; i += 1) {
    const first = base + starts[i]!;
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1, w += 1) sum += weights[w]! * data[first + tap]!;
    sums[at + i] = sum;
  }
}

function acrossWithout(
  slots: Slots, at: number, { data, base }: Line, { x, padding }: { x: Axis; padding: readonly [number, number] },
): void {
  const { taps, starts, weights } = x;
  const [low, high] = padding;
  for (let i = x.from, w = x.from * taps; i < x.to; i += 1) {
    const first = base + starts[i]!;
    let sum = 0;
    let share = 0;
    for (let tap = 0; tap < taps; tap += 1, w += 1) {
      const value = data[first + tap]!;
      if (value < low || value > high) {
        sum += weights[w]! * value;
        share += weights[w]!;
      }
    }
    slots.sums[at + i] = sum;
    slots.shares![at + i] = share;
  }
}

interface Row {
  slots: Slots;
  offsets: Int32Array;
  weights: Float32Array;
  x: Axis;
  out: Cells;
  at: number;
  mask: number;
}

function down({ slots, offsets, weights, x, out, at, mask }: Row): void {
  const { sums } = slots;
  const taps = weights.length;
  if (taps === USUAL) {
    const [a, b, c, d, e] = offsets as unknown as [number, number, number, number, number];
    const [wa, wb, wc, wd, we] = weights as unknown as [number, number, number, number, number];
    for (let i = x.from; i < x.to; i += 1) {
      const sum = wa * sums[a + i]! + wb * sums[b + i]! + wc * sums[c + i]! + wd * sums[d + i]! + we * sums[e + i]!;
      out[at + i] = Math.floor(sum + 0.5) & mask;
    }
    return;
  }
  for (let i = x.from; i < x.to; i += 1) {
    let sum = 0.5;
    for (let tap = 0; tap < taps; tap += 1) sum += weights[tap]! * sums[offsets[tap]! + i]!;
    out[at + i] = Math.floor(sum) & mask;
  }
}

function downWithout({ slots, offsets, weights, x, out, at, mask }: Row, [low]: readonly [number, number]): void {
  const { sums } = slots;
  const shares = slots.shares!;
  const taps = weights.length;
  for (let i = x.from; i < x.to; i += 1) {
    let sum = 0;
    let share = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const from = offsets[tap]! + i;
      sum += weights[tap]! * sums[from]!;
      share += weights[tap]! * shares[from]!;
    }
    out[at + i] = (share >= 0.5 - 1e-6 ? Math.floor(sum / share + 0.5) : low) & mask;
  }
}

function transposed(cells: Cells, grid: Grid, out: Cells): void {
  const { width, height } = grid;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0, from = y; x < width; x += 1, from += height) out[y * width + x] = cells[from]!;
  }
}

/** Turned by any angle: every pixel of the canvas looks for its own area, whose sides lie along the image's axes. */
function free(sampling: Sampling, grid: Grid, padding: Padding, out: Cells): void {
  const [ia, ib, ic, id, ie, jf] = grid.inverse;
  const { plane, scale, shift, reachAcross, reachDown } = sampling;
  const mask = maskOf(plane);
  const exact = reachAcross === 0 && reachDown === 0 && scale === 1;
  const { data, columns } = plane;
  for (let dy = 0, at = 0; dy < grid.height; dy += 1) {
    let x = ia * 0.5 + ic * (dy + 0.5) + ie;
    let y = ib * 0.5 + id * (dy + 0.5) + jf;
    for (let dx = 0; dx < grid.width; dx += 1, at += 1, x += ia, y += ib) {
      if (!(x >= 0 && y >= 0 && x < grid.columns && y < grid.rows)) out[at] = OUTSIDE;
      else if (exact) out[at] = data[(y | 0) * columns + (x | 0)]! & mask;
      else out[at] = areaAt(sampling, (x - shift) / scale, (y - shift) / scale, padding) & mask;
    }
  }
}

/** The weights across of one area: as many as the widest has. */
const acrossWeights = new Float64Array(2 * WIDEST + 1);

/** Give the average around a point of the level, in level pixels; padding where that is the greater part. */
export function areaAt({ plane, reachAcross, reachDown }: Sampling, u: number, v: number, padding: Padding): number {
  const { columns, rows, data } = plane;
  const low = padding ? padding[0] : 1;
  const high = padding ? padding[1] : 0;
  const left = first(u, reachAcross, columns);
  const right = last(u, reachAcross, columns);
  const bottom = last(v, reachDown, rows);
  for (let i = left; i <= right; i += 1) acrossWeights[i - left] = reachAcross ? weight(i + 0.5 - u, reachAcross) : 1;
  let sum = 0;
  let share = 0;
  let all = 0;
  for (let j = first(v, reachDown, rows); j <= bottom; j += 1) {
    const down = reachDown ? weight(j + 0.5 - v, reachDown) : 1;
    for (let i = left, at = j * columns + left; i <= right; i += 1, at += 1) {
      const area = acrossWeights[i - left]! * down;
      const value = data[at]!;
      all += area;
      if (value >= low && value <= high) continue;
      sum += area * value;
      share += area;
    }
  }
  return 2 * share >= all - 1e-6 ? Math.floor(sum / share + 0.5) : low;
}

function first(at: number, reach: number, cells: number): number {
  return reach ? Math.max(Math.ceil(at - reach - 0.5), 0) : Math.min(Math.max(Math.floor(at), 0), cells - 1);
}

function last(at: number, reach: number, cells: number): number {
  return reach ? Math.min(Math.floor(at + reach - 0.5), cells - 1) : Math.min(Math.max(Math.floor(at), 0), cells - 1);
}
