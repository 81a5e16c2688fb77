import assert from "node:assert/strict";
import { test } from "node:test";

import { calibrated, followed } from "./calibrating.ts";
import { draggedFrom } from "./dragging.ts";
import { History } from "./history.ts";
import { piles } from "./piles.ts";
import { isWhole, stateTurn } from "./rehanging.ts";
import { mustClose, parse } from "./secondwindow.ts";
import { lines, matching } from "./tagtree.ts";
import { item } from "./testing.ts";
import { deeds } from "./tools.ts";
import type { Series } from "./types.ts";

test("steps are taken back in turn, and a new one forgets what was undone", () => {
  let value = 0;
  const history = new History();
  const add = (by: number) => {
    value += by;
    history.push({ name: "add", undo: () => (value -= by), redo: () => (value += by) });
  };
  add(1);
  add(10);
  history.undo();
  assert.equal(value, 1);
  history.redo();
  assert.equal(value, 11);
  history.undo();
  add(100);
  assert.equal(history.redo(), "");
  assert.equal(value, 101);
});

const series = (modality: string, ...instances: Series["instances"]): Series => ({
  series: "1", modality, number: 1, description: "", body_part: "", laterality: "", date: "", time: "", station: "", instances,
});

test("slices are one pile, radiographs one each, and what only alters others is none", () => {
  const ct = piles([series("CT", item("a"), item("b", { frames: 3 }))], false);
  assert.deepEqual(ct.map((pile) => [pile.items.length, pile.count]), [[2, 4]]);
  const dx = [item("a"), item("raw", { for_processing: true }), item("ko", { kind: "key_object" }), item("sr", { kind: "report" })];
  assert.deepEqual(piles([series("DX", ...dx)], false).map((pile) => pile.items[0]?.instance), ["a", "sr"]);
  assert.deepEqual(piles([series("DX", ...dx)], true).map((pile) => pile.items[0]?.instance), ["a", "raw", "sr"]);
});

test("only our own words are heard from other windows", () => {
  const message = { kind: "show", study: "1", patient: "p", instance: "2", frame: 1 };
  assert.deepEqual(parse({ ...message, more: true }), message);
  assert.equal(parse({ ...message, frame: 0 }), null);
  assert.equal(parse({ ...message, instance: 7 }), null);
  assert.equal(parse("show"), null);
  assert.equal(parse(null), null);
});

test("a second window closes when another patient is opened, and only then", () => {
  assert.equal(mustClose("p", { kind: "patient", patient: "q" }), true);
  assert.equal(mustClose("p", { kind: "patient", patient: "p" }), false);
  assert.equal(mustClose("", { kind: "patient", patient: "q" }), false);
});

test("what is dropped is read with care", () => {
  const drop = (text: string) => draggedFrom({ getData: () => text });
  assert.deepEqual(drop('{"instance":"1.2","stack":true}'), { instance: "1.2", stack: true });
  assert.equal(drop("https://example.org"), null);
  assert.equal(drop('{"instance":7}'), null);
});

const line = (text: string, to: [number, number]) => ({
  id: "1", kind: "calibration" as const, instance: "a", frame: 1, points: [[0, 0], to] as [number, number][],
  text, label: "", colour: "", locked: false,
});

test("a line of 50 mm over 300 columns and 400 rows is 0.1 mm a pixel, of the image or its series", () => {
  const given = { annotation: line("50", [300, 400]), item: item("a"), aspect: 1 };
  assert.deepEqual(calibrated([], { ...given, isSeries: false }), [{ instance: "a", mm_per_pixel: 0.1 }]);
  assert.deepEqual(calibrated([], { ...given, isSeries: true }), [{ series: "series", mm_per_pixel: 0.1 }]);
  assert.deepEqual(calibrated([], { ...given, annotation: line("about 5 cm", [300, 400]), isSeries: true }), []);
});

test("a scale follows its line, and goes with it", () => {
  const known = [{ series: "series", mm_per_pixel: 0.1 }];
  const image = { item: item("a"), aspect: 1 };
  assert.deepEqual(followed(known, [line("50", [0, 250])], image), [{ series: "series", mm_per_pixel: 0.2 }]);
  assert.deepEqual(followed(known, [], image), []);
  assert.deepEqual(followed(known, [], { ...image, item: item("b", { series: "other" }) }), known);
});

test("DICOM JSON becomes lines, those of items beneath their sequence, and names keep their groups", () => {
  const found = lines({
    "00100010": { vr: "PN", Value: [{ Alphabetic: "Yamada^Tarou", Ideographic: "山田^太郎" }] },
    "00082218": { vr: "SQ", Value: [{ "00080100": { vr: "SH", Value: ["T-D3000"] } }] },
    "7FE00010": { vr: "OW", BulkDataURI: "frames" },
  });
  assert.deepEqual(found.map((line) => [line.tag, line.value, line.depth]), [
    ["(0008,2218)", "1", 0],
    ["(0008,0100)", "T-D3000", 1],
    ["(0010,0010)", "Yamada^Tarou=山田^太郎", 0],
    ["(7FE0,0010)", "…", 0],
  ]);
  assert.deepEqual(matching(found, "yamada pn", () => "").map((line) => line.tag), ["(0010,0010)"]);
  assert.deepEqual(matching(found, "00080100", () => "").length, 1);
});

test("no two deeds have the same id or the same key", () => {
  const all = deeds((text) => text);
  const keys = all.flatMap((deed) => deed.keys);
  assert.equal(new Set(all.map((deed) => deed.id)).size, all.length);
  assert.deepEqual(keys.filter((key, index) => keys.indexOf(key) !== index), []);
});

test("a state turns first and then flips; angles between are the nearest quarter", () => {
  const { rotation, flipH, flipV } = stateTurn({ rotation: -90, flip_h: true });
  assert.deepEqual([rotation, flipH, flipV], [270, true, false]);
  assert.equal(stateTurn({ rotation: 179, flip_h: false }).rotation, 180);
});

test("a displayed area of the whole image is one that fits", () => {
  const image = { columns: 400, rows: 500 };
  assert.equal(isWhole(null, image), true);
  assert.equal(isWhole([0, 0, 400, 500], image), true);
  assert.equal(isWhole([10, 0, 400, 500], image), false);
});
