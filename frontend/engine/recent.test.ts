import assert from "node:assert/strict";
import { test } from "node:test";

import { Recent } from "./recent.ts";

test("what was used last is remembered, what was used longest ago is made again", () => {
  const [a, b, c] = [{}, {}, {}];
  const recent = new Recent<object, number | null>(2);
  let made = 0;
  const make = (): number => (made += 1);
  const seen = [a, b, a, c, a, b].map((key) => recent.get(key, make));
  assert.deepEqual(seen, [1, 2, 1, 3, 1, 4]);
});

test("nothing is remembered, too", () => {
  const recent = new Recent<object, null>(2);
  const key = {};
  let made = 0;
  for (let i = 0; i < 3; i += 1) recent.get(key, () => ((made += 1), null));
  assert.equal(made, 1);
});
