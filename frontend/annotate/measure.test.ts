import assert from "node:assert/strict";
import { test } from "node:test";

import { calibrationOf, knownLength, measure } from "./measure.ts";
import { DETECTOR, drawn, NO_SPACING } from "./testing.ts";
import type { Pixels } from "./types.ts";

const GREYS: Pixels = { columns: 4, rows: 3, unit: "HU", value: (column, row) => row * 4 + column + 1 };

function values(...given: Parameters<typeof measure>): Record<string, number> {
  return Object.fromEntries(measure(...given).values.map((value) => [value.name, value.value]));
}

function close(one: number | undefined, other: number): void {
  assert.ok(one !== undefined && Math.abs(one - other) < 1e-9, `${one} is not ${other}`);
}

test("a length is in millimetres and says of what", () => {
  const { values: [length] } = measure(drawn("length", [[0, 0], [100, 0]]), DETECTOR, 1);
  assert.deepEqual(length, { name: "length", value: 50, unit: "mm", source: "detector", side: "", note: "" });
});

test("a length on an image of unknown spacing is in pixels, whatever figures come with it", () => {
  for (const spacing of [NO_SPACING, { row: 0.2, column: 0.2, source: "unknown" }, { row: 0, column: 0.2, source: "detector" }]) {
    const { values: [length] } = measure(drawn("length", [[0, 0], [3, 4]]), spacing, 1);
    assert.deepEqual([length?.value, length?.unit, length?.source], [5, "px", "unknown"]);
  }
});

test("angles on pixels that are not square are those in millimetres", () => {
  const angle = drawn("angle", [[10, 0], [0, 0], [10, 10]]);
  close(values(angle, { row: 0.4, column: 0.3, source: "calibrated" }, 4 / 3).angle, (Math.atan2(4, 3) * 180) / Math.PI);
  close(values(angle, NO_SPACING, 1).angle, 45);
  close(values(angle, NO_SPACING, 2).angle, (Math.atan(2) * 180) / Math.PI);
});

test("an angle without an arm has no value", () => {
  assert.deepEqual(measure(drawn("angle", [[5, 0], [0, 0], [0, 0]]), DETECTOR, 1).values, []);
});

test("a Cobb angle beyond 90 degrees stays what it is, however its lines were drawn", () => {
  const steep = Math.tan(Math.PI / 3) * 10;
  const [upper, lower] = [[[-10, -steep], [10, steep]], [[-10, 100 + steep], [10, 100 - steep]]] as [number, number][][];
  for (const points of [[...upper!, ...lower!], [...upper!.toReversed(), ...lower!]]) {
    close(values(drawn("cobb", points), NO_SPACING, 1).cobb_angle, 120);
  }
});

test("the area and perimeter of a rectangle are in millimetres of both axes", () => {
  const found = values(drawn("rectangle", [[10, 10], [0, 30]]), { row: 0.4, column: 0.3, source: "film" }, 4 / 3);
  close(found.area, 24);
  close(found.perimeter, 22);
});

test("the perimeter of an ellipse with half axes 5 and 3 is 25.526998863398124", () => {
  // 4 · 5 · E(1 − 9/25), E by SciPy's ellipe
  const found = values(drawn("ellipse", [[-5, 0], [5, 0], [0, -3], [0, 3]]), NO_SPACING, 1);
  close(found.perimeter, 25.526998863398124);
  close(found.area, 15 * Math.PI);
});

test("statistics are of the pixels whose centres lie inside", () => {
  const found = values(drawn("rectangle", [[0.5, 0.5], [2.5, 1.6]]), NO_SPACING, 1, { pixels: GREYS });
  assert.deepEqual([found.mean, found.min, found.max, found.count], [3.5, 1, 6, 4]);
  close(found.sd, Math.sqrt(17 / 4));
});

test("a region outside the image has no statistics", () => {
  const found = values(drawn("ellipse", [[50, 50], [60, 50], [55, 48], [55, 52]]), NO_SPACING, 1, { pixels: GREYS });
  assert.deepEqual(Object.keys(found), ["area", "perimeter"]);
});

