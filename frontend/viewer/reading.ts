/** One sitting of a reader with a study: what hangs where, the panes, the notes, what can be undone. No framework. */

import type { Annotation, LayerHost } from "../annotate/index.ts";
import { NO_PREFERENCES } from "../app/merging.ts";
import type { Preferences } from "../app/model.ts";
import { NOMINAL, screenKey } from "../app/settings/screens.ts";
import { FrameStore } from "../engine/index.ts";
import type { RenderModel, ViewState } from "../engine/index.ts";
import { hang } from "../hang/index.ts";
import type { Protocol } from "../hang/index.ts";
import { carry, standing } from "./following.ts";
import { History } from "./history.ts";
import { layerHost } from "./layerhost.ts";
import { followers } from "./linking.ts";
import { Library } from "./library.ts";
import { Looks } from "./looks.ts";
import { Notes } from "./notes.ts";
import { isSame, Pane } from "./pane.ts";
import type { Aspect, PaneHost, Place } from "./pane.ts";
import { pixelsOf } from "./pixels.ts";
import { Cine } from "./playing.ts";
import * as server from "./server.ts";
import { empty, place, reduce, shown } from "./state.ts";
import type { Action, Cell, State } from "./state.ts";
import type { Calibration, Item, StudyDisplay } from "./types.ts";
import { sameStand } from "./views.ts";

const CACHE_BYTES = 512 * 1024 * 1024;

/** A dialog that is open. */
export type DialogName = "" | "publish" | "tags" | "print" | "calibrate" | "side";

/** The sitting. Created with the study's display at hand; `dispose` when the reader leaves. */
export class Reading implements PaneHost {
  readonly store: FrameStore;
  readonly mode: "auto" | "gl" | "cpu";
  readonly study: string;
  readonly library = new Library();
  readonly notes = new Map<string, Notes>();
  readonly panes = new Map<number, Pane>();
  readonly history = new History();
  readonly cine: Cine;
  state: State = empty();
  preferences: Preferences = NO_PREFERENCES;
  dialog: DialogName = "";
  /** Which prior hangs beside the study, from 0 in `displays`' order. */
  prior = 0;
  calibrating: Annotation | null = null;
  /** The leg whose side is asked for. */
  sided: Annotation | null = null;
  version = 0;
  #protocols: Protocol[] = [];
  readonly #looks = new Looks((study) => this.notes.get(study));
  #listeners = new Set<() => void>();

