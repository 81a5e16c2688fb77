/** Annotations: what they are, what they measure, and the layer that shows them. */

export type { LayerHost, View } from "./host.ts";
export { AnnotationLayer } from "./layer.ts";
export { calibrationOf, isOneLeg, knownLength, measure, needsPixels, sideIn } from "./measure.ts";
export type { Given, MeasuredValue, Measures } from "./measure.ts";
export { framePixels, roiStatistics, valueUnder } from "./regions.ts";
export { COUNTS, isWhole } from "./types.ts";
export type { Annotation, Kind, Pixels, Point, RoiStatistics, Side, Sides, Spacing, SpacingSource } from "./types.ts";
export { asText, kindName, labelLines, nameOf, nextPoint, sourceName, spoken, unitName, valueName, valueText } from "./words.ts";
