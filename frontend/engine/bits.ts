/** Bytes, words and bits out of base64. */

import type { Lut } from "./model.ts";

const words = new WeakMap<Lut, Uint16Array>();

/** Give the bytes of a base64 string. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Give the entries of a table; they are read once. */
export function entriesOf(lut: Lut): Uint16Array {
  const known = words.get(lut);
  if (known) return known;
  const bytes = bytesOf(lut.data);
  const view = new DataView(bytes.buffer);
  const entries = Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(2 * i, true));
  words.set(lut, entries);
  return entries;
}

/** Say whether a bit is set; bits count from the least significant of the first byte (PS3.5 8.1.1). */
export function bitAt(bytes: Uint8Array, index: number): boolean {
  return ((bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}
