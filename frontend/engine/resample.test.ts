import assert from "node:assert/strict";
import { test } from "node:test";

import { placementOf } from "./affine.ts";
import type { Stand } from "./affine.ts";
import type { Samples } from "./model.ts";
import { Pyramid } from "./pyramid.ts";
import type { Padding } from "./pyramid.ts";
import { resample } from "./resample.ts";
import { OUTSIDE, samplingOf } from "./sampling.ts";

interface Asked extends Partial<Stand> {
  size: [number, number];
  smooth?: boolean;
  padding?: Padding;
  aspect?: number;
}

function cells(data: Samples, columns: number, asked: Asked): number[] {
  const rows = data.length / columns;
  const { size, smooth = false, padding = null, aspect = 1, ...changes } = asked;
  const source = new Pyramid({ columns, rows, data }, { padding });
  const centre: [number, number] = [columns / 2, rows / 2];
  const stand = { centre, zoom: 1, rotation: 0, flipH: false, flipV: false, ...changes };
  const screen = { width: size[0], height: size[1], ratio: 1 };
  const { grid } = placementOf(stand, { columns, rows, aspect }, screen);
  const out = new Int32Array(size[0] * size[1]);
  resample(samplingOf(source, grid, smooth), grid, padding, out);
  return [...out];
}

const SIX = Uint16Array.of(1, 2, 3, 4, 5, 6);

test("at 1:1 cells are the image's own, and outside is outside", () => {
  assert.deepEqual(cells(SIX, 3, { size: [3, 2] }), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(cells(SIX, 3, { size: [5, 2] }), [OUTSIDE, 1, 2, 3, OUTSIDE, OUTSIDE, 4, 5, 6, OUTSIDE]);
});

test("quarter turns and flips move whole pixels", () => {
  assert.deepEqual(cells(SIX, 3, { size: [2, 3], rotation: 90 }), [4, 1, 5, 2, 6, 3]);
  assert.deepEqual(cells(SIX, 3, { size: [3, 2], rotation: 180 }), [6, 5, 4, 3, 2, 1]);
  assert.deepEqual(cells(SIX, 3, { size: [2, 3], rotation: 270 }), [3, 6, 2, 5, 1, 4]);
  assert.deepEqual(cells(SIX, 3, { size: [3, 2], flipH: true }), [3, 2, 1, 6, 5, 4]);
  assert.deepEqual(cells(SIX, 3, { size: [2, 3], rotation: 90, flipH: true }), [1, 4, 2, 5, 3, 6]);
});

test("magnified pixels are squares", () => {
  assert.deepEqual(cells(Uint16Array.of(7, 9), 2, { size: [4, 2], zoom: 2 }), [7, 7, 9, 9, 7, 7, 9, 9]);
});

test("magnified pixels run into each other when asked", () => {
  // pixel centres at 0.5 and 1.5: places 0.25, 0.75, 1.25, 1.75 take 0, 1/4, 3/4, 1 of the second
  assert.deepEqual(cells(Uint16Array.of(100, 200), 2, { size: [4, 1], zoom: 2, smooth: true }), [100, 125, 175, 200]);
});

test("at half the size a cell is the average of four", () => {
  const two = Uint16Array.of(0, 4, 8, 12, 2, 6, 10, 14);
  assert.deepEqual(cells(two, 4, { size: [2, 1], zoom: 0.5 }), [3, 11]);
});

test("signed cells are given as unsigned indices", () => {
  assert.deepEqual(cells(Int16Array.of(-1, -2), 2, { size: [2, 1] }), [0xffff, 0xfffe]);
  assert.deepEqual(cells(Int8Array.of(-1, 5), 2, { size: [2, 1] }), [0xff, 5]);
});

test("an even plane stays even at any size and angle", () => {
  const even = new Uint16Array(64 * 64).fill(1000);
  for (const [zoom, rotation] of [[0.7, 0], [0.3, 90], [0.45, 33], [1.7, 12]] as const) {
    const inside = cells(even, 64, { size: [40, 40], zoom, rotation }).filter((cell) => cell !== OUTSIDE);
    assert.deepEqual(new Set(inside), new Set([1000]), `zoom ${zoom}, ${rotation} degrees`);
  }
});

/** Standard deviation of what lies well inside. */
function spread(found: number[]): number {
  const inside = found.filter((cell) => cell !== OUTSIDE);
  const mean = inside.reduce((sum, cell) => sum + cell, 0) / inside.length;
  return Math.sqrt(inside.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / inside.length);
}

const lines = Uint16Array.from({ length: 600 * 600 }, (_, i) => (i % 2 ? 255 : 0));

test("lines one pixel apart are one grey when shown at less than half the size", () => {
  assert.ok(spread(cells(lines, 600, { size: [180, 180], zoom: 0.3 })) < 0.6);
  assert.ok(spread(cells(lines, 600, { size: [180, 180], zoom: 0.3, rotation: 90 })) < 0.6);
  assert.ok(spread(cells(lines, 600, { size: [150, 150], zoom: 0.29, rotation: 20 })) < 0.6);
});

test("lines one pixel apart make no pattern at any size below 1:1", () => {
  for (const zoom of [0.95, 0.8, 2 / 3, 0.51, 0.37]) {
    const straight = spread(cells(lines, 600, { size: [200, 200], zoom }));
    const turned = spread(cells(lines, 600, { size: [100, 100], zoom, rotation: 30 }));
    assert.ok(straight < 0.6 && turned < 0.6, `at ${zoom}: ${straight}, turned ${turned}`);
  }
});

test("the free way and the aligned way give the same averages", () => {
  const data = Uint16Array.from({ length: 90 * 90 }, (_, i) => (i * 7919) % 4096);
  const straight = cells(data, 90, { size: [60, 60], zoom: 0.65, centre: [40, 40] });
  const turned = cells(data, 90, { size: [60, 60], zoom: 0.65, centre: [40, 40], rotation: 1e-7 });
  const both = straight.map((cell, i) => [cell, turned[i]!] as const).filter((pair) => !pair.includes(OUTSIDE));
  const far = both.filter(([cell, other]) => Math.abs(cell - other) > 1);
  assert.deepEqual(far, []);
});

test("padding makes no fringe", () => {
  // a step from padding 0 to 1000: every cell is one or the other, in whatever size and angle
  const step = Uint16Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 31 ? 0 : 1000));
  for (const [zoom, rotation] of [[0.7, 0], [0.3, 90], [0.6, 15]] as const) {
    const found = cells(step, 64, { size: [40, 40], zoom, rotation, padding: [0, 0] });
    const inside = found.filter((cell) => cell !== OUTSIDE);
    assert.deepEqual(new Set(inside), new Set([0, 1000]), `zoom ${zoom}, ${rotation} degrees`);
  }
});

test("pixels that are not square are shown as they were", () => {
  // one row twice as high as wide: 2 × 1 pixels fill 2 × 2
  assert.deepEqual(cells(Uint16Array.of(3, 5), 2, { size: [2, 2], aspect: 2 }), [3, 5, 3, 5]);
});
