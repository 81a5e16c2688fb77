/** What an HTJ2K codestream says of itself in its first bytes (ISO/IEC 15444-1 Annex A). */

const SOC = 0xff4f;
const SIZ = 0xff51;
const COD = 0xff52;
const TLM = 0xff55;
const SOT = 0xff90;

/** Where the sign and depth of the first component stand: behind SOC, the SIZ marker and its 40 fixed bytes. */
export const SSIZ_AT = 42;

/** The main header. `ends[r]` is how many bytes hold resolution r and all below it, when tile-parts are resolutions. */
export interface Codestream {
  columns: number;
  rows: number;
  bits: number;
  signed: boolean;
  /** How often the image is halved at most. */
  levels: number;
  header: number;
  ends: number[] | null;
}

/** Read the main header; null when the bytes are no codestream or do not hold all of it. */
export function readCodestream(bytes: Uint8Array): Codestream | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 48 || view.getUint16(0) !== SOC || view.getUint16(2) !== SIZ) return null;
  const depth = view.getUint8(SSIZ_AT);
  const found = {
    columns: view.getUint32(8) - view.getUint32(16),
    rows: view.getUint32(12) - view.getUint32(20),
    bits: (depth & 0x7f) + 1,
    signed: depth >= 0x80,
    levels: 0,
  };
  const lengths: number[] = [];
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = view.getUint16(at);
    if (marker === SOT) return { ...found, header: at, ends: endsOf(lengths, at, found.levels) };
    const next = at + 2 + view.getUint16(at + 2);
    if (marker < 0xff00 || next > bytes.length) return null;
    if (marker === COD) found.levels = view.getUint8(at + 9);
    if (marker === TLM) lengths.push(...tilePartLengths(view, at, next));
    at = next;
  }
  return null;
}

/** Give the lengths of tile-parts in a TLM marker segment (A.7.1). */
function tilePartLengths(view: DataView, at: number, next: number): number[] {
  const sizes = view.getUint8(at + 5);
  const indexBytes = (sizes >> 4) & 3;
  const lengthBytes = sizes & 0x40 ? 4 : 2;
  const lengths: number[] = [];
  for (let entry = at + 6; entry + indexBytes + lengthBytes <= next; entry += indexBytes + lengthBytes) {
    const length = entry + indexBytes;
    lengths.push(lengthBytes === 4 ? view.getUint32(length) : view.getUint16(length));
  }
  return lengths;
}

/** Give the ends of resolutions when there is one tile-part for each of them. */
function endsOf(lengths: number[], header: number, levels: number): number[] | null {
  if (lengths.length !== levels + 1) return null;
  let end = header;
  return lengths.map((length) => (end += length));
}

/** Give how many bytes a picture needs that is 2^level times smaller; `total` is the whole body's length.
 *
 * Without a tile-part for each resolution it is an estimate: small resolutions pack less well than the whole, and no
 * worse than stored plainly with a bit or two more. Too little of the last resolution only blurs it a bit.
 */
export function bytesFor(codestream: Codestream, level: number, total: number): number {
  const { columns, rows, bits, levels, header, ends } = codestream;
  if (level <= 0) return total;
  if (ends) return ends[Math.max(levels - level, 0)]!;
  const area = Math.ceil(columns / 2 ** level) * Math.ceil(rows / 2 ** level);
  const mean = total / (columns * rows);
  return Math.min(header + Math.ceil(area * Math.min((bits + 2) / 8, 1.25 * mean + 0.2)), total);
}

/** Give the finest level (the most often halved is `levels`) that so many bytes hold, null when not even that one. */
export function levelIn(codestream: Codestream, have: number, total: number): number | null {
  for (let level = 0; level <= codestream.levels; level += 1) {
    if (bytesFor(codestream, level, total) <= have) return level;
  }
  return null;
}
