import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

import type { OpenJph } from "@cornerstonejs/codec-openjph/wasmjs";

import { readCodestream } from "./codestream.ts";
import { Damaged, cellsOf, decodeHtj2k, decodeRaw } from "./decode.ts";
import type { Pixels } from "./model.ts";

// the package is CommonJS: in the browser Vite turns it round, here Node's own way of reading it does
type Factory = (options: object) => Promise<OpenJph>;
const factory = createRequire(import.meta.url)("@cornerstonejs/codec-openjph/wasmjs") as Factory;
const codec = await factory({ print: () => undefined, printErr: () => undefined });

/** A codestream, and what a foreign encoder was given: cells little endian, both as base64. */
interface Sample {
  name: string;
  columns: number;
  rows: number;
  kind: "Uint8Array" | "Int8Array" | "Uint16Array" | "Int16Array";
  codestream: string;
  cells: string;
}

const samples = JSON.parse(readFileSync(join(import.meta.dirname, "codestreams.json"), "utf8")) as Sample[];
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

for (const sample of samples) {
  test(`${sample.name} come back cell by cell`, () => {
    const plane = decodeHtj2k(codec, bytesOf(sample.codestream), 0);
    const { columns, rows, kind } = sample;
    assert.deepEqual([plane.columns, plane.rows, plane.data.constructor.name], [columns, rows, kind]);
    const { buffer, byteOffset, byteLength } = plane.data;
    assert.deepEqual(new Uint8Array(buffer, byteOffset, byteLength), bytesOf(sample.cells));
  });
}

const gradient = samples.find(({ name }) => name.includes("gradient"))!;

test("a beginning that holds a resolution gives the same small picture as the whole", () => {
  const bytes = bytesOf(gradient.codestream);
  const { ends, levels } = readCodestream(bytes)!;
  const whole = decodeHtj2k(codec, bytes, 2);
  const part = decodeHtj2k(codec, bytes.slice(0, ends![levels - 2]), 2);
  assert.deepEqual([part.columns, part.rows], [Math.ceil(gradient.columns / 4), Math.ceil(gradient.rows / 4)]);
  assert.deepEqual(part.data, whole.data);
});

test("a small picture is close to averages of the large one", () => {
  // the low band of the reversible 5/3 wavelet has a gain of one: a gradient stays one (ISO/IEC 15444-1 F.4.8.1)
  const plane = decodeHtj2k(codec, bytesOf(gradient.codestream), 3);
  assert.ok(plane.data.every((value, i) => Math.abs(value - 8 * 10 * (i % plane.columns)) <= 12));
});

test("what is no codestream raises", () => {
  assert.throws(() => decodeHtj2k(codec, new Uint8Array(500), 0), Damaged);
  assert.throws(() => decodeHtj2k(codec, bytesOf(gradient.codestream).slice(0, 60), 0), Damaged);
});

function pixels(bits: number, signed: boolean): Pixels {
  return { codec: "raw", url: "", bits, signed, size: 0, lossless: true };
}

test("raw cells are little endian, of one or two bytes", () => {
  assert.deepEqual([...cellsOf(Uint8Array.of(1, 2, 255, 255), pixels(12, true))], [513, -1]);
  assert.deepEqual([...cellsOf(Uint8Array.of(1, 255), pixels(8, true))], [1, -1]);
  const raw = decodeRaw(Uint8Array.of(1, 0, 2, 0, 9), { columns: 2, rows: 1 }, pixels(10, false));
  assert.deepEqual([...raw.data], [1, 2]);
});

test("too few raw cells raise", () => {
  assert.throws(() => decodeRaw(Uint8Array.of(1, 2), { columns: 2, rows: 1 }, pixels(16, false)), Damaged);
});
