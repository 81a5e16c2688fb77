import assert from "node:assert/strict";
import { test } from "node:test";

import { untouched } from "../engine/model.ts";
import type { RenderModel } from "../engine/index.ts";
import { kept, presetsOf, restored, viewOf, windowOf, withView } from "./views.ts";

const t = (text: string, values: Record<string, string | number> = {}) =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
const WINDOW = { explanation: "NORMAL", centre: 2048, width: 4096, function: "LINEAR" };
// three entries of two bytes are eight characters of base64
const TABLE = { explanation: "HARDER", lut: { first: 100, bits: 16, data: "AAD/f///" } };
const MODEL = { voi: [WINDOW, TABLE], presets: [], invert: false, photometric: "MONOCHROME2" } as unknown as RenderModel;

const about = { instance: "a", frame: 1, fits: false, area: null };

test("a view that was kept comes back as it was", () => {
  const view = { ...untouched([100, 200], 0.5), rotation: 90, flipH: true, window: { centre: 40, width: 400, function: "LINEAR" } };
  const back = restored(kept(view, MODEL, about), MODEL);
  assert.deepEqual({ ...view, ...back }, { ...view, voi: null });
});

test("a view that only fitted fits again wherever it comes back", () => {
  const image = kept(untouched([100, 200], 0.5), MODEL, { ...about, fits: true });
  assert.equal(image.zoom, 0);
  assert.equal("zoom" in restored(image, MODEL), false);
});

test("a chosen VOI LUT is kept by its place, and passed over where the image has none there", () => {
  const image = kept({ ...untouched([0, 0], 1), voi: 1 }, MODEL, about);
  assert.deepEqual(image.window, { voi: 1 });
  assert.equal(restored(image, MODEL).voi, 1);
  assert.equal("voi" in restored(image, { ...MODEL, voi: [WINDOW] }), false);
});

test("a window of the file is kept as its figures and comes back by its name", () => {
  const image = kept(untouched([0, 0], 1), MODEL, about);
  assert.deepEqual(image.window, { centre: 2048, width: 4096, function: "LINEAR" });
  assert.deepEqual([restored(image, MODEL).voi, restored(image, MODEL).window], [0, null]);
});

test("greys turned round are kept against the file, and mean the same under a state that turned them round already", () => {
  const under = { ...MODEL, invert: true };
  const image = kept(untouched([0, 0], 1), under, about); // untouched under a state that inverts
  assert.equal(image.invert, true);
  assert.equal(restored(image, MODEL).invert, true);
  assert.equal(restored(image, under).invert, false);
  const dark = { ...MODEL, invert: true, photometric: "MONOCHROME1" };
  assert.equal(kept(untouched([0, 0], 1), dark, about).invert, false);
  assert.equal(restored({ invert: false }, dark).invert, false);
});

test("there is one view a frame, and another frame lends its own", () => {
  const one = kept(untouched([0, 0], 1), MODEL, about);
  const list = withView(withView([], one), { ...one, rotation: 90 });
  assert.deepEqual(list.map((view) => view.rotation), [90]);
  assert.equal(viewOf(list, "a", 7)?.rotation, 90);
  assert.equal(viewOf(list, "b", 1), undefined);
});

test("a table counts as the window from its first to its last input", () => {
  assert.deepEqual(windowOf(MODEL, { window: null, voi: 1 }), { centre: 101.5, width: 3, function: "LINEAR" });
  assert.deepEqual(windowOf(MODEL, { window: null, voi: null }), { centre: 2048, width: 4096, function: "LINEAR" });
});

test("windows are chosen by the names of the file, then by those of the site, with a digit each", () => {
  const site = { ...WINDOW, name: "Ribs", explanation: "", centre: 900, width: 700 };
  const found = presetsOf({ ...MODEL, presets: [site] } as unknown as RenderModel, t);
  assert.deepEqual(found.map((each) => [each.key, each.name]), [["1", "NORMAL"], ["2", "HARDER"], ["3", "Ribs"]]);
  assert.deepEqual(found[2]?.patch, { voi: null, window: { centre: 900, width: 700, function: "LINEAR" } });
});
