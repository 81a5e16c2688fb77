import assert from "node:assert/strict";
import { test } from "node:test";

import { gripped, handlesOf, nudge, settled, simplified, standardPoints, withHandle } from "./edit.ts";
import { COUNTS, isWhole } from "./types.ts";
import type { Kind, Point } from "./types.ts";

function near(found: readonly Point[], wanted: readonly Point[]): void {
  assert.equal(found.length, wanted.length);
  found.forEach(([x, y], each) => assert.ok(Math.hypot(x - wanted[each]![0], y - wanted[each]![1]) < 1e-9, JSON.stringify(found)));
}

test("a rectangle is moved by any of its four corners", () => {
  const points: Point[] = [[0, 0], [10, 20]];
  assert.deepEqual(handlesOf("rectangle", points), [[0, 0], [10, 20], [10, 0], [0, 20]]);
  assert.deepEqual(withHandle("rectangle", points, 2, [15, -5]), [[0, -5], [15, 20]]);
  assert.deepEqual(withHandle("rectangle", points, 3, [-5, 25]), [[-5, 0], [10, 25]]);
});

test("an end of an ellipse's axis moves; its other end stays, and the other axis stays across the middle", () => {
  const points: Point[] = [[0, 10], [40, 10], [20, 0], [20, 20]];
  near(withHandle("ellipse", points, 1, [60, 10]), [[0, 10], [60, 10], [30, 0], [30, 20]]);
  near(withHandle("ellipse", points, 3, [20, 40]), [[0, 20], [40, 20], [20, 0], [20, 40]]);
  near(withHandle("ellipse", points, 1, [0, 50]), [[0, 10], [0, 50], [10, 30], [-10, 30]]);
});

test("an axis cannot be drawn together to nothing", () => {
  const points: Point[] = [[0, 10], [40, 10], [20, 0], [20, 20]];
  assert.deepEqual(withHandle("ellipse", points, 1, [0, 10]), points);
});

test("the longer axis comes first when an edit has ended", () => {
  assert.deepEqual(settled("ellipse", [[0, 0], [10, 0], [5, -20], [5, 20]]), [[5, -20], [5, 20], [0, 0], [10, 0]]);
  assert.deepEqual(settled("bidirectional", [[0, 0], [1, 0], [0, 0], [0, 5]]), [[0, 0], [0, 5], [0, 0], [1, 0]]);
});

test("the whole annotation moves by its body", () => {
  assert.deepEqual(gripped("length", [[0, 0], [5, 5]], { part: "body" }, [2, -1]), [[2, -1], [7, 4]]);
  assert.deepEqual(gripped("length", [[0, 0], [5, 5]], { part: "handle", index: 1 }, [2, -1]), [[0, 0], [7, 4]]);
});

test("arrow keys go along the screen, whichever way the image lies, in whole image pixels", () => {
  const turned = { toScreen: (x: number, y: number) => [-y * 3, x * 3] as const, toImage: (x: number, y: number) => [y / 3, -x / 3] as const };
  assert.deepEqual(nudge("ArrowRight", 1, [5, 5], turned)?.map((each) => each + 0), [0, -1]);
  assert.deepEqual(nudge("ArrowDown", 10, [5, 5], turned)?.map((each) => each + 0), [10, 0]);
  assert.equal(nudge("x", 1, [5, 5], turned), null);
});

test("a simplified path stays within its tolerance", () => {
  const wave = Array.from({ length: 500 }, (_, x): Point => [x, 20 * Math.sin(x / 40)]);
  const found = simplified(wave, 0.5);
  assert.ok(found.length < 60);
  for (const [x, y] of wave) {
    const at = found.findIndex((point, each) => each > 0 && point[0] >= x);
    const [one, other] = [found[Math.max(at - 1, 0)]!, found[Math.max(at, 1)]!];
    const share = (x - one[0]) / (other[0] - one[0]);
    assert.ok(Math.abs(one[1] + share * (other[1] - one[1]) - y) < 0.6);
  }
  assert.deepEqual([found[0], found.at(-1)], [wave[0], wave.at(-1)]);
});

test("every kind can be put down without a pointer", () => {
  for (const kind of Object.keys(COUNTS) as Kind[]) {
    assert.ok(isWhole(kind, standardPoints(kind, [100, 100], 80).length), kind);
  }
});
