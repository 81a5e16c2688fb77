/**
 * Annotations → values, each with its unit and where its scale comes from. Pure.
 *
 * Units are written as UCUM writes them: mm, mm2, deg; px and px2 where no millimetres are known, and never mm then.
 * Values that no scale enters (angles, ratios, greys) have the source "". What cannot be said (an angle without an arm, a
 * heart in a chest of no width) is left out.
 */

import {
  angleAt,
  calibratedSpacing,
  cardiothoracic,
  cobbAngle,
  distance,
  ellipseArea,
  ellipseOf,
  ellipsePerimeter,
  isKnown,
  kneeDeformity,
  legAxis,
  onPlane,
  openAngle,
  pathLength,
  polygonArea,
  sidesOf,
  tilt,
  turned,
  upright,
} from "./geometry.ts";
import type { Upright } from "./geometry.ts";
import { corners, REGIONS, roiStatistics, valueUnder } from "./regions.ts";
import { isWhole } from "./types.ts";
import type { Annotation, Kind, Pixels, Point, RoiStatistics, Side, Sides, Spacing } from "./types.ts";

/** One value. `side`: whose it is, or the longer or higher side of a difference; `note`: "varus" or "valgus" or "". */
export interface MeasuredValue {
  name: string;
  value: number;
  unit: string;
  source: string;
  side: Side;
  note: string;
}

/** The values of one annotation. */
export interface Measures {
  values: MeasuredValue[];
}

/** What may be known beside the points. Statistics are computed from the pixels where they are not given. */
export interface Given {
  pixels?: Pixels | null;
  statistics?: RoiStatistics | null;
  sides?: Sides;
}

const NO_SIDES: Sides = { laterality: "", leftEdge: "" };

/** Give the values of an annotation. `aspect`: a pixel's height over its width, for images without millimetres. */
export function measure(annotation: Annotation, spacing: Spacing, aspect: number, given: Given = {}): Measures {
  const { kind, points } = annotation;
  if (!isWhole(kind, points.length)) return { values: [] };
  const sheet = new Sheet(annotation, spacing, aspect, given);
  RULES[kind]?.(sheet);
  return { values: sheet.values.filter((each) => Number.isFinite(each.value)) };
}

/** Give the spacing that a calibration says; null when it says none. */
export function calibrationOf(annotation: Annotation, aspect: number): Spacing | null {
  const [one, other] = annotation.points;
  if (annotation.kind !== "calibration" || !one || !other) return null;
  const spacing = calibratedSpacing(one, other, knownLength(annotation.text), aspect);
  return spacing.column > 0 ? spacing : null;
}

/** Give the millimetres that a reader wrote ("25.4", "25,4 mm"), NaN for anything else. */
export function knownLength(text: string): number {
  const found = /^\s*(\d{1,5}(?:[.,]\d{1,6})?)\s*(?:mm)?\s*$/i.exec(text);
  const length = found ? Number(found[1]!.replace(",", ".")) : NaN;
  return length > 0 ? length : NaN;
}

/** One annotation's points on the plane, and the values found so far. */
class Sheet {
  readonly values: MeasuredValue[] = [];
  readonly annotation: Annotation;
  readonly points: Point[];
  readonly aspect: number;
  readonly given: Given;
  readonly #upright: Upright;
  readonly #known: boolean;
  readonly #source: string;

  constructor(annotation: Annotation, spacing: Spacing, aspect: number, given: Given) {
    this.annotation = annotation;
    this.#upright = upright(given.sides ?? NO_SIDES);
    const { quarters } = this.#upright; // nothing but sides and heights changes with it
    this.points = onPlane(annotation.points, spacing, aspect).map((point) => turned(point, quarters));
    this.aspect = aspect;
    this.given = given;
    this.#known = isKnown(spacing);
    this.#source = this.#known ? spacing.source : "unknown";
  }

  get sides(): Sides {
    return this.given.sides ?? NO_SIDES;
  }

  /** The patient's side at the left of the upright image, "" when nothing says it. */
  get atLeft(): Side {
    return this.#upright.atLeft;
  }

  /** The one side that a drawing on one leg belongs to: as the reader labelled it, else as the image says. */
  get side(): Side {
    return sideIn(this.annotation.label) || sideIn(this.sides.laterality);
  }

  length(name: string, value: number, side: Side = ""): void {
    this.#add(name, value, { unit: this.#known ? "mm" : "px", source: this.#source, side });
  }

  area(name: string, value: number): void {
    this.#add(name, value, { unit: this.#known ? "mm2" : "px2", source: this.#source });
  }

  angle(name: string, value: number, more: Partial<MeasuredValue> = {}): void {
    this.#add(name, value, { unit: "deg", ...more });
  }

  plain(name: string, value: number, unit = ""): void {
    this.#add(name, value, { unit });
  }

  user(name: string, value: number): void {
    this.#add(name, value, { unit: "mm", source: "user" });
  }

  #add(name: string, value: number, more: Partial<MeasuredValue>): void {
    this.values.push({ name, value, unit: "", source: "", side: "", note: "", ...more });
  }
}

/** Give R or L when that is all that a label or a laterality says, else "". */
export function sideIn(text: string): Side {
  return text === "R" || text === "L" ? text : "";
}

/** Say whether an annotation is of one leg alone: its label R or L says of which, else the image does. */
export function isOneLeg({ kind, points }: Pick<Annotation, "kind" | "points">): boolean {
  return (kind === "leg_length" && points.length === 2) || (kind === "hip_knee_ankle" && points.length === 3);
}

type Rule = (sheet: Sheet) => void;

