import assert from "node:assert/strict";
import { test } from "node:test";

import { drawnOverlays, drawnShutter, overlayOf, shutterOf } from "./masks.ts";
import type { OverlayPlane, Plane, ShutterShape } from "./model.ts";

const image = (columns: number, rows: number) => ({ columns, rows, overlays: [] as OverlayPlane[], shutter: null });

function picture({ columns, rows, data }: Plane): string[] {
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: columns }, (_, x) => (data[y * columns + x] ? "#" : ".")).join(""));
}

const hidden = (columns: number, rows: number, ...shapes: ShutterShape[]): string[] =>
  picture(drawnShutter(image(columns, rows), shapes));

test("a rectangular shutter hides what is outside it", () => {
  assert.deepEqual(hidden(5, 4, { shape: "rectangle", left: 1, right: 4, top: 1, bottom: 3 }), [
    "#####", "#...#", "#...#", "#####",
  ]);
});

test("a circular shutter shows pixels whose centres it holds", () => {
  assert.deepEqual(hidden(5, 5, { shape: "circle", centre: [2.5, 2.5], radius: 2 }), [
    "##.##", "#...#", ".....", "#...#", "##.##",
  ]);
});

test("a polygonal shutter shows its inside", () => {
  assert.deepEqual(hidden(4, 4, { shape: "polygon", points: [[0, 0], [4, 0], [0, 4]] }), [
    "....", "...#", "..##", ".###",
  ]);
});

test("several shapes show what they have in common", () => {
  const left: ShutterShape = { shape: "rectangle", left: 0, right: 2, top: 0, bottom: 2 };
  const right: ShutterShape = { shape: "rectangle", left: 1, right: 3, top: 0, bottom: 2 };
  assert.deepEqual(hidden(3, 2, left, right), ["#.#", "#.#"]);
});

test("a bitmap hides where its bits are set, the least significant first", () => {
  // bits 0 and 3 of a 2 × 2 bitmap at [1, 0]
  const data = Buffer.from([0b1001]).toString("base64");
  assert.deepEqual(hidden(3, 2, { shape: "bitmap", data, rows: 2, columns: 2, origin: [1, 0] }), [".#.", "..#"]);
});

test("overlays lie at their origin and are cut at the edges", () => {
  const data = Buffer.from([0b1111]).toString("base64");
  const overlay = (origin: [number, number]) => ({
    group: 0x6000, label: "", description: "", kind: "G", origin, rows: 2, columns: 2, data,
  });
  const both = { ...image(4, 3), overlays: [overlay([-1, -1]), overlay([3, 1])] };
  assert.deepEqual(picture(drawnOverlays(both)), ["#...", "...#", "...#"]);
});

test("without overlays and shutter there is no mask, and a mask is made once", () => {
  assert.equal(overlayOf(image(4, 4)), null);
  assert.equal(shutterOf(image(4, 4)), null);
  const shapes: ShutterShape[] = [{ shape: "circle", centre: [2, 2], radius: 1 }];
  const model = { ...image(4, 4), shutter: { shapes, grey: 0 } };
  assert.equal(shutterOf(model), shutterOf(model));
});
