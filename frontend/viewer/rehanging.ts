/** Published presentation states come back onto the images they were made on. */

import type { Reading } from "./reading.ts";
import type { Published } from "./types.ts";
import { restored } from "./views.ts";

/** Show the images of a published object again: by its view when it is shown, by the reader's own when it is hidden. */
export function showAgain(reading: Reading, published: Published): void {
  const instances = new Set(published.references.map((each) => each.instance));
  for (const pane of reading.panes.values()) {
    const { seen, model } = pane;
    if (!seen || !model || !instances.has(seen.item.instance)) continue;
    const notes = reading.notes.get(seen.study);
    const view = notes?.publishedView(seen.item.instance, seen.frame);
    const before = pane.snapshot();
    if (view) pane.viewport.set(restored(view, model));
    if (view && !view.zoom) pane.fit();
    reading.viewStep(pane, before, "presentation state");
  }
  reading.refreshLayers();
}
