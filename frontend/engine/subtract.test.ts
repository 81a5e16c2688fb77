import assert from "node:assert/strict";
import { test } from "node:test";

import { greyTable } from "./lut.ts";
import type { GreyModel } from "./model.ts";
import { NOTHING, averageOf, difference, differenceModel, differenceWindow } from "./subtract.ts";

const model: GreyModel = {
  pixels: { bits: 12, signed: false },
  invert: false,
  modality: { slope: 1, intercept: 0, unit: "", lut: null },
  voi: [{ explanation: "", centre: 1000, width: 2000, function: "LINEAR" }],
  presentation_lut: null,
  padding: null,
};

function plane(columns: number, ...cells: number[]) {
  return { columns, rows: cells.length / columns, data: Uint16Array.from(cells) };
}

test("a difference is frame less mask, pixel by pixel", () => {
  const found = difference(model, plane(2, 10, 20, 30, 40), plane(2, 1, 25, 30, 0), [0, 0]);
  assert.deepEqual([...found.data], [9, -5, 0, 40]);
});

test("the mask moves down and right by whole pixels, and where it does not reach there is nothing", () => {
  const found = difference(model, plane(2, 10, 20, 30, 40), plane(2, 1, 2, 3, 4), [1, 1]);
  assert.deepEqual([...found.data], [NOTHING, NOTHING, NOTHING, 39]);
});

test("parts of a pixel are linear between pixels", () => {
  const found = difference(model, plane(3, 100, 100, 100), plane(3, 0, 10, 30), [0, 0.5]);
  // under column 1 lies the middle of mask columns 0 and 1: 5
  assert.deepEqual([...found.data], [NOTHING, 95, 80]);
});

test("several masks are subtracted as their average, and so are several frames", () => {
  const frames = [plane(2, 10, 20), plane(2, 11, 20), plane(2, 12, 51)].map((each) => ({ ...each, level: 0 }));
  assert.deepEqual([...averageOf(frames).data], [11, 91 / 3]);
  assert.equal(averageOf(frames.slice(0, 1)), frames[0]);
  const contrast = averageOf([plane(2, 100, 7), plane(2, 101, 8)].map((each) => ({ ...each, level: 0 })));
  // 100.5 − 11 and 7.5 − 30.33 are rounded once, at the end
  assert.deepEqual([...difference(model, contrast, averageOf(frames), [0, 0]).data], [90, -23]);
});

test("padding of the frame shows nothing", () => {
  const found = difference({ ...model, padding: [0, 0] }, plane(2, 0, 5), plane(2, 3, 3), [0, 0]);
  assert.deepEqual([...found.data], [NOTHING, 2]);
});

test("no change stands in the middle of the image's own window, nothing is black", () => {
  const table = greyTable(differenceModel(model), { voi: 0, window: null, gamma: 1, invert: false }, 16);
  // (1000 - 999.5) / 1999 + 0.5 = 0.50025
  assert.deepEqual([table[0], table[0x8000]], [128, 0]);
});

test("the window of a difference reaches as far as the differences do", () => {
  const found = difference(model, plane(4, 110, 90, 100, 100), plane(4, 100, 100, 100, 100), [0, 0]);
  assert.deepEqual(differenceWindow(model, found), { centre: 1000, width: 20, function: "LINEAR" });
});

test("where the mask is the frame itself, the window is one for the frames to come", () => {
  const found = difference(model, plane(2, 7, 9), plane(2, 7, 9), [0, 0]);
  assert.deepEqual(differenceWindow(model, found), { centre: 1000, width: 250, function: "LINEAR" }); // 2000 / 8
});
