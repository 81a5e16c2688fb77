import assert from "node:assert/strict";
import { test } from "node:test";

import { clahe, filteredPlane, unsharp } from "./filters.ts";

const WIDE = { padding: null, range: [0, 65535] as const };

function plane(columns: number, rows: number, cell: (x: number, y: number) => number) {
  const data = Uint16Array.from({ length: columns * rows }, (_, i) => cell(i % columns, Math.floor(i / columns)));
  return { columns, rows, data };
}

test("an even plane is not changed", () => {
  const even = plane(40, 30, () => 1234);
  assert.deepEqual(unsharp(even, { radius: 2, amount: 3 }, WIDE).data, even.data);
  assert.deepEqual(clahe(even, { tiles: 4, clip: 3 }, null).data, even.data);
});

test("unsharp raises one side of an edge and lowers the other, equally", () => {
  const edge = plane(64, 8, (x) => (x < 32 ? 1000 : 2000));
  const { data } = unsharp(edge, { radius: 2, amount: 1 }, WIDE);
  assert.ok(data[32]! > 2000 && data[31]! < 1000);
  assert.equal(data[32]! - 2000, 1000 - data[31]!);
  assert.deepEqual([data[0], data[63]], [1000, 2000]);
});

test("one bright line spreads as three running means of three do", () => {
  // radius 1.414: (2r + 1)² = 9, boxes of 3. The kernel is 1 3 6 7 6 3 1 over 27: 2700 × 7 / 27 = 700 in its middle
  const line = plane(31, 5, (x) => (x === 15 ? 2700 : 0));
  const { data } = unsharp(line, { radius: Math.SQRT2, amount: 1 }, WIDE);
  assert.equal(data[15], 2700 + 2000);
});

test("values stay in their range and padding stays padding", () => {
  const edge = plane(64, 4, (x) => (x < 20 ? 0 : x < 40 ? 10 : 4090));
  const { data } = unsharp(edge, { radius: 3, amount: 5 }, { padding: [0, 0], range: [0, 4095] });
  assert.deepEqual(new Set(data.subarray(0, 20)), new Set([0]));
  assert.ok(data.subarray(20, 64).every((value) => value > 0 && value <= 4095));
});

test("a clip of 1 gives the plane back", () => {
  // the histogram is cut flat, so the curve is the straight line, but for half a bin of 1024
  const ramp = plane(64, 64, (x, y) => x * 64 + y);
  const { data } = clahe(ramp, { tiles: 2, clip: 1 }, null);
  assert.ok(data.every((value, i) => Math.abs(value - ramp.data[i]!) <= 4));
});

test("more clip gives more contrast to a flat region", () => {
  const flat = plane(64, 64, (x, y) => (x + y === 0 ? 0 : x + y === 126 ? 4000 : 2000 + (x % 8) * 4));
  const contrast = (clip: number): number => {
    const inside = clahe(flat, { tiles: 1, clip }, null).data.subarray(64 * 30, 64 * 31);
    return Math.max(...inside) - Math.min(...inside);
  };
  assert.ok(contrast(1.5) > 28 && contrast(10) > contrast(1.5));
});

test("CLAHE keeps the order of values within one tile, their range, and padding", () => {
  const noise = plane(50, 50, (x, y) => (x < 5 ? 65535 : (x * 977 + y * 131) % 3000));
  const { data } = clahe(noise, { tiles: 1, clip: 4 }, [65535, 65535]);
  const pairs = [...noise.data].map((value, i) => [value, data[i]!] as const).sort((a, b) => a[0] - b[0]);
  assert.ok(pairs.every(([, after], i) => i === 0 || after >= pairs[i - 1]![1]));
  assert.ok(data[0] === 65535 && data[10]! <= 3000);
});

test("both filters together are one after the other", () => {
  const noise = plane(40, 40, (x, y) => (x * 977 + y * 131) % 3000);
  const [sharpen, local] = [{ radius: 2, amount: 1 }, { tiles: 2, clip: 3 }];
  const expected = unsharp(clahe(noise, local, null), sharpen, WIDE);
  assert.deepEqual(filteredPlane(noise, { sharpen, clahe: local, ...WIDE }), expected);
});
