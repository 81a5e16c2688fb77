/** Mask subtraction: a frame less a mask that may be shifted by parts of a pixel (PS3.3 C.7.6.10).
 *
 * What is subtracted are the values after the Modality LUT, as they are: no logarithm is assumed. Where the mask does
 * not reach, there is nothing to see.
 */

import { chosen, valueOf } from "./lut.ts";
import { entriesOf } from "./bits.ts";
import type { Frame, GreyModel, Mean, Plane, Window } from "./model.ts";

/** The cell where there is no difference: no value of a difference. */
export const NOTHING = -0x8000;
const LARGEST = 0x7fff;
/** Of the width of the frame itself a difference has about so much: vessels are faint. */
const USUAL_SHARE = 1 / 8;

/** Give frame less mask as int16, saturated. `shift` is [rows, columns]: how far the mask moves down and right. */
export function difference(model: GreyModel, frame: Mean, mask: Mean, shift: readonly [number, number]): Plane {
  const data = new Int16Array(frame.columns * frame.rows);
  const out = { columns: frame.columns, rows: frame.rows, data };
  const [values, masks] = [linear(model, frame), linear(model, mask)];
  const padded = paddingTest(model);
  const sample = sampler({ ...mask, data: masks }, shift);
  for (let y = 0, at = 0; y < out.rows; y += 1) {
    for (let x = 0; x < out.columns; x += 1, at += 1) {
      const under = padded(frame.data[at]!) ? NaN : sample(x, y);
      const less = Math.round(values[at]! - under);
      data[at] = Number.isNaN(less) ? NOTHING : Math.min(Math.max(less, -LARGEST), LARGEST);
    }
  }
  return out;
}

type Numbers = Mean["data"];

/** Give stored values, through the Modality LUT when there is a table: a rescale is linear and may come afterwards. */
function linear(model: GreyModel, plane: Mean): Numbers {
  if (!model.modality.lut || !entriesOf(model.modality.lut).length) return plane.data;
  return Float64Array.from(plane.data, (stored) => valueOf(model, Math.round(stored)));
}

function paddingTest({ padding }: GreyModel): (value: number) => boolean {
  return padding ? (value) => value >= padding[0] && value <= padding[1] : () => false;
}

/** Give a function that reads the mask under pixel (x, y), linear between pixels, NaN outside. */
function sampler(
  mask: { columns: number; rows: number; data: Numbers }, [rows, columns]: readonly [number, number],
): (x: number, y: number) => number {
  const [left, top] = [Math.floor(-columns), Math.floor(-rows)];
  const [across, down] = [-columns - left, -rows - top];
  const { data } = mask;
  const right = across > 0 ? 1 : 0;
  const below = down > 0 ? mask.columns : 0;
  return (x, y) => {
    const [column, row] = [x + left, y + top];
    if (column < 0 || row < 0 || column + right >= mask.columns || row + (below ? 1 : 0) >= mask.rows) return NaN;
    const at = row * mask.columns + column;
    const upper = data[at]! * (1 - across) + data[at + right]! * across;
    if (!below) return upper;
    return upper * (1 - down) + (data[at + below]! * (1 - across) + data[at + below + right]! * across) * down;
  };
}

/** Give the average of frames of one size, not rounded (PS3.3 C.7.6.10). At least one is given. */
export function averageOf(frames: readonly Frame[]): Mean {
  const [first, ...others] = frames as [Frame, ...Frame[]];
  const alike = others.filter(({ data }) => data.length === first.data.length);
  if (!alike.length) return first;
  const data = Float64Array.from(first.data);
  for (const other of alike) for (let i = 0; i < data.length; i += 1) data[i]! += other.data[i]!;
  for (let i = 0; i < data.length; i += 1) data[i]! /= alike.length + 1;
  return { columns: first.columns, rows: first.rows, data };
}

/** Give the model of a difference: no change is shown where the image's own window has its centre. */
export function differenceModel(model: GreyModel): GreyModel {
  const slope = model.modality.lut ? 1 : model.modality.slope;
  return {
    pixels: { bits: 16, signed: true },
    invert: model.invert,
    modality: { slope, intercept: own(model).centre, unit: model.modality.unit, lut: null },
    voi: model.voi,
    presentation_lut: model.presentation_lut,
    padding: [NOTHING, NOTHING],
  };
}

/** Give centre and width of the image's own window or VOI LUT, in values after the Modality LUT. */
function own(model: GreyModel): { centre: number; width: number } {
  const voi = chosen(model, { voi: 0, window: null });
  if (!voi) return { centre: 0, width: 0 };
  if (!voi.lut) return voi;
  const width = entriesOf(voi.lut).length;
  return { centre: voi.lut.first + width / 2, width };
}

/** Give a window that holds all but the farthest hundredth of the differences; without any, one for those to come. */
export function differenceWindow(model: GreyModel, plane: Plane): Window {
  const counts = new Uint32Array(LARGEST + 1);
  let total = 0;
  for (const value of plane.data) {
    if (value === NOTHING) continue;
    counts[Math.abs(value)]! += 1;
    total += 1;
  }
  let far = 0;
  for (let seen = counts[0]!; far < LARGEST && seen < total * 0.99; seen += counts[far]!) far += 1;
  const { slope, intercept } = differenceModel(model).modality;
  const width = far ? 2 * far * Math.abs(slope) : own(model).width * USUAL_SHARE;
  return { centre: intercept, width: Math.max(width, 2), function: "LINEAR" };
}
