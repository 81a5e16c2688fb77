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
  readonly #shared = new Map<string, RenderModel>();
  readonly #latest = new Map<string, RenderModel>();

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

  /** Give the model of a frame, under a presentation state or as recorded (""). Frames of most classes share one.
   *
   * It is small, so nobody gives it up half-way. A state that cannot be applied is as if there were none.
   */
  model({ study, item, frame }: Place, state = ""): Promise<RenderModel> {
    const image = `${state} ${item.instance}`;
    const shared = this.#shared.get(image);
    if (shared) return Promise.resolve(shared);
    const key = `${image} ${frame}`;
    const known = this.#models.get(key);
    if (known) return known;
    const asked = renderModel(study, item, frame, state) as Promise<Told>;
    const found = state ? asked.catch(() => this.model({ study, item, frame }) as Promise<Told>) : asked;
    found.then((model) => this.#arrived(model, image), () => this.#models.delete(key));
    this.#models.set(key, found);
    return found;
  }

  #arrived(model: Told, image: string): void {
    if (!model.per_frame) this.#shared.set(image, model);
    this.#latest.set(model.instance, model);
  }

  /** Give a model of an image when one is at hand. */
  modelNow(instance: string): RenderModel | null {
    return this.#latest.get(instance) ?? null;
  }
}

function itemsOf(display: StudyDisplay | undefined): Item[] {
  return (display?.series ?? []).flatMap((each) => each.instances);
}
