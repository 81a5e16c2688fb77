import assert from "node:assert/strict";
import { test } from "node:test";

import { blank, next, preview, result } from "./drawing.ts";
import type { Deed, Drawing } from "./drawing.ts";
import type { Kind, Point } from "./types.ts";

function after(kind: Kind, ...deeds: Deed[]): Drawing {
  return deeds.reduce(next, blank(kind));
}

const press = (...at: Point): Deed => ({ type: "press", at, scale: 1 });
const move = (...at: Point): Deed => ({ type: "move", at, scale: 1 });
const release = (...at: Point): Deed => ({ type: "release", at, scale: 1 });
const click = (...at: Point): Deed[] => [press(...at), release(...at)];
const drag = (from: Point, to: Point): Deed[] => [press(...from), move(...to), release(...to)];
const finish: Deed = { type: "finish", scale: 1 };
const cancel: Deed = { type: "cancel" };

test("a length is drawn by a drag", () => {
  const drawing = after("length", ...drag([0, 0], [50, 20]));
  assert.equal(drawing.state, "done");
  assert.deepEqual(result(drawing), [[0, 0], [50, 20]]);
});

test("a length is drawn by two clicks, its end follows in between", () => {
  const between = after("length", ...click(0, 0), move(30, 30));
  assert.equal(between.state, "hovering");
  assert.deepEqual(preview(between), [[0, 0], [30, 30]]);
  assert.deepEqual(result([...click(50, 20)].reduce(next, between)), [[0, 0], [50, 20]]);
});

test("the last point follows until the button is up", () => {
  const drawing = after("length", ...click(0, 0), press(40, 40), move(60, 60), release(70, 70));
  assert.deepEqual(result(drawing), [[0, 0], [70, 70]]);
});

test("an angle is a drag and a click, or three clicks", () => {
  const wanted = [[0, 0], [50, 0], [50, 50]];
  assert.deepEqual(result(after("angle", ...drag([0, 0], [50, 0]), ...click(50, 50))), wanted);
  assert.deepEqual(result(after("angle", ...click(0, 0), ...click(50, 0), ...click(50, 50))), wanted);
});

test("a Cobb angle is two drags", () => {
  const drawing = after("cobb", ...drag([0, 0], [50, 0]), ...drag([0, 90], [50, 99]));
  assert.equal(drawing.state, "done");
  assert.deepEqual(result(drawing), [[0, 0], [50, 0], [0, 90], [50, 99]]);
});

test("a cardiothoracic ratio is three drags", () => {
  const drawing = after("cardiothoracic_ratio", ...drag([0, 0], [50, 0]), ...drag([99, 9], [50, 9]), ...drag([0, 40], [99, 40]));
  assert.equal(drawing.state, "done");
  assert.equal(result(drawing).length, 6);
});

test("a tremble is no drag: the scale of the screen says what is one", () => {
  assert.equal(after("length", press(0, 0), release(3, 0)).state, "hovering");
  assert.equal(next(after("length", press(0, 0)), { type: "release", at: [3, 0], scale: 4 }).state, "done");
});

test("an ellipse fills the box that was dragged, its longer axis first", () => {
  assert.deepEqual(result(after("ellipse", ...drag([0, 0], [40, 20]))), [[0, 10], [40, 10], [20, 0], [20, 20]]);
  assert.deepEqual(result(after("ellipse", ...drag([40, 80], [0, 0]))), [[20, 0], [20, 80], [0, 40], [40, 40]]);
});

test("a rectangle goes from its top left to its bottom right corner", () => {
  assert.deepEqual(result(after("rectangle", ...drag([40, 5], [0, 20]))), [[0, 5], [40, 20]]);
});

test("a polyline ends by Enter", () => {
  const drawing = after("polyline", ...click(0, 0), ...click(50, 0), ...click(50, 50), finish);
  assert.equal(drawing.state, "done");
  assert.deepEqual(result(drawing), [[0, 0], [50, 0], [50, 50]]);
});

test("the clicks of a double click put down one point", () => {
  const drawing = after("polyline", ...click(0, 0), ...click(50, 0), ...click(50, 50), ...click(51, 50), finish);
  assert.deepEqual(result(drawing), [[0, 0], [50, 0], [50, 50]]);
});

test("Enter after one point ends nothing", () => {
  assert.equal(after("polyline", ...click(0, 0), finish).state, "hovering");
});

test("a region is drawn in one stroke, with fewer points than the hand gave", () => {
  const circle = Array.from({ length: 200 }, (_, each): Point => {
    const turn = (each / 200) * 2 * Math.PI;
    return [100 + 60 * Math.cos(turn), 100 + 60 * Math.sin(turn)];
  });
  const drawing = after("freehand", press(...circle[0]!), ...circle.slice(1).map((at) => move(...at)), release(...circle.at(-1)!));
  assert.equal(drawing.state, "done");
  assert.ok(drawing.points.length > 8 && drawing.points.length < 80, String(drawing.points.length));
});

test("a region is drawn by clicks and closed by one on its first point", () => {
  const drawing = after("freehand", ...click(0, 0), ...click(50, 0), ...click(50, 50), ...click(3, 2));
  assert.equal(drawing.state, "done");
  assert.deepEqual(result(drawing), [[0, 0], [50, 0], [50, 50]]);
});

test("legs are one or two", () => {
  assert.equal(after("leg_length", ...drag([0, 0], [0, 90]), finish).state, "done");
  assert.equal(after("leg_length", ...drag([0, 0], [0, 90]), ...click(50, 0), finish).state, "hovering");
  assert.equal(after("leg_length", ...drag([0, 0], [0, 90]), ...drag([50, 0], [50, 90])).state, "done");
  assert.equal(after("hip_knee_ankle", ...drag([0, 0], [0, 50]), ...click(0, 90), finish).points.length, 3);
});

test("a probe and a text are one click", () => {
  assert.deepEqual(result(after("probe", press(5, 5), release(6, 6))), [[6, 6]]);
  assert.equal(after("text", ...click(5, 5)).state, "done");
});

test("what nobody could see was a slip", () => {
  assert.equal(after("length", ...click(0, 0), ...click(1, 1)).state, "cancelled");
  assert.equal(after("rectangle", ...click(0, 0), ...click(2, 2)).state, "cancelled");
});

test("Escape takes back what is under way, and nothing else", () => {
  assert.equal(after("length", press(0, 0), cancel).state, "cancelled");
  assert.equal(after("polyline", ...click(0, 0), ...click(50, 0), cancel).state, "cancelled");
  assert.equal(after("length", ...drag([0, 0], [50, 0]), cancel).state, "done");
  assert.equal(after("length", cancel).state, "idle");
});

test("movements before the first press put nothing down", () => {
  assert.deepEqual(preview(after("length", move(5, 5), release(5, 5))), []);
});

test("the last point is taken back, and the only one ends the drawing", () => {
  const back: Deed = { type: "back" };
  const drawing = after("polyline", ...click(0, 0), ...click(50, 0), ...click(50, 50), back);
  assert.deepEqual([drawing.state, drawing.points], ["hovering", [[0, 0], [50, 0]]]);
  assert.deepEqual(after("cobb", ...drag([0, 0], [50, 0]), press(0, 90), back).points, [[0, 0], [50, 0]]);
  assert.equal(after("length", press(0, 0), back).state, "cancelled");
  assert.equal(after("freehand", press(0, 0), move(20, 0), move(40, 0), back).state, "cancelled");
});
