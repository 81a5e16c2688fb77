import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting } from "./fitting.ts";

const COLUMNS = [
  { id: "status", min: 100, rank: 2 },
  { id: "patient", min: 200, rank: 0 },
  { id: "study", min: 150, rank: 1 },
  { id: "comment", min: 20, rank: 3 },
];

test("all columns show when all fit", () => {
  assert.deepEqual(fitting(COLUMNS, 470), ["status", "patient", "study", "comment"]);
});

test("the columns needed least go first, and a small one does not slip in", () => {
  assert.deepEqual(fitting(COLUMNS, 440), ["patient", "study"]);
});

test("the column that names the row stays however narrow it is", () => {
  assert.deepEqual(fitting(COLUMNS, 50), ["patient"]);
});
