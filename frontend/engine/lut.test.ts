import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { colourTable, greyTable, rint, valueOf } from "./lut.ts";
import type { GreyModel, Lut, Voi, Window } from "./model.ts";

const AS_RECORDED = { voi: 0, window: null, gamma: 1, invert: false };

function lut(first: number, bits: number, entries: number[]): Lut {
  return { first, bits, data: Buffer.from(new Uint16Array(entries).buffer).toString("base64") };
}

function windowed(centre: number, width: number, kind = "LINEAR"): Voi {
  return { explanation: "", centre, width, function: kind };
}

function model(changes: Partial<GreyModel> = {}): GreyModel {
  return {
    pixels: { bits: 12, signed: false },
    invert: false,
    modality: { slope: 1, intercept: 0, unit: "", lut: null },
    voi: [windowed(2048, 4096)],
    presentation_lut: null,
    padding: null,
    ...changes,
  };
}

test("a linear window follows the formula of PS3.3 C.11.2.1.2.1", () => {
  const table = greyTable(model(), AS_RECORDED, 16);
  // ((x - 2047.5) / 4095 + 0.5) × 255 at 0, 1024, 2047, 2048, 4095: 0, 63.77, 127.47, 127.53, 255
  assert.deepEqual([0, 1024, 2047, 2048, 4095].map((x) => table[x]), [0, 64, 127, 128, 255]);
  assert.equal(table.length, 65536);
});

test("a linear window of width 1 is a threshold", () => {
  const table = greyTable(model({ voi: [windowed(100, 1)] }), AS_RECORDED, 16);
  assert.deepEqual([98, 99, 100, 101].map((x) => table[x]), [0, 0, 255, 255]);
});

test("an exact linear window follows the formula of PS3.3 C.11.2.1.3.2", () => {
  const table = greyTable(model({ voi: [windowed(2048, 4096, "LINEAR_EXACT")] }), AS_RECORDED, 16);
  // x / 4096 × 255 + 0.5, cut off: 0.5, 64.25, 128, 255.4
  assert.deepEqual([0, 1024, 2048, 4095].map((x) => table[x]), [0, 64, 128, 255]);
});

test("a sigmoid window follows the formula of PS3.3 C.11.2.1.3.1", () => {
  const table = greyTable(model({ voi: [windowed(2048, 4096, "SIGMOID")] }), AS_RECORDED, 16);
  // 255 / (1 + e²) = 30.4, 127.5, 255 / (1 + 1/e) = 186.4
  assert.deepEqual([0, 2048, 3072].map((x) => table[x]), [30, 128, 186]);
});

test("a VOI LUT gives its first entry below and its last above", () => {
  const table = greyTable(model({ voi: [{ explanation: "", lut: lut(10, 8, [0, 128, 255]) }] }), AS_RECORDED, 16);
  assert.deepEqual([0, 10, 11, 12, 4000].map((x) => table[x]), [0, 0, 128, 255, 255]);
});

test("a VOI LUT on values below zero reads its first value as signed", () => {
  const voi = [{ explanation: "", lut: lut(0xffff, 8, [0, 100, 200]) }];
  const signed = model({ pixels: { bits: 12, signed: true }, voi });
  const table = greyTable(signed, AS_RECORDED, 16);
  // the first value is -1: stored -1, 0 and 1 meet the three entries
  assert.deepEqual([0xffff, 0, 1].map((x) => table[x]), [0, 100, 200]);
});

test("rescale goes before the window", () => {
  const rescaled = model({ modality: { slope: 2, intercept: -100, unit: "HU", lut: null }, voi: [windowed(0, 201)] });
  const table = greyTable(rescaled, AS_RECORDED, 16);
  // 2x - 100 at 0, 50, 100 is -100, 0, 100: shares (v + 0.5) / 200 + 0.5
  assert.deepEqual([0, 50, 100].map((x) => table[x]), [1, 128, 255]);
  assert.equal(valueOf(rescaled, 60), 20);
});

test("a Modality LUT replaces the rescale", () => {
  const mapped = model({ modality: { slope: 9, intercept: 9, unit: "OD", lut: lut(0, 16, [0, 4095]) } });
  assert.deepEqual([valueOf(mapped, 0), valueOf(mapped, 1), valueOf(mapped, 77)], [0, 4095, 4095]);
  assert.equal(greyTable(mapped, AS_RECORDED, 16)[1], 255);
});

