/** Changes of an annotation's points: pure functions, in image pixels. */

import { distance, middle } from "./geometry.ts";
import { corners } from "./regions.ts";
import { MANY } from "./types.ts";
import type { Annotation, Kind, Point } from "./types.ts";

/** More corners than this have no handles of their own: such a region is moved as a whole. */
export const MOST_HANDLES = 100;

/** Give where the handles of an annotation are. A rectangle has four, of two points. */
export function handlesOf(kind: Kind, points: readonly Point[]): Point[] {
  if (kind === "rectangle" && points.length === 2) {
    const [one, other] = [points[0]!, points[1]!];
    return [one, other, [other[0], one[1]], [one[0], other[1]]];
  }
  return points.length > MOST_HANDLES ? [] : [...points];
}

/** Give the points after a handle was moved. */
export function withHandle(kind: Kind, points: readonly Point[], index: number, to: Point): Point[] {
  if (kind === "rectangle") return withCorner(points, index, to);
  if (kind === "ellipse") return withAxisEnd(points, index, to);
  return points.map((point, each) => (each === index ? to : [point[0], point[1]]));
}

function withCorner(points: readonly Point[], index: number, to: Point): Point[] {
  const [one, other] = [points[0]!, points[1]!];
  switch (index) {
    case 0:
      return [to, [other[0], other[1]]];
    case 1:
      return [[one[0], one[1]], to];
    case 2:
      return [[one[0], to[1]], [to[0], other[1]]];
    default:
      return [[to[0], one[1]], [other[0], to[1]]];
  }
}

/** The other end of the axis stays, the other axis stays across its middle and as long as it was. */
function withAxisEnd(points: readonly Point[], index: number, to: Point): Point[] {
  const still = points[index ^ 1]!;
  const [one, other] = index < 2 ? [points[2]!, points[3]!] : [points[0]!, points[1]!];
  const half = distance(one, other) / 2;
  const length = distance(still, to);
  if (length === 0) return points.map((point) => [point[0], point[1]]);
  const centre = middle(still, to);
  const across: Point = [(-(to[1] - still[1]) / length) * half, ((to[0] - still[0]) / length) * half];
  const ends = nearest(one, [centre[0] - across[0], centre[1] - across[1]], [centre[0] + across[0], centre[1] + across[1]]);
  const axis: [Point, Point] = index % 2 === 0 ? [to, still] : [still, to];
  return (index < 2 ? [...axis, ...ends] : [...ends, ...axis]).map((point) => [point[0], point[1]]);
}

/** Give two ends so that the first is the one nearer to where it was. */
function nearest(one: Point, a: Point, b: Point): [Point, Point] {
  return distance(a, one) <= distance(b, one) ? [a, b] : [b, a];
}

/** Give points moved by so many columns and rows. */
export function shifted(points: readonly Point[], by: Point): Point[] {
  return points.map(([x, y]) => [x + by[0], y + by[1]]);
}

/** Give the ends of the axes of the upright ellipse that fills a box: major, major, minor, minor. */
export function ellipseIn(one: Point, other: Point): Point[] {
  const [x, y] = middle(one, other);
  const flat: Point[] = [[Math.min(one[0], other[0]), y], [Math.max(one[0], other[0]), y]];
  const steep: Point[] = [[x, Math.min(one[1], other[1])], [x, Math.max(one[1], other[1])]];
  const wide = Math.abs(other[0] - one[0]) >= Math.abs(other[1] - one[1]);
  return wide ? [...flat, ...steep] : [...steep, ...flat];
}

/** Give points in the order that the format wants when an edit has ended: the longer axis first (PS3.3 C.10.5.1.2). */
export function settled(kind: Kind, points: readonly Point[]): Point[] {
  if ((kind === "ellipse" || kind === "bidirectional") && points.length === 4) {
    const [a, b, c, d] = points as [Point, Point, Point, Point];
    return distance(c, d) > distance(a, b) ? [c, d, a, b] : [a, b, c, d];
  }
  if (kind === "rectangle" && points.length === 2) {
    const around = corners(points[0]!, points[1]!);
    const [xs, ys] = [around.map((point) => point[0]), around.map((point) => point[1])];
    return [[Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]];
  }
  return points.map((point) => [point[0], point[1]]);
}

/** Give a path with fewer points, none farther than `tolerance` from the given one (Ramer, Douglas and Peucker). */
export function simplified(points: readonly Point[], tolerance: number): Point[] {
  const keep = new Set([0, points.length - 1]);
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [first, last] = span;
    const [far, off] = farthest(points, first, last);
    if (off <= tolerance) continue;
    keep.add(far);
    spans.push([first, far], [far, last]);
  }
  const kept = points.filter((_, index) => keep.has(index));
  const every = Math.ceil(kept.length / MANY);
  return every > 1 ? kept.filter((_, index) => index % every === 0) : kept;
}

