/** The values of a frame on a canvas, as the measures read them. */

import { framePixels } from "../annotate/index.ts";
import type { Pixels, Sides } from "../annotate/index.ts";
import type { Frame, RenderModel } from "../engine/index.ts";
import type { Pane } from "./pane.ts";

const made = new WeakMap<Frame, Pixels | null>();

/** Give the values after the Modality LUT of the frame on a pane; null until the whole frame is there, or for colour. */
export function pixelsOf({ model, frame, quality }: Pane): Pixels | null {
  if (!model || !frame || quality !== "full" || model.kind !== "grey") return null;
  const known = made.get(frame);
  if (known !== undefined) return known;
  const found = framePixels(model, frame);
  made.set(frame, found);
  return found;
}

/** Give where the patient's sides are in an image. */
export function sidesOf(model: RenderModel | null): Sides {
  return { laterality: model?.laterality ?? "", leftEdge: model?.orientation?.left ?? "", topEdge: model?.orientation?.top ?? "" };
}