test("MONOCHROME1 and the reader's invert each turn the greys round", () => {
  const dark = greyTable(model({ invert: true }), AS_RECORDED, 16);
  assert.deepEqual([dark[0], dark[4095]], [255, 0]);
  const twice = greyTable(model({ invert: true }), { ...AS_RECORDED, invert: true }, 16);
  assert.deepEqual([twice[0], twice[4095]], [0, 255]);
});

test("padding is black, also when the greys are turned round", () => {
  const table = greyTable(model({ invert: true, padding: [0, 2] }), AS_RECORDED, 16);
  assert.deepEqual([table[0], table[2], table[3]], [0, 0, 255]);
});

test("a Presentation LUT takes the window's output over all its entries", () => {
  const presented = model({ presentation_lut: lut(0, 16, [65535, 0, 32768]) });
  const table = greyTable(presented, AS_RECORDED, 16);
  // shares 0, 0.5 and 1 meet entries 0, 1 and 2; 32768 / 65535 × 255 = 127.5
  assert.deepEqual([table[0], table[2048], table[4095]], [255, 0, 128]);
});

test("signed cells stand at their unsigned reading, cells beyond the bits stored are black", () => {
  const signed = model({ pixels: { bits: 12, signed: true }, voi: [windowed(0, 4096)] });
  const table = greyTable(signed, AS_RECORDED, 16);
  assert.deepEqual([table[0x10000 - 2048], table[2047], table[2048], table[0x8000]], [0, 255, 0, 0]);
});

test("eight bits take a table of 256", () => {
  const table = greyTable(model({ pixels: { bits: 8, signed: true }, voi: [windowed(0, 256)] }), AS_RECORDED, 8);
  assert.deepEqual([table.length, table[0x80], table[0x7f]], [256, 0, 255]);
});

test("gamma lifts the middle and leaves the ends", () => {
  const table = greyTable(model(), { ...AS_RECORDED, gamma: 2 }, 16);
  // share 0.25 becomes 0.5
  assert.deepEqual([table[0], table[1024], table[4095]], [0, 128, 255]);
});

test("the reader's window goes before the file's list", () => {
  const table = greyTable(model(), { ...AS_RECORDED, window: { centre: 100, width: 1, function: "LINEAR" } }, 16);
  assert.deepEqual([table[99], table[100]], [0, 255]);
});

test("colours are left alone but for gamma and invert", () => {
  assert.deepEqual([...colourTable({ gamma: 1, invert: false })], Array.from({ length: 256 }, (_, i) => i));
  assert.deepEqual([...colourTable({ gamma: 1, invert: true }).subarray(0, 2)], [255, 254]);
});

test("halves round to the even number, as the server does", () => {
  assert.deepEqual([0.5, 1.5, 2.5, -0.5, -1.5, 1.2].map(rint).map((x) => x + 0), [0, 2, 2, 0, -2, 1]);
});

interface Vector {
  name: string;
  model: GreyModel;
  stored: { rows: number; columns: number; dtype: string; data: string };
  voi: number;
  window: Window | null;
  invert: boolean;
  expected: { data: string };
}

/** Give cells as unsigned table indices, whatever their kind. */
function cellsOf({ dtype, data }: Vector["stored"]): { cells: number[]; bits: 8 | 16 } {
  const bytes = Buffer.from(data, "base64");
  if (/8$/.test(dtype)) return { cells: [...bytes], bits: 8 };
  return { cells: Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16LE(2 * i)), bits: 16 };
}

const FOLDER = join(import.meta.dirname, "../../build/vectors/grey");
const vectors = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : [];

const skip = vectors.length ? false : `no vectors in ${FOLDER}: run python -m tools.vectors`;

test("the table gives the greys of the server's chain", { skip }, () => {
  for (const name of vectors) {
    const vector = JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Vector;
    const { cells, bits } = cellsOf(vector.stored);
    const { voi, window, invert } = vector;
    const table = greyTable(vector.model, { voi, window, gamma: 1, invert }, bits);
    const expected = Buffer.from(vector.expected.data, "base64");
    const far = cells.findIndex((cell, i) => Math.abs(table[cell]! - expected[i]!) > 1);
    assert.equal(far, -1, `${vector.name}: pixel ${far} is ${table[cells[far]!]} instead of ${expected[far]}`);
  }
});