function farthest(points: readonly Point[], first: number, last: number): [number, number] {
  let found: [number, number] = [first, -1];
  for (let index = first + 1; index < last; index += 1) {
    const off = offLine(points[index]!, points[first]!, points[last]!);
    if (off > found[1]) found = [index, off];
  }
  return found;
}

function offLine(point: Point, one: Point, other: Point): number {
  const length = distance(one, other);
  if (length === 0) return distance(point, one);
  const turned = (other[0] - one[0]) * (point[1] - one[1]) - (other[1] - one[1]) * (point[0] - one[0]);
  return Math.abs(turned) / length;
}

/**
 * Give points for an annotation put down without a pointer: around `centre`, `size` wide and high, to be moved into place.
 */
export function standardPoints(kind: Kind, centre: Point, size: number): Point[] {
  const at = (x: number, y: number): Point => [centre[0] + x * size, centre[1] + y * size];
  return settled(kind, (STANDARD[kind] ?? STANDARD.length!).map(([x, y]) => at(x, y)));
}

const STANDARD: Readonly<Partial<Record<Kind, readonly Point[]>>> = {
  length: [[-0.5, 0], [0.5, 0]],
  angle: [[-0.5, 0.5], [0, -0.5], [0.5, 0.5]],
  polyline: [[-0.5, 0], [0, -0.25], [0.5, 0]],
  open_angle: [[-0.5, -0.5], [0.5, -0.25], [-0.5, 0.5], [0.5, 0.25]],
  cobb: [[-0.5, -0.5], [0.5, -0.25], [-0.5, 0.5], [0.5, 0.25]],
  bidirectional: [[-0.5, 0], [0.5, 0], [0, -0.25], [0, 0.25]],
  rectangle: [[-0.5, -0.5], [0.5, 0.5]],
  ellipse: [[-0.5, 0], [0.5, 0], [0, -0.25], [0, 0.25]],
  freehand: [[-0.5, 0], [0, -0.5], [0.5, 0], [0, 0.5]],
  probe: [[0, 0]],
  text: [[0, 0]],
  cardiothoracic_ratio: [[-0.2, 0], [0, 0], [0.3, 0.2], [0, 0.2], [-0.5, 0.4], [0.5, 0.4]],
  leg_length: [[-0.3, -0.5], [-0.3, 0.5], [0.3, -0.5], [0.3, 0.5]],
  hip_knee_ankle: [[0, -0.5], [0, 0], [0, 0.5]],
};

/** What of an annotation is held: one of its handles, or all of it. */
export type Grip = { part: "handle"; index: number } | { part: "body" };

/** Give the points after what is held was moved by so many columns and rows from where it was. */
export function gripped(kind: Kind, points: readonly Point[], grip: Grip, by: Point): Point[] {
  if (grip.part === "body") return shifted(points, by);
  const handle = handlesOf(kind, points)[grip.index];
  return handle ? withHandle(kind, points, grip.index, [handle[0] + by[0], handle[1] + by[1]]) : [...points];
}

/** Give an annotation after what is held was moved; its words go with the whole of it, and stay when a handle moves. */
export function held<T extends Pick<Annotation, "kind" | "label_at">>(
  annotation: T,
  points: readonly Point[],
  grip: Grip,
  by: Point,
): T & { points: Point[] } {
  const { kind, label_at } = annotation;
  const words = label_at && grip.part === "body" ? { label_at: shifted([label_at], by)[0]! } : {};
  return { ...annotation, points: gripped(kind, points, grip, by), ...words };
}

/** Where image and screen lie to each other, as the viewport has it. */
export interface Projection {
  toScreen(x: number, y: number): readonly [number, number];
  toImage(x: number, y: number): readonly [number, number];
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Give the move in image pixels that an arrow key means, `step` pixels long towards that side of the screen; else null. */
export function nudge(key: string, step: number, at: Point, view: Projection): Point | null {
  const way = ARROWS[key];
  if (!way) return null;
  const [x, y] = view.toScreen(at[0], at[1]);
  const [column, row] = view.toImage(x + way[0], y + way[1]);
  const [across, down] = [column - at[0], row - at[1]];
  const length = Math.hypot(across, down);
  if (!(length > 0)) return null;
  const whole = (part: number) => Math.round((part / length) * step * 1e6) / 1e6;
  return [whole(across), whole(down)];
}

/** Give CSS pixels an image pixel at a place. */
export function scaleAt(view: Projection, [x, y]: Point): number {
  const [x0, y0] = view.toScreen(x, y);
  const [x1, y1] = view.toScreen(x + 1, y);
  return Math.hypot(x1 - x0, y1 - y0) || 1;
}
