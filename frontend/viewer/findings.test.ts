import assert from "node:assert/strict";
import { test } from "node:test";

import { publishedText } from "./findings.ts";

const format = { number: (value: number, digits: number) => value.toFixed(digits) };
const t = (text: string): string => text;
const length = { name: "Length", value: 14.957, unit: "mm", source: "magnification" };

test("a published length keeps the source of its millimetres", () => {
  assert.equal(publishedText(length, format, t), "Length: 15.0 mm (corrected for magnification (estimated))");
});

test("counts have no decimals, lengths and means have one", () => {
  assert.equal(publishedText({ name: "Pixels", value: 3306, unit: "", source: "" }, format, t), "Pixels: 3306");
  assert.equal(publishedText({ name: "Mean", value: 1024.68, unit: "", source: "" }, format, t), "Mean: 1024.7");
  assert.equal(publishedText({ ...length, value: 15 }, format, t).slice(0, 15), "Length: 15.0 mm");
  assert.equal(publishedText({ ...length, value: null }, format, t), "");
});
