/**
 * What the hands do with annotations: draw, hold, move, nudge, remove. No DOM; places are image pixels.
 *
 * While something is held the desk shows its own copy, and the host hears of it once, at the end.
 */

import { blank, isUnderWay, next, preview, result } from "./drawing.ts";
import type { Deed, Drawing } from "./drawing.ts";
import { held, settled, standardPoints } from "./edit.ts";
import type { Grip } from "./edit.ts";
import type { LayerHost } from "./host.ts";
import type { Annotation, Kind, Point } from "./types.ts";
import { kindName, nextPoint } from "./words.ts";
import type { Translate } from "./words.ts";

/** The id of what is being drawn and is no annotation yet. */
export const DRAWING = "drawing";

/** A drag of fewer CSS pixels moves nothing. */
const STILL = 2;

/** What is held by a pointer, and how it was before. `label`: where its words stood. */
interface Held {
  annotation: Annotation;
  grip: Grip | { part: "label" };
  from: Point;
  label: Point;
}

type StepKind = "add" | "remove" | "move" | "change";

/** What the desk asks of the layer: to draw again, and to ask for the words of a text. */
export interface Hands {
  redraw(): void;
  write(annotation: Annotation, isNew: boolean): void;
}

/** The desk. `moved` says where the words of locked annotations were dragged to: that is kept nowhere else. */
export class Desk {
  readonly moved = new Map<string, Point>();
  readonly #host: LayerHost;
  readonly #hands: Hands;
  #tool: Kind | null = null;
  #selected: string | null = null;
  #drawing: Drawing | null = null;
  #held: Held | null = null;
  #changed: Annotation | null = null;

  constructor(host: LayerHost, hands: Hands) {
    this.#host = host;
    this.#hands = hands;
  }

  /** The kind that is drawn, null for none. */
  get tool(): Kind | null {
    return this.#tool;
  }

  set tool(kind: Kind | null) {
    this.#tool = kind;
    this.#drawing = null;
    this.#prompt();
    this.#hands.redraw();
  }

  /** The id of the annotation that is chosen, null for none. */
  get selected(): string | null {
    return this.#selected;
  }