test("the cardiothoracic ratio follows a tilted chest", () => {
  const points: [number, number][] = [[60, 50], [100, 50], [170, 70], [100, 70], [10, 90], [230, 90]];
  const turned = points.map(([x, y]): [number, number] => [
    x * Math.cos(0.2) - y * Math.sin(0.2), x * Math.sin(0.2) + y * Math.cos(0.2),
  ]);
  close(values(drawn("cardiothoracic_ratio", points), DETECTOR, 1).cardiothoracic_ratio, 0.5);
  close(values(drawn("cardiothoracic_ratio", turned), DETECTOR, 1).cardiothoracic_ratio, 0.5);
  close(values(drawn("cardiothoracic_ratio", points), DETECTOR, 1).chest_width, 110);
});

test("legs have their side from where they lie, not from the order of drawing", () => {
  const legs = drawn("leg_length", [[300, 0], [300, 780], [100, 0], [100, 800]]);
  const found = measure(legs, DETECTOR, 1, { sides: { laterality: "", leftEdge: "R" } }).values;
  assert.deepEqual(found.map(({ value, side }) => [value, side]), [[390, "L"], [400, "R"], [10, "R"]]);
});

test("a knee that stands outward is varus, on the right and on the left and in a mirrored image", () => {
  const note = (knee: number, side: string, leftEdge: string) =>
    measure(drawn("hip_knee_ankle", [[100, 0], [knee, 400], [100, 800]]), DETECTOR, 1, {
      sides: { laterality: side, leftEdge },
    }).values[0]?.note;
  assert.deepEqual([note(90, "R", "R"), note(110, "L", "R"), note(90, "R", "")], ["varus", "varus", "varus"]);
  assert.deepEqual([note(110, "R", "R"), note(90, "L", "R"), note(90, "R", "L")], ["valgus", "valgus", "valgus"]);
  assert.equal(note(90, "", "R"), "");
  assert.equal(note(90, "B", "R"), "");
});

test("pelvic obliquity is to the patient's horizontal however the image is stored", () => {
  const stored: [string, string, [number, number], [number, number]][] = [
    ["R", "H", [100, 120], [300, 100]],
    ["H", "L", [120, 300], [100, 100]], // a quarter anticlockwise
    ["F", "R", [280, 100], [300, 300]], // a quarter clockwise
    ["L", "F", [300, 280], [100, 300]], // half a turn
    ["H", "R", [120, 100], [100, 300]], // transposed
  ];
  for (const [leftEdge, topEdge, one, other] of stored) {
    const sides = { laterality: "", leftEdge, topEdge };
    const [angle, height] = measure(drawn("pelvic_obliquity", [one, other]), DETECTOR, 1, { sides }).values;
    assert.ok(Math.abs(angle!.value - 5.710593) < 1e-6, `${leftEdge}${topEdge}: ${angle!.value}`); // atan(20 / 200)
    assert.deepEqual([height!.value, height!.side, angle!.side], [10, "L", "L"]);
  }
});

test("pelvic obliquity is the tilt to the rows, with the side that is higher", () => {
  const found = measure(drawn("pelvic_obliquity", [[100, 120], [300, 100]]), DETECTOR, 1).values;
  close(found[0]?.value, (Math.atan2(20, 200) * 180) / Math.PI);
  assert.deepEqual([found[1]?.value, found[1]?.side], [10, "L"]);
});

test("a calibration gives the millimetres of a pixel, and says that the user found them", () => {
  const known = drawn("calibration", [[0, 0], [30, 40]], { text: "25,4 mm" });
  assert.deepEqual(calibrationOf(known, 1), { row: 0.508, column: 0.508, source: "user" });
  assert.deepEqual(calibrationOf(drawn("calibration", [[0, 0], [0, 50]], { text: "100" }), 2), { row: 2, column: 1, source: "user" });
  const { values: [length] } = measure(drawn("length", [[0, 0], [100, 0]]), calibrationOf(known, 1)!, 1);
  close(length?.value, 50.8);
  assert.equal(length?.source, "user");
});

test("a calibration without a known length is none", () => {
  assert.equal(calibrationOf(drawn("calibration", [[0, 0], [30, 40]]), 1), null);
  for (const text of ["", "0", "-5", "1e3", "2,5,0", "5 cm", "1234567", "about 3"]) assert.ok(Number.isNaN(knownLength(text)), text);
});

test("a drawing that is not complete has no values", () => {
  assert.deepEqual(measure(drawn("leg_length", [[0, 0], [1, 1], [2, 2]]), DETECTOR, 1).values, []);
  assert.deepEqual(measure(drawn("cardiothoracic_ratio", [[0, 0]]), DETECTOR, 1).values, []);
});