  constructor(display: StudyDisplay, mode: "auto" | "gl" | "cpu") {
    this.study = display.study.study;
    this.mode = mode;
    this.store = new FrameStore({ cacheBytes: CACHE_BYTES, signedOut: () => void this.#askAgain() });
    this.cine = new Cine(this);
    this.admit(display);
  }

  /** Hear of every change but those inside a pane. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Tell that something changed. */
  tell = (): void => {
    this.version += 1;
    for (const listener of this.#listeners) listener();
  };

  /** Change what hangs where. */
  dispatch = (action: Action): void => {
    const next = reduce(this.state, action);
    if (next === this.state) return;
    const before = this.state;
    this.state = next;
    if (before.tool !== next.tool) this.#handOut();
    if (before.switches !== next.switches) this.#switch();
    this.tell();
  };

  /** The study that was opened. */
  get display(): StudyDisplay {
    return this.displays.get(this.study)!;
  }

  /** The studies at hand. */
  get displays(): ReadonlyMap<string, StudyDisplay> {
    return this.library.displays;
  }

  /** Make a study known, or what is new in it. */
  admit(display: StudyDisplay): void {
    this.library.admit(display);
  }

  /** Give the study of an instance. */
  studyOf(instance: string): string {
    return this.library.studyOf(instance) || this.study;
  }

  /** Find an item by its SOP Instance UID. */
  find(instance: string): Item | null {
    return this.library.find(instance);
  }

  /** Take protocols and preferences into use. */
  furnish(protocols: Protocol[], preferences: Preferences | null): void {
    this.#protocols = protocols;
    if (preferences) this.preferences = preferences;
  }

  /** Hang the study beside the prior at hand, by the protocol that fits. */
  hang(): void {
    const wanted = this.display.priors.slice(this.prior).map((each) => each.study.study);
    const chosen = wanted.flatMap((study) => this.displays.get(study) ?? []);
    const layout = hang(this.display, chosen, this.#protocols);
    this.dispatch({ type: "hang", hung: layout });
  }

  /** Put drafts and published notes of a study into use. */
  take(notes: Notes): void {
    this.notes.set(notes.study, notes);
    for (const pane of this.panes.values()) if (pane.seen?.study === notes.study) this.start(pane);
    this.refreshLayers();
  }

  /** Draw the annotations again. */
  refreshLayers = (): void => {
    for (const pane of this.panes.values()) pane.layer.update();
    this.tell();
  };

  // ---- panes

  /** Make the pane of a cell. */
  open(index: number, canvas: HTMLCanvasElement, svg: SVGSVGElement): Pane {
    const pane = new Pane(canvas, svg, this);
    this.panes.set(index, pane);
    this.#handOut();
    return pane;
  }

  /** Let go of the pane of a cell. */
  close(index: number): void {
    const pane = this.panes.get(index);
    if (pane) this.#looks.leave(pane);
    pane?.dispose();
    this.panes.delete(index);
  }

  /** The pane that keys and tools act on. */
  get pane(): Pane | null {
    return this.panes.get(this.state.active) ?? null;
  }

  indexOf(pane: Pane): number {
    for (const [index, each] of this.panes) if (each === pane) return index;
    return -1;
  }

  cellOf(pane: Pane): Cell | null {
    return this.state.cells[this.indexOf(pane)] ?? null;
  }

  /** Give the model of a frame, under the presentation state that it is to be seen under. */
  async model(place: Place): Promise<RenderModel> {
    const state = this.#looks.stateOf(place);
    const model = await this.library.model(place, state);
    this.#looks.isUnder(model, state);
    return model;
  }

  /** Give a model of an image when one is at hand. */
  modelNow(instance: string): RenderModel | null {
    return this.library.modelNow(instance);
  }

  /** Give the values of a frame when it is on a canvas. */
  pixelsNow(instance: string, frame: number): ReturnType<typeof pixelsOf> {
    const isIt = (pane: Pane) => pane.seen?.item.instance === instance && pane.seen.frame === frame;
    const pane = [...this.panes.values()].find(isIt);
    return pane ? pixelsOf(pane) : null;
  }

  layer(pane: Pane): LayerHost {
    return layerHost(this, pane);
  }

  spacing({ seen, model }: Pane): RenderModel["spacing"] | null {
    if (!seen || !model) return null;
    return this.notes.get(seen.study)?.spacing(seen.item, model) ?? model.spacing;
  }

  /** Give how an image that fits is to stand; others of its group follow when it comes late. */
  fitted(pane: Pane, width: number): Partial<ViewState> {
    const cell = this.cellOf(pane);
    if (!cell || (cell.align === "centre" && !cell.sameScale)) return {};
    return standing(pane, cell, cell.sameScale ? this.#scaled() : [pane], width);
  }

  #scaled(): Pane[] {
    return [...this.panes.values()].filter((pane) => pane.model && this.cellOf(pane)?.sameScale);
  }

  start(pane: Pane): void {
    const { overlays, shutters } = this.state.switches;
    this.#looks.start(pane, { overlays, shutters });
    if (this.cellOf(pane)?.sameScale) for (const other of this.#scaled()) if (other !== pane && other.fits) other.fit();
  }

  altered(pane: Pane, before: ViewState, aspect: Aspect): void {
    if (aspect !== "none" && aspect !== "turn") {
      for (const index of followers(this.state, this.indexOf(pane))) {
        const follower = this.panes.get(index);
        if (follower) this.#follow(pane, before, aspect, follower);
      }
    }
    this.#looks.touch(pane);
  }

  #follow(leader: Pane, before: ViewState, aspect: Aspect, follower: Pane): void {
    carry(leader, before, aspect, follower);
    this.#looks.touch(follower);
  }

  leaving(pane: Pane): void {
    this.#looks.keep(pane);
  }

  /** Look at an image as if for the first time. */
  anew(pane: Pane): void {
    this.#looks.anew(pane);
  }

  arrived(pane: Pane): void {
    this.tell();
    const cell = this.cellOf(pane);
    if (!cell) return;
    for (const next of this.#likely(pane, cell)) {
      this.model(next).then((model) => this.store.prefetch(model, next.frame), () => undefined);
    }
  }

  /** Give what is looked at next: onwards in the stack, then the first images of the study that hang nowhere. */
  #likely(pane: Pane, cell: Cell): Place[] {
    const next = reduce({ ...this.state, cells: [cell] }, { type: "step", cell: 0, by: 1 }).cells[0] ?? cell;
    const item = shown(next);
    const stack = item && next !== cell ? [{ study: cell.study, item, frame: next.frame }] : [];
    const hung = new Set(this.state.cells.map((each) => shown(each)?.instance));
    const rest = this.library.images(this.study, false).filter((each) => !hung.has(each.instance)).slice(0, 2);
    const others = rest.map((each) => ({ study: this.study, item: each, frame: 1 }));
    return [...stack, ...others].filter((each) => !isSame(each, pane.seen));
  }

  #handOut(): void {
    const kind = this.state.tool.startsWith("draw.") ? this.state.tool.slice(5) : null;
    for (const pane of this.panes.values()) pane.layer.tool = kind as never;
  }

  #switch(): void {
    const { overlays, shutters } = this.state.switches;
    for (const pane of this.panes.values()) {
      pane.viewport.set({ overlays, shutters });
      pane.layer.update();
    }
  }

  // ---- what can be undone

  /** Note that a view went from `before` to what it is now. */
  viewStep(pane: Pane, before: ViewState, name: string): void {
    const after = pane.snapshot();
    const instance = pane.seen?.item.instance;
    if (!instance || (sameStand(before, after) && JSON.stringify(before) === JSON.stringify(after))) return;
    const put = (view: ViewState) => {
      const target = [...this.panes.values()].find((each) => each.seen?.item.instance === instance);
      if (!target) return;
      target.viewport.set({ ...view, overlays: this.state.switches.overlays, shutters: this.state.switches.shutters });
      this.#looks.touch(target);
    };
    this.history.push({ name, undo: () => put(before), redo: () => put(after) });
    this.tell();
  }

  /** Put other annotations into a study's draft, so that it can be undone. */
  annotate(study: string, next: readonly Annotation[], name: string, scales?: readonly Calibration[]): void {
    const notes = this.notes.get(study);
    if (!notes) return;
    const { annotations: before, calibrations } = notes.draft;
    const put = (annotations: readonly Annotation[], known: readonly Calibration[]) => {
      notes.setAnnotations(annotations, known);
      this.refreshLayers();
    };
    const after = scales ?? calibrations;
    put(next, after);
    this.history.push({ name, undo: () => put(before, calibrations), redo: () => put(next, after) });
    this.tell();
  }

  // ---- going and coming

  /** Give the millimetres of a CSS pixel on this screen: measured, else 0, or a guess (96 a inch) that is said to be one. */
  screenMm(guess = false): number {
    const known = this.preferences.screens[screenKey()]?.mm_per_css_px ?? 0;
    return known > 0 ? known : guess ? NOMINAL : 0;
  }

  /** Hang another prior beside the study; a prior that is not at hand yet is asked for. */
  async takePrior(index: number): Promise<void> {
    const wanted = this.display.priors[index];
    if (!wanted) return;
    const study = wanted.study.study;
    if (!this.displays.has(study)) await this.onPrior(study);
    this.prior = index;
    this.hang();
  }

  /** Asks again for drafts and published notes of a study; the page sets it. */
  onNotes: (study: string) => void = () => undefined;

  /** Brings a prior to hand; the page sets it. */
  onPrior: (study: string) => Promise<void> = async () => undefined;

  /** Bring an image up: where it hangs, else in the active cell. */
  reveal(instance: string, frame: number): void {
    const before = this.state;
    this.dispatch({ type: "go", instance, frame });
    const item = this.find(instance);
    if (!item || shown(this.state.cells[this.state.active])?.instance === instance) return;
    if (before === this.state) this.put(this.state.active, [item], 0, frame);
  }

  /** Put images into a cell. */
  put(cell: number, items: readonly Item[], index: number, frame = 1): void {
    const study = this.studyOf(items[index]?.instance ?? "");
    const from = study === this.study ? "current" : "prior";
    this.dispatch({ type: "put", cell, items, index, frame, study, from });
  }

  /** Give where a pane stands in its stack. */
  placeOf(pane: Pane): [number, number] {
    const cell = this.cellOf(pane);
    return cell ? place(cell) : [1, 1];
  }

  /** Open or close a dialog. */
  ask(dialog: DialogName): void {
    this.dialog = dialog;
    this.tell();
  }

  /** Everything that is not saved goes out now. */
  async flush(): Promise<void> {
    this.#looks.flush();
    await Promise.all([...this.notes.values()].map((notes) => notes.keeper.flush()));
  }

  /** A frame met an ended session: wait until its reader is back, then ask again for what is missing. */
  async #askAgain(): Promise<void> {
    await server.signedInAgain();
    for (const pane of this.panes.values()) if (pane.problem?.status === 401) pane.retry();
  }

  /** Leave: save, and let go of images and workers. */
  dispose(): void {
    this.cine.stop();
    void this.flush();
    for (const notes of this.notes.values()) notes.keeper.dispose();
    for (const index of [...this.panes.keys()]) this.close(index);
    this.store.dispose();
    this.#listeners.clear();
  }
}

