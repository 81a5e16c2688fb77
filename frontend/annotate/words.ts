/** Values and kinds in the reader's language. Pure: the translator and the number format are given. */

import { sideIn } from "./measure.ts";
import type { MeasuredValue, Measures } from "./measure.ts";
import { isWhole } from "./types.ts";
import type { Annotation, Kind } from "./types.ts";

/** Translates an English text; `{name}` stands for a value. */
export type Translate = (text: string, values?: Readonly<Record<string, string | number>>) => string;

/** Writes numbers as the reader's language does. */
export interface NumberFormat {
  number(value: number, digits?: number): string;
}

/** Give the name of a kind of annotation. */
export function kindName(kind: Kind, t: Translate): string {
  const names: Record<Kind, string> = {
    length: t("Length"),
    polyline: t("Length along a line"),
    angle: t("Angle"),
    open_angle: t("Angle between two lines"),
    cobb: t("Cobb angle"),
    bidirectional: t("Long and short axis"),
    rectangle: t("Rectangle"),
    ellipse: t("Ellipse"),
    freehand: t("Region"),
    probe: t("Pixel value"),
    arrow: t("Arrow"),
    text: t("Text"),
    calibration: t("Calibration"),
    cardiothoracic_ratio: t("Cardiothoracic ratio"),
    leg_length: t("Leg length"),
    hip_knee_ankle: t("Hip–knee–ankle axis"),
    pelvic_obliquity: t("Pelvic obliquity"),
  };
  return names[kind];
}

/** Give the name of a value, its side with it where it has one. */
export function valueName(value: MeasuredValue, t: Translate): string {
  const { name, side } = value;
  const sided = sidedName(name, side, t);
  return sided || plainName(name, t);
}

function sidedName(name: string, side: string, t: Translate): string {
  if (side !== "R" && side !== "L") return "";
  const right = side === "R";
  switch (name) {
    case "leg_length":
      return right ? t("Right leg") : t("Left leg");
    case "leg_length_difference":
      return right ? t("Difference, right leg longer") : t("Difference, left leg longer");
    case "hip_knee_ankle_angle":
      return right ? t("Right hip–knee–ankle angle") : t("Left hip–knee–ankle angle");
    case "mechanical_axis_deviation_angle":
      return right ? t("Right deviation from 180°") : t("Left deviation from 180°");
    case "mechanical_axis_deviation":
      return right ? t("Right knee from the axis") : t("Left knee from the axis");
    case "pelvic_obliquity_angle":
      return right ? t("Obliquity, right side higher") : t("Obliquity, left side higher");
    default:
      return "";
  }
}

function plainName(name: string, t: Translate): string {
  const names: Readonly<Record<string, string>> = {
    length: t("Length"),
    angle: t("Angle"),
    supplementary_angle: t("Supplementary angle"),
    cobb_angle: t("Cobb angle"),
    long_axis: t("Long axis"),
    short_axis: t("Short axis"),
    area: t("Area"),
    perimeter: t("Perimeter"),
    mean: t("Mean"),
    sd: t("Standard deviation"),
    min: t("Minimum"),
    max: t("Maximum"),
    count: t("Pixels"),
    value: t("Pixel value"),
    known_length: t("Known length"),
    pixel_width: t("Width of a pixel"),
    cardiothoracic_ratio: t("Cardiothoracic ratio"),
    heart_width: t("Width of the heart"),
    chest_width: t("Width of the chest"),
    leg_length: t("Leg length"),
    leg_length_difference: t("Difference"),
    hip_knee_ankle_angle: t("Hip–knee–ankle angle"),
    mechanical_axis_deviation_angle: t("Deviation from 180°"),
    mechanical_axis_deviation: t("Knee from the axis"),
    pelvic_obliquity_angle: t("Obliquity"),
    height_difference: t("Difference in height"),
  };
  return names[name] ?? name;
}

