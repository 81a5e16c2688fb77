import assert from "node:assert/strict";
import { test } from "node:test";

import { crosses, overlap, placed } from "./labels.ts";
import type { Placing } from "./labels.ts";

const FREE: Placing = {
  width: 80,
  height: 20,
  anchors: [[200, 200]],
  lines: [],
  taken: [],
  within: { x: 0, y: 0, width: 400, height: 400 },
};

test("a text stands right of its anchor where nothing is in the way", () => {
  assert.deepEqual(placed(FREE).box, { x: 212, y: 190, width: 80, height: 20 });
});

test("a text does not stand on a line", () => {
  const lines: Placing["lines"] = [[[200, 200], [400, 200]]];
  const { box } = placed({ ...FREE, lines });
  assert.ok(!crosses(lines[0]!, box));
});

test("a text does not stand on another text", () => {
  const taken = [placed(FREE).box];
  assert.equal(overlap(placed({ ...FREE, taken }).box, taken[0]!), 0);
});

test("a text at the edge of the screen stands inside", () => {
  const { box } = placed({ ...FREE, anchors: [[395, 395]] });
  assert.ok(box.x + box.width <= 400 && box.y + box.height <= 400);
});

test("a text stays where it was while that is nearly as good", () => {
  assert.equal(placed({ ...FREE, last: 3 }).choice, 3);
  assert.equal(placed({ ...FREE, last: 3, lines: [[[200, 200], [200, 400]]] }).choice, 0);
});

test("a line through a corner crosses, one beside does not", () => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  assert.ok(crosses([[-5, 5], [5, -5]], box));
  assert.ok(crosses([[2, 2], [3, 3]], box));
  assert.ok(!crosses([[-5, 5], [4, -5]], box));
  assert.ok(!crosses([[-5, 20], [50, 20]], box));
  assert.ok(!crosses([[12, -5], [12, 50]], box));
});
