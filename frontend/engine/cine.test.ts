import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameClock, standing } from "./cine.ts";

/** A screen whose time is told by hand. */
function screen() {
  let waiting: ((now: number) => void) | null = null;
  const beat = { ask: (callback: (now: number) => void) => ((waiting = callback), 1), cancel: () => (waiting = null) };
  const at = (now: number): void => {
    const due = waiting;
    waiting = null;
    due?.(now);
  };
  return { beat, at };
}

function clock(frames: number, pace: { frame_times_ms?: number[]; fps?: number }) {
  const shown: number[] = [];
  const { beat, at } = screen();
  const running = new FrameClock(frames, { frame_times_ms: [], fps: 0, ...pace }, (frame) => shown.push(frame), beat);
  return { running, shown, at };
}

test("ten frames a second go on every 100 ms, round and round", () => {
  const { running, shown, at } = clock(3, { fps: 10 });
  running.play();
  for (const now of [0, 50, 100, 200, 300, 399, 400]) at(now);
  assert.deepEqual(shown, [2, 3, 1, 2]);
});

test("a slow screen passes frames over", () => {
  const { running, shown, at } = clock(10, { fps: 100 });
  running.play();
  at(0);
  at(50);
  assert.deepEqual(shown, [6]);
});

test("twice the speed takes half the time", () => {
  const { running, shown, at } = clock(4, { fps: 10 });
  running.speed = 2;
  running.play();
  at(0);
  at(50);
  assert.deepEqual(shown, [2]);
});

test("a frame time vector says how long each frame stands", () => {
  // increments 0, 100, 300: the first stands 100, the second 300, the last as long as the one before it
  assert.deepEqual(standing(3, { frame_times_ms: [0, 100, 300], fps: 0 }), [100, 300, 300]);
  assert.deepEqual(standing(2, { frame_times_ms: [], fps: 20 }), [50, 50]);
});

test("a step stops the clock and goes round", () => {
  const { running, shown } = clock(3, { fps: 10 });
  running.play();
  running.step(-1);
  running.step(1);
  running.seek(2);
  assert.deepEqual(shown, [3, 1, 2]);
  assert.equal(running.playing, false);
});

test("one frame does not run", () => {
  const { running } = clock(1, { fps: 10 });
  running.play();
  assert.equal(running.playing, false);
});