/** Give in words where millimetres come from; "" for values without a scale. */
export function sourceName(source: string, t: Translate): string {
  const names: Readonly<Record<string, string>> = {
    calibrated: t("calibrated"),
    magnification: t("corrected for magnification (estimated)"),
    detector: t("at detector"),
    film: t("film plane"),
    user: t("calibrated by user"),
    unknown: t("pixels, size unknown"),
  };
  return names[source] ?? source;
}

/** Give a unit as it is written on a screen. */
export function unitName(unit: string): string {
  return ({ mm2: "mm²", px2: "px²", deg: "°" } as Readonly<Record<string, string>>)[unit] ?? unit;
}

const DIGITS: Readonly<Record<string, number>> = {
  cardiothoracic_ratio: 2,
  count: 0,
  pixel_width: 4,
};

/** Give a value with its unit and note, without its source: "73.0 mm", "12.5° varus". */
export function valueText(value: MeasuredValue, format: NumberFormat, t: Translate): string {
  const digits = DIGITS[value.name] ?? (value.unit.startsWith("px") ? 0 : digitsOf(value));
  const unit = unitName(value.unit);
  const number = format.number(shownNumber(value), digits);
  const text = unit === "" || unit === "°" ? number + unit : `${number} ${unit}`;
  return value.note ? `${text} ${noteName(value.note, t)}` : text;
}

/** Values of single pixels are whole where the image's are. */
function digitsOf({ name, value }: MeasuredValue): number {
  return ["min", "max", "value"].includes(name) && Number.isInteger(value) ? 0 : 1;
}

/** The note says what the sign does, so the figure stands without it. */
function shownNumber(value: MeasuredValue): number {
  return value.note ? Math.abs(value.value) : value.value;
}

function noteName(note: string, t: Translate): string {
  return note === "varus" ? t("varus") : note === "valgus" ? t("valgus") : note;
}

/** Give the reader's name of an annotation; a side alone is none, for the values say it. */
function labelOf({ label }: Pick<Annotation, "label">): string {
  return sideIn(label) ? "" : label;
}

/** Give what an annotation is called: its kind and the reader's name of it. */
export function nameOf(annotation: Pick<Annotation, "kind" | "label">, t: Translate): string {
  return [kindName(annotation.kind, t), labelOf(annotation)].filter(Boolean).join(" ");
}

/** Give the lines of text that stand beside a drawing: the reader's words, the values, where their scale comes from. */
export function labelLines(annotation: Annotation, measures: Measures, format: NumberFormat, t: Translate): string[] {
  const words = annotation.kind === "calibration" ? [] : annotation.text.split("\n");
  return [labelOf(annotation), ...words, ...valueLines(measures, format, t), sources(measures, t)].filter(Boolean);
}

function valueLines({ values }: Measures, format: NumberFormat, t: Translate): string[] {
  if (values.length === 1) return [valueAlone(values[0]!, format, t)];
  const named = new Map(values.map((value) => [value.name, value]));
  const [mean, sd, min, max] = ["mean", "sd", "min", "max"].map((name) => named.get(name));
  const lines = values
    .filter((value) => !["perimeter", "mean", "sd", "min", "max", "count"].includes(value.name))
    .map((value) => `${valueName(value, t)} ${valueText(value, format, t)}`);
  if (mean && sd && min && max) lines.push(...statisticsLines([mean, sd, min, max], format, t));
  return lines;
}

function statisticsLines(four: readonly MeasuredValue[], format: NumberFormat, t: Translate): string[] {
  const [mean, sd, min, max] = four.map((value) => format.number(value.value, digitsOf(value)));
  const unit = unitName(four[0]!.unit);
  return [
    t("Mean {mean} ± {sd} {unit}", { mean: mean!, sd: sd!, unit }).trim(),
    t("{min} to {max} {unit}", { min: min!, max: max!, unit }).trim(),
  ];
}

/** Give the only value of an annotation: it goes without its name, but never without its side. */
function valueAlone(value: MeasuredValue, format: NumberFormat, t: Translate): string {
  const text = valueText(value, format, t);
  return value.side ? `${valueName(value, t)} ${text}` : text;
}

