/**
 * Drawing as a state machine: a table of states and events, pure, no DOM.
 *
 * Every kind can be drawn by clicks, one a point, and by dragging, where a drag is two points. The last point follows
 * until the button is up. Regions and lines of any number of points end by Enter, a double click, or a click on their
 * first point; a freehand region also by lifting the pen. Works alike with mouse, pen and finger.
 */

import { distance } from "./geometry.ts";
import { ellipseIn, settled, simplified } from "./edit.ts";
import { COUNTS, isWhole } from "./types.ts";
import type { Kind, Point } from "./types.ts";

/** Where a drawing stands. */
export type State = "idle" | "pressed" | "hovering" | "done" | "cancelled";

/** A drawing: points put down, the one that follows, where the button went down; all in image pixels. */
export interface Drawing {
  state: State;
  kind: Kind;
  points: Point[];
  pending: Point | null;
  pressedAt: Point | null;
  traced: boolean;
}

/** What happens to a drawing. `scale` is CSS pixels an image pixel, to tell a click from a drag. */
export type Deed =
  | { type: "press" | "move" | "release"; at: Point; scale: number }
  | { type: "finish"; scale: number }
  | { type: "back" }
  | { type: "cancel" };

/** Movements of fewer CSS pixels are none. */
export const STILL = 4;

/** How close (CSS pixels) to its first point a click closes a region. */
const CLOSING = 10;

/** How far apart (CSS pixels) points of a freehand line are kept. */
const TRACE = 2;

type Pointed = Extract<Deed, { at: Point }>;
type Step = (drawing: Drawing, deed: Deed) => Drawing;

const pointed = (step: (drawing: Drawing, deed: Pointed) => Drawing): Step =>
  (drawing, deed) => ("at" in deed ? step(drawing, deed) : drawing);

const cancel: Step = (drawing) => ({ ...drawing, state: "cancelled", points: [], pending: null });

const TABLE: Readonly<Record<State, Readonly<Partial<Record<Deed["type"], Step>>>>> = {
  idle: { press: pointed(press) },
  pressed: { move: pointed(drag), release: pointed(lift), back, cancel },
  hovering: { press: pointed(press), move: pointed(hover), finish, back, cancel },
  done: {},
  cancelled: {},
};

/** Give a drawing that nothing was put down of. */
export function blank(kind: Kind): Drawing {
  return { state: "idle", kind, points: [], pending: null, pressedAt: null, traced: false };
}

/** Give the drawing after a deed; one that means nothing in its state changes nothing. */
export function next(drawing: Drawing, deed: Deed): Drawing {
  const step = TABLE[drawing.state][deed.type];
  const after = step ? step(drawing, deed) : drawing;
  return after.state === "done" && isSpeck(after, "scale" in deed ? deed.scale : 1) ? { ...after, state: "cancelled" } : after;
}

/** A line or region that one could not see is a slip of the hand, not a drawing. */
function isSpeck({ kind, points }: Drawing, scale: number): boolean {
  if (most(kind) === 1) return false;
  return points.every((point) => distance(points[0]!, point) * scale <= STILL);
}

/** Say whether something was put down and may be taken back. */
export function isUnderWay(drawing: Drawing): boolean {
  return drawing.state === "pressed" || drawing.state === "hovering";
}

/** Give the points to draw now, the following one with them. */
export function preview(drawing: Drawing): Point[] {
  const { kind, points, pending } = drawing;
  const all = pending && points.length < most(kind) && !drawing.traced ? [...points, pending] : points;
  return kind === "ellipse" && all.length === 2 ? ellipseIn(all[0]!, all[1]!) : all;
}

/** Give the points of a drawing that is done, in the order that its kind has. */
export function result(drawing: Drawing): Point[] {
  const { kind, points } = drawing;
  if (kind === "ellipse") return ellipseIn(points[0]!, points[1]!);
  return settled(kind, points);
}

/** An ellipse is drawn as the box around it. */
function most(kind: Kind): number {
  return kind === "ellipse" ? 2 : COUNTS[kind].most;
}

function press(drawing: Drawing, { at, scale }: Pointed): Drawing {
  if (closes(drawing, at, scale)) return { ...drawing, state: "done", pending: null };
  const points = [...drawing.points, at];
  return { ...drawing, state: "pressed", points, pending: at, pressedAt: at };
}

function closes({ kind, points }: Drawing, at: Point, scale: number): boolean {
  return kind === "freehand" && points.length >= 3 && distance(points[0]!, at) * scale <= CLOSING;
}

function drag(drawing: Drawing, deed: Pointed): Drawing {
  if (drawing.points.length === most(drawing.kind)) return withLast(drawing, deed.at);
  return drawing.kind === "freehand" ? trace(drawing, deed) : { ...drawing, pending: deed.at };
}

function withLast(drawing: Drawing, at: Point): Drawing {
  return { ...drawing, points: [...drawing.points.slice(0, -1), at], pending: at };
}

function trace(drawing: Drawing, { at, scale }: Pointed): Drawing {
  const far = distance(drawing.points.at(-1)!, at) * scale > (drawing.traced ? TRACE : STILL);
  return far ? { ...drawing, points: [...drawing.points, at], pending: at, traced: true } : drawing;
}

function lift(drawing: Drawing, { at, scale }: Pointed): Drawing {
  const { kind, points, pressedAt, traced } = drawing;
  if (points.length === most(kind)) return { ...withLast(drawing, at), state: "done", pending: null };
  if (traced) return traceEnded(drawing, scale);
  if (!pressedAt || distance(pressedAt, at) * scale <= STILL) return { ...drawing, state: "hovering", pending: at };
  const added = [...points, at];
  const state = added.length === most(kind) ? "done" : "hovering";
  return { ...drawing, state, points: added, pending: state === "done" ? null : at };
}

function traceEnded(drawing: Drawing, scale: number): Drawing {
  const points = simplified(drawing.points, 0.75 / scale);
  if (points.length < 3) return { ...drawing, state: "hovering", points, traced: false };
  return { ...drawing, state: "done", points, pending: null };
}

function hover(drawing: Drawing, { at }: Pointed): Drawing {
  return { ...drawing, pending: at };
}

/** Take the last point back; a stroke as a whole. */
function back(drawing: Drawing, deed: Deed): Drawing {
  const points = drawing.traced ? [] : drawing.points.slice(0, -1);
  return points.length ? { ...drawing, state: "hovering", points } : cancel(drawing, deed);
}

/** The clicks of a double click fall on one spot: what they put down twice counts once. */
function finish(drawing: Drawing, deed: Deed): Drawing {
  const scale = "scale" in deed ? deed.scale : 1;
  const points = [...drawing.points];
  while (points.length > 1 && distance(points.at(-1)!, points.at(-2)!) * scale <= STILL) points.pop();
  if (!isWhole(drawing.kind, points.length) || drawing.kind === "ellipse") return { ...drawing, points };
  return { ...drawing, state: "done", points, pending: null };
}
