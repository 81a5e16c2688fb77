/** What the tests of this folder share. */

import type { Annotation, Kind, Point, Spacing } from "./types.ts";
import type { NumberFormat, Translate } from "./words.ts";

/** An annotation with an id of its own. */
export function drawn(kind: Kind, points: Point[], more: Partial<Annotation> = {}): Annotation {
  return { id: kind, kind, instance: "1.2.3", frame: 1, points, text: "", label: "", colour: "", locked: false, ...more };
}

/** Half a millimetre a pixel at the detector. */
export const DETECTOR: Spacing = { row: 0.5, column: 0.5, source: "detector" };

/** No millimetres. */
export const NO_SPACING: Spacing = { row: 0, column: 0, source: "unknown" };

/** English as it stands in the code. */
export const t: Translate = (text, values = {}) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/** Numbers as a language writes them. */
export function numbers(language: string): NumberFormat {
  return {
    number: (value, digits) =>
      new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value),
  };
}
