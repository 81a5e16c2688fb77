/** Decodes frames beside the page. One task at a time; the codec is loaded at the first one, or when warmed up. */

import factory from "@cornerstonejs/codec-openjph/wasmjs";
import type { OpenJph } from "@cornerstonejs/codec-openjph/wasmjs";
import wasm from "@cornerstonejs/codec-openjph/wasm?url";

import { decodeHtj2k, decodePicture, decodeRaw } from "./decode.ts";
import type { Frame, Pixels, Plane } from "./model.ts";
import { smallerOf } from "./pyramid.ts";
import type { Padding } from "./pyramid.ts";

/** What the worker is asked: bytes of a frame, perhaps its beginning, and how often the picture is to be halved. */
export interface Decode {
  bytes: Uint8Array<ArrayBuffer>;
  pixels: Pixels;
  grey: boolean;
  columns: number;
  rows: number;
  level: number;
  padding: Padding;
}

/** A task, or null to load the codec only. */
export interface DecodeTask {
  id: number;
  decode: Decode | null;
}

/** Its answer: a frame, or why there is none. */
export interface DecodeAnswer {
  id: number;
  frame?: Frame;
  error?: string;
}

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<DecodeTask>) => void) | null;
  postMessage(answer: DecodeAnswer, transfer?: Transferable[]): void;
};

let codec: Promise<OpenJph> | null = null;

function loaded(): Promise<OpenJph> {
  codec ??= factory({ locateFile: () => wasm, print: () => undefined, printErr: () => undefined });
  codec.catch(() => (codec = null)); // a failed download is tried again with the next frame
  return codec;
}

async function planeOf({ bytes, pixels, grey, columns, rows, level }: Decode): Promise<Plane> {
  if (pixels.codec === "htj2k") return decodeHtj2k(await loaded(), bytes, level);
  if (pixels.codec === "raw") return decodeRaw(bytes, { columns, rows }, pixels);
  return decodePicture(bytes, `image/${pixels.codec}`, grey);
}

async function answered(decode: Decode): Promise<Frame> {
  const plane = await planeOf(decode);
  const smaller = decode.grey ? smallerOf(plane, decode.padding) : [];
  return { ...plane, level: decode.level, smaller };
}

scope.onmessage = async ({ data: { id, decode } }) => {
  try {
    if (!decode) {
      await loaded();
      return scope.postMessage({ id });
    }
    const frame = await answered(decode);
    const planes = [frame, ...(frame.smaller ?? [])];
    const buffers = new Set(planes.map((plane) => plane.data.buffer as ArrayBuffer));
    scope.postMessage({ id, frame }, [...buffers]);
  } catch (error) {
    scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
