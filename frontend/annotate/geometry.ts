/**
 * Geometry on a plane: pure functions of points whose two axes have one unit, millimetres where they are known.
 *
 * `onPlane` brings image pixels there, so that lengths and angles are right for pixels that are not square. x runs to the
 * right and y downwards. An angle that has an arm of no length is NaN. `radiotheque.dicom.measures` says the same in
 * Python, written for itself; the tests compare the two.
 */

import type { Point, Side, Sides, Spacing } from "./types.ts";

const DEGREES = 180 / Math.PI;

/** Say whether the millimetres of an image are known. */
export function isKnown(spacing: Spacing): boolean {
  const { row, column, source } = spacing;
  return source !== "unknown" && source !== "" && row > 0 && column > 0 && Number.isFinite(row * column);
}

/** Give points in millimetres; where those are unknown, in widths of a pixel (`aspect`: its height over its width). */
export function onPlane(points: readonly Point[], spacing: Spacing, aspect: number): Point[] {
  const [across, down] = isKnown(spacing) ? [spacing.column, spacing.row] : [1, aspect > 0 ? aspect : 1];
  return points.map(([x, y]) => [x * across, y * down]);
}

/** Give the vector from one point to another. */
export function from(one: Point, other: Point): Point {
  return [other[0] - one[0], other[1] - one[1]];
}

/** Give the distance of two points. */
export function distance(one: Point, other: Point): number {
  return Math.hypot(other[0] - one[0], other[1] - one[1]);
}

/** Give the point half-way. */
export function middle(one: Point, other: Point): Point {
  return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
}

function dot(u: Point, v: Point): number {
  return u[0] * v[0] + u[1] * v[1];
}

function cross(u: Point, v: Point): number {
  return u[0] * v[1] - u[1] * v[0];
}

function isNothing(u: Point): boolean {
  return u[0] === 0 && u[1] === 0;
}

/** Give the length of a path; a closed one goes back to its first point. */
export function pathLength(points: readonly Point[], closed = false): number {
  const inner = points.slice(1).reduce((sum, point, index) => sum + distance(points[index]!, point), 0);
  const [first, last] = [points[0], points.at(-1)];
  return closed && first && last ? inner + distance(last, first) : inner;
}

/** Give the angle between two vectors in degrees, 0 to 180. */
export function angleBetween(u: Point, v: Point): number {
  if (isNothing(u) || isNothing(v)) return NaN;
  return Math.atan2(Math.abs(cross(u, v)), dot(u, v)) * DEGREES;
}

/** Give the angle at a vertex in degrees, 0 to 180. */
export function angleAt(one: Point, vertex: Point, other: Point): number {
  return angleBetween(from(vertex, one), from(vertex, other));
}

/** Give the angle between two lines as they were drawn, a to b and c to d, in degrees, 0 to 180. */
export function openAngle(a: Point, b: Point, c: Point, d: Point): number {
  return angleBetween(from(a, b), from(c, d));
}

/**
 * Give the Cobb angle of two end plates in degrees, 0 to 180, however each was drawn and the image lies.
 *
 * Both lines are taken to point to the same side of the line through their middles, which runs along the spine. So a
 * curve beyond 90° keeps its angle. Where that side cannot be told, the sharp angle is given.
 */
export function cobbAngle(a: Point, b: Point, c: Point, d: Point): number {
  const axis = from(middle(a, b), middle(c, d));
  const [u, v] = [from(a, b), from(c, d)];
  const sides = cross(axis, u) * cross(axis, v);
  const angle = angleBetween(u, v);
  if (sides === 0) return Math.min(angle, 180 - angle);
  return sides > 0 ? angle : 180 - angle;
}

/** Give the area of a polygon by the shoelace formula. Where it crosses itself, parts that turn back count negative. */
export function polygonArea(points: readonly Point[]): number {
  const twice = points.reduce((sum, point, index) => sum + cross(point, points[(index + 1) % points.length]!), 0);
  return Math.abs(twice) / 2;
}

