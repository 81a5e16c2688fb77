/** What readers put down on one study: the draft, kept on the server as it changes, and what was published. */

import type { Annotation } from "../annotate/index.ts";
import type { RenderModel } from "../engine/index.ts";
import { DraftKeeper, united } from "./drafts.ts";
import type { Timers } from "./drafts.ts";
import { freshId, notes as load, onFrame, saveDraft } from "./server.ts";
import type { Calibration, Draft, Item, KeptView, Published, StateView, StudyNotes } from "./types.ts";
import { viewOf, withView } from "./views.ts";

/** The clock of the browser. */
export const TIMERS: Timers = {
  set: (run, ms) => setTimeout(run, ms),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/** Draft and published notes of one study. `told` is called after every change. */
export class Notes {
  readonly study: string;
  readonly keeper: DraftKeeper<Draft>;
  draft: Draft = { annotations: [], key_images: [], views: [], calibrations: [] };
  published: Published[] = [];
  /** Published objects that the reader hid, by their SOP Instance UID. */
  hidden: ReadonlySet<string> = new Set();
  readonly #told: () => void;

  constructor(study: string, loaded: StudyNotes, told: () => void) {
    this.study = study;
    this.#told = told;
    this.#take(loaded);
    this.keeper = new DraftKeeper<Draft>(loaded.draft?.version ?? 0, {
      send: (version, draft) => saveDraft(study, version, draft),
      current: () => this.draft,
      timers: TIMERS,
      told,
    });
  }

  #take(loaded: StudyNotes): void {
    const { annotations = [], key_images = [], views = [], calibrations = [] } = loaded.draft ?? {};
    this.draft = { annotations, key_images, views, calibrations };
    this.published = loaded.published ?? [];
  }

  /** Give all annotations to be shown on a frame: the draft's, and those of published objects, which are locked. */
  shown(instance: string, frame: number): Annotation[] {
    return [...onFrame(this.draft.annotations, instance, frame), ...onFrame(this.#others(), instance, frame)];
  }

  #others(): Annotation[] {
    const seen = this.published.filter((each) => !this.hidden.has(each.instance));
    return seen.flatMap((each) => each.annotations.map((one) => ({ ...one, locked: true })));
  }

  /** The ids of what was published: it is looked at, never changed. */
  get lockedIds(): Set<string> {
    return new Set(this.published.flatMap((each) => each.annotations.map((one) => one.id)));
  }

  /** Put other annotations into the draft, and the scales that their lines say. */
  setAnnotations(annotations: readonly Annotation[], calibrations: readonly Calibration[]): void {
    this.#change({ annotations: [...annotations], calibrations: [...calibrations] });
  }

  /** Keep how an image is looked at. */
  keepView(view: KeptView): void {
    this.#change({ views: withView(this.draft.views, view) });
  }

  /** Forget how an image was looked at. */
  forgetView(instance: string): void {
    const views = this.draft.views.filter((view) => view.instance !== instance);
    if (views.length < this.draft.views.length) this.#change({ views });
  }

  /** Give how the reader looked at an image. */
  viewOf(instance: string, frame: number): KeptView | undefined {
    return viewOf(this.draft.views, instance, frame);
  }

  /** Give the latest published presentation state of an image that is not hidden, and how it wants it to be seen. */
  stateOf(instance: string, frame: number): { state: string; view: StateView } | undefined {
    const states = this.published.filter((each) => each.kind === "presentation_state" && !this.hidden.has(each.instance));
    const latest = states.sort((one, other) => other.created.localeCompare(one.created));
    const isOf = (view: StateView) => view.instance === instance && (!view.frames.length || view.frames.includes(frame));
    const found = latest.flatMap((each) => each.view.filter(isOf).map((view) => ({ state: each.instance, view })));
    return found[0];
  }

  /** Mark or unmark a key image. */
  toggleKey(instance: string, frame: number): void {
    const others = this.draft.key_images.filter((key) => key.instance !== instance || key.frame !== frame);
    const marked = others.length < this.draft.key_images.length;
    this.#change({ key_images: marked ? others : [...others, { instance, frame }] });
  }

  /** Say whether a frame is a key image: in the draft, or in a published selection. */
  isKey(instance: string, frame: number): boolean {
    if (this.draft.key_images.some((key) => key.instance === instance && key.frame === frame)) return true;
    const selections = this.published.filter((each) => each.kind === "key_object");
    const named = selections.flatMap((each) => each.references).filter((each) => each.instance === instance);
    return named.some((each) => !each.frames.length || each.frames.includes(frame));
  }


  /** Give the spacing in use: a reader's own calibration, of the image before the series, else the file's. */
  spacing(item: Item, model: RenderModel): RenderModel["spacing"] {
    const mine = this.draft.calibrations.find((each) => each.instance === item.instance)
      ?? this.draft.calibrations.find((each) => each.series === item.series);
    if (!mine) return model.spacing;
    const column = mine.mm_per_pixel;
    return { ...model.spacing, row: column * model.aspect, column, source: "user", factor: 1, note: "", description: "" };
  }

  /** Show or hide a published object. */
  toggle(instance: string): void {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(instance)) hidden.add(instance);
    this.hidden = hidden;
    this.#told();
  }

  #change(patch: Partial<Draft>): void {
    this.draft = { ...this.draft, ...patch };
    this.keeper.changed();
  }

  /** Load again what was published, and the draft where nothing of ours is unsaved. */
  async refresh(): Promise<void> {
    const loaded = await load(this.study);
    if (this.keeper.unsaved) this.published = loaded.published;
    else {
      this.#take(loaded);
      this.keeper.settle(loaded.draft.version, false);
    }
    this.#told();
  }

  /** Settle a conflict: "both" unites, "theirs" takes the server's, "ours" replaces it knowingly. */
  async settle(choice: "both" | "theirs" | "ours"): Promise<void> {
    const loaded = await load(this.study);
    const ours = this.draft;
    this.#take(loaded);
    if (choice === "ours") this.draft = ours;
    if (choice === "both") this.draft = bothOf(ours, this.draft);
    this.keeper.settle(loaded.draft.version, choice !== "theirs");
  }
}

function bothOf(ours: Draft, theirs: Draft): Draft {
  const keys = new Map([...theirs.key_images, ...ours.key_images].map((key) => [`${key.instance} ${key.frame}`, key]));
  return {
    annotations: united(ours.annotations, theirs.annotations, freshId),
    key_images: [...keys.values()],
    views: ours.views.reduce((views, view) => withView(views, view), theirs.views),
    calibrations: [...theirs.calibrations.filter((each) => !ours.calibrations.some((one) =>
      one.instance === each.instance && one.series === each.series)), ...ours.calibrations],
  };
}
