import assert from "node:assert/strict";
import { test } from "node:test";

import type { Annotation } from "../annotate/index.ts";
import { newLeg } from "./oneleg.ts";

function leg(id: string, count: number, changes: Partial<Annotation> = {}): Annotation {
  const points = Array.from({ length: count }, (_, index): [number, number] => [0, index]);
  return { id, kind: "leg_length", instance: "1.2", frame: 1, points, text: "", label: "", colour: "", locked: false, ...changes };
}

test("the side of one leg is asked for when it was just drawn and nobody says it", () => {
  const [one, axis] = [leg("a", 2), leg("b", 3, { kind: "hip_knee_ankle" })];
  assert.equal(newLeg([], [one], ""), one);
  assert.equal(newLeg([one], [one, axis], "U"), axis);
});

test("it is not asked for twice, nor of two legs, nor where reader or image says it", () => {
  const one = leg("a", 2);
  assert.equal(newLeg([one], [one], ""), null);
  assert.equal(newLeg([], [leg("a", 4), leg("b", 6, { kind: "hip_knee_ankle" })], ""), null);
  assert.equal(newLeg([], [leg("a", 2, { label: "L" })], ""), null);
  assert.equal(newLeg([], [one], "R"), null);
});
