import assert from "node:assert/strict";
import { test } from "node:test";

import { framePixels, roiStatistics, valueUnder } from "./regions.ts";
import type { Pixels, Point } from "./types.ts";

const ONES: Pixels = { columns: 10, rows: 10, unit: "", value: () => 1 };

test("regions side by side share no pixel and leave none out", () => {
  const left = roiStatistics("rectangle", [[0, 0], [5.5, 8]], ONES);
  const right = roiStatistics("rectangle", [[5.5, 0], [8, 8]], ONES);
  assert.equal((left?.count ?? 0) + (right?.count ?? 0), 64);
});

test("a circle of two pixels holds the twelve around its centre", () => {
  assert.equal(roiStatistics("ellipse", [[3, 5], [7, 5], [5, 3], [5, 7]], ONES)?.count, 12);
});

test("a region is cut at the edges of the image", () => {
  assert.equal(roiStatistics("rectangle", [[-50, -50], [50, 50]], ONES)?.count, 100);
  assert.equal(roiStatistics("freehand", [[-9, -9], [30, -9], [30, 30], [-9, 30]], ONES)?.count, 100);
});

test("the middle of a star that crosses itself is outside", () => {
  const star = Array.from({ length: 5 }, (_, each): Point => {
    const turn = Math.PI / 2 + (4 * Math.PI * each) / 5;
    return [5 + 5 * Math.cos(turn), 5 + 5 * Math.sin(turn)];
  });
  const seen: [number, number][] = [];
  roiStatistics("freehand", star, { ...ONES, value: (column, row) => (seen.push([column, row]), 1) });
  assert.ok(seen.length > 5);
  assert.ok(!seen.some(([column, row]) => column === 5 && row === 5));
});

test("large values of small spread keep their standard deviation", () => {
  const pixels: Pixels = { columns: 2, rows: 1, unit: "", value: (column) => 1e9 + column };
  assert.deepEqual(roiStatistics("rectangle", [[0, 0], [2, 1]], pixels), {
    mean: 1e9 + 0.5, sd: 0.5, min: 1e9, max: 1e9 + 1, count: 2, unit: "",
  });
});

test("a frame's values are those after rescale, padding left out", () => {
  const scale = { modality: { slope: 2, intercept: -10, unit: "HU", lut: null }, padding: [0, 0] as const };
  const pixels = framePixels(scale, { columns: 2, rows: 2, level: 0, data: new Uint16Array([0, 1, 2, 3]) });
  assert.deepEqual([[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [2, 0]].map((at) => valueUnder(at as Point, pixels!)), [NaN, -8, -4, NaN]);
  assert.equal(pixels?.unit, "HU");
});

test("a Modality LUT is looked up, its ends held (PS3.3 C.11.1.1)", () => {
  const lut = { first: 5, data: btoa(String.fromCharCode(100, 0, 44, 1)) }; // 100 and 300, little endian
  const scale = { modality: { slope: 1, intercept: 0, unit: "", lut }, padding: null };
  const pixels = framePixels(scale, { columns: 3, rows: 1, level: 0, data: new Uint16Array([0, 6, 99]) });
  assert.deepEqual([0, 1, 2].map((column) => pixels?.value(column, 0)), [100, 300, 300]);
});

test("a smaller frame and a colour one are not measured", () => {
  const scale = { modality: { slope: 1, intercept: 0, unit: "", lut: null }, padding: null };
  assert.equal(framePixels(scale, { columns: 1, rows: 1, level: 1, data: new Uint16Array(1) }), null);
  assert.equal(framePixels(scale, { columns: 1, rows: 1, level: 0, data: new Uint8ClampedArray(4) }), null);
});
