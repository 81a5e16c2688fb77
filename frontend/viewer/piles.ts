/** What the strip shows as one: a stack of slices, or a single image. Pure. */

import type { Item, Series } from "./types.ts";

/** Images that are looked at one after another; `count` counts frames, too. */
export interface Pile {
  series: string;
  items: Item[];
  count: number;
}

/** Modalities whose series are read as stacks of slices. */
const STACKED = new Set(["CT", "MR", "PT", "NM"]);

/** Give the piles of a study: what is seen or read, in the order of its series.
 *
 * Presentation states and key object selections are no piles: they alter how others are seen. FOR PROCESSING images
 * are there only when asked for.
 */
export function piles(series: readonly Series[], processing: boolean): Pile[] {
  return series.flatMap((each) => {
    const items = each.instances.filter((item) => isShown(item, processing));
    const images = items.filter((item) => item.kind === "image");
    if (STACKED.has(each.modality) && images.length > 1) {
      const others = items.filter((item) => item.kind !== "image");
      return [pile(each.series, images), ...others.map((item) => pile(each.series, [item]))];
    }
    return items.map((item) => pile(each.series, [item]));
  });
}

function isShown(item: Item, processing: boolean): boolean {
  if (item.kind === "presentation" || item.kind === "key_object") return false;
  return processing || !item.for_processing;
}

function pile(series: string, items: Item[]): Pile {
  return { series, items, count: items.reduce((sum, item) => sum + Math.max(1, item.frames), 0) };
}

/** Give the pile that an instance is in, alone when it is in none. */
export function pileOf(found: readonly Pile[], item: Item): Item[] {
  return found.find((each) => each.items.some((one) => one.instance === item.instance))?.items ?? [item];
}
