/** The engine laid open to tests in a browser and to benchmarks, as `window.engine`. Not part of the application. */

import { placementOf } from "./affine.ts";
import { bytesOf } from "./bits.ts";
import { GlPainter } from "./gl.ts";
import { GlDevice, glDevice } from "./gldevice.ts";
import { FrameStore, Viewport } from "./index.ts";
import type { Frame, RenderModel, Samples, ViewState } from "./index.ts";
import { untouched } from "./model.ts";
import { Shown } from "./shown.ts";

/** Cells, little endian, as base64. */
interface Stored {
  rows: number;
  columns: number;
  dtype: "uint8" | "int8" | "uint16" | "int16" | "rgba";
  data: string;
}

/** A picture to draw: an image and its view on a canvas of CSS pixels. `level` above 0 makes it a preview. */
interface Picture {
  model: RenderModel;
  stored: Stored;
  view?: Partial<ViewState>;
  size: [number, number];
  mode: "auto" | "gl" | "cpu";
  level?: number;
  mask?: Stored;
  /** What is set once all is shown. */
  then?: Partial<ViewState>;
}

function framed({ rows, columns, dtype, data }: Stored, level = 0): Frame {
  const { buffer } = bytesOf(data);
  const kinds = {
    uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, rgba: Uint8ClampedArray,
  };
  return { columns, rows, level, data: new kinds[dtype](buffer) as Samples };
}

