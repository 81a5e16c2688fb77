import assert from "node:assert/strict";
import { test } from "node:test";

import { Placing, fitting, inverse, mapped, placementOf, toCanvas, turn } from "./affine.ts";
import type { Stand } from "./affine.ts";

const SCREEN = { width: 200, height: 100, ratio: 1 };
const stand = (changes: Partial<Stand> = {}): Stand => ({
  centre: [10, 20], zoom: 2, rotation: 0, flipH: false, flipV: false, ...changes,
});

function near(found: readonly number[], expected: readonly number[]): void {
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-9, `${found} instead of ${expected}`));
}

test("the centre of the view lies in the middle of the canvas", () => {
  for (const rotation of [0, 30, 90, 180, 270]) {
    near(mapped(toCanvas(stand({ rotation }), 1, SCREEN), 10, 20), [100, 50]);
  }
});

test("a point to the right is zoom pixels to the right, below after a quarter turn clockwise", () => {
  const at = (changes: Partial<Stand>) => mapped(toCanvas(stand(changes), 1, SCREEN), 11, 20);
  near(at({}), [102, 50]);
  near(at({ rotation: 90 }), [100, 52]);
  near(at({ rotation: 180 }), [98, 50]);
  near(at({ rotation: -90 }), [100, 48]);
});

test("flips come after the turn", () => {
  const at = (changes: Partial<Stand>) => mapped(toCanvas(stand(changes), 1, SCREEN), 11, 20);
  near(at({ flipH: true }), [98, 50]);
  near(at({ rotation: 90, flipH: true }), [100, 52]);
  near(at({ rotation: 90, flipV: true }), [100, 48]);
});

test("thirty degrees are thirty degrees", () => {
  const [a, b] = toCanvas(stand({ rotation: 30 }), 1, SCREEN);
  near([a, b], [2 * Math.cos(Math.PI / 6), 2 * Math.sin(Math.PI / 6)]);
});

test("pixels twice as high as wide stand twice as high", () => {
  near(mapped(toCanvas(stand(), 2, SCREEN), 10, 21), [100, 54]);
});

test("a point goes there and back", () => {
  const matrix = toCanvas(stand({ rotation: 33, flipV: true }), 1.5, { ...SCREEN, ratio: 2 });
  near(mapped(inverse(matrix), ...mapped(matrix, 3.25, 77)), [3.25, 77]);
});

test("at 1:1 an image pixel is exactly one of the canvas, whatever is odd", () => {
  const [, , , , e, f] = toCanvas(stand({ zoom: 1, centre: [350, 3.5] }), 1, { width: 701, height: 100, ratio: 1 });
  assert.deepEqual([e, f].map(Number.isInteger), [true, true]);
});

test("a turned image fits with its turned box", () => {
  const wide = { columns: 400, rows: 100, aspect: 1 };
  near([fitting(wide, 0, SCREEN)], [0.5]);
  near([fitting(wide, 90, SCREEN)], [0.25]);
  near([fitting({ ...wide, columns: 100 }, 45, SCREEN)], [100 / (100 * Math.SQRT2)]);
  near([fitting({ columns: 100, rows: 100, aspect: 2 }, 0, SCREEN)], [0.5]);
  near([fitting(wide, 0, { ...SCREEN, ratio: 2 })], [0.25]);
});

test("quarter turns are exact", () => {
  assert.deepEqual([0, 90, 180, 270, 360, -90].map((degrees) => turn(degrees)), [
    [1, 0], [0, 1], [-1, 0], [0, -1], [1, 0], [0, -1],
  ]);
});

test("the grid says how many image pixels one of the canvas holds", () => {
  const { grid } = placementOf(stand({ zoom: 0.25 }), { columns: 800, rows: 400, aspect: 2 }, { ...SCREEN, ratio: 2 });
  assert.deepEqual([grid.across, grid.down], [2, 1]);
});

test("a placement is the very same until something moves", () => {
  const placing = new Placing();
  const image = { columns: 800, rows: 400, aspect: 1 };
  const first = placing.at(stand(), image, SCREEN);
  assert.equal(placing.at({ ...stand(), centre: [10, 20] }, { ...image }, { ...SCREEN }), first);
  const moves = [{ zoom: 3 }, { centre: [10, 21] as [number, number] }, { rotation: 1 }, { flipH: true }, { flipV: true }];
  for (const moved of moves) assert.notEqual(placing.at(stand(moved), image, SCREEN), placing.at(stand(), image, SCREEN));
  const last = placing.at(stand(), image, SCREEN);
  assert.notEqual(placing.at(stand(), { ...image, rows: 401 }, SCREEN), last);
  assert.notEqual(placing.at(stand(), image, { ...SCREEN, width: 201 }), last);
});
