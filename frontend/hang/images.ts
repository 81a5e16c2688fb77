/** Which objects of a study hang, in which order, and which of a prior goes with which. Pure. */

import { likeness, nearness, regionOf, sideOf, viewOf } from "./anatomy.ts";
import type { Item, Series, StudyDisplay } from "./types.ts";

/**
 * Give the images of a study in the order to hang: by series, then number, then time; slices behind plain mammograms.
 *
 * Images FOR PROCESSING never hang: they are raw material of others. Where a study has no image at all, what else it has
 * is given, so that a report or a film is seen.
 */
export function hangable(display: StudyDisplay): Item[] {
  const series = [...display.series].sort((one, other) => one.number - other.number);
  const all = series.flatMap(inOrder);
  const images = all.filter((item) => item.kind === "image");
  if (!images.length) return all.filter((item) => !["presentation", "key_object"].includes(item.kind));
  const shown = images.filter((item) => !item.for_processing);
  return [...shown.filter((item) => !isSlices(item)), ...shown.filter(isSlices)];
}

function isSlices(item: Item): boolean {
  return item.modality === "MG" && item.frames > 1;
}

function inOrder({ instances }: Series): Item[] {
  return [...instances].sort((one, other) =>
    one.number - other.number || one.acquired.localeCompare(other.acquired) || one.instance.localeCompare(other.instance));
}

/** Say whether two images may stand side by side at all: no other side, no other region. */
function isAkin(one: Item, other: Item): boolean {
  const [side, otherSide] = [sideOf(one), sideOf(other)];
  return (!side || !otherSide || side === otherSide) && nearness(regionOf(one.body_part), regionOf(other.body_part)) > 0;
}

/** Say how well a prior image goes with a current one: 0 not at all, else more for the same view, side and region. */
export function match(current: Item, prior: Item): number {
  const view = likeness(viewOf(current), viewOf(prior));
  if (!view || !isAkin(current, prior)) return 0;
  const region = nearness(regionOf(current.body_part), regionOf(prior.body_part));
  return view * 100 + region * 10 + (sideOf(current) === sideOf(prior) ? 2 : 1);
}

/**
 * Give for each current image that of a prior which goes with it best, null where none does; then the rest of the prior,
 * but nothing of another side or region than all that is current. Each image of the prior is given once.
 */
export function counterparts(current: readonly Item[], prior: readonly Item[]): (Item | null)[] {
  const pairs = current.flatMap((item, place) => prior.map((other) => ({ place, other, score: match(item, other) })));
  const found: (Item | null)[] = current.map(() => null);
  const used = new Set<Item>();
  const ranked = pairs.filter((pair) => pair.score > 0).sort((one, other) => other.score - one.score);
  for (const { place, other } of ranked) {
    if (found[place] || used.has(other)) continue;
    found[place] = other;
    used.add(other);
  }
  return [...found, ...prior.filter((other) => !used.has(other) && current.some((item) => isAkin(item, other)))];
}
