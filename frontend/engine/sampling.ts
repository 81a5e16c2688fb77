/** Which level of a pyramid a picture is made from, and how wide an area of it one canvas pixel averages. */

import { isAligned } from "./affine.ts";
import type { Grid } from "./affine.ts";
import type { Plane } from "./model.ts";
import type { Source } from "./pyramid.ts";

/** The cell that stands for "no image here": one more than any cell of 16 bits. */
export const OUTSIDE = 0x10000;

/** No area reaches farther than this many level pixels to each side: only pixels far from square would ask for more. */
export const WIDEST = 4;

const TOLERANCE = 1e-6;

/** A level serves pictures from 1.25 to 2.5 times smaller than itself: below, averages of the finer one are sharper. */
const LEAST = 1.25;

/** What is sampled. `scale` is image pixels a level pixel; `reach…` is 0 for the nearest pixel, see `weight`. */
export interface Sampling {
  plane: Plane;
  scale: number;
  shift: number;
  reachAcross: number;
  reachDown: number;
}

/** Choose level and areas for a grid.
 *
 * A picture at a half, a quarter … is that level of the pyramid, pixel by pixel. Where pixels are magnified they stay
 * squares unless `smooth`; a preview is always smooth, since its pixels are nobody's.
 */
export function samplingOf(source: Source, grid: Grid, smooth: boolean): Sampling {
  const k = Math.max(levelFor(grid), source.finest);
  const scale = 2 ** k;
  const soft = smooth || source.finest > 0;
  return {
    plane: source.level(k),
    scale,
    shift: source.shift,
    reachAcross: reachOf(grid.across / scale, soft),
    reachDown: reachOf(grid.down / scale, soft),
  };
}

function levelFor(grid: Grid): number {
  const ratio = Math.min(grid.across, grid.down);
  const halvings = Math.log2(ratio);
  const whole = Math.round(halvings);
  if (Math.abs(halvings - whole) < TOLERANCE && isAligned(grid.inverse)) return Math.max(whole, 0);
  return ratio > LEAST ? Math.floor(Math.log2(ratio / LEAST)) : 0;
}

function reachOf(ratio: number, soft: boolean): number {
  if (ratio > 1 + TOLERANCE) return Math.min((2 + ratio) / 2, WIDEST);
  return soft && ratio < 1 - TOLERANCE ? 1 : 0;
}

/** Give the weight of a pixel whose centre lies so far from the place that is sampled, along one axis.
 *
 * A picture that is smaller by `ratio` averages over that much of the level, and that again over two of its pixels: the
 * one takes away what the picture cannot show, the other the finest lines that the level can (at half a cycle a pixel
 * nothing is left), so that neither makes a pattern of its own. The product of both is a trapezoid: `reach` is half its
 * foot, (2 + ratio) / 2. A reach of 1 is linear interpolation.
 */
export function weight(distance: number, reach: number): number {
  const top = reach > 1 ? Math.min(2 * reach - 2, 2) : 1;
  return Math.min(Math.max(reach - Math.abs(distance), 0), top);
}

/** Say whether two samplings give the same picture on the same grid. */
export function sameSampling(one: Sampling | null, other: Sampling): boolean {
  return (
    one !== null && one.plane === other.plane && one.scale === other.scale &&
    one.reachAcross === other.reachAcross && one.reachDown === other.reachDown
  );
}
