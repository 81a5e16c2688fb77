/** Views in the words of a Grayscale Softcopy Presentation State (PS3.3 C.10.4, C.10.6). */

import type { ViewState } from "./model.ts";

type Turned = Pick<ViewState, "rotation" | "flipH" | "flipV">;

/** A spatial transformation: quarter turns clockwise, then perhaps mirrored left to right (PS3.3 C.10.6). */
export interface Transformation {
  rotation: 0 | 90 | 180 | 270;
  flip: boolean;
}

/** Give a view's transformation; angles between are rounded to the nearest quarter turn.
 *
 * Upside down is mirrored and half a turn more.
 */
export function transformationOf({ rotation, flipH, flipV }: Turned): Transformation {
  const quarters = Math.round(rotation / 90) + (flipV ? 2 : 0);
  return { rotation: ((((quarters % 4) + 4) % 4) * 90) as Transformation["rotation"], flip: flipH !== flipV };
}

/** Give the view of a transformation. */
export function viewOf({ rotation, flip }: Transformation): Turned {
  return { rotation, flipH: flip, flipV: false };
}

/** Give what to set so that the picture on the screen turns clockwise, whether it is mirrored or not. */
export function turnedOnScreen({ rotation, flipH, flipV }: Turned, degrees: number): Pick<ViewState, "rotation"> {
  const turned = rotation + (flipH !== flipV ? -degrees : degrees);
  return { rotation: ((turned % 360) + 360) % 360 };
}

/** Give the corners of what is seen as [column, row] from 1, the topmost leftmost pixel of the image first.
 *
 * They may lie beyond the image (PS3.3 C.10.4).
 */
export function displayedArea(
  viewport: { toImage(x: number, y: number): [number, number] }, size: { width: number; height: number },
): { topLeft: [number, number]; bottomRight: [number, number] } {
  const corners = [[0, 0], [size.width, 0], [0, size.height], [size.width, size.height]] as const;
  const points = corners.map(([x, y]) => viewport.toImage(x, y));
  const columns = points.map(([x]) => x);
  const rows = points.map(([, y]) => y);
  return {
    topLeft: [Math.floor(Math.min(...columns)) + 1, Math.floor(Math.min(...rows)) + 1],
    bottomRight: [Math.ceil(Math.max(...columns)), Math.ceil(Math.max(...rows))],
  };
}

/** Give centre and zoom that show an area (as `displayedArea` gives it) as large as a canvas of CSS pixels lets it. */
export function areaView(
  area: { topLeft: readonly [number, number]; bottomRight: readonly [number, number] },
  { rotation, aspect, width, height }: { rotation: number; aspect: number; width: number; height: number },
): Pick<ViewState, "centre" | "zoom"> {
  const [left, top] = [area.topLeft[0] - 1, area.topLeft[1] - 1];
  const [columns, rows] = [area.bottomRight[0] - left, area.bottomRight[1] - top];
  const lying = Math.abs(Math.round(rotation / 90)) % 2 === 1;
  const [wide, tall] = lying ? [rows * aspect, columns] : [columns, rows * aspect];
  return { centre: [left + columns / 2, top + rows / 2], zoom: Math.min(width / wide, height / tall) };
}
