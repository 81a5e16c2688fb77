import assert from "node:assert/strict";
import { test } from "node:test";

import { deedOf, draggedWindow, isProcessed, pinch, regionWindow, wheelDeed, zoomedAbout } from "./mouse.ts";

const press = { button: 0, shiftKey: false, ctrlKey: false, metaKey: false };

test("buttons do what the table says, with the keys that are held", () => {
  assert.equal(deedOf(press, {}), "tool");
  assert.equal(deedOf({ ...press, button: 2 }, {}), "window");
  assert.equal(deedOf({ ...press, shiftKey: true }, {}), "pan");
  assert.equal(deedOf({ ...press, button: 4 }, {}), "none");
});

test("a reader's own map goes first, and a word it should not have is passed over", () => {
  assert.equal(deedOf({ ...press, button: 2 }, { right: "zoom" }), "zoom");
  assert.equal(deedOf({ ...press, button: 2 }, { right: "explode" }), "window");
});

test("the wheel goes through a stack and enlarges a single image", () => {
  assert.equal(wheelDeed(press, {}, 40), "stack");
  assert.equal(wheelDeed(press, {}, 1), "zoom");
  assert.equal(wheelDeed({ ...press, ctrlKey: true }, {}, 40), "zoom");
});

test("a drag widens the window to the right and darkens downwards, in shares of the window", () => {
  const start = { centre: 2000, width: 4000, function: "LINEAR" };
  assert.deepEqual(draggedWindow(start, 200, 0), { ...start, width: 8000 });
  assert.deepEqual(draggedWindow(start, 0, 100), { ...start, centre: 3000 });
  assert.equal(draggedWindow(start, -9999, 0).width, 1); // PS3.3 C.11.2.1.2.1: at least 1
});

test("the point under the pointer stays where it is", () => {
  // at zoom 2 a point 10 columns right of the centre is 20 CSS pixels away; at zoom 4 it must be 5 columns away
  assert.deepEqual(zoomedAbout([100, 100], [110, 100], 2), [105, 100]);
});

test("two fingers have a distance and a middle", () => {
  assert.deepEqual(pinch([0, 0], [30, 40]), { distance: 50, middle: [15, 20] });
});

test("the window of a region reaches from its least to its greatest value", () => {
  // LINEAR with width w maps centre-0.5-(w-1)/2 to black: 10 is black and 30 white
  assert.deepEqual(regionWindow([10, 30, 20]), { centre: 20.5, width: 21, function: "LINEAR" });
  assert.equal(regionWindow([]), null);
});

test("greys that were worked on are called processed, inverted ones are not", () => {
  const view = { sharpen: null, clahe: null, gamma: 1, subtraction: null };
  assert.equal(isProcessed(view), false);
  assert.equal(isProcessed({ ...view, gamma: 1.1 }), true);
  assert.equal(isProcessed({ ...view, sharpen: { radius: 1, amount: 1 } }), true);
});