/** An ellipse as its centre and two conjugate half diameters: its half axes where those stand at right angles. */
export interface Ellipse {
  centre: Point;
  a: Point;
  b: Point;
}

/** Give the ellipse through the ends of its two axes: major, major, minor, minor (PS3.3 C.10.5.1.2, ELLIPSE). */
export function ellipseOf(points: readonly Point[]): Ellipse {
  const [p, q, r, s] = points as [Point, Point, Point, Point];
  return {
    centre: middle(p, q),
    a: [(q[0] - p[0]) / 2, (q[1] - p[1]) / 2],
    b: [(s[0] - r[0]) / 2, (s[1] - r[1]) / 2],
  };
}

/** Give the area of an ellipse. */
export function ellipseArea({ a, b }: Ellipse): number {
  return Math.PI * Math.abs(cross(a, b));
}

/** Give the half axes of an ellipse, the longer first: the singular values of the matrix [a b]. */
export function halfAxes({ a, b }: Ellipse): [number, number] {
  const squares = dot(a, a) + dot(b, b);
  const product = Math.abs(cross(a, b));
  const [sum, difference] = [Math.sqrt(squares + 2 * product), Math.sqrt(Math.max(squares - 2 * product, 0))];
  return [(sum + difference) / 2, Math.max((sum - difference) / 2, 0)];
}

/** Give the perimeter of an ellipse by Gauss's arithmetic-geometric mean, exact to rounding (DLMF 19.8, 19.30). */
export function ellipsePerimeter(ellipse: Ellipse): number {
  const [long, short] = halfAxes(ellipse);
  if (short === 0) return 4 * long;
  let [mean, root, power] = [long, short, 0.5];
  let sum = power * (long * long - short * short);
  while (Math.abs(mean - root) > 1e-15 * mean) {
    const half = (mean - root) / 2;
    [mean, root] = [(mean + root) / 2, Math.sqrt(mean * root)];
    power *= 2;
    sum += power * half * half;
  }
  return ((2 * Math.PI) / mean) * (long * long - sum);
}

/** Widths of heart and chest. */
export interface Cardiothoracic {
  right: number;
  left: number;
  chest: number;
  ratio: number;
}

/**
 * Give the cardiothoracic ratio of six points: the right heart border and the midline at its height, the left heart
 * border and the midline at its height, the inner edge of the ribs on the right and on the left.
 *
 * All widths are taken along the line across the chest, so that a tilted patient changes nothing. The ratio is that of
 * Danzer: the greatest distances of both heart borders from the midline over the greatest inner width of the chest.
 */
export function cardiothoracic(points: readonly Point[]): Cardiothoracic {
  const [rightHeart, rightMid, leftHeart, leftMid, rightRib, leftRib] = points as Point[];
  const across = from(rightRib!, leftRib!);
  const chest = Math.hypot(...across);
  const along = (one: Point, other: Point) => Math.abs(dot(from(one, other), across)) / chest;
  const [right, left] = [along(rightHeart!, rightMid!), along(leftHeart!, leftMid!)];
  return { right, left, chest, ratio: (right + left) / chest };
}

/** The mechanical axes of a leg. */
export interface LegAxis {
  /** Degrees between the axes of thigh and shank, 0 to 180; 180 when the leg is straight. */
  angle: number;
  /** How far the knee lies from the line hip to ankle. */
  distance: number;
  /** To which side of the image the knee lies from that line: -1 left, 1 right, 0 on it. */
  towards: -1 | 0 | 1;
}

/** Give the mechanical axes of a leg from the centres of femoral head, knee and ankle, the hip above. */
export function legAxis(hip: Point, knee: Point, ankle: Point): LegAxis {
  const line = from(hip, ankle);
  const turned = cross(line, from(hip, knee));
  const down = Math.sign(line[1]) || 1;
  return {
    angle: angleAt(hip, knee, ankle),
    distance: Math.abs(turned) / Math.hypot(...line),
    towards: (turned === 0 ? 0 : -Math.sign(turned) * down) as -1 | 0 | 1,
  };
}