const RULES: Readonly<Partial<Record<Kind, Rule>>> = {
  length: (sheet) => sheet.length("length", pathLength(sheet.points)),
  polyline: (sheet) => sheet.length("length", pathLength(sheet.points)),
  angle: (sheet) => sheet.angle("angle", angleAt(...three(sheet.points))),
  open_angle: lines,
  cobb: (sheet) => sheet.angle("cobb_angle", cobbAngle(...four(sheet.points))),
  bidirectional: axes,
  rectangle: region,
  ellipse: region,
  freehand: region,
  probe,
  calibration,
  cardiothoracic_ratio: heart,
  leg_length: legs,
  hip_knee_ankle: mechanicalAxes,
  pelvic_obliquity: pelvis,
};

function three(points: readonly Point[]): [Point, Point, Point] {
  return [points[0]!, points[1]!, points[2]!];
}

function four(points: readonly Point[]): [Point, Point, Point, Point] {
  return [...three(points), points[3]!];
}

function lines(sheet: Sheet): void {
  const angle = openAngle(...four(sheet.points));
  sheet.angle("angle", angle);
  sheet.angle("supplementary_angle", 180 - angle);
}

function axes(sheet: Sheet): void {
  const [a, b, c, d] = four(sheet.points);
  const [one, other] = [distance(a, b), distance(c, d)];
  sheet.length("long_axis", Math.max(one, other));
  sheet.length("short_axis", Math.min(one, other));
}

function region(sheet: Sheet): void {
  const { kind } = sheet.annotation;
  if (kind === "ellipse") {
    const ellipse = ellipseOf(sheet.points);
    sheet.area("area", ellipseArea(ellipse));
    sheet.length("perimeter", ellipsePerimeter(ellipse));
  } else {
    const outline = kind === "rectangle" ? corners(sheet.points[0]!, sheet.points[1]!) : sheet.points;
    sheet.area("area", polygonArea(outline));
    sheet.length("perimeter", pathLength(outline, true));
  }
  greys(sheet);
}

function greys(sheet: Sheet): void {
  const { annotation, given } = sheet;
  const computed = () => given.pixels && roiStatistics(annotation.kind, annotation.points, given.pixels);
  const found = given.statistics ?? computed();
  if (!found) return;
  const unit = found.unit ?? "";
  for (const name of ["mean", "sd", "min", "max"] as const) sheet.plain(name, found[name], unit);
  sheet.plain("count", found.count);
}

function probe(sheet: Sheet): void {
  const { pixels } = sheet.given;
  if (pixels) sheet.plain("value", valueUnder(sheet.annotation.points[0]!, pixels), pixels.unit);
}

function calibration(sheet: Sheet): void {
  sheet.user("known_length", knownLength(sheet.annotation.text));
  const spacing = calibrationOf(sheet.annotation, sheet.aspect);
  if (spacing) sheet.user("pixel_width", spacing.column);
}

function heart(sheet: Sheet): void {
  const { right, left, chest, ratio } = cardiothoracic(sheet.points);
  sheet.plain("cardiothoracic_ratio", ratio);
  sheet.length("heart_width", right + left);
  sheet.length("chest_width", chest);
}

function legs(sheet: Sheet): void {
  const [hip, ankle, otherHip, otherAnkle] = sheet.points;
  const first = distance(hip!, ankle!);
  if (!otherHip || !otherAnkle) return sheet.length("leg_length", first, sheet.side);
  const second = distance(otherHip, otherAnkle);
  const [one, other] = legSides(sheet, [hip!, ankle!], [otherHip, otherAnkle]);
  sheet.length("leg_length", first, one);
  sheet.length("leg_length", second, other);
  const longer = first === second ? "" : first > second ? one : other;
  sheet.length("leg_length_difference", Math.abs(first - second), longer);
}

/** Give the sides of two legs by where their points lie. */
function legSides(sheet: Sheet, first: readonly Point[], second: readonly Point[]): ["R", "L"] | ["L", "R"] {
  const mean = (points: readonly Point[]) => points.reduce((sum, [x]) => sum + x, 0) / points.length;
  return sidesOf(mean(first), mean(second), sheet.atLeft);
}

function mechanicalAxes(sheet: Sheet): void {
  const [first, second] = [sheet.points.slice(0, 3), sheet.points.slice(3, 6)];
  if (second.length < 3) return mechanicalAxis(sheet, first, sheet.side);
  const [one, other] = legSides(sheet, first, second);
  mechanicalAxis(sheet, first, one);
  mechanicalAxis(sheet, second, other);
}

/** The angle is that on the inner side, below 180° in varus; the deviation from 180° is then negative. */
function mechanicalAxis(sheet: Sheet, leg: readonly Point[], side: Side): void {
  const { angle, distance: off, towards } = legAxis(...three(leg));
  const note = kneeDeformity(towards, side, sheet.atLeft);
  const deviation = (180 - angle) * (note === "varus" ? -1 : 1);
  sheet.angle("hip_knee_ankle_angle", note === "valgus" ? 360 - angle : angle, { side, note });
  sheet.angle("mechanical_axis_deviation_angle", deviation, { side, note });
  sheet.length("mechanical_axis_deviation", off, side);
}

/** The tilt to the patient's own horizontal: to the rows, or to the columns of an image that lies on its side. */
function pelvis(sheet: Sheet): void {
  const [one, other] = [sheet.points[0]!, sheet.points[1]!];
  const { angle, height, higher } = tilt(one, other);
  const sides = sidesOf(one[0], other[0], sheet.atLeft);
  const side = higher === 0 ? "" : higher < 0 ? sides[0] : sides[1];
  sheet.angle("pelvic_obliquity_angle", angle, { side });
  sheet.length("height_difference", height, side);
}

/** Say whether an annotation's values depend on the pixels. */
export function needsPixels(kind: Kind): boolean {
  return kind === "probe" || REGIONS.includes(kind);
}