function base64(data: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function canvasOf([width, height]: readonly [number, number]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.style.cssText = `display: block; width: ${width}px; height: ${height}px`;
  document.body.replaceChildren(canvas);
  return canvas;
}

let viewport: Viewport | null = null;

function shownIn(picture: Picture): Viewport {
  viewport?.dispose();
  viewport = new Viewport(canvasOf(picture.size), { mode: picture.mode });
  const level = picture.level ?? 0;
  viewport.show(picture.model, framed(picture.stored, level), level ? "preview" : "full");
  if (picture.view) viewport.set(picture.view);
  if (picture.mask) viewport.showMask({ mask: framed(picture.mask), contrast: null, shift: [0, 0] });
  if (picture.then) viewport.set(picture.then);
  return viewport;
}

/** Draw a picture and give its pixels as RGBA. */
function draw(picture: Picture) {
  return pixelsOf(shownIn(picture));
}

function pixelsOf(drawn: Viewport) {
  const { width, height, data } = drawn.readPixels();
  return { mode: drawn.mode, width, height, view: drawn.view, pixels: base64(data) };
}

/** Draw a picture, wait until filters beside the page are done, and give its pixels. */
async function drawFiltered(picture: Picture) {
  const drawn = shownIn(picture);
  drawn.readPixels(); // asks for the filter
  await new Promise<void>((resolve) => {
    const stop = drawn.on("draw", () => (stop(), resolve()));
  });
  return pixelsOf(drawn);
}

/** Draw a picture with WebGL2 and textures of at most so many pixels a side. */
function drawTiled({ model, stored, view, size }: Picture, largest: number) {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
  if (!gl) throw new Error("there is no WebGL2");
  const target = canvasOf(size);
  [target.width, target.height] = size;
  const seen: ViewState = { ...untouched([model.columns / 2, model.rows / 2], 1), ...view };
  const { grid } = placementOf(seen, model, { width: size[0], height: size[1], ratio: 1 });
  const shown = new Shown({ model, frame: framed(stored), quality: "full" }, () => undefined);
  const context = target.getContext("2d", { alpha: false })!;
  new GlPainter(new GlDevice(canvas, gl, largest)).paint(shown.scene(seen, grid, null), context);
  return { pixels: base64(context.getImageData(0, 0, ...size).data) };
}

/** Draw a picture with WebGL2, take the context away, and give mode and pixels before and after. */
async function drawThroughLoss(picture: Picture) {
  const drawn = shownIn({ ...picture, mode: "gl" });
  const before = pixelsOf(drawn);
  const again = new Promise<void>((resolve) => {
    const stop = drawn.on("draw", () => (stop(), resolve()));
  });
  glDevice("gl")?.gl.getExtension("WEBGL_lose_context")?.loseContext();
  await again;
  return { before, after: pixelsOf(drawn) };
}

/** Load a frame with a store of its own; give what was shown on the way, when (ms), and the cells. */
async function load(model: RenderModel, frame: number) {
  const store = new FrameStore({ cacheBytes: 256 << 20 });
  const begun = performance.now();
  const seen: { quality: string; level: number; ms: number }[] = [];
  const found = await store.load(model, frame, {
    onFrame: ({ level }, quality) => seen.push({ quality, level, ms: performance.now() - begun }),
  });
  store.dispose();
  const kind = found.data.constructor.name;
  return { seen, columns: found.columns, rows: found.rows, kind, cells: base64(found.data) };
}

/** Load a frame with a store of its own, draw it and give its pixels. */
async function show(model: RenderModel, frame: number, picture: Pick<Picture, "size" | "mode" | "view">) {
  const store = new FrameStore({ cacheBytes: 256 << 20, workers: 1 });
  viewport?.dispose();
  const drawn = (viewport = new Viewport(canvasOf(picture.size), { mode: picture.mode }));
  try {
    await store.load(model, frame, { onFrame: (found, quality) => drawn.show(model, found, quality) });
  } finally {
    store.dispose();
  }
  if (picture.view) drawn.set(picture.view);
  return pixelsOf(drawn);
}

/** Live through what a reader does to a viewport, and give its view after each deed. */
function live(picture: Picture) {
  const drawn = shownIn({ ...picture, level: 1, stored: picture.mask!, mask: undefined, view: undefined });
  const seen: Record<string, Partial<ViewState>> = {};
  const note = (name: string): void => void (seen[name] = structuredClone(drawn.view));
  note("preview");
  drawn.set({ zoom: 3, centre: [5, 6] });
  drawn.show(picture.model, framed(picture.stored), "full");
  note("full");
  drawn.fit();
  const canvas = document.querySelector("canvas")!;
  canvas.style.width = `${picture.size[0] * 2}px`;
  canvas.style.height = `${picture.size[1] * 2}px`;
  drawn.resize();
  note("resized");
  drawn.set({ zoom: Number.NaN });
  drawn.set({ centre: [Infinity, 0] });
  note("senseless");
  drawn.set({ rotation: 90, invert: true, window: { centre: 1, width: 2, function: "LINEAR" } });
  drawn.show({ ...picture.model, instance: "other" }, framed(picture.stored), "full");
  note("other");
  return seen;
}

/** Say how well points go to the screen and back, and what lies under one of them. */
function probe(picture: Picture, [x, y]: readonly [number, number]) {
  const drawn = shownIn(picture);
  const screen = drawn.toScreen(x, y);
  return { screen, image: drawn.toImage(...screen), value: drawn.valueAt(x, y) };
}

/** A benchmark: the size of the image and of the canvas, and for how long (ms). */
interface Benched {
  image: [number, number];
  size: [number, number];
  mode: "auto" | "gl" | "cpu";
  forMs: number;
}

function noise([columns, rows]: readonly [number, number]): Frame {
  const data = new Uint16Array(columns * rows);
  for (let i = 0, state = 1; i < data.length; i += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    data[i] = (i % columns) + (state >> 22);
  }
  return { columns, rows, level: 0, data };
}

function bareModel([columns, rows]: readonly [number, number]): RenderModel {
  return {
    instance: `${columns} ${rows}`, columns, rows, kind: "grey", invert: false, aspect: 1, frame: 1, frames: 1,
    pixels: { codec: "raw", url: "", bits: 16, signed: false, size: 0, lossless: true },
    modality: { slope: 1, intercept: 0, unit: "", lut: null },
    voi: [{ explanation: "", centre: 2000, width: 4000, function: "LINEAR" }],
    presentation_lut: null, padding: null, shutter: null, overlays: [],
  } as unknown as RenderModel;
}

/** Give frames a second for moving the window and for moving the image, drawn as fast as the painter can. */
function bench({ image, size, mode, forMs }: Benched) {
  viewport?.dispose();
  const drawn = (viewport = new Viewport(canvasOf(size), { mode }));
  drawn.show(bareModel(image), noise(image), "full");
  least = Infinity;
  const windowing = rate(drawn, forMs, (i) => drawn.set({ window: windowAt(i) }));
  const windowingLeastMs = least;
  const panning = rate(drawn, forMs, (i) => drawn.set({ centre: [image[0] / 2 + (i % 40), image[1] / 2 + (i % 30)] }));
  const turning = rate(drawn, forMs / 2, (i) => drawn.set({ rotation: 10 + (i % 20) }));
  return { mode: drawn.mode, windowing, windowingLeastMs, panning, turning };
}

/** The shortest picture of late (ms): what it takes when nothing else runs. */
let least = Infinity;

const windowAt = (i: number) => ({ centre: 1500 + (i % 500), width: 3000, function: "LINEAR" });

function rate(drawn: Viewport, forMs: number, change: (i: number) => void): number {
  change(0);
  drawn.draw(true);
  const begun = performance.now();
  let frames = 0;
  for (let last = begun; last - begun < forMs; last = performance.now()) {
    change((frames += 1));
    drawn.draw(true);
    least = Math.min(least, performance.now() - last);
  }
  return (frames * 1000) / (performance.now() - begun);
}

/** Give how many pictures a second the screen really showed while the window was moved. */
async function benchOnScreen({ image, size, mode, forMs }: Benched): Promise<number> {
  viewport?.dispose();
  const drawn = (viewport = new Viewport(canvasOf(size), { mode }));
  drawn.show(bareModel(image), noise(image), "full");
  const beat = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  const begun = await beat();
  let now = begun;
  let frames = 0;
  for (; now - begun < forMs; frames += 1) {
    drawn.set({ window: windowAt(frames) });
    drawn.draw(true);
    now = await beat();
  }
  return (frames * 1000) / (now - begun);
}

const engine = { draw, drawFiltered, drawTiled, drawThroughLoss, load, show, live, probe, bench, benchOnScreen };

declare global {
  interface Window {
    engine: typeof engine;
  }
}

window.engine = engine;
