/** Hands on a viewport: buttons, wheel and fingers become changes of the view. */

import {
  boundedZoom, deedOf, draggedWindow, draggedZoom, pinch, regionWindow, wheelDeed, wheeledZoom, zoomedAbout,
} from "./mouse.ts";
import type { Deed, Pinch } from "./mouse.ts";
import { Loupe } from "./loupe.ts";
import type { Pane } from "./pane.ts";
import { HANDS } from "./tools.ts";
import { windowOf } from "./views.ts";
import type { ViewState } from "../engine/index.ts";

type Point = [number, number];

/** What the hands need to know. */
export interface Hands {
  tool(): string;
  mouse(): Readonly<Record<string, string>>;
  stack(): number;
  step(by: number): void;
  /** The cell becomes the active one. */
  activate(): void;
  /** A movement ended; `before` is the view when it began. */
  ended(before: ViewState): void;
  /** The region tool did its work. */
  regionDone(): void;
}

/** A movement under way. */
interface Drag {
  deed: string;
  pointer: number;
  start: Point;
  last: Point;
  view: ViewState;
  rest: number;
}

/** Millimetres have no say here: so many CSS pixels of a drag or wheel are one image of a stack. */
const PIXELS_AN_IMAGE = 24;
const WHEEL_AN_IMAGE = 60;

/** Listens on the stage of one pane. */
export class Gestures {
  readonly #stage: HTMLElement;
  readonly #pane: Pane;
  readonly #hands: Hands;
  readonly #loupe: Loupe;
  readonly #rubber: HTMLElement;
  readonly #abort = new AbortController();
  readonly #fingers = new Map<number, Point>();
  #drag: Drag | null = null;
  #pinch: { from: Pinch; view: ViewState } | null = null;
  #wheel = 0;
  #wheelView: ViewState | null = null;
  #wheelTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(stage: HTMLElement, pane: Pane, hands: Hands) {
    this.#stage = stage;
    this.#pane = pane;
    this.#hands = hands;
    this.#loupe = new Loupe(stage);
    this.#rubber = document.createElement("div");
    this.#rubber.className = "viewer-rubber";
    this.#rubber.hidden = true;
    stage.append(this.#rubber);
    this.#listen();
  }

