/** Images into the slots of a protocol. Pure. */

import { isView, sideOf, viewOf } from "./anatomy.ts";
import { counterparts } from "./images.ts";
import type { HungCell, Item, Protocol, Select, Slot } from "./types.ts";

/** The images to hang: of the study, and of each prior, the best first. `study` says whose an image is. */
export interface Sources {
  current: readonly Item[];
  priors: readonly (readonly Item[])[];
  study(item: Item): string;
}

/** Images of one study that wait for a slot; null holds the place of a current image that this prior has not. */
interface Pool {
  all: readonly (Item | null)[];
  used: Set<Item | null>;
  place: number;
}

/** Give the cells of a protocol, the empty ones with no items; null when it cannot be filled as it is meant. */
export function filled(protocol: Protocol, sources: Sources): HungCell[] | null {
  const slots = protocol.slots.filter((slot) => isOnGrid(slot, protocol));
  const taken = takeAll(slots, sources);
  const cells = slots.map((slot) => cellOf(slot, taken.get(slot) ?? [], sources));
  return isMeant(slots, cells) ? cells : null;
}

function isOnGrid({ row, column }: Slot, { rows, columns }: Protocol): boolean {
  return row >= 0 && column >= 0 && row < rows && column < columns;
}

/** Slots that say what they want choose before those that take what is left. */
function takeAll(slots: readonly Slot[], sources: Sources): Map<Slot, Item[]> {
  const pools = new Map<string, Pool>();
  const taken = new Map<Slot, Item[]>();
  const choosing = [...slots.filter(isSelective), ...slots.filter((slot) => !isSelective(slot))];
  for (const slot of choosing) {
    const key = sourceOf(slot);
    const pool = pools.get(key) ?? poolOf(slot, sources);
    pools.set(key, pool);
    const isLast = choosing.filter((other) => sourceOf(other) === key).at(-1) === slot;
    taken.set(slot, isSelective(slot) ? chosen(slot.select, pool) : nextOf(pool, isLast));
  }
  return taken;
}

function sourceOf({ from, prior }: Slot): string {
  return from === "current" ? from : `${from} ${Math.max(prior || 1, 1)}`;
}

function poolOf({ from, prior }: Slot, { current, priors }: Sources): Pool {
  const all = from === "current" ? current : counterparts(current, priors[Math.max(prior || 1, 1) - 1] ?? []);
  return { all, used: new Set(), place: 0 };
}

function isSelective({ select }: Slot): boolean {
  return Boolean(select?.view?.length || select?.laterality?.length || select?.index);
}

/**
 * Give the images that a slot asks for: the one of its index among all that match, else all that are not hung yet.
 *
 * A number alone counts what a prior has not, too, so that the second of it stands beside the second of the study.
 */
function chosen({ view = [], laterality = [], index = 0 }: Partial<Select>, pool: Pool): Item[] {
  const anything = !view.length && !laterality.length;
  const matching = pool.all.filter((item) => (item ? hasView(item, view) && hasSide(item, laterality) : anything));
  const wanted = index > 0 ? matching.slice(index - 1, index) : matching.filter((item) => !pool.used.has(item));
  const found = wanted.filter((item) => item !== null);
  for (const item of found) pool.used.add(item);
  return found;
}

function hasView(item: Item, views: readonly string[]): boolean {
  return !views.length || views.some((view) => isView(viewOf(item), view));
}

function hasSide(item: Item, sides: readonly string[]): boolean {
  return !sides.length || sides.includes(sideOf(item)) || sides.includes(item.laterality);
}

/** Give the next image that no slot has; the last slot of a study takes all that are left. */
function nextOf(pool: Pool, isLast: boolean): Item[] {
  const waiting = pool.all.slice(pool.place).filter((item) => item === null || !pool.used.has(item));
  const found = isLast ? waiting : waiting.slice(0, 1);
  const last = found.at(-1);
  pool.place = last === undefined ? pool.all.length : pool.all.indexOf(last, pool.place) + 1;
  for (const item of found) if (item) pool.used.add(item);
  return found.filter((item) => item !== null);
}

function cellOf(slot: Slot, items: Item[], sources: Sources): HungCell {
  const { row, column, from, align = "centre", same_scale = false } = slot;
  return { row, column, items, study: items[0] ? sources.study(items[0]) : "", from, align, sameScale: same_scale };
}

/** Something of the study hangs, and something of a prior where there is a place for one. */
function isMeant(slots: readonly Slot[], cells: readonly HungCell[]): boolean {
  const has = (from: string) => cells.some((cell) => cell.from === from && cell.items.length > 0);
  return has("current") && (!slots.some((slot) => slot.from === "prior") || has("prior"));
}