/** How two landmarks stand to the rows of the image. */
export interface Tilt {
  angle: number;
  height: number;
  /** Which is nearer to the top: -1 the first, 1 the second, 0 neither. */
  higher: -1 | 0 | 1;
}

const OTHER: Readonly<Record<string, Side>> = { R: "L", L: "R" };

/** An image as it is turned to have the patient's head up: clockwise quarters, and R or L for what is then at the left. */
export interface Upright {
  quarters: 0 | 1 | 2 | 3;
  atLeft: Side;
}

/** Give how an image is turned so that the patient's head is up; not at all where nothing says where it is. */
export function upright({ leftEdge, topEdge = "" }: Pick<Sides, "leftEdge" | "topEdge">): Upright {
  const [left, top] = [leftEdge.charAt(0), topEdge.charAt(0)];
  const same = (edge: string): Side => OTHER[OTHER[edge] ?? ""] ?? "";
  if (left === "H") return { quarters: 1, atLeft: OTHER[top] ?? "" };
  if (left === "F") return { quarters: 3, atLeft: same(top) };
  if (top === "F") return { quarters: 2, atLeft: OTHER[left] ?? "" };
  return { quarters: 0, atLeft: same(left) };
}

/** Give a point turned by clockwise quarters around the origin; x runs to the right and y down. */
export function turned([x, y]: Point, quarters: Upright["quarters"]): Point {
  if (quarters === 1) return [-y, x];
  if (quarters === 2) return [-x, -y];
  return quarters === 3 ? [y, -x] : [x, y];
}

/** Give the tilt of a line to the horizontal, in degrees from 0 to 90, and the difference in height of its ends. */
export function tilt(one: Point, other: Point): Tilt {
  const [x, y] = from(one, other);
  const angle = x === 0 && y === 0 ? NaN : Math.atan2(Math.abs(y), Math.abs(x)) * DEGREES;
  return { angle, height: Math.abs(y), higher: y === 0 ? 0 : y > 0 ? -1 : 1 };
}

/**
 * Give the patient's sides of two things by their columns: the one nearer to the left edge is of the side that lies
 * there. Where that is not known, the first is the right one, as the reader was asked for it.
 */
export function sidesOf(first: number, second: number, leftEdge: string): ["R", "L"] | ["L", "R"] {
  const edge = leftEdge.charAt(0);
  if (edge !== "R" && edge !== "L") return ["R", "L"];
  const firstAtEdge = first <= second;
  return firstAtEdge === (edge === "R") ? ["R", "L"] : ["L", "R"];
}

/**
 * Say whether a knee stands outward ("varus", bow-legged) or inward ("valgus"); "" when it is on the line or the side
 * is not known. Without an orientation the patient's right is taken to be at the left edge, as radiographs are hung.
 */
export function kneeDeformity(towards: -1 | 0 | 1, side: string, leftEdge: Sides["leftEdge"]): "varus" | "valgus" | "" {
  if (towards === 0 || (side !== "R" && side !== "L")) return "";
  const outward = side === (leftEdge.startsWith("L") ? "L" : "R") ? -1 : 1;
  return towards === outward ? "varus" : "valgus";
}

/** Give pixels of so many millimetres, found from an object of known length between two points. NaN for no length. */
export function calibratedSpacing(one: Point, other: Point, knownMm: number, aspect: number): Spacing {
  const high = aspect > 0 ? aspect : 1;
  const widths = Math.hypot(other[0] - one[0], (other[1] - one[1]) * high);
  const column = widths > 0 && knownMm > 0 ? knownMm / widths : NaN;
  return { row: column * high, column, source: "user" };
}
