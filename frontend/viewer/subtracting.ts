/** What is subtracted from the frames of one viewport: loaded as the file says, or the one frame that its reader took. */

import { averageOf, planOf } from "../engine/index.ts";
import type { FrameStore, Mean, Plan, RenderModel, Subtrahend, ViewState } from "../engine/index.ts";

type Store = Pick<FrameStore, "load">;

/** Loads what is subtracted. The last mask is kept: most runs have one for all frames. */
export class Subtrahends {
  #key = "";
  #mask: Mean | null = null;

  /** Give what is subtracted from a frame (from 1), null for nothing: no mask is for it, or it cannot be loaded.
   *
   * `mask` is the frame to subtract, null for what the file names. Raises the signal's reason.
   */
  async of(store: Store, model: RenderModel, { frame, mask, signal }: Wanted): Promise<Subtrahend | null> {
    const plan = mask === null ? planOf(model.cine.masks, frame, model.frames) : own(mask, frame);
    if (!plan) return null;
    try {
      const under = await this.#mean(store, model, plan.masks, signal);
      const contrast = plan.contrast.length > 1 ? await averaged(store, model, plan.contrast, signal) : null;
      return { mask: under, contrast, shift: plan.shift };
    } catch {
      signal.throwIfAborted();
      return null; // the frame itself is seen, and that nothing is subtracted from it is said
    }
  }

  async #mean(store: Store, model: RenderModel, frames: readonly number[], signal: AbortSignal): Promise<Mean> {
    const key = `${model.instance} ${frames.join()}`;
    if (key !== this.#key || !this.#mask) {
      this.#mask = await averaged(store, model, frames, signal);
      this.#key = key;
    }
    return this.#mask;
  }
}

interface Wanted {
  frame: number;
  mask: number | null;
  signal: AbortSignal;
}

function own(mask: number, frame: number): Plan {
  return { masks: [mask], contrast: [frame], shift: [0, 0] };
}

/** Average some frames (from 1). */
async function averaged(store: Store, model: RenderModel, frames: readonly number[], signal: AbortSignal): Promise<Mean> {
  const loading = frames.map((frame) => store.load(model, frame, { signal, onFrame: () => undefined }));
  return averageOf(await Promise.all(loading));
}

/** Give how a run is to be seen as it was recorded: subtracted where the file wants that (PS3.3 C.7.6.10, Recommended Viewing Mode). */
export function recommended({ cine }: Pick<RenderModel, "cine">): Pick<ViewState, "subtraction"> {
  return { subtraction: cine.subtracted && cine.masks.length ? { mask: null, shift: [0, 0] } : null };
}
