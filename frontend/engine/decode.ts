/** Bytes of a frame into a plane of cells. Runs in a worker; the parts that need no browser are pure. */

import type { OpenJph } from "@cornerstonejs/codec-openjph/wasmjs";

import { SSIZ_AT, readCodestream } from "./codestream.ts";
import type { Pixels, Plane } from "./model.ts";

/** A frame that cannot be decoded. */
export class Damaged extends Error {
  override name = "Damaged";
}

/** Larger codestreams are refused before memory is asked for. */
const MOST_PIXELS = 1 << 28;

/** Give a codestream's picture, 2^level times smaller. The bytes may end early. The decoder's memory is let go. */
export function decodeHtj2k(module: OpenJph, bytes: Uint8Array, level: number): Plane {
  if (!readCodestream(bytes)) throw new Damaged("the frame cannot be decoded: it does not begin as a codestream does");
  const decoder = new module.HTJ2KDecoder();
  const small = bytes[SSIZ_AT]! >= 0x80 && (bytes[SSIZ_AT]! & 0x7f) < 8;
  try {
    const encoded = decoder.getEncodedBuffer(bytes.length);
    encoded.set(bytes);
    // the decoder clamps 8-bit samples to 0 … 255: signed ones are read as if they were not, and moved back afterwards
    if (small) encoded[SSIZ_AT]! &= 0x7f;
    decoder.readHeader();
    const { width, height, componentCount } = decoder.getFrameInfo();
    if (componentCount !== 1 || width * height > MOST_PIXELS) {
      throw new Damaged("the frame cannot be decoded: it is no grey image, or too large");
    }
    decoder.decodeSubResolution(level);
    const info = decoder.getFrameInfo();
    const plane = { columns: Math.ceil(width / 2 ** level), rows: Math.ceil(height / 2 ** level) };
    const cells = decoder.getDecodedBuffer().slice(); // out of the heap, which the next picture overwrites
    return { ...plane, data: cellsOf(cells, { bits: info.bitsPerSample, signed: small || info.isSigned }, small) };
  } catch (error) {
    throw error instanceof Damaged ? error : new Damaged(`the frame cannot be decoded: ${String(error)}`);
  } finally {
    decoder.delete();
  }
}

/** Give bytes, little endian, as cells of one or two bytes; `shifted` ones have the range's half added to them. */
export function cellsOf(
  bytes: Uint8Array<ArrayBuffer>, { bits, signed }: Pick<Pixels, "bits" | "signed">, shifted = false,
): Uint8Array | Int8Array | Uint16Array | Int16Array {
  if (bits > 8) {
    const even = bytes.byteOffset % 2 ? bytes.slice() : bytes;
    const kind = signed ? Int16Array : Uint16Array;
    return new kind(even.buffer, even.byteOffset, even.length >> 1);
  }
  if (!signed) return bytes;
  const half = shifted ? 2 ** (bits - 1) : 0;
  return Int8Array.from(bytes, (value) => value - half);
}

/** Give raw cells as a plane; few bits may lie in cells of two bytes. Raises `Damaged` when there are too few. */
export function decodeRaw(bytes: Uint8Array<ArrayBuffer>, shape: Omit<Plane, "data">, pixels: Pixels): Plane {
  const count = shape.columns * shape.rows;
  const bits = bytes.length >= 2 * count ? 16 : pixels.bits;
  const data = cellsOf(bytes, { bits, signed: pixels.signed });
  if (data.length < count) throw new Damaged("the frame is cut short");
  return { ...shape, data: data.length === count ? data : data.subarray(0, count) };
}

/** Give a JPEG or PNG picture as RGBA, or its red channel when the image is grey. The browser decodes it. */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>, type: string, grey: boolean): Promise<Plane> {
  const blob = new Blob([bytes], { type });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  try {
    const { width: columns, height: rows } = bitmap;
    const context = new OffscreenCanvas(columns, rows).getContext("2d", { willReadFrequently: true });
    if (!context) throw new Damaged("the browser gives no canvas to decode with");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, columns, rows);
    if (!grey) return { columns, rows, data };
    return { columns, rows, data: Uint8Array.from({ length: columns * rows }, (_, i) => data[4 * i]!) };
  } finally {
    bitmap.close();
  }
}
