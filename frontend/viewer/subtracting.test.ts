import assert from "node:assert/strict";
import { test } from "node:test";

import type { Frame, FrameStore, Mask, RenderModel } from "../engine/index.ts";
import { Subtrahends } from "./subtracting.ts";

const AVERAGED: Mask = { operation: "AVG_SUB", frames: [1, 2], offset: 1, average: 2, shift: [0, 1], ranges: [[3, 4]] };
const MODEL = { instance: "1.2", frames: 5, cine: { frame_times_ms: [], fps: 0, masks: [AVERAGED], subtracted: false } };
const model = MODEL as unknown as RenderModel;

/** A store whose frame n has pixels n and 10 n; it notes what is asked of it. */
function store() {
  const asked: number[] = [];
  const load: FrameStore["load"] = async (_, frame) => {
    asked.push(frame);
    return { columns: 2, rows: 1, level: 0, data: Uint16Array.of(frame, 10 * frame) } satisfies Frame;
  };
  return { asked, load };
}

const { signal } = new AbortController();

test("the average of the masks is subtracted from the average of the frames from the current one on", async () => {
  const found = await new Subtrahends().of(store(), model, { frame: 3, mask: null, signal });
  assert.deepEqual([...found!.mask.data], [1.5, 15]);
  assert.deepEqual([...found!.contrast!.data], [3.5, 35]);
  assert.deepEqual(found!.shift, [0, 1]);
});

test("a mask that stays is loaded once", async () => {
  const [from, masks] = [store(), new Subtrahends()];
  await masks.of(from, model, { frame: 3, mask: null, signal });
  await masks.of(from, model, { frame: 4, mask: null, signal });
  assert.deepEqual(from.asked, [1, 2, 3, 4, 4, 5]);
});

test("the frame that a reader took is subtracted from every frame, as it is", async () => {
  const found = await new Subtrahends().of(store(), model, { frame: 5, mask: 4, signal });
  assert.deepEqual([[...found!.mask.data], found!.contrast, found!.shift], [[4, 40], null, [0, 0]]);
});

test("nothing is subtracted where the file has no mask, or where it cannot be had", async () => {
  assert.equal(await new Subtrahends().of(store(), model, { frame: 5, mask: null, signal }), null);
  const broken = { load: () => Promise.reject(new Error("torn")) };
  assert.equal(await new Subtrahends().of(broken, model, { frame: 3, mask: null, signal }), null);
});