function sources({ values }: Measures, t: Translate): string {
  return [...new Set(values.map((value) => value.source).filter(Boolean))].map((each) => sourceName(each, t)).join(", ");
}

/** Give what a screen reader says of an annotation: its name, its values, where their scale comes from. */
export function spoken(annotation: Annotation, measures: Measures, format: NumberFormat, t: Translate): string {
  const name = kindName(annotation.kind, t);
  const values = measures.values.map((value) => {
    if (measures.values.length === 1) return valueAlone(value, format, t);
    const own = valueName(value, t);
    const text = valueText(value, format, t);
    return own === name ? text : `${own} ${text}`;
  });
  const words = annotation.kind === "calibration" ? "" : annotation.text;
  const locked = annotation.locked ? t("published") : "";
  return [name, labelOf(annotation), words, ...values, sources(measures, t), locked].filter(Boolean).join(", ");
}

/** Give an annotation as a line of text for a report: "Length: 73.0 mm (at detector)". */
export function asText(annotation: Annotation, measures: Measures, format: NumberFormat, t: Translate): string {
  const name = kindName(annotation.kind, t);
  const values = measures.values.map((value) => {
    const own = valueName(value, t);
    const source = sourceName(value.source, t);
    const text = valueText(value, format, t) + (source ? ` (${source})` : "");
    return own === name || (measures.values.length === 1 && !value.side) ? text : `${own} ${text}`;
  });
  const words = annotation.kind === "calibration" ? [] : [annotation.text.replaceAll("\n", " ")];
  const label = labelOf(annotation);
  const heading = label ? `${name} (${label})` : name;
  return `${heading}: ${[...words, ...values].filter(Boolean).join("; ")}`.replace(/: $/, "");
}

/** Give the names of a kind's points; none for kinds whose points are alike. */
function pointNames(kind: Kind, t: Translate): readonly string[] {
  switch (kind) {
    case "angle":
      return [t("First arm"), t("Vertex"), t("Second arm")];
    case "cobb":
      return [t("Upper end plate"), t("Upper end plate, other end"), t("Lower end plate"), t("Lower end plate, other end")];
    case "cardiothoracic_ratio":
      return [
        t("Right heart border"),
        t("Midline at the height of the right heart border"),
        t("Left heart border"),
        t("Midline at the height of the left heart border"),
        t("Inner edge of the ribs, right"),
        t("Inner edge of the ribs, left"),
      ];
    case "leg_length":
      return [t("Head of the right femur"), t("Right ankle"), t("Head of the left femur"), t("Left ankle")];
    case "hip_knee_ankle":
      return [
        t("Centre of the femoral head"),
        t("Centre of the knee"),
        t("Centre of the ankle"),
        t("Centre of the other femoral head"),
        t("Centre of the other knee"),
        t("Centre of the other ankle"),
      ];
    case "pelvic_obliquity":
      return [t("Landmark of the right half of the pelvis"), t("Same landmark on the left")];
    case "calibration":
      return [t("One end of the known length"), t("Other end of the known length")];
    default:
      return [];
  }
}

/** Say what the next point of a drawing is; `placed` counts the points put down so far. "" where it needs no word. */
export function nextPoint(kind: Kind, placed: number, t: Translate): string {
  const endless = kind === "polyline" || kind === "freehand";
  const point = pointNames(kind, t)[placed] ?? (endless && placed > 0 ? t("Next point") : "");
  return point && isWhole(kind, placed) ? t("{point}, or Enter to end", { point }) : point;
}

/** Give the name of a handle for screen readers. `index` counts from 0. */
export function handleName(annotation: Annotation, index: number, count: number, t: Translate): string {
  const name = kindName(annotation.kind, t);
  const point = pointNames(annotation.kind, t)[index];
  if (point) return t("{name}: {point}", { name, point });
  return t("{name}, point {number} of {count}", { name, number: index + 1, count });
}
