import assert from "node:assert/strict";
import { test } from "node:test";

import type { Frame } from "./model.ts";
import { Pyramid, halved, smallerOf, sourcesOf } from "./pyramid.ts";

function plane(columns: number, data: Uint16Array | Int16Array) {
  return { columns, rows: data.length / columns, data };
}

test("half a plane is the average of four, of two at an odd edge, of one in the corner", () => {
  const half = halved(plane(3, Uint16Array.of(1, 2, 10, 3, 4, 20, 100, 300, 65535)), null);
  // (1+2+3+4)/4 = 2.5, (10+20)/2 = 15, (100+300)/2 = 200, 65535
  assert.deepEqual([half.columns, half.rows, ...half.data], [2, 2, 3, 15, 200, 65535]);
});

test("signed values are averaged as such", () => {
  const half = halved(plane(2, Int16Array.of(-1000, -1001, -1000, -1000)), null);
  assert.deepEqual([...half.data], [-1000]);
});

test("lines one pixel apart vanish in one even grey", () => {
  const lines = Uint16Array.from({ length: 64 * 8 }, (_, i) => (i % 2 ? 4000 : 0));
  assert.deepEqual(new Set(halved(plane(64, lines), null).data), new Set([2000]));
});

test("padding has no part in averages and wins only where it is the greater part", () => {
  const cells = Uint16Array.of(0, 100, 0, 0, 200, 300, 0, 500);
  const half = halved(plane(4, cells), [0, 0]);
  // three pixels of image: (100+200+300)/3; one of four: padding
  assert.deepEqual([...half.data], [200, 0]);
});

test("two of four are enough to be image", () => {
  assert.deepEqual([...halved(plane(2, Uint16Array.of(0, 100, 0, 101)), [0, 0]).data], [101]);
});

test("levels are made on demand and go down to one pixel", () => {
  const pyramid = new Pyramid(plane(5, new Uint16Array(5 * 3).fill(7)));
  assert.deepEqual([0, 1, 2, 3, 9].map((k) => pyramid.level(k).columns), [5, 3, 2, 1, 1]);
  assert.equal(pyramid.level(3).data[0], 7);
  assert.equal(pyramid.level(1), pyramid.level(1));
});

test("a preview is the finest level there is", () => {
  const pyramid = new Pyramid(plane(2, new Uint16Array(4)), { level: 3 });
  assert.equal(pyramid.level(0), pyramid.level(3));
  assert.equal(pyramid.level(4).columns, 1);
  assert.equal(pyramid.shift, -3.5);
});

test("smaller copies end where they are of no more use", () => {
  const smaller = smallerOf({ columns: 100, rows: 60, data: new Uint16Array(6000) }, null);
  assert.deepEqual(smaller.map(({ columns, rows }) => [columns, rows]), [[50, 30], [25, 15]]);
});

test("colour becomes three planes", () => {
  const frame: Frame = { columns: 1, rows: 2, level: 0, data: Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255) };
  const sources = sourcesOf(frame, null);
  assert.deepEqual(sources.map((source) => [...source.level(0).data]), [[1, 4], [2, 5], [3, 6]]);
  assert.equal(sourcesOf(frame, null), sources);
});
