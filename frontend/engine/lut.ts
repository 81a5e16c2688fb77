/** The grey chain: stored values → Modality → VOI → Presentation → 256 greys, folded into one table (PS3.3 C.11).
 *
 * The same order and rounding as the server's pictures (`dicom/grey.py`); gamma and the reader's invert come last.
 */

import { entriesOf } from "./bits.ts";
import type { GreyModel, Lut, ViewState, Voi, Window } from "./model.ts";
import { Recent } from "./recent.ts";

/** What of a view concerns greys. */
export type Greys = Pick<ViewState, "voi" | "window" | "gamma" | "invert">;

const modalities = new Recent<GreyModel, Float64Array>(8);

/** Give the greys 0…255 of all cells: 256 or 65,536 entries, indexed by a cell read as unsigned.
 *
 * Cells beyond Bits Stored and padding are black.
 */
export function greyTable(model: GreyModel, greys: Greys, cellBits: 8 | 16): Uint8Array {
  const shares = voiOutput(chosen(model, greys), afterModality(model));
  if (model.presentation_lut) present(model.presentation_lut, shares);
  if (greys.gamma !== 1 && greys.gamma > 0) raise(shares, 1 / greys.gamma);
  if (model.invert !== greys.invert) turnRound(shares);
  return folded(model, shares, cellBits);
}

/** Give the table for the three colours of an image: only gamma and the reader's invert concern it. */
export function colourTable(greys: Pick<Greys, "gamma" | "invert">): Uint8Array {
  const shares = Float64Array.from({ length: 256 }, (_, i) => i / 255);
  if (greys.gamma !== 1 && greys.gamma > 0) raise(shares, 1 / greys.gamma);
  if (greys.invert) turnRound(shares);
  return Uint8Array.from(shares, (share) => share * 255 + 0.5);
}

/** Give the Modality LUT's output for a stored value (PS3.3 C.11.1). */
export function valueOf(model: GreyModel, stored: number): number {
  const [low, high] = storedRange(model);
  if (stored < low || stored > high) return stored * model.modality.slope + model.modality.intercept;
  return afterModality(model)[stored - low]!;
}

/** Give the smallest and largest value that Bits Stored can hold. */
export function storedRange({ pixels }: Pick<GreyModel, "pixels">): [number, number] {
  const size = 2 ** Math.min(Math.max(pixels.bits || 16, 1), 16);
  return pixels.signed ? [-size / 2, size / 2 - 1] : [0, size - 1];
}

/** Give the window or VOI LUT in use: the reader's window first, then the chosen of the list, then its first. */
export function chosen(model: Pick<GreyModel, "voi">, greys: Pick<Greys, "voi" | "window">): Voi | null {
  if (greys.window) return { ...greys.window, explanation: "" };
  return model.voi[greys.voi ?? 0] ?? model.voi[0] ?? null;
}

/** Round half to even, as NumPy's rint. */
export function rint(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Give the Modality LUT's output for every stored value, the smallest first. Kept a while: callers only read. */
function afterModality(model: GreyModel): Float64Array {
  return modalities.get(model, () => {
    const [low, high] = storedRange(model);
    const { slope, intercept, lut } = model.modality;
    if (lut) return lookedUp(lut, Float64Array.from({ length: high - low + 1 }, (_, i) => low + i));
    return Float64Array.from({ length: high - low + 1 }, (_, i) => (low + i) * slope + intercept);
  });
}

/** Give a table's entry for each value: the first entry below it, the last above (PS3.3 C.11.1.1.1). */
function lookedUp(lut: Lut, values: Float64Array): Float64Array {
  const entries = entriesOf(lut);
  // a signed first value may come as US: the VR follows what goes in (PS3.3 C.11.1.1.1)
  const signed = values.some((value) => value < 0);
  const first = signed && lut.first > 0x7fff ? lut.first - 0x10000 : lut.first;
  const last = entries.length - 1;
  return values.map((value) => entries[Math.min(Math.max(rint(value) - first, 0), last)] ?? 0);
}

/** Give the VOI stage's output between 0 and 1. */
function voiOutput(voi: Voi | null, values: Float64Array): Float64Array {
  if (!voi) return values.map((value) => clip(value));
  if (voi.lut) {
    const top = 2 ** voi.lut.bits - 1;
    return lookedUp(voi.lut, values).map((entry) => entry / top);
  }
  return windowed(voi, values);
}

/** Give a window's output between 0 and 1 (PS3.3 C.11.2.1.2.1, C.11.2.1.3). */
function windowed(window: Window, values: Float64Array): Float64Array {
  const { centre } = window;
  const out = new Float64Array(values.length);
  if (window.function === "SIGMOID") {
    const width = Math.max(window.width, 1e-9);
    for (let i = 0; i < out.length; i += 1) out[i] = 1 / (1 + Math.exp((-4 * (values[i]! - centre)) / width));
  } else if (window.function === "LINEAR_EXACT") {
    const width = Math.max(window.width, 1e-9);
    for (let i = 0; i < out.length; i += 1) out[i] = clip((values[i]! - centre) / width + 0.5);
  } else if (window.width <= 1) {
    for (let i = 0; i < out.length; i += 1) out[i] = values[i]! > centre - 0.5 ? 1 : 0;
  } else {
    const span = window.width - 1;
    for (let i = 0; i < out.length; i += 1) out[i] = clip((values[i]! - (centre - 0.5)) / span + 0.5);
  }
  return out;
}

function clip(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** Put a Presentation LUT's output in the place of its input, which is scaled over all entries (PS3.3 C.11.6.1.1). */
function present(lut: Lut, shares: Float64Array): void {
  const entries = entriesOf(lut);
  const top = 2 ** lut.bits - 1;
  for (let i = 0; i < shares.length; i += 1) shares[i] = (entries[rint(shares[i]! * (entries.length - 1))] ?? 0) / top;
}

function raise(shares: Float64Array, exponent: number): void {
  for (let i = 0; i < shares.length; i += 1) shares[i] = shares[i]! ** exponent;
}

function turnRound(shares: Float64Array): void {
  for (let i = 0; i < shares.length; i += 1) shares[i] = 1 - shares[i]!;
}

function folded(model: GreyModel, shares: Float64Array, cellBits: 8 | 16): Uint8Array {
  const table = new Uint8Array(2 ** cellBits);
  const mask = table.length - 1;
  const [low] = storedRange(model);
  for (let i = 0; i < shares.length; i += 1) table[(low + i) & mask] = shares[i]! * 255 + 0.5;
  if (model.padding) {
    const first = Math.max(model.padding[0], low);
    const last = Math.min(model.padding[1], low + shares.length - 1);
    for (let value = first; value <= last; value += 1) table[value & mask] = 0;
  }
  return table;
}
