/** Half-size copies of a frame, so that a small picture of it shows averages and no moiré.
 *
 * Stored values are averaged, before any table: what was measured, not what is shown.
 */

import type { Frame, Plane, Samples } from "./model.ts";

/** Stored values that are no image: smallest and largest. */
export type Padding = readonly [number, number] | null;

/** A plane in all its sizes. `finest` is the first level that there is; level k is 2^k times smaller than the image. */
export interface Source {
  readonly finest: number;
  /** Where pixel 0 of the finest level begins, in image pixels. */
  readonly shift: number;
  readonly padding: Padding;
  level(k: number): Plane;
}

/** No level is made below this many pixels a side. */
const SMALLEST = 32;

/** Give the plane at half its size: a pixel is the average of four, of two or one at an odd edge.
 *
 * Padding is left out of averages; a pixel that is padding for its greater part is so again (PS3.3 C.7.5.1.1.2).
 */
export function halved(plane: Plane, padding: Padding): Plane {
  const columns = (plane.columns + 1) >> 1;
  const rows = (plane.rows + 1) >> 1;
  const data = alike(plane.data, columns * rows);
  const half = { columns, rows, data };
  if (padding) averageWithout(plane, half, padding);
  else average(plane, half);
  return half;
}

/** Give an array of the same kind. */
export function alike<T extends Samples>(data: T, length: number): T {
  return new (data.constructor as new (length: number) => T)(length);
}

function average(plane: Plane, half: Plane): void {
  const { columns, rows, data } = plane;
  for (let y = 0; y < half.rows; y += 1) {
    const upper = 2 * y * columns;
    const lower = Math.min(2 * y + 1, rows - 1) * columns;
    let at = y * half.columns;
    for (let x = 0; x + 1 < columns; x += 2, at += 1) {
      half.data[at] = (data[upper + x]! + data[upper + x + 1]! + data[lower + x]! + data[lower + x + 1]! + 2) >> 2;
    }
    if (columns & 1) half.data[at] = (data[upper + columns - 1]! + data[lower + columns - 1]! + 1) >> 1;
  }
}

function averageWithout(plane: Plane, half: Plane, [low, high]: readonly [number, number]): void {
  const { columns, rows, data } = plane;
  for (let y = 0; y < half.rows; y += 1) {
    const upper = 2 * y * columns;
    const lower = Math.min(2 * y + 1, rows - 1) * columns;
    for (let x = 0; x < half.columns; x += 1) {
      const right = Math.min(2 * x + 1, columns - 1);
      let sum = 0;
      let count = 0;
      for (let corner = 0; corner < 4; corner += 1) {
        const value = data[(corner < 2 ? upper : lower) + (corner & 1 ? right : 2 * x)]!;
        if (value < low || value > high) {
          sum += value;
          count += 1;
        }
      }
      half.data[y * half.columns + x] = count >= 2 ? Math.floor(sum / count + 0.5) : low;
    }
  }
}

/** Give half, quarter … of a plane, down to the smallest that is of use. */
export function smallerOf(plane: Plane, padding: Padding): Plane[] {
  const levels: Plane[] = [];
  for (let last = plane; Math.max(last.columns, last.rows) > SMALLEST; levels.push(last)) last = halved(last, padding);
  return levels;
}

/** All sizes of one plane; smaller ones are made when first wanted. */
export class Pyramid implements Source {
  readonly finest: number;
  readonly shift: number;
  readonly padding: Padding;
  readonly #levels: Plane[];

  constructor(base: Plane, options: { level?: number; smaller?: readonly Plane[]; padding?: Padding } = {}) {
    this.finest = options.level ?? 0;
    // a codec's small picture has its pixels where every 2^k-th of the large one lies, not in the middle of so many
    this.shift = -(2 ** this.finest - 1) / 2;
    this.padding = options.padding ?? null;
    this.#levels = [base, ...(options.smaller ?? [])];
  }

  level(k: number): Plane {
    const wanted = Math.max(k - this.finest, 0);
    for (;;) {
      const last = this.#levels.at(-1)!;
      if (wanted < this.#levels.length) return this.#levels[wanted]!;
      if (Math.max(last.columns, last.rows) <= 1) return last;
      this.#levels.push(halved(last, this.padding));
    }
  }
}

const known = new WeakMap<Frame, { padding: Padding; sources: Source[] }>();

/** Give a frame's sources: one of greys, or red, green and blue. They are kept as long as the frame is. */
export function sourcesOf(frame: Frame, padding: Padding): Source[] {
  const found = known.get(frame);
  if (found && same(found.padding, padding)) return found.sources;
  const { level } = frame;
  const sources =
    frame.data instanceof Uint8ClampedArray
      ? [0, 1, 2].map((channel) => new Pyramid(channelOf(frame, channel), { level }))
      : [new Pyramid(frame, { level, padding, smaller: frame.smaller ?? [] })];
  known.set(frame, { padding, sources });
  return sources;
}

function same(one: Padding, other: Padding): boolean {
  return one?.[0] === other?.[0] && one?.[1] === other?.[1];
}

function channelOf({ columns, rows, data }: Plane, channel: number): Plane {
  const values = new Uint8Array(columns * rows);
  for (let i = 0, at = channel; i < values.length; i += 1, at += 4) values[i] = data[at]!;
  return { columns, rows, data: values };
}

/** Give the bytes that a frame takes with its smaller copies. */
export function bytesOfFrame(frame: Frame): number {
  return [frame, ...(frame.smaller ?? [])].reduce((sum, plane) => sum + plane.data.byteLength, 0);
}
