/** Annotations as the API has them, and what the parts of this folder tell each other. */

/** A place in image pixels: [column, row], (0, 0) the top left corner of the top left pixel (PS3.3 C.10.5.1.2). */
export type Point = [number, number];

/** What can be put down on an image. */
export type Kind =
  | "length"
  | "polyline"
  | "angle"
  | "open_angle"
  | "cobb"
  | "bidirectional"
  | "rectangle"
  | "ellipse"
  | "freehand"
  | "probe"
  | "arrow"
  | "text"
  | "calibration"
  | "cardiothoracic_ratio"
  | "leg_length"
  | "hip_knee_ankle"
  | "pelvic_obliquity";

/** One annotation on a frame (from 1) of an instance, in the words of the API. */
export interface Annotation {
  id: string;
  kind: Kind;
  instance: string;
  frame: number;
  points: Point[];
  text: string;
  label: string;
  colour: string;
  locked: boolean;
  /** Where its words were put, their top left corner; missing: wherever there is room. */
  label_at?: Point;
}

/** Where the millimetres of an image come from (PS3.3 10.7); "user": calibrated by the reader. */
export type SpacingSource = "calibrated" | "magnification" | "detector" | "film" | "user" | "unknown";

/** Millimetres from row to row and from column to column; 0 and "unknown" when nothing tells them. */
export interface Spacing {
  row: number;
  column: number;
  source: string;
  factor?: number;
  note?: string;
}

/** R or L of the patient; "" when it is not known. */
export type Side = "R" | "L" | "";

/** Where the patient's sides are in the image. */
export interface Sides {
  /** The side that was imaged (0020,0062): R, L, B or "". */
  laterality: string;
  /** The letters at the left edge of the stored image: R first for a radiograph as it is usually hung, "" for unknown. */
  leftEdge: string;
  /** The letters at the top edge of the stored image: H or F first tell an image that lies on its head. */
  topEdge?: string;
}

/** Statistics of the pixels whose centres lie in a region: values after the Modality LUT, `sd` with divisor n. */
export interface RoiStatistics {
  mean: number;
  sd: number;
  min: number;
  max: number;
  count: number;
  unit?: string;
}

/** The values of a frame after the Modality LUT. `value` gives NaN for what is no measurement (padding). */
export interface Pixels {
  columns: number;
  rows: number;
  unit: string;
  value(column: number, row: number): number;
}

/** How many points a kind has: `stops` are the counts at which it may end, the last one ends it by itself. */
export interface Count {
  fewest: number;
  most: number;
  stops: readonly number[] | null;
}

const exactly = (count: number): Count => ({ fewest: count, most: count, stops: [count] });

/** The largest number of points that the server takes. */
export const MANY = 2_000;

/** How many points each kind has. Two numbers: one leg, or the right and the left one. */
export const COUNTS: Readonly<Record<Kind, Count>> = {
  length: exactly(2),
  polyline: { fewest: 2, most: MANY, stops: null },
  angle: exactly(3),
  open_angle: exactly(4),
  cobb: exactly(4),
  bidirectional: exactly(4),
  rectangle: exactly(2),
  ellipse: exactly(4),
  freehand: { fewest: 3, most: MANY, stops: null },
  probe: exactly(1),
  arrow: exactly(2),
  text: exactly(1),
  calibration: exactly(2),
  cardiothoracic_ratio: exactly(6),
  leg_length: { fewest: 2, most: 4, stops: [2, 4] },
  hip_knee_ankle: { fewest: 3, most: 6, stops: [3, 6] },
  pelvic_obliquity: exactly(2),
};

/** Say whether an annotation of this kind may have so many points. */
export function isWhole(kind: Kind, count: number): boolean {
  const { fewest, most, stops } = COUNTS[kind];
  return stops ? stops.includes(count) : count >= fewest && count <= most;
}
