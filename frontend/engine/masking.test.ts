import assert from "node:assert/strict";
import { test } from "node:test";

import { planOf } from "./masking.ts";
import type { Mask } from "./model.ts";

function mask(changes: Partial<Mask>): Mask {
  return { operation: "AVG_SUB", frames: [], offset: 1, average: 1, shift: [0, 0], ranges: [], ...changes };
}

/** The mask frames of frames 1 to `frames`, null where there are none. */
function taken(masks: Mask[], frames: number) {
  return Array.from({ length: frames }, (_, index) => planOf(masks, index + 1, frames)?.masks ?? null);
}

// PS3.3 C.7.6.10.1.1, reckoned by hand

test("an average is subtracted from the frames of its range alone", () => {
  assert.deepEqual(taken([mask({ frames: [1, 2], ranges: [[3, 4]] })], 5), [null, null, [1, 2], [1, 2], null]);
});

test("so many frames from the current one on are averaged, and without a range it ends where they run out", () => {
  const averaged = [mask({ frames: [1], average: 3, shift: [1.5, -2] })];
  assert.deepEqual(planOf(averaged, 3, 5), { masks: [1], contrast: [3, 4, 5], shift: [1.5, -2] });
  assert.equal(planOf(averaged, 4, 5), null);
});

test("a range that goes on to the last frame averages what there is", () => {
  const averaged = [mask({ frames: [1], average: 3, ranges: [[2, 5]] })];
  assert.deepEqual(planOf(averaged, 4, 5)?.contrast, [4, 5]);
});

test("time interval differencing takes the frame at a distance, where there is one", () => {
  assert.deepEqual(taken([mask({ operation: "TID", offset: 2 })], 5), [null, null, [1], [2], [3]]);
  assert.deepEqual(taken([mask({ operation: "TID", offset: -1 })], 3), [[2], [3], null]);
  assert.deepEqual(taken([mask({ operation: "TID", offset: 1, ranges: [[3, 3]] })], 4), [null, null, [2], null]);
});

test("reversed, the mask goes back as the frame goes on: the offset grows by two a frame", () => {
  // frame 5 less 1: 4; frame 6 less 1 + 2: 3; frame 7 less 1 + 4: 2; frame 8 less 1 + 6: 1
  const reversed = [mask({ operation: "REV_TID", offset: 1, ranges: [[5, 8]] })];
  assert.deepEqual(taken(reversed, 8), [null, null, null, null, [4], [3], [2], [1]]);
});

test("reversed over two ranges, the frames are counted through both", () => {
  const reversed = [mask({ operation: "REV_TID", offset: 2, ranges: [[5, 6], [9, 9]] })];
  // 5 − 2, 6 − 4, 9 − 6
  assert.deepEqual([5, 6, 7, 9].map((frame) => planOf(reversed, frame, 9)?.masks[0] ?? null), [3, 2, null, 3]);
});

test("each range has its own mask, the first that is for a frame counts", () => {
  const masks = [mask({ frames: [1], ranges: [[2, 3]] }), mask({ operation: "TID", offset: 1, ranges: [[3, 4]] })];
  assert.deepEqual(taken(masks, 4), [null, [1], [1], [3]]);
});
