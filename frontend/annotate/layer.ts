/**
 * The annotations over one viewport: drawn, chosen, moved and read out, by mouse, pen, finger and keys.
 *
 * The host has the annotations; the layer shows them and asks for changes. What the layer does with an event it keeps to
 * itself; all others go on to the viewport below.
 */

import { Desk, DRAWING } from "./desk.ts";
import { nudge, scaleAt } from "./edit.ts";
import type { Grip } from "./edit.ts";
import type { LayerHost, View } from "./host.ts";
import { onScreen } from "./looks.ts";
import type { Measures } from "./measure.ts";
import { Stage } from "./stage.ts";
import { openTextBox } from "./textbox.ts";
import type { Annotation, Kind, Point } from "./types.ts";
import { asText, kindName } from "./words.ts";

/** What an event fell on. */
interface Target {
  id: string;
  part: "body" | "handle" | "label";
  index: number;
}

/** How far from a line or handle (CSS pixels, both sides together) a mouse and a finger still catch it. */
const REACH = { fine: 24, coarse: 32 };

const STEP = 1;
const LONG_STEP = 10;

/** The layer. `tool` is the kind to be drawn, `selected` the annotation whose handles are shown. */
export class AnnotationLayer {
  readonly #svg: SVGSVGElement;
  readonly #view: View;
  readonly #host: LayerHost;
  readonly #stage: Stage;
  readonly #desk: Desk;
  readonly #ends = new AbortController();
  readonly #forget: (() => void)[];
  #focus: { id: string; handle: number } | null = null;
  #reach = REACH.fine;
  #lie = "";
  #closeText: (() => void) | null = null;
  #disposed = false;
  #drawing = false;
  #again = false;

