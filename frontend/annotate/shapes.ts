/** What of an annotation is drawn: paths in image pixels, however many of its points there are yet. Pure. */

import { ellipseOf, middle } from "./geometry.ts";
import { corners } from "./regions.ts";
import type { Annotation, Kind, Point } from "./types.ts";

/** A path through points. `dashed` for lines of construction; `ends` says what stands at its last or both ends. */
export interface Path {
  points: Point[];
  closed?: boolean;
  dashed?: boolean;
  ends?: "arrow" | "bars" | "cross";
}

/** How many corners an ellipse is drawn with: off by less than 0.3 pixels at a radius of 500. */
const ROUND = 96;

/** Give the paths of an annotation. With fewer points than it will have, those that are there are joined. */
export function pathsOf(kind: Kind, points: readonly Point[]): Path[] {
  if (points.length === 0) return [];
  const paths = SHAPES[kind](points);
  return paths.filter((path) => path.points.length > 1 || path.ends === "cross");
}

type Shape = (points: readonly Point[]) => Path[];

const SHAPES: Readonly<Record<Kind, Shape>> = {
  length: barred,
  polyline: whole,
  angle: whole,
  open_angle: twoLines,
  cobb: twoLines,
  bidirectional: pairs,
  rectangle: (points) => (points.length === 2 ? [{ points: corners(points[0]!, points[1]!), closed: true }] : []),
  ellipse: (points) => (points.length === 4 ? [{ points: rounded(points), closed: true }] : []),
  freehand: (points) => [{ points: [...points], closed: points.length > 2 }],
  probe: (points) => [{ points: [points[0]!], ends: "cross" }],
  arrow: (points) => [{ points: [...points], ends: "arrow" }],
  text: () => [],
  calibration: barred,
  cardiothoracic_ratio: heart,
  leg_length: (points) => pairs(points).map((path) => ({ ...path, ends: "bars" as const })),
  hip_knee_ankle: legs,
  pelvic_obliquity: pelvis,
};

function whole(points: readonly Point[]): Path[] {
  return [{ points: [...points] }];
}

function barred(points: readonly Point[]): Path[] {
  return [{ points: [...points], ends: "bars" }];
}

function pairs(points: readonly Point[]): Path[] {
  const paths: Path[] = [];
  for (let each = 0; each < points.length; each += 2) paths.push({ points: points.slice(each, each + 2) });
  return paths;
}

function twoLines(points: readonly Point[]): Path[] {
  const [a, b, c, d] = points;
  const drawn = pairs(points);
  if (a && b && c && d) drawn.push({ points: [middle(a, b), middle(c, d)], dashed: true });
  return drawn;
}

/** The two half widths of the heart, the width of the chest, and the midline through the feet of the former. */
function heart(points: readonly Point[]): Path[] {
  const drawn = pairs(points);
  if (points[1] && points[3]) drawn.push({ points: [points[1], points[3]], dashed: true });
  return drawn;
}

/** The axes of each leg, and the line that bears the weight. */
function legs(points: readonly Point[]): Path[] {
  return [points.slice(0, 3), points.slice(3, 6)].flatMap((leg) => {
    const [hip, , ankle] = leg;
    return hip && ankle ? [{ points: leg }, { points: [hip, ankle], dashed: true }] : [{ points: leg }];
  });
}

function pelvis(points: readonly Point[]): Path[] {
  const [one, other] = points;
  if (!one || !other) return [];
  return [{ points: [one, other], ends: "bars" }, { points: [one, [other[0], one[1]]], dashed: true }];
}

function rounded(points: readonly Point[]): Point[] {
  const { centre, a, b } = ellipseOf(points);
  return Array.from({ length: ROUND }, (_, index) => {
    const turn = (index / ROUND) * 2 * Math.PI;
    const [s, t] = [Math.cos(turn), Math.sin(turn)];
    return [centre[0] + s * a[0] + t * b[0], centre[1] + s * a[1] + t * b[1]];
  });
}

/** Give where the label of an annotation may stand, in image pixels, the best place first. */
export function anchorsOf({ kind, points }: Pick<Annotation, "kind" | "points">): Point[] {
  if (points.length === 0) return [];
  const ends = [...points].reverse().slice(0, 6);
  if (kind === "rectangle" && points.length === 2) return corners(points[0]!, points[1]!).reverse();
  if (kind === "angle" && points.length === 3) return [points[1]!, points[0]!, points[2]!];
  if (points.length === 2) return [...ends, middle(points[0]!, points[1]!)];
  return ends;
}

/** Give the two points of an arrow's head beside its tip, for a shaft that ends there. `size` in the unit of the points. */
export function arrowHead(tail: Point, tip: Point, size: number): [Point, Point] {
  const turn = Math.atan2(tip[1] - tail[1], tip[0] - tail[0]);
  const back = (by: number): Point => [tip[0] - size * Math.cos(turn + by), tip[1] - size * Math.sin(turn + by)];
  return [back(0.45), back(-0.45)];
}

/** Give the bar across the end of a line, `size` long on either side. */
export function bar(inner: Point, end: Point, size: number): [Point, Point] {
  const [x, y] = [end[0] - inner[0], end[1] - inner[1]];
  const long = Math.hypot(x, y) || 1;
  const [across, down] = [(-y / long) * size, (x / long) * size];
  return [[end[0] + across, end[1] + down], [end[0] - across, end[1] - down]];
}
