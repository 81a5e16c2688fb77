/** Published presentation states come back onto the images they were made on. */

import { areaView, viewOf } from "../engine/index.ts";
import type { RenderModel, ViewState } from "../engine/index.ts";
import type { Pane } from "./pane.ts";
import type { Reading } from "./reading.ts";
import type { KeptView, Published, StateView } from "./types.ts";

/** Give the turn of a state as the engine knows it, in quarter turns. Its greys are in the render model (PS3.4 N.2). */
export function stateTurn({ rotation, flip_h }: Pick<StateView, "rotation" | "flip_h">): Partial<ViewState> {
  const quarters = ((Math.round(rotation / 90) % 4) + 4) % 4;
  return viewOf({ rotation: (quarters * 90) as 0 | 90 | 180 | 270, flip: flip_h });
}

/** Say whether an area is the whole image, which then simply fits. */
export function isWhole(area: StateView["area"], { columns, rows }: Pick<RenderModel, "columns" | "rows">): boolean {
  if (!area) return true;
  const [left, top, right, bottom] = area;
  return left <= 0 && top <= 0 && right >= columns && bottom >= rows;
}

/** Show an image as a presentation state wants it turned, and the area of it. */
export function applyState(pane: Pane, state: StateView): void {
  const { model, viewport } = pane;
  if (!model) return;
  viewport.set(stateTurn(state));
  if (!state.area || isWhole(state.area, model)) return pane.fit();
  viewport.set(areaOn(pane, state.area));
}

/** Give where an image is to stand so that an area is seen, as large as the viewport lets it. */
function areaOn(pane: Pane, [left, top, right, bottom]: NonNullable<StateView["area"]>): Pick<ViewState, "centre" | "zoom"> {
  const area = { topLeft: [left + 1, top + 1], bottomRight: [right, bottom] } as const;
  const aspect = pane.model?.aspect ?? 1;
  return areaView(area, { rotation: pane.viewport.view.rotation, aspect, ...pane.size() });
}

/** Show what was seen of an image when its view was kept: on a viewport of that size exactly so, on another as much. */
export function seenAgain(pane: Pane, { area, zoom, centre }: KeptView): void {
  if (!area) return;
  const stand = areaOn(pane, area);
  const isSameSize = Math.abs(stand.zoom / zoom - 1) < 0.005;
  pane.viewport.set(isSameSize ? { zoom, centre } : stand);
}

/** Show the images of a published object anew: by it when it is shown, as recorded when it is hidden. */
export function showAgain(reading: Reading, { references }: Published): void {
  const instances = new Set(references.map((each) => each.instance));
  for (const pane of reading.panes.values()) {
    if (pane.seen && instances.has(pane.seen.item.instance)) reading.anew(pane);
  }
  reading.refreshLayers();
}
