import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesFor, levelIn, readCodestream } from "./codestream.ts";

const word = (value: number): number[] => [value >> 8, value & 0xff];
const long = (value: number): number[] => [...word(value >>> 16), ...word(value & 0xffff)];

/** A main header after ISO/IEC 15444-1 A.5.1, A.6.1 and A.7.1, and the marker of the first tile-part. */
function header({ tlm = [] as number[], levels = 5, ssiz = 11 } = {}): Uint8Array {
  const siz = [...word(0xff51), ...word(41), ...word(0x4000), ...long(3000), ...long(2500), ...long(0), ...long(0),
    ...long(3000), ...long(2500), ...long(0), ...long(0), ...word(1), ssiz, 1, 1];
  const cod = [...word(0xff52), ...word(12), 0, 2, ...word(1), 0, levels, 4, 4, 0x40, 1];
  const lengths = tlm.flatMap((each) => [0, ...long(each)]);
  const parts = tlm.length ? [...word(0xff55), ...word(4 + lengths.length), 0, 0x50, ...lengths] : [];
  return Uint8Array.from([...word(0xff4f), ...siz, ...cod, ...parts, ...word(0xff90), ...word(10), 0, 0]);
}

test("the main header says size, depth, sign and levels", () => {
  const found = readCodestream(header({ ssiz: 0x80 | 13 }));
  assert.deepEqual(
    found && [found.columns, found.rows, found.bits, found.signed, found.levels, found.ends],
    [3000, 2500, 14, true, 5, null],
  );
});

test("tile-parts that are resolutions say where each ends", () => {
  const bytes = header({ levels: 2, tlm: [1000, 5000, 20000] });
  const found = readCodestream(bytes)!;
  const start = bytes.length - 6;
  assert.deepEqual(found.ends, [start + 1000, start + 6000, start + 26000]);
  assert.deepEqual([0, 1, 2, 3].map((level) => bytesFor(found, level, start + 26002)), [
    start + 26002, start + 6000, start + 1000, start + 1000,
  ]);
  assert.equal(levelIn(found, start + 6000, start + 26002), 1);
  assert.equal(levelIn(found, 900, start + 26002), null);
});

test("without them a prefix of 128 KiB of a radiograph is taken for an eighth of its size", () => {
  // measured on 1994 × 2430 of 14 bits in 5.85 MB: 128 KiB hold 250 × 304; 3000 × 2500 is half as large again
  const small = { ...readCodestream(header({ ssiz: 13 }))!, columns: 1994, rows: 2430 };
  assert.equal(levelIn(small, 131072, 5_850_000), 3);
});

test("what is no codestream, or ends before its first tile, is not read", () => {
  assert.equal(readCodestream(new Uint8Array(100)), null);
  assert.equal(readCodestream(header().subarray(0, 60)), null);
  assert.equal(readCodestream(new Uint8Array(0)), null);
});
