/** Published presentation states come back onto the images they were made on. */

import { areaView, viewOf } from "../engine/index.ts";
import type { RenderModel, ViewState } from "../engine/index.ts";
import type { Pane } from "./pane.ts";
import type { Reading } from "./reading.ts";
import type { Published, StateView } from "./types.ts";

/** Give the greys and the turn of a state as the engine knows them. What it says of greys is all that holds. */
export function stateGreys(state: StateView, model: Pick<RenderModel, "invert">): Partial<ViewState> {
  return {
    ...viewOf({ rotation: (((Math.round(state.rotation / 90) * 90) % 360) + 360) % 360 as 0 | 90 | 180 | 270, flip: state.flip_h }),
    ...(state.window ? { window: state.window, voi: null } : {}),
    invert: state.invert !== model.invert,
    gamma: 1,
  };
}

/** Say whether an area is the whole image, which then simply fits. */
export function isWhole(area: StateView["area"], { columns, rows }: Pick<RenderModel, "columns" | "rows">): boolean {
  if (!area) return true;
  const [left, top, right, bottom] = area;
  return left <= 0 && top <= 0 && right >= columns && bottom >= rows;
}

/** Show an image as a presentation state wants it. */
export function applyState(pane: Pane, state: StateView): void {
  const { model, viewport } = pane;
  if (!model) return;
  viewport.set(stateGreys(state, model));
  if (!state.area || isWhole(state.area, model)) return pane.fit();
  const [left, top, right, bottom] = state.area;
  const { rotation } = viewport.view;
  const area = { topLeft: [left + 1, top + 1], bottomRight: [right, bottom] } as const;
  viewport.set(areaView(area, { rotation, aspect: model.aspect, ...pane.size() }));
}

/** Show the images of a published object again: by what is published when it is shown, as recorded when it is hidden. */
export function showAgain(reading: Reading, published: Published): void {
  const instances = new Set(published.references.map((each) => each.instance));
  for (const pane of reading.panes.values()) {
    const { seen } = pane;
    if (!seen || !instances.has(seen.item.instance)) continue;
    const before = pane.snapshot();
    const state = reading.notes.get(seen.study)?.stateOf(seen.item.instance, seen.frame);
    if (state) applyState(pane, state);
    else pane.recorded();
    reading.viewStep(pane, before, "presentation state");
  }
  reading.refreshLayers();
}