  constructor(svg: SVGSVGElement, viewport: View, host: LayerHost) {
    this.#svg = svg;
    this.#view = viewport;
    this.#host = host;
    this.#stage = new Stage(svg, viewport, host);
    this.#desk = new Desk(host, {
      redraw: () => this.#draw(),
      write: (annotation, isNew) => this.#write(annotation, isNew),
    });
    svg.style.outlineOffset = "-2px"; // the ring of a focus by keys lies inside: the viewport cuts what is outside
    this.#listen();
    this.#forget = [viewport.on("change", this.#follow), viewport.on("draw", this.#follow)];
    this.tool = null;
  }

  /** The kind that the next press draws; null: nothing is drawn. */
  get tool(): Kind | null {
    return this.#desk.tool;
  }

  set tool(kind: Kind | null) {
    this.#svg.style.pointerEvents = kind ? "all" : "none"; // without a tool only annotations catch the pointer
    this.#svg.style.touchAction = kind ? "none" : "";
    this.#svg.style.cursor = kind ? "crosshair" : "";
    this.#svg.tabIndex = kind ? 0 : -1;
    this.#desk.tool = kind;
  }

  /** The id of the annotation whose handles are shown, null for none. */
  get selected(): string | null {
    return this.#desk.selected;
  }

  set selected(id: string | null) {
    this.#desk.selected = id;
  }

  /** Show what the host has now: other annotations, another spacing, another image. */
  update(): void {
    this.#stage.forget();
    this.#draw();
  }

  /** Give the values of an annotation, as its label has them. */
  measures(annotation: Annotation): Measures {
    return this.#stage.measures(annotation);
  }

  /** Give an annotation with its values as a line of text. */
  text(annotation: Annotation): string {
    return asText(annotation, this.measures(annotation), this.#host.format, this.#host.t);
  }

  /** Put an annotation of the tool's kind into the middle of the viewport, to be moved into place by its handles. */
  place(): void {
    const { width, height } = this.#svg.getBoundingClientRect();
    const [x, y] = this.#view.toImage(width / 2, height / 2);
    this.#desk.place([x, y], Math.min(width, height) / 3 / scaleAt(this.#view, [x, y]));
    this.#focusChosen();
  }

  /** Take the annotation with this id away, unless it is locked. */
  remove(id: string): void {
    this.#desk.remove(id);
  }

  /** Write or change the words of a text or an arrow. */
  write(id: string): void {
    const annotation = this.#desk.find(id);
    if (annotation && !annotation.locked) this.#write(annotation, false);
  }

  /** Let go of everything. */
  dispose(): void {
    this.#disposed = true;
    this.#ends.abort();
    for (const forget of this.#forget) forget();
    this.#closeText?.();
    this.#stage.dispose();
  }

  /** What loses the focus by being taken away asks for a drawing in the middle of one: that is done after it. */
  #draw(): void {
    if (this.#disposed) return;
    this.#again = true;
    if (this.#drawing) return;
    this.#drawing = true;
    try {
      while (this.#again) this.#drawOnce();
    } finally {
      this.#drawing = false;
    }
  }

  #drawOnce(): void {
    this.#again = false;
    const { selected, moved } = this.#desk;
    this.#stage.draw(this.#desk.shown(), { selected, focus: this.#focus, reach: this.#reach, moved });
  }

  /** Follow the viewport, but only when the image has come to lie elsewhere. */
  #follow = (): void => {
    const corners = [[0, 0], [1, 0], [0, 1]].map(([x, y]) => this.#view.toScreen(x!, y!).join());
    const { width, height } = this.#svg.getBoundingClientRect();
    const lie = `${corners.join()} ${width} ${height}`;
    if (lie === this.#lie) return;
    this.#lie = lie;
    this.#draw();
  };

  #write(annotation: Annotation, isNew: boolean): void {
    this.#closeText?.();
    this.#closeText = openTextBox(this.#svg, {
      at: onScreen(annotation.points.at(-1)!, this.#view),
      words: annotation.text,
      name: kindName(annotation.kind, this.#host.t),
      done: (words) => {
        this.#closeText = null;
        this.#desk.written(annotation, words, isNew);
        this.#focusChosen();
      },
    });
  }

  #focusChosen(): void {
    const chosen = this.#desk.selected;
    if (chosen !== null) this.#stage.figure(chosen)?.body.focus({ preventScroll: true });
  }

  // ---- pointers

  #listen(): void {
    const { signal } = this.#ends;
    const on = <K extends keyof SVGElementEventMap>(name: K, listener: (event: SVGElementEventMap[K]) => void) =>
      this.#svg.addEventListener(name, listener, { signal });
    on("pointerdown", (event) => this.#press(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#release(event));
    on("pointercancel", () => this.#desk.giveUp());
    on("dblclick", (event) => this.#double(event));
    on("keydown", (event) => this.#key(event));
    on("keyup", (event) => this.#keyUp(event));
    on("focusin", (event) => this.#focused(event));
    on("focusout", () => this.#blurred());
    this.#svg.parentElement?.addEventListener("pointerdown", (event) => this.#elsewhere(event), { signal });
  }

  #elsewhere(event: Event): void {
    if (!this.#svg.contains(event.target as Node)) this.selected = null;
  }

  #at(event: MouseEvent): Point {
    const { left, top } = this.#svg.getBoundingClientRect();
    const [x, y] = this.#view.toImage(event.clientX - left, event.clientY - top);
    return [x, y];
  }

  #scaleAt(at: Point): number {
    return scaleAt(this.#view, at);
  }

  #press(event: PointerEvent): void {
    this.#reach = event.pointerType === "touch" ? REACH.coarse : REACH.fine;
    if (!event.isPrimary) return this.#desk.letGo(); // a second finger pinches: the first one meant nothing
    if (event.button !== 0 || event.shiftKey || event.ctrlKey || event.metaKey) return;
    const target = targetOf(event);
    const onHandle = target?.part === "handle" && !this.#desk.drawing;
    if (this.#desk.tool && !onHandle) return this.#pressTool(event);
    const annotation = target && this.#desk.find(target.id);
    if (target && annotation) this.#take(annotation, target, event);
  }

  #pressTool(event: PointerEvent): void {
    this.#svg.focus({ preventScroll: true });
    this.#svg.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    this.#desk.draw({ type: "press", at, scale: this.#scaleAt(at) });
    keep(event);
  }

  #take(annotation: Annotation, target: Target, event: PointerEvent): void {
    this.selected = annotation.id;
    this.#focusOn(target);
    if (annotation.locked && target.part !== "label") return;
    this.#svg.setPointerCapture(event.pointerId);
    const grip = gripOf(annotation, target);
    this.#desk.hold(annotation, grip, { from: this.#at(event), label: this.#labelAt(annotation.id) });
    keep(event);
  }

  /** Where the words stand now, in image pixels. */
  #labelAt(id: string): Point {
    const [left, top] = this.#stage.figure(id)?.labelAt ?? [0, 0];
    const [x, y] = this.#view.toImage(left, top);
    return [x, y];
  }

  #move(event: PointerEvent): void {
    if (!event.isPrimary || !(this.#desk.holds || this.#desk.drawing)) return;
    const at = this.#at(event);
    if (this.#desk.holds) this.#desk.drag(at, this.#scaleAt(at));
    else this.#desk.draw({ type: "move", at, scale: this.#scaleAt(at) });
    keep(event);
  }

  #release(event: PointerEvent): void {
    if (!event.isPrimary) return;
    if (this.#desk.holds) this.#desk.commit();
    else if (this.#desk.drawing === "pressed") this.#releaseTool(event);
    else return;
    keep(event);
  }

  #releaseTool(event: PointerEvent): void {
    const at = this.#at(event);
    this.#desk.draw({ type: "release", at, scale: this.#scaleAt(at) });
    if (!this.#desk.drawing && !this.#closeText) this.#focusChosen();
  }

  #double(event: MouseEvent): void {
    const target = targetOf(event);
    if (this.#desk.drawing) this.#finish(this.#at(event));
    else if (target && isWorded(this.#desk.find(target.id))) this.write(target.id);
    else if (!this.#desk.tool && !target) return;
    keep(event);
  }

  #finish(at: Point): void {
    this.#desk.draw({ type: "finish", scale: this.#scaleAt(at) });
    if (!this.#desk.drawing) this.#focusChosen();
  }

  #focusOn({ id, part, index }: Target): void {
    const figure = this.#stage.figure(id);
    const wanted = part === "handle" ? figure?.handle(index) : figure?.body;
    wanted?.focus({ preventScroll: true });
  }

  // ---- keys

  #focused(event: Event): void {
    const target = targetOf(event);
    this.#focus = target && { id: target.id, handle: target.part === "handle" ? target.index : -1 };
    if (target) this.selected = target.id;
    this.#draw();
  }

  #blurred(): void {
    if (this.#desk.nudged) this.#desk.commit();
    this.#focus = null;
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    const target = targetOf(event);
    if (this.#keyWhileBusy(event.key) || (target ? this.#keyOn(target, event) : this.#keyOnGround(event))) keep(event);
  }

  #keyWhileBusy(key: string): boolean {
    const busy = this.#desk.drawing || this.#desk.holds;
    if (busy && key === "Escape") this.#desk.giveUp();
    else if (this.#desk.drawing && key === "Enter") this.#finish([0, 0]);
    else if (this.#desk.drawing && key === "Backspace") this.#desk.draw({ type: "back" });
    else return false;
    return true;
  }

  #keyOnGround({ key, repeat }: KeyboardEvent): boolean {
    if (key !== "Enter" || !this.#desk.tool || repeat) return false;
    this.place();
    return true;
  }

  #keyOn(target: Target, event: KeyboardEvent): boolean {
    const { key } = event;
    const annotation = this.#desk.find(target.id);
    if (!annotation) return false;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "c") return this.#copy(annotation);
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (key === "Escape") return this.#leave();
    if (key === "Delete" || key === "Backspace") return this.#removeFocused(annotation);
    if (key === "Enter" || key === " " || key === "F2") return this.#enter(annotation, key);
    return this.#nudge(annotation, target, event);
  }

  #leave(): boolean {
    const chosen = this.#desk.selected;
    if (chosen === null) return false;
    this.#stage.figure(chosen)?.body.blur();
    this.#svg.focus({ preventScroll: true });
    this.selected = null;
    return true;
  }

  /** Take it away; focus goes to its neighbour, so that the keys keep working. */
  #removeFocused(annotation: Annotation): boolean {
    if (annotation.locked) return false;
    const order = this.#host.annotations().map((each) => each.id);
    const place = order.indexOf(annotation.id);
    const neighbour = this.#stage.figure(order[place + 1] ?? order[place - 1] ?? "");
    this.#desk.remove(annotation.id);
    (neighbour?.body ?? this.#svg).focus({ preventScroll: true });
    return true;
  }

  #enter(annotation: Annotation, key: string): boolean {
    if (isWorded(annotation) && key !== " ") this.write(annotation.id);
    else this.selected = annotation.id;
    return true;
  }

  #nudge(annotation: Annotation, { part, index }: Target, event: KeyboardEvent): boolean {
    if (annotation.locked) return false;
    const by = nudge(event.key, event.shiftKey ? LONG_STEP : STEP, annotation.points[0]!, this.#view);
    if (!by) return false;
    this.#desk.nudge(annotation, part === "handle" ? { part, index } : { part: "body" }, by);
    return true;
  }

  #keyUp(event: KeyboardEvent): void {
    if (!this.#desk.nudged || !event.key.startsWith("Arrow")) return;
    this.#desk.commit();
    keep(event);
  }

  #copy(annotation: Annotation): boolean {
    const text = this.text(annotation);
    void navigator.clipboard?.writeText(text).then(() => this.#host.copied?.(text), () => undefined);
    return true;
  }
}

/** Words have no drawing of their own: they are moved by themselves. */
function gripOf({ kind, locked }: Annotation, { part, index }: Target): Grip | { part: "label" } {
  if (part === "handle") return { part, index };
  return { part: part === "label" && kind === "text" && !locked ? "body" : part };
}

function targetOf(event: Event): Target | null {
  const part = (event.target as Element).closest("[data-part]");
  const id = part?.closest("[data-annotation]")?.getAttribute("data-annotation");
  if (!part || !id || id === DRAWING) return null;
  const index = Number(part.getAttribute("data-index") ?? -1);
  return { id, part: part.getAttribute("data-part") as Target["part"], index };
}

function keep(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}

function isWorded(annotation: Annotation | null): boolean {
  return annotation?.kind === "text" || annotation?.kind === "arrow";
}
