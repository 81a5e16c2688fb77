import assert from "node:assert/strict";
import { test } from "node:test";

import { alignedCentre, commonZooms, followCentre, followers, followWindow, followZoom } from "./linking.ts";
import type { Sight } from "./linking.ts";
import { empty, reduce } from "./state.ts";
import { item } from "./testing.ts";

const sight = (changes: Partial<Sight>): Sight =>
  ({ centre: [200, 250], zoom: 1, fit: 1, columns: 400, rows: 500, mm: 0, ...changes });

function beside(other: ReturnType<typeof item>, studies = ["now", "before"]) {
  const cell = { from: "current", align: "centre", sameScale: false } as const;
  const cells = [item("a"), other].map((each, column) => ({
    ...cell, study: studies[column]!, row: 0, column, items: [each],
  }));
  return reduce(empty(), { type: "hang", hung: { rows: 1, columns: 2, cells } });
}

test("images of one patient follow one another, those of two never do", () => {
  assert.deepEqual(followers(beside(item("b")), 0), [1]);
  const stranger = item("b", { patient: { ...item("b").patient, id: "P2" } });
  assert.deepEqual(followers(beside(stranger), 0), []);
  const nameless = item("b", { patient: { ...item("b").patient, id: "" } });
  assert.deepEqual(followers(beside(nameless), 0), []);
});

test("a prior of the same view follows, another view or another image of the same study does not", () => {
  assert.deepEqual(followers(beside(item("b", { view: "LL" })), 0), []);
  assert.deepEqual(followers(beside(item("b"), ["now", "now"]), 0), []);
  assert.deepEqual(followers(beside(item("b", { view: "" })), 0), [1]); // many priors say no view
});

test("with the link off nobody follows", () => {
  const state = reduce(beside(item("b")), { type: "switch", name: "linked", on: false });
  assert.deepEqual(followers(state, 0), []);
});

test("a follower shows the same millimetres when both images know theirs", () => {
  // 0.1 mm pixels at zoom 2 are 20 CSS pixels a mm; a pixel of 0.2 mm needs zoom 4 for as much
  assert.equal(followZoom(sight({ zoom: 2, mm: 0.1 }), sight({ mm: 0.2 })), 4);
});

test("without millimetres a follower is enlarged as much beyond fitting", () => {
  assert.equal(followZoom(sight({ zoom: 3, fit: 1.5 }), sight({ fit: 0.4 })), 0.8);
});

test("a follower's centre moves as far in shares of its own size", () => {
  const [before, after] = [sight({}), sight({ centre: [240, 200] })];
  // a tenth of the width to the right, a tenth of the height up
  assert.deepEqual(followCentre(before, after, sight({ centre: [100, 100], columns: 200, rows: 300 })), [120, 70]);
});

test("a follower's window is widened and moved as its leader's, not set to its figures", () => {
  const before = { centre: 1000, width: 2000, function: "LINEAR" };
  const after = { centre: 1500, width: 4000, function: "LINEAR" };
  const follower = { centre: 100, width: 400, function: "SIGMOID" };
  assert.deepEqual(followWindow(before, after, follower), { centre: 200, width: 800, function: "SIGMOID" });
});

test("a common scale lets the largest image just fit", () => {
  // 0.5 and 0.25 pixels a mm-column: 0.4/0.1 = 4 and 0.4/0.2 = 2 CSS pixels a mm; the smaller one holds for both
  assert.deepEqual(commonZooms([sight({ fit: 0.4, mm: 0.1 }), sight({ fit: 0.4, mm: 0.2 })]), [0.2, 0.4]);
});

test("no common scale is made up where an image has no millimetres", () => {
  assert.equal(commonZooms([sight({ mm: 0.1 }), sight({ mm: 0 })]), null);
  assert.equal(commonZooms([]), null);
});

test("a chest wall lies on the edge that its cell asks for", () => {
  const breast = sight({ zoom: 0.5 });
  assert.deepEqual(alignedCentre("left", breast, 300), [300, 250]); // 300 CSS pixels are 600 columns: half is 300
  assert.deepEqual(alignedCentre("right", breast, 300), [100, 250]);
  assert.deepEqual(alignedCentre("centre", breast, 300), [200, 250]);
  // mirrored, the image's right edge is seen at the left; on its head likewise
  assert.deepEqual(alignedCentre("left", breast, 300, { rotation: 0, flipH: true }), [100, 250]);
  assert.deepEqual(alignedCentre("left", breast, 300, { rotation: 180, flipH: false }), [100, 250]);
  // a quarter turn clockwise brings the lower edge to the left: its 500 rows in 600 leave 100, so the middle lies 50 up
  assert.deepEqual(alignedCentre("left", breast, 300, { rotation: 90, flipH: false }), [200, 200]);
});
