import assert from "node:assert/strict";
import { test } from "node:test";

import { measure } from "./measure.ts";
import { DETECTOR, drawn, NO_SPACING, numbers, t } from "./testing.ts";
import { asText, handleName, labelLines, nameOf, nextPoint, spoken } from "./words.ts";

const length = drawn("length", [[0, 0], [146, 0]]);

test("a value is written with its unit, and its source stands below", () => {
  assert.deepEqual(labelLines(length, measure(length, DETECTOR, 1), numbers("en"), t), ["73.0 mm", "at detector"]);
});

test("French has a decimal comma", () => {
  assert.deepEqual(labelLines(length, measure(length, DETECTOR, 1), numbers("fr"), t)[0], "73,0 mm");
});

test("pixels are called pixels", () => {
  assert.deepEqual(labelLines(length, measure(length, NO_SPACING, 1), numbers("en"), t), ["146 px", "pixels, size unknown"]);
});

test("an annotation is copied as a line that holds all its values and their sources", () => {
  const legs = drawn("leg_length", [[100, 0], [100, 800], [300, 0], [300, 780]]);
  assert.equal(
    asText(legs, measure(legs, DETECTOR, 1), numbers("en"), t),
    "Leg length: Right leg 400.0 mm (at detector); Left leg 390.0 mm (at detector); " +
      "Difference, right leg longer 10.0 mm (at detector)",
  );
});

test("varus is said in words and the figure stands without a sign", () => {
  const knee = drawn("hip_knee_ankle", [[100, 0], [90, 400], [100, 800]], { label: "R" });
  assert.match(asText(knee, measure(knee, DETECTOR, 1), numbers("en"), t), /Right deviation from 180° 2\.9° varus/);
});

test("a screen reader says name, words, values, source and state", () => {
  const locked = { ...length, text: "nodule", locked: true };
  assert.equal(spoken(locked, measure(locked, DETECTOR, 1), numbers("en"), t), "Length, nodule, 73.0 mm, at detector, published");
});

test("statistics are put together", () => {
  const box = drawn("rectangle", [[0, 0], [10, 10]]);
  const statistics = { mean: 100, sd: 5.25, min: 80, max: 120, count: 100, unit: "HU" };
  assert.deepEqual(labelLines(box, measure(box, DETECTOR, 1, { statistics }), numbers("en"), t), [
    "Area 25.0 mm²", "Mean 100.0 ± 5.3 HU", "80 to 120 HU", "at detector",
  ]);
});

test("every point of a drawing that wants a certain order is named", () => {
  assert.equal(nextPoint("cardiothoracic_ratio", 0, t), "Right heart border");
  assert.equal(nextPoint("leg_length", 2, t), "Head of the left femur, or Enter to end");
  assert.equal(nextPoint("polyline", 1, t), "Next point");
  assert.equal(nextPoint("polyline", 2, t), "Next point, or Enter to end");
  assert.equal(nextPoint("length", 1, t), "");
});

test("handles have names", () => {
  assert.equal(handleName(length, 0, 2, t), "Length, point 1 of 2");
  assert.equal(handleName(drawn("angle", [[0, 0], [1, 1], [2, 2]]), 1, 3, t), "Angle: Vertex");
});

test("the value of one leg has its side with it, which is said once", () => {
  const leg = { ...drawn("leg_length", [[0, 0], [0, 100]]), label: "R" };
  const measures = measure(leg, DETECTOR, 1);
  assert.deepEqual(labelLines(leg, measures, numbers("en"), t), ["Right leg 50.0 mm", "at detector"]);
  assert.equal(spoken(leg, measures, numbers("en"), t), "Leg length, Right leg 50.0 mm, at detector");
  assert.equal(asText(leg, measures, numbers("en"), t), "Leg length: Right leg 50.0 mm (at detector)");
  assert.equal(nameOf(leg, t), "Leg length");
});
