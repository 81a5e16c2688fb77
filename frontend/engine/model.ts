/** What the engine is told of an image, and how it is to be seen. The words are those of the API. */

/** A lookup table: first mapped value, bits of an entry, entries as base64 of uint16 little endian (PS3.3 C.11.1.1). */
export interface Lut {
  first: number;
  bits: number;
  data: string;
}

/** A window on the Modality LUT's output (PS3.3 C.11.2.1.2): LINEAR, LINEAR_EXACT or SIGMOID. */
export interface Window {
  centre: number;
  width: number;
  function: string;
}

/** One way to show an image that the file or the site knows: a window. */
export interface WindowVoi extends Window {
  explanation: string;
  lut?: null;
}

/** One way to show an image that the file knows: a VOI LUT. */
export interface LutVoi {
  explanation: string;
  lut: Lut;
}

export type Voi = WindowVoi | LutVoi;

/** A part of a display shutter (PS3.3 C.7.6.11, C.7.6.15). Points as [x, y], see `RenderModel`. */
export type ShutterShape =
  | { shape: "rectangle"; left: number; right: number; top: number; bottom: number }
  | { shape: "circle"; centre: [number, number]; radius: number }
  | { shape: "polygon"; points: [number, number][] }
  | { shape: "bitmap"; data: string; rows: number; columns: number; origin: [number, number] };

/** An overlay plane (PS3.3 C.9.2): 1 bit a pixel, least significant first; `origin` is its top left corner. */
export interface OverlayPlane {
  group: number;
  label: string;
  description: string;
  kind: string;
  origin: [number, number];
  rows: number;
  columns: number;
  data: string;
}

/** How the stored values of a frame come. `bits` is Bits Stored; `size` the body's length in bytes, 0 when unknown. */
export interface Pixels {
  codec: "htj2k" | "jpeg" | "png" | "raw";
  url: string;
  bits: number;
  signed: boolean;
  size: number;
  lossless: boolean;
}

/** A Modality LUT or rescale (PS3.3 C.11.1). */
export interface Modality {
  slope: number;
  intercept: number;
  unit: string;
  lut: Lut | null;
}

/** What the grey chain needs to know of an image. */
export interface GreyModel {
  pixels: Pick<Pixels, "bits" | "signed">;
  invert: boolean;
  modality: Modality;
  voi: readonly Voi[];
  presentation_lut: Lut | null;
  padding: readonly [number, number] | null;
}

/** One way to subtract (PS3.3 C.7.6.10). `ranges`: the frames it is for, [first, last] each; none: all.
 *
 * AVG_SUB subtracts the average of `frames`; TID the frame that lies `offset` before; REV_TID the frame `offset` before the
 * first of the ranges, `offset` + 2 before the second, and so on. `average` frames from the current one on are averaged first.
 */
export interface Mask {
  operation: "AVG_SUB" | "TID" | "REV_TID";
  frames: readonly number[];
  offset: number;
  average: number;
  shift: readonly [number, number];
  ranges: readonly (readonly [number, number])[];
}

/** One image for display, as the server gives it.
 *
 * Points are [x, y] in image pixels, (0, 0) the top left corner of the top left pixel (PS3.3 C.10.5.1.2); frames count
 * from 1; lengths are millimetres.
 */
export interface RenderModel extends GreyModel {
  study: string;
  series: string;
  instance: string;
  sop_class: string;
  frame: number;
  frames: number;
  rows: number;
  columns: number;
  kind: "grey" | "colour";
  pixels: Pixels;
  photometric: string;
  shutter: { shapes: ShutterShape[]; grey: number } | null;
  overlays: OverlayPlane[];
  spacing: {
    row: number;
    column: number;
    source: "calibrated" | "magnification" | "detector" | "film" | "user" | "unknown";
    /** By how much the receptor's spacing was divided, 1 where it was not. */
    factor: number;
    /** Why it is so, one of the sentences that the catalogues know, "" for nothing to say. */
    note: string;
    /** What the file says of its calibration, in its own words. */
    description?: string;
  };
  aspect: number;
  orientation: { left: string; right: string; top: string; bottom: string } | null;
  laterality: string;
  view: string;
  view_text: string;
  body_part: string;
  presets: Voi[];
  lossy: { is: boolean; ratio: number; method: string };
  burned_in: string;
  /** Whether each frame has a model of its own. */
  per_frame?: boolean;
  /** What is to be said of the pixels, a sentence that the catalogues know, "" for nothing. */
  note?: string;
  for_processing: boolean;
  cine: {
    frame_times_ms: number[];
    fps: number;
    masks: readonly Mask[];
    /** Whether it is to be seen subtracted (Recommended Viewing Mode SUB). */
    subtracted: boolean;
  };
  identity: {
    patient_name: string;
    patient_id: string;
    issuer: string;
    birth_date: string;
    sex: string;
    study_date: string;
    acquired: string;
    accession: string;
    institution: string;
    station: string;
    description: string;
  };
}

/** Whether all that the file holds is on the screen. */
export type Quality = "preview" | "full";

/** Cells of an image: stored values, or RGBA when clamped. */
export type Samples = Uint16Array | Int16Array | Uint8Array | Int8Array | Uint8ClampedArray;

/** Cells row by row. */
export interface Plane {
  columns: number;
  rows: number;
  data: Samples;
}

/** What averaging frames gives: no stored values any more. */
export interface Mean extends Omit<Plane, "data"> {
  data: Samples | Float64Array;
}

/** What is subtracted from a frame. `contrast` goes in place of the frame itself where several are averaged, else null. */
export interface Subtrahend {
  mask: Mean;
  contrast: Mean | null;
  shift: readonly [number, number];
}

/** A decoded frame. `level` 0 is the full size, 1 half of it …; `smaller` holds half, quarter … of it, when made. */
export interface Frame extends Plane {
  level: number;
  smaller?: readonly Plane[];
}

/** Where and how an image is seen.
 *
 * `centre` is the image point in the middle of the canvas; `zoom` is CSS pixels an image pixel's width. The image is
 * turned by `rotation` degrees clockwise first, then mirrored left to right and upside down (PS3.3 C.10.6). `window`
 * goes before `voi`, which counts in the model's list. `invert` turns round what the model says. `gamma` above 1 is
 * brighter. `sharpen.radius` is in image pixels. `subtraction.mask` is the frame to subtract, null for what the file names;
 * its `shift` is [rows, columns], how far the mask moves beyond what the file says (PS3.3 C.7.6.10). `smooth`
 * interpolates magnified pixels, which are squares otherwise: whoever sets it says so on the screen.
 */
export interface ViewState {
  centre: [number, number];
  zoom: number;
  rotation: number;
  flipH: boolean;
  flipV: boolean;
  voi: number | null;
  window: Window | null;
  gamma: number;
  invert: boolean;
  sharpen: { radius: number; amount: number } | null;
  clahe: { tiles: number; clip: number } | null;
  overlays: boolean;
  shutters: boolean;
  subtraction: { mask: number | null; shift: [number, number] } | null;
  smooth?: boolean;
}

/** Give the view of an image before anyone touched it; the centre and zoom are those of fitting. */
export function untouched(centre: [number, number], zoom: number): ViewState {
  return {
    centre,
    zoom,
    rotation: 0,
    flipH: false,
    flipV: false,
    voi: 0,
    window: null,
    gamma: 1,
    invert: false,
    sharpen: null,
    clahe: null,
    overlays: true,
    shutters: true,
    subtraction: null,
    smooth: false,
  };
}
