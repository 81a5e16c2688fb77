import assert from "node:assert/strict";
import { test } from "node:test";

import { begun, did, LONGEST, redone, steps, undone } from "./history.ts";

test("steps are taken back and done again in their order", () => {
  const all = did(did(begun("a"), "b", "first"), "c", "second");
  assert.deepEqual(steps(all), { undo: "second", redo: "" });
  const back = undone(undone(all));
  assert.equal(back.present, "a");
  assert.deepEqual(steps(back), { undo: "", redo: "first" });
  assert.equal(redone(back).present, "b");
  assert.equal(redone(redone(back)).present, "c");
  assert.deepEqual(redone(redone(back)), all);
});

test("a new step forgets what was taken back", () => {
  const other = did(undone(did(begun("a"), "b", "first")), "c", "other");
  assert.equal(redone(other), other);
  assert.equal(undone(other).present, "a");
});

test("nothing to take back changes nothing", () => {
  const start = begun("a");
  assert.equal(undone(start), start);
  assert.equal(redone(start), start);
  assert.equal(did(start, "a", "none"), start);
});

test("the oldest steps are forgotten", () => {
  let history = begun(0);
  for (let each = 1; each <= LONGEST + 5; each += 1) history = did(history, each, "step");
  for (let each = 0; each < LONGEST + 5; each += 1) history = undone(history);
  assert.equal(history.present, 5);
});
