import assert from "node:assert/strict";
import { test } from "node:test";

import { spokenOf, whereabouts } from "./whereabouts.ts";

test("an image that is spoken of twice is one image", () => {
  const references = (...instances: string[]) => ({ references: instances.map((instance) => ({ instance, frames: [] })) });
  assert.deepEqual(spokenOf([references("1", "2"), references("2", ""), references()]), ["1", "2"]);
});

test("images are in this study, in others, or nowhere to be found", () => {
  const studies: Record<string, string> = { a: "own", b: "other", c: "other", d: "third" };
  const found = whereabouts(["a", "b", "c", "d", "e"], "own", (instance) => studies[instance] ?? "");
  assert.deepEqual([found.here, [...found.elsewhere], found.nowhere], [1, [["other", 2], ["third", 1]], 1]);
});
