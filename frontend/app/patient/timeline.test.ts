import assert from "node:assert/strict";
import { test } from "node:test";

import { byYear } from "./timeline.ts";

test("exams stand by year, the newest first, those without a date last", () => {
  const entries = ["20250301", "", "20261124103000", "20260101"].map((at) => ({ kind: "study", at }));
  assert.deepEqual(
    byYear(entries).map(({ year, entries: list }) => [year, list.map((one) => one.at)]),
    [
      ["2026", ["20261124103000", "20260101"]],
      ["2025", ["20250301"]],
      ["", [""]],
    ],
  );
});
