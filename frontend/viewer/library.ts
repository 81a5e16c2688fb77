/** What is at hand of studies: their displays, and the render models of their images. */

import type { RenderModel } from "../engine/index.ts";
import type { Place } from "./pane.ts";
import { renderModel } from "./server.ts";
import type { Item, StudyDisplay } from "./types.ts";

/** The server says whether other frames of an image have models of their own (functional groups, PS3.3 C.7.6.16). */
type Told = RenderModel & { per_frame?: boolean };

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
    signal?.throwIfAborted();
    const shared = this.#ready.get(item.instance);
    if (shared) return Promise.resolve(shared);
    const key = `${item.instance} ${frame}`;
    const known = this.#models.get(key);
    if (known) return known;
    const found = renderModel(study, item, frame) as Promise<Told>;
    found.then((model) => this.#ready.set(model.per_frame ? key : item.instance, model), () => this.#models.delete(key));
    this.#models.set(key, found);
    return found;
  }

  /** Give the model of a frame when it is at hand. */
  modelNow(instance: string, frame: number): RenderModel | null {
    return this.#ready.get(instance) ?? this.#ready.get(`${instance} ${frame}`) ?? null;
  }
}

function itemsOf(display: StudyDisplay | undefined): Item[] {
  return (display?.series ?? []).flatMap((each) => each.instances);
}
