import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting, inverse, mapped, toCanvas } from "./affine.ts";
import { areaView, displayedArea, transformationOf, turnedOnScreen, viewOf } from "./gsps.ts";
import { mmPerCssPixel, oneToOneZoom, screenKey, trueSizeZoom } from "./truesize.ts";

const SCREEN = { width: 100, height: 100, ratio: 1 };
const place = (turned: { rotation: number; flipH: boolean; flipV: boolean }) =>
  mapped(toCanvas({ centre: [0, 0], zoom: 1, ...turned }, 1, SCREEN), 10, 3).map(Math.round);

test("a presentation state's quarter turn and flip put points where the view has them", () => {
  for (const rotation of [0, 90, 180, 270]) {
    for (const flipH of [false, true]) {
      for (const flipV of [false, true]) {
        const turned = { rotation, flipH, flipV };
        assert.deepEqual(place(viewOf(transformationOf(turned))), place(turned));
      }
    }
  }
});

test("upside down is mirrored and half a turn", () => {
  assert.deepEqual(transformationOf({ rotation: 0, flipH: false, flipV: true }), { rotation: 180, flip: true });
  assert.deepEqual(transformationOf({ rotation: 359, flipH: true, flipV: true }), { rotation: 180, flip: false });
});

test("turning right turns what is seen to the right, mirrored or not", () => {
  for (const flipH of [false, true]) {
    const view = { rotation: 0, flipH, flipV: false };
    const [x, y] = place(view).map((each) => each - 50) as [number, number];
    assert.deepEqual(place({ ...view, ...turnedOnScreen(view, 90) }), [50 - y, 50 + x]);
  }
});

test("the displayed area of a fitted image is the image and its margin", () => {
  // 200 × 100 in 100 × 100 at half the size: rows from -50 to 150
  const back = inverse(toCanvas({ centre: [100, 50], zoom: 0.5, rotation: 0, flipH: false, flipV: false }, 1, SCREEN));
  const area = displayedArea({ toImage: (x, y) => mapped(back, x, y) }, SCREEN);
  assert.deepEqual(area, { topLeft: [1, -49], bottomRight: [200, 150] });
  const view = areaView(area, { rotation: 0, aspect: 1, width: 100, height: 100 });
  assert.deepEqual(view, { centre: [100, 50], zoom: fitting({ columns: 200, rows: 100, aspect: 1 }, 0, SCREEN) });
});

test("true size: a pixel of 0.15 mm on a screen of 0.25 mm is 0.6 wide", () => {
  assert.ok(Math.abs(trueSizeZoom(0.15, 0.25)! - 0.6) < 1e-12);
  assert.equal(trueSizeZoom(0, 0.25), null);
  assert.equal(trueSizeZoom(0.15, 0), null);
});

test("a card of 85.6 mm drawn 342.4 pixels wide makes a pixel 0.25 mm", () => {
  assert.ok(Math.abs(mmPerCssPixel(85.6, 342.4) - 0.25) < 1e-12);
  assert.equal(mmPerCssPixel(85.6, 0), 0);
});

test("one to one is one pixel of the screen", () => {
  assert.deepEqual([oneToOneZoom(2), oneToOneZoom(0)], [0.5, 1]);
  assert.equal(screenKey({ width: 1920, height: 1080 }, 1.25), "1920x1080@1.25");
});
