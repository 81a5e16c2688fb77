/** Protocols that come with the product, for studies that none of the site's is for. */

import type { Align, Protocol, Slot } from "./types.ts";

type Place = readonly [view: string, side: string, align: Align];

/** Chest walls back to back. */
const FOUR: readonly Place[] = [["CC", "R", "right"], ["CC", "L", "left"], ["MLO", "R", "right"], ["MLO", "L", "left"]];

/** Four mammograms in two rows: CC above, MLO below. */
export const MAMMOGRAPHY: Protocol = {
  ...protocol("standard.mammography", "Mammography", 10),
  rows: 2,
  columns: 2,
  slots: FOUR.map((place, index) => slot(place, { row: Math.floor(index / 2), column: index % 2, from: "current" })),
};

/** Four mammograms in a row, and those of the best prior below them. */
export const MAMMOGRAPHY_PRIOR: Protocol = {
  ...protocol("standard.mammography-prior", "Mammography with prior", 20),
  rows: 2,
  columns: 4,
  slots: (["current", "prior"] as const).flatMap((from, row) =>
    FOUR.map((place, column) => slot(place, { row, column, from }))),
};

/** All of them. */
export const STANDARD: readonly Protocol[] = [MAMMOGRAPHY_PRIOR, MAMMOGRAPHY];

function protocol(id: string, name: string, priority: number): Omit<Protocol, "rows" | "columns" | "slots"> {
  const match = { modalities: ["MG"], body_parts: [], views: ["CC", "MLO"], laterality: ["R", "L"], min_images: 4, max_images: 0 };
  return { id, name, version: 1, shared: true, owner: "", built_in: true, priority, match };
}

function slot([view, side, align]: Place, at: Pick<Slot, "row" | "column" | "from">): Slot {
  return { ...at, prior: 1, select: { view: [view], laterality: [side], index: 0 }, align, same_scale: true };
}
