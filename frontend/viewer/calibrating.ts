/** Millimetres from an object of known size in the image: the scale follows the line that says it. */

import { calibrationOf } from "../annotate/index.ts";
import type { Annotation } from "../annotate/index.ts";
import type { Calibration, Item } from "./types.ts";

/** Take a line of known length as the scale of its image, or of all images of its series. `text`: its millimetres. */
export function calibrated(
  calibrations: readonly Calibration[],
  { annotation, item, aspect, isSeries }: { annotation: Annotation; item: Item; aspect: number; isSeries: boolean },
): Calibration[] {
  const mm_per_pixel = calibrationOf(annotation, aspect)?.column ?? 0;
  if (!(mm_per_pixel > 0)) return [...calibrations];
  const scope: Calibration = isSeries ? { series: item.series, mm_per_pixel } : { instance: item.instance, mm_per_pixel };
  return [...calibrations.filter((each) => !isOf(each, item)), scope];
}

/** Give the scales after the calibrating lines of an image changed: moved, they follow; gone, so is the scale. */
export function followed(
  calibrations: readonly Calibration[],
  lines: readonly Annotation[],
  { item, aspect }: { item: Item; aspect: number },
): Calibration[] {
  const mine = calibrations.find((each) => isOf(each, item));
  if (!mine) return [...calibrations];
  const line = lines.findLast((each) => calibrationOf(each, aspect) !== null);
  if (!line) return calibrations.filter((each) => !isOf(each, item));
  return calibrated(calibrations, { annotation: line, item, aspect, isSeries: mine.series !== undefined });
}

function isOf(calibration: Calibration, item: Item): boolean {
  return calibration.instance === item.instance || (calibration.series !== undefined && calibration.series === item.series);
}
