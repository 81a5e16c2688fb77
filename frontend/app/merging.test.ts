import assert from "node:assert/strict";
import { test } from "node:test";

import { joined, NO_PREFERENCES, patched } from "./merging.ts";

test("a patch changes entries of a table and leaves the others", () => {
  const before = { ...NO_PREFERENCES, shortcuts: { a: "A", b: "B" } };
  assert.deepEqual(patched(before, { shortcuts: { b: "X" } }).shortcuts, { a: "A", b: "X" });
});

test("an entry that is undefined is taken out", () => {
  const before = { ...NO_PREFERENCES, mouse: { left: "pan" } };
  assert.deepEqual(patched(before, { mouse: { left: undefined } }).mouse, {});
});

test("lists and words are replaced whole", () => {
  const after = patched({ ...NO_PREFERENCES, columns: ["a", "b"] }, { columns: ["c"], theme: "light" });
  assert.deepEqual([after.columns, after.theme], [["c"], "light"]);
});

test("of two patches both hold, and the later has the last word", () => {
  const both = joined(
    { shortcuts: { a: "A", b: "B" }, theme: "dark" },
    { shortcuts: { b: "X" }, theme: "light" },
  );
  assert.deepEqual(both, { shortcuts: { a: "A", b: "X" }, theme: "light" });
});

test("a change made again upon newer preferences keeps what the other window saved", () => {
  const newer = { ...NO_PREFERENCES, version: 2, shortcuts: { theirs: "T" } };
  assert.deepEqual(patched(newer, { shortcuts: { mine: "M" } }).shortcuts, { theirs: "T", mine: "M" });
});
