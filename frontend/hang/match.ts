/** Which protocol fits a study. Pure. */

import { isView, regionOf, sideOf, viewOf } from "./anatomy.ts";
import type { Item, Match, Protocol } from "./types.ts";

/** Say whether images are what a protocol is for. */
export function isFor(match: Partial<Match>, images: readonly Item[]): boolean {
  const { modalities = [], body_parts = [], views = [], laterality = [], min_images = 0, max_images = 0 } = match;
  const has = (test: (item: Item) => boolean) => images.some(test);
  return (
    images.length >= min_images &&
    (max_images <= 0 || images.length <= max_images) &&
    (!modalities.length || has((item) => modalities.includes(item.modality))) &&
    (!body_parts.length || has((item) => isPart(item, body_parts))) &&
    views.every((view) => has((item) => isView(viewOf(item), view))) &&
    laterality.every((side) => has((item) => sideOf(item) === side || item.laterality === side))
  );
}

function isPart(item: Item, parts: readonly string[]): boolean {
  const region = regionOf(item.body_part);
  return region !== "" && parts.some((part) => regionOf(part) === region);
}

/**
 * Give protocols in the order to try them: the highest priority first, then the one that asks for more, then one's own
 * and the site's before those that came with the product.
 */
export function ranked(protocols: readonly Protocol[]): Protocol[] {
  return [...protocols].sort((one, other) =>
    other.priority - one.priority ||
    asks(other.match) - asks(one.match) ||
    Number(one.built_in) - Number(other.built_in) ||
    Number(one.shared) - Number(other.shared) ||
    one.name.localeCompare(other.name));
}

function asks(match: Partial<Match>): number {
  const { modalities = [], body_parts = [], views = [], laterality = [], min_images = 0, max_images = 0 } = match;
  const lists = [modalities, body_parts, views, laterality].filter((list) => list.length).length;
  return lists + Number(min_images > 0) + Number(max_images > 0);
}