  #listen(): void {
    const options = { signal: this.#abort.signal };
    const stage = this.#stage;
    const first = { ...options, capture: true }; // the annotation layer keeps what it uses to itself
    stage.addEventListener("pointerdown", (event) => this.#touched(event), first);
    stage.addEventListener("pointermove", (event) => this.#fingerMoved(event), first);
    for (const name of ["pointerup", "pointercancel"] as const) {
      stage.addEventListener(name, (event) => this.#fingerUp(event), first);
      stage.addEventListener(name, (event) => this.#up(event), options);
    }
    stage.addEventListener("pointerdown", (event) => this.#down(event), options);
    stage.addEventListener("pointermove", (event) => this.#move(event), options);
    stage.addEventListener("pointerleave", () => this.#drag === null && this.#loupe.hide(), options);
    stage.addEventListener("wheel", (event) => this.#turn(event), { ...options, passive: false });
    stage.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  }

  /** Listen no more. */
  dispose(): void {
    this.#abort.abort();
    this.#loupe.dispose();
    this.#rubber.remove();
    clearTimeout(this.#wheelTimer);
  }

  #point(event: MouseEvent): Point {
    const box = this.#stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #touched(event: PointerEvent): void {
    this.#hands.activate();
    if (event.pointerType !== "touch") return;
    this.#fingers.set(event.pointerId, this.#point(event));
    if (this.#fingers.size === 2) this.#pinchBegins();
  }

  #fingerMoved(event: PointerEvent): void {
    if (!this.#fingers.has(event.pointerId)) return;
    this.#fingers.set(event.pointerId, this.#point(event));
    if (this.#pinch) this.#pinched();
  }

  #fingerUp(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    this.#pinchEnds();
  }

  #down(event: PointerEvent): void {
    if (this.#pinch) return;
    const point = this.#point(event);
    const deed = this.#deed(event);
    if (deed === "none" || event.defaultPrevented || this.#drag || !this.#pane.model) return;
    this.#stage.setPointerCapture(event.pointerId);
    const view = this.#pane.snapshot();
    this.#drag = { deed, pointer: event.pointerId, start: point, last: point, view, rest: 0 };
    if (deed === "loupe") this.#loupe.show(this.#pane, point);
  }

  /** Give what this press does: a tool of the hand by its name; drawing belongs to the annotation layer. */
  #deed(event: PointerEvent): string {
    const deed: Deed = deedOf(event, this.#hands.mouse());
    if (deed !== "tool") return deed;
    const tool = this.#hands.tool();
    return HANDS.includes(tool) ? tool : "none";
  }

  #move(event: PointerEvent): void {
    const point = this.#point(event);
    const drag = this.#drag;
    if (!drag || drag.pointer !== event.pointerId) return;
    this.#dragged(drag, point);
    drag.last = point;
  }

  #dragged(drag: Drag, point: Point): void {
    const [dx, dy] = [point[0] - drag.start[0], point[1] - drag.start[1]];
    switch (drag.deed) {
      case "window": {
        const from = this.#pane.model && windowOf(this.#pane.model, drag.view);
        if (from) this.#pane.alter({ window: draggedWindow(from, dx, dy), voi: null }, "greys");
        return;
      }
      case "zoom":
        return this.#zoomed(drag, draggedZoom(drag.view.zoom, dy));
      case "pan":
        return this.#panned(drag.last, point);
      case "stack":
        return this.#stacked(drag, point[1] - drag.last[1]);
      case "loupe":
        return this.#loupe.show(this.#pane, point);
      case "region":
        return this.#outline(drag.start, point);
    }
  }

  #zoomed(drag: Drag, zoom: number): void {
    const { viewport } = this.#pane;
    const about = viewport.toImage(drag.start[0], drag.start[1]);
    const { centre, zoom: now } = viewport.view;
    this.#pane.alter({ zoom, centre: zoomedAbout(centre, about, zoom / now) }, "stand");
  }

  #panned(from: Point, to: Point): void {
    const { viewport } = this.#pane;
    const [x0, y0] = viewport.toImage(from[0], from[1]);
    const [x1, y1] = viewport.toImage(to[0], to[1]);
    const { centre } = viewport.view;
    this.#pane.alter({ centre: [centre[0] + x0 - x1, centre[1] + y0 - y1] }, "stand");
  }

  #stacked(drag: Drag, dy: number): void {
    drag.rest += dy;
    const steps = Math.trunc(drag.rest / PIXELS_AN_IMAGE);
    drag.rest -= steps * PIXELS_AN_IMAGE;
    if (steps) this.#hands.step(steps);
  }

  #outline(from: Point, to: Point): void {
    this.#rubber.hidden = false;
    Object.assign(this.#rubber.style, {
      left: `${Math.min(from[0], to[0])}px`,
      top: `${Math.min(from[1], to[1])}px`,
      width: `${Math.abs(to[0] - from[0])}px`,
      height: `${Math.abs(to[1] - from[1])}px`,
    });
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag || drag.pointer !== event.pointerId) return;
    this.#drag = null;
    this.#loupe.hide();
    if (drag.deed === "region") this.#region(drag.start, drag.last);
    this.#hands.ended(drag.view);
  }

  #region(from: Point, to: Point): void {
    this.#rubber.hidden = true;
    const { viewport } = this.#pane;
    const values = this.#pane.values(viewport.toImage(...from), viewport.toImage(...to));
    const window = regionWindow(values);
    if (!window || (from[0] === to[0] && from[1] === to[1])) return;
    this.#pane.alter({ window, voi: null }, "greys");
    this.#hands.regionDone();
  }

  #pinchBegins(): void {
    const drag = this.#drag;
    if (drag) this.#pane.alter(drag.view, "none"); // the first finger's movement was none
    this.#drag = null;
    this.#loupe.hide();
    this.#rubber.hidden = true;
    if (this.#pane.model) this.#pinch = { from: this.#pinchNow(), view: this.#pane.snapshot() };
  }

  #pinchNow(): Pinch {
    const [one, other] = [...this.#fingers.values()] as [Point, Point];
    return pinch(one, other);
  }

  #pinched(): void {
    if (!this.#pinch || this.#fingers.size < 2) return;
    const { from, view } = this.#pinch;
    const now = this.#pinchNow();
    const { viewport } = this.#pane;
    viewport.set({ centre: view.centre, zoom: view.zoom });
    const about = viewport.toImage(...from.middle);
    const zoom = boundedZoom((view.zoom * now.distance) / from.distance);
    viewport.set({ zoom, centre: zoomedAbout(view.centre, about, zoom / view.zoom) });
    this.#panned(from.middle, now.middle);
  }

  #pinchEnds(): void {
    if (this.#fingers.size >= 2 || !this.#pinch) return;
    this.#hands.ended(this.#pinch.view);
    this.#pinch = null;
  }

  #turn(event: WheelEvent): void {
    event.preventDefault();
    this.#hands.activate();
    if (!this.#pane.model) return this.#wheeled(event);
    const deed = wheelDeed(event, this.#hands.mouse(), this.#hands.stack());
    if (deed === "stack") return this.#wheeled(event);
    this.#wheelView ??= this.#pane.snapshot();
    if (deed === "zoom") this.#wheelZoom(event);
    if (deed === "pan") this.#panned([0, 0], [-event.deltaX, -event.deltaY]);
    clearTimeout(this.#wheelTimer);
    this.#wheelTimer = setTimeout(() => this.#wheelRests(), 250);
  }

  #wheelRests(): void {
    if (this.#wheelView) this.#hands.ended(this.#wheelView);
    this.#wheelView = null;
  }

  #wheelZoom(event: WheelEvent): void {
    const { viewport } = this.#pane;
    const about = viewport.toImage(...this.#point(event));
    const { centre, zoom } = viewport.view;
    const next = wheeledZoom(zoom, event.deltaY);
    this.#pane.alter({ zoom: next, centre: zoomedAbout(centre, about, next / zoom) }, "stand");
  }

  /** Turn through the stack; a notched wheel gives 100 or more at once and moves by one. */
  #wheeled(event: WheelEvent): void {
    const notch = event.deltaMode !== 0 || Math.abs(event.deltaY) >= 90;
    this.#wheel = notch ? Math.sign(event.deltaY) * WHEEL_AN_IMAGE : this.#wheel + event.deltaY;
    const steps = Math.trunc(this.#wheel / WHEEL_AN_IMAGE);
    this.#wheel -= steps * WHEEL_AN_IMAGE;
    if (steps) this.#hands.step(steps);
  }
}
