/** What is at hand of studies: their displays, and the render models of their images. */

import type { RenderModel } from "../engine/index.ts";
import type { Place } from "./pane.ts";
import { renderModel } from "./server.ts";
import type { Item, StudyDisplay } from "./types.ts";

/** Classes whose frames have functional groups of their own, so that each frame needs its own model (PS3.3 C.7.6.16). */
const BY_FRAME = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(2\.[12]|4\.[134]|6\.2|12\.[12]\.1|13\.1\.\d|128\.1|77\.1\.6|30|7\.\d)$/;

/** Studies and models, each asked for once. */
export class Library {
  /** The opened study first, then priors as they came. */
  readonly displays = new Map<string, StudyDisplay>();
  readonly #studyOf = new Map<string, string>();
  readonly #models = new Map<string, Promise<RenderModel>>();
  readonly #ready = new Map<string, RenderModel>();

  /** Make a study known, or what is new in it. */
  admit(display: StudyDisplay): void {
    const { study } = display.study;
    this.displays.set(study, display);
    for (const item of itemsOf(display)) this.#studyOf.set(item.instance, study);
  }

  /** Give the study of an instance, "" when it is not known. */
  studyOf(instance: string): string {
    return this.#studyOf.get(instance) ?? "";
  }

  /** Find an item by its SOP Instance UID. */
  find(instance: string): Item | null {
    return itemsOf(this.displays.get(this.studyOf(instance))).find((item) => item.instance === instance) ?? null;
  }

  /** Give the images of a study, those FOR PROCESSING only when asked for. */
  images(study: string, processing: boolean): Item[] {
    const all = itemsOf(this.displays.get(study)).filter((item) => item.kind === "image");
    return processing ? all : all.filter((item) => !item.for_processing);
  }

  /** Give the model of a frame. Frames of most classes share one; it is small, so nobody gives it up half-way. */
  model({ study, item, frame }: Place, signal?: AbortSignal): Promise<RenderModel> {
    const own = BY_FRAME.test(item.sop_class) ? frame : 1;
    const key = `${item.instance} ${own}`;
    let found = this.#models.get(key);
    if (!found) {
      found = renderModel(study, item, own);
      found.then((model) => this.#ready.set(key, model), () => this.#models.delete(key));
      this.#models.set(key, found);
    }
    signal?.throwIfAborted();
    return found;
  }

  /** Give the model of a frame when it is at hand. */
  modelNow(instance: string, frame: number): RenderModel | null {
    return this.#ready.get(`${instance} ${frame}`) ?? this.#ready.get(`${instance} 1`) ?? null;
  }
}

function itemsOf(display: StudyDisplay | undefined): Item[] {
  return (display?.series ?? []).flatMap((each) => each.instances);
}
