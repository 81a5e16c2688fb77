import assert from "node:assert/strict";
import { test } from "node:test";

import { patientKey, samePatient } from "./identity.ts";
import { empty, patientsShown, place, reduce, shown } from "./state.ts";
import type { State } from "./state.ts";
import { item } from "./testing.ts";

const hung = (rows: number, columns: number, ...cells: { row: number; column: number; items: ReturnType<typeof item>[] }[]): State =>
  reduce(empty(), {
    type: "hang",
    hung: {
      rows,
      columns,
      cells: cells.map((cell) => ({ ...cell, study: "s", from: "current", align: "centre", sameScale: false })),
    },
  });

test("hanging puts the images where the protocol says and leaves the other places empty", () => {
  const state = hung(1, 2, { row: 0, column: 1, items: [item("b")] });
  assert.deepEqual(state.cells.map((cell) => shown(cell)?.instance ?? null), [null, "b"]);
  assert.equal(state.active, 1);
});

test("a stack is stepped through frame by frame and then image by image, and stands still at its ends", () => {
  let state = hung(1, 1, { row: 0, column: 0, items: [item("a", { frames: 2 }), item("b")] });
  const at = () => [shown(state.cells[0])?.instance, state.cells[0]?.frame];
  const step = (by: number) => {
    state = reduce(state, { type: "step", cell: 0, by });
  };
  step(1);
  assert.deepEqual(at(), ["a", 2]);
  step(1);
  assert.deepEqual(at(), ["b", 1]);
  assert.deepEqual(place(state.cells[0]!), [3, 3]);
  const end = state;
  step(5);
  assert.equal(state, end);
  step(-9);
  assert.deepEqual(at(), ["a", 1]);
});

test("a smaller grid keeps images before empty places, and the active image active", () => {
  let state = hung(2, 2, { row: 1, column: 1, items: [item("d")] }, { row: 0, column: 1, items: [item("b")] });
  state = reduce(state, { type: "activate", cell: 3 });
  state = reduce(state, { type: "grid", rows: 1, columns: 2 });
  assert.deepEqual(state.cells.map((cell) => shown(cell)?.instance), ["b", "d"]);
  assert.equal(state.active, 1);
});

test("an image goes up where it hangs already, and nothing happens when it hangs nowhere", () => {
  const state = hung(1, 2, { row: 0, column: 0, items: [item("a")] }, { row: 0, column: 1, items: [item("b"), item("c")] });
  const up = reduce(state, { type: "go", instance: "c", frame: 1 });
  assert.equal(up.active, 1);
  assert.equal(shown(up.cells[1])?.instance, "c");
  assert.equal(reduce(state, { type: "go", instance: "nowhere", frame: 1 }), state);
});

test("one image is shown alone and all again", () => {
  const state = hung(1, 2, { row: 0, column: 0, items: [item("a")] }, { row: 0, column: 1, items: [item("b")] });
  const alone = reduce(state, { type: "only", cell: 1 });
  assert.equal(alone.only, 1);
  assert.equal(reduce(alone, { type: "only", cell: 1 }).only, null);
});

test("actions on places that are not there change nothing", () => {
  const state = hung(1, 1, { row: 0, column: 0, items: [item("a")] });
  assert.equal(reduce(state, { type: "activate", cell: 7 }), state);
  assert.equal(reduce(state, { type: "step", cell: -1, by: 1 }), state);
  assert.equal(reduce(state, { type: "frame", cell: 0, frame: 9 }), state);
  assert.equal(reduce(state, { type: "put", cell: 0, items: [], index: 0, study: "s", from: "current" }), state);
});

test("two patients on the screen are both named", () => {
  const other = item("b", { patient: { ...item("b").patient, id: "P2" } });
  const state = hung(1, 2, { row: 0, column: 0, items: [item("a")] }, { row: 0, column: 1, items: [other] });
  assert.deepEqual(patientsShown(state).map((each) => each.patient.id), ["P1", "P2"]);
});

test("an object that names no patient is of nobody's patient", () => {
  const nameless = item("a", { patient: { ...item("a").patient, id: "" } });
  assert.equal(patientKey(nameless), "");
  assert.equal(samePatient(nameless, nameless), false);
  assert.equal(samePatient(item("a"), item("b")), true);
});

test("the same number of another issuer is another patient", () => {
  const other = item("b", { patient: { ...item("b").patient, issuer: "OTHER" } });
  assert.equal(samePatient(item("a"), other), false);
});
