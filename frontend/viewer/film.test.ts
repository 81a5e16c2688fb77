import assert from "node:assert/strict";
import { test } from "node:test";

import { amid, clock, enter, frameAt, nextSpeed, paceOf, runOnFilm } from "./film.ts";

test("the header says the pace unless the length contradicts it", () => {
  assert.equal(paceOf({ frames: 25, frame_time_ms: 40 }, 1), 40);
  assert.equal(paceOf({ frames: 25, frame_time_ms: 40 }, NaN), 40);
  assert.equal(paceOf({ frames: 25, frame_time_ms: 4 }, 1), 40);
  assert.equal(paceOf({ frames: 50, frame_time_ms: 0 }, 1), 20);
  assert.equal(paceOf({ frames: 1, frame_time_ms: 0 }, 0), 40);
});

test("every frame is found again at the time amid it, and at its beginning however that is rounded", () => {
  for (const pace of [40, 1000 / 30, 1001 / 30]) {
    for (let frame = 1; frame <= 400; frame += 1) {
      assert.equal(frameAt(amid(frame, pace, 400), pace, 400), frame);
      const begins = ((frame - 1) * pace) / 1000;
      assert.equal(frameAt(Math.floor(begins * 90_000 + 0.5) / 90_000, pace, 400), frame);
    }
  }
});

test("there is no frame before the first or behind the last", () => {
  assert.equal(frameAt(99, 40, 25), 25);
  assert.equal(frameAt(-1, 40, 25), 1);
  assert.equal(amid(0, 40, 25), 0.02);
  assert.equal(amid(26, 40, 25), 0.98);
});

test("times are minutes and seconds", () => {
  assert.equal(clock(0), "0:00");
  assert.equal(clock(65.9), "1:05");
  assert.equal(clock(NaN), "0:00");
});

test("speeds have ends", () => {
  assert.equal(nextSpeed(1, 1), 2);
  assert.equal(nextSpeed(2, 1), 2);
  assert.equal(nextSpeed(1, -10), 0.25);
});

test("keys reach the video of their viewport while it is there", () => {
  const done: string[] = [];
  const player = { toggle: () => done.push("toggle"), step: (by: number) => done.push(`step ${by}`), pace: () => done.push("pace") };
  const leave = enter(2, player);
  assert.equal(runOnFilm(2, "play"), true);
  assert.equal(runOnFilm(2, "previous_image"), true);
  assert.equal(runOnFilm(1, "play"), false);
  assert.equal(runOnFilm(2, "invert"), false);
  leave();
  assert.equal(runOnFilm(2, "play"), false);
  assert.deepEqual(done, ["toggle", "step -1"]);
});
