import assert from "node:assert/strict";
import { test } from "node:test";

import { age, letters, mirrored, sizeText, spacingRemark, spacingText, words } from "./overlaytext.ts";
import type { Format, Standing } from "./overlaytext.ts";
import type { RenderModel } from "../engine/index.ts";

const t: Format["t"] = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
const FORMAT: Format = {
  t,
  number: (value, digits) => value.toFixed(digits),
  date: (day) => day,
  name: (dicom) => dicom.replace("^", ", "),
  part: (code) => code.toLowerCase(),
};
const CHEST = { left: "R", right: "L", top: "H", bottom: "F" };

test("letters stand as the file says while the image is neither turned nor flipped", () => {
  assert.deepEqual(letters(CHEST, [1, 0], [0, 1]), CHEST);
});

test("letters go round with the image", () => {
  // a quarter turn clockwise: columns point down, rows point left
  assert.deepEqual(letters(CHEST, [0, 1], [-1, 0]), { left: "F", right: "H", top: "R", bottom: "L" });
});

test("letters change sides with a flip, which is a mirror image", () => {
  assert.deepEqual(letters(CHEST, [-1, 0], [0, 1]), { left: "L", right: "R", top: "H", bottom: "F" });
  assert.equal(mirrored([-1, 0], [0, 1]), true);
  assert.equal(mirrored([-1, 0], [0, -1]), false); // both flips are half a turn
  assert.equal(mirrored([0, 1], [-1, 0]), false);
});

test("no letter is guessed", () => {
  assert.deepEqual(letters(null, [1, 0], [0, 1]), { left: "", right: "", top: "", bottom: "" });
});

test("an age counts whole years, months under two years and days under two months", () => {
  assert.equal(age("19800302", "20260301", t), "45 y");
  assert.equal(age("19800301", "20260301", t), "46 y");
  assert.equal(age("20250815", "20260301", t), "6 mo");
  assert.equal(age("20260220", "20260301", t), "9 d");
  assert.equal(age("", "20260301", t), "");
  assert.equal(age("20270101", "20260301", t), "");
});

const SPACING: RenderModel["spacing"] = { row: 0.2, column: 0.2, source: "detector", factor: 1, note: "" };
const STANDING: Standing = {
  zoom: 1, rotation: 0, mirrored: false, processed: false, unmasked: false, inverted: false,
  window: { centre: 2048, width: 4096 }, windowName: "CHEST", place: [1, 1], screen: 0.25, spacing: SPACING,
};

test("an image is in true size when its millimetres are those of the screen", () => {
  // 0.2 mm pixels at zoom 0.8 on a screen of 0.25 mm: 0.8 × 0.25 = 0.2
  assert.equal(sizeText({ ...STANDING, zoom: 0.8 }, t), "true size");
  assert.equal(sizeText({ ...STANDING, zoom: 1.6 }, t), "2 × true size");
});

test("a screen that was never measured says so, and an image without millimetres claims none", () => {
  assert.equal(sizeText({ ...STANDING, screen: 0 }, t), "screen not calibrated");
  const none = { ...SPACING, row: 0, column: 0, source: "unknown" as const };
  assert.equal(sizeText({ ...STANDING, spacing: none }, t), "no physical size");
  assert.equal(spacingText(none, FORMAT), "no mm: distances in pixels");
});

test("every spacing says where it comes from", () => {
  assert.equal(spacingText(SPACING, FORMAT), "mm at detector · 0.200");
  assert.match(spacingText({ ...SPACING, source: "magnification" }, FORMAT), /estimated/);
});

const MODEL = {
  laterality: "L", body_part: "HAND", view: "PA", view_text: "", burned_in: "YES", for_processing: false,
  lossy: { is: true, ratio: 12.46, method: "" },
  identity: {
    patient_name: "Doe^Jane", patient_id: "P1", issuer: "", birth_date: "19800301", sex: "F", study_date: "20260301",
    acquired: "20260301101500", accession: "", institution: "", station: "", description: "",
  },
} as unknown as RenderModel;

test("who, what, and every reason for care are said", () => {
  const found = words(MODEL, { ...STANDING, mirrored: true, processed: true, place: [2, 9] }, FORMAT);
  assert.deepEqual(found.who, ["Doe, Jane", "P1", "19800301 · F · 46 y"]);
  assert.deepEqual(found.what, ["Left · hand · PA", "20260301", "Image 2 of 9"]);
  assert.deepEqual(found.marks.map((mark) => mark.text), [
    "Mirrored: letters burnt into the image read backwards",
    "Text is burnt into the image",
    "lossy 12.5:1",
    "processed",
  ]);
  assert.equal(found.marks[0]?.tone, "warning");
});

test("what a reader should know of the millimetres is said in their language, with the factor and the file's own words", () => {
  const corrected = { ...SPACING, source: "magnification", factor: 1.25, note: "By the distances" } as const;
  const french = { ...FORMAT, t: (text: string) => (text === "By the distances" ? "D’après les distances" : text) };
  assert.equal(words(MODEL, { ...STANDING, spacing: corrected }, french).remark, "D’après les distances · ÷ 1.25");
  const ball = { ...SPACING, source: "calibrated", description: "25 mm ball" } as const;
  assert.equal(spacingRemark(ball, FORMAT), "“25 mm ball”");
  assert.equal(spacingRemark(SPACING, FORMAT), "");
});

test("a doubt is said where there are no millimetres at all, and no factor of what is not measured", () => {
  const doubtful = { ...SPACING, row: 0, column: 0, source: "unknown", factor: 2, note: "Of which plane?" } as const;
  assert.equal(spacingRemark(doubtful, FORMAT), "Of which plane?");
});

test("what was done to the pixels is a mark", () => {
  const found = words({ ...MODEL, note: "A copy of 16 bits" }, STANDING, FORMAT);
  assert.ok(found.marks.some((mark) => mark.text === "A copy of 16 bits"));
});