  set selected(id: string | null) {
    if (id === this.#selected) return;
    this.#selected = id;
    this.#host.chosen?.(id);
    this.#hands.redraw();
  }

  /** Whether a drawing is under way, and whether its button is down. */
  get drawing(): "" | "pressed" | "hovering" {
    const state = this.#drawing?.state;
    return state === "pressed" || state === "hovering" ? state : "";
  }

  /** Whether an annotation is held by a pointer. */
  get holds(): boolean {
    return this.#held !== null;
  }

  /** Whether keys have moved something that the host has not heard of yet. */
  get nudged(): boolean {
    return this.#held === null && this.#changed !== null;
  }

  /** Give what is to be seen: the host's, the one that is held as it is now, the one that is being drawn. */
  shown(): Annotation[] {
    const changed = this.#changed;
    const all = this.#host.annotations().map((each) => (changed?.id === each.id ? changed : each));
    if (!this.#drawing || !isUnderWay(this.#drawing)) return all;
    return [...all, { ...fresh(this.#drawing.kind, preview(this.#drawing)), id: DRAWING }];
  }

  /** Find an annotation as it is now. */
  find(id: string): Annotation | null {
    if (this.#changed?.id === id) return this.#changed;
    return this.#host.annotations().find((each) => each.id === id) ?? null;
  }

  // ---- drawing

  /** Do one deed of drawing with the tool. */
  draw(deed: Deed): void {
    const tool = this.#tool;
    if (!tool) return;
    const drawing = next(this.#drawing ?? blank(tool), deed);
    this.#drawing = isUnderWay(drawing) ? drawing : null;
    if (drawing.state === "done") this.add(tool, result(drawing));
    this.#prompt();
    this.#hands.redraw();
  }

  /** Put an annotation of the tool's kind around a place, to be moved from there; `size` in image pixels. */
  place(centre: Point, size: number): void {
    if (this.#tool) this.add(this.#tool, standardPoints(this.#tool, centre, size));
  }

  /** Say what the next point of the tool is. */
  #prompt(): void {
    const placed = this.#drawing?.points.length ?? 0;
    this.#host.prompt?.(this.#tool ? nextPoint(this.#tool, placed, this.#host.t) : "");
  }

  // ---- holding

  /** Take hold of an annotation at a place. */
  hold(annotation: Annotation, grip: Held["grip"], at: { from: Point; label: Point }): void {
    this.#held = { annotation, grip, ...at };
  }

  /** Move what is held there; `scale` is CSS pixels an image pixel. */
  drag(at: Point, scale: number): void {
    if (!this.#held || !this.find(this.#held.annotation.id)) return this.giveUp();
    const { from } = this.#held;
    const by: Point = [at[0] - from[0], at[1] - from[1]];
    if (this.#changed || Math.hypot(...by) * scale > STILL) this.#carry(this.#held, by);
    this.#hands.redraw();
  }

  #carry({ annotation, grip, label }: Held, by: Point): void {
    const place: Point = [label[0] + by[0], label[1] + by[1]];
    if (grip.part !== "label") this.#changed = held(annotation, annotation.points, grip, by);
    else if (annotation.locked) this.moved.set(annotation.id, place);
    else this.#changed = { ...annotation, label_at: place };
  }

  /** Move an annotation or one of its handles by keys. The host hears of it by `commit`. */
  nudge(annotation: Annotation, grip: Grip, by: Point): void {
    this.#changed = held(annotation, annotation.points, grip, by);
    this.#hands.redraw();
  }

  /** Let go, and tell the host what was changed. */
  commit(): void {
    const changed = this.#changed;
    this.#held = null;
    this.#changed = null;
    if (changed) this.put({ ...changed, points: settled(changed.kind, changed.points) }, "move");
  }

  /** Let go, everything as it was. */
  giveUp(): void {
    this.#held = null;
    this.#changed = null;
    if (this.drawing) return this.draw({ type: "cancel" });
    this.#hands.redraw();
  }

  /** Let go of what is held as it was before, and take back the point that was just put down; the rest stays. */
  letGo(): void {
    if (this.drawing === "pressed") return this.draw({ type: "back" });
    if (this.#held) this.giveUp();
  }

  // ---- changes

  /** Add an annotation and choose it; a text asks for its words first. */
  add(kind: Kind, points: Point[]): void {
    const annotation = fresh(kind, points);
    if (kind === "text") return this.#hands.write(annotation, true);
    this.put(annotation, "add");
    this.selected = annotation.id;
  }

  /** Take the words for a text or an arrow; null changes nothing, none removes a text. */
  written(annotation: Annotation, words: string | null, isNew: boolean): void {
    if (words === null || words === annotation.text) return;
    if (annotation.kind === "text" && !words) return this.remove(annotation.id);
    this.put({ ...annotation, text: words }, isNew ? "add" : "change");
    this.selected = annotation.id;
  }

  /** Put an annotation into the host's list, in the place of the one with its id. */
  put(annotation: Annotation, step: StepKind): void {
    const all = this.#host.annotations();
    const known = all.some((each) => each.id === annotation.id);
    const list = known ? all.map((each) => (each.id === annotation.id ? annotation : each)) : [...all, annotation];
    this.#change(list, step, annotation.kind);
  }

  /** Take an annotation away, unless it is locked. */
  remove(id: string): void {
    const annotation = this.#host.annotations().find((each) => each.id === id);
    if (!annotation || annotation.locked) return;
    this.#held = null;
    this.#changed = null;
    if (this.#selected === id) this.selected = null;
    this.#change(this.#host.annotations().filter((each) => each.id !== id), "remove", annotation.kind);
  }

  #change(list: Annotation[], step: StepKind, kind: Kind): void {
    this.#host.change(list, stepName(step, kindName(kind, this.#host.t), this.#host.t));
    this.#hands.redraw();
  }
}

/** Give a new annotation. The host knows the image and the frame that it is on. */
export function fresh(kind: Kind, points: Point[]): Annotation {
  return { id: freshId(), kind, instance: "", frame: 1, points, text: "", label: "", colour: "", locked: false };
}

/** Give 32 random hexadecimal digits; `crypto.randomUUID` is not there without https. */
function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function stepName(step: StepKind, name: string, t: Translate): string {
  switch (step) {
    case "add":
      return t("Add: {name}", { name });
    case "remove":
      return t("Remove: {name}", { name });
    case "move":
      return t("Move: {name}", { name });
    case "change":
      return t("Change: {name}", { name });
  }
}
