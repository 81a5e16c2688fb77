/** How a study hangs that no protocol is for. Pure. */

import { isSingle } from "./anatomy.ts";
import { chestWall } from "./breast.ts";
import { counterparts } from "./images.ts";
import type { HungCell, Item, Layout } from "./types.ts";
import type { Sources } from "./fill.ts";

/** The most places of a plain layout. */
const MOST = 8;

/** The most radiographs that have a prior beside them. */
const COMPARED = 4;

/**
 * Give radiographs a place each, up to eight, stacks one a series. Beside up to four radiographs hangs the prior that goes
 * with them: on the right of one or two, below three or four. What is left over stacks in the last place.
 */
export function plain(sources: Sources): Omit<Layout, "protocol" | "priors"> {
  const { current } = sources;
  const single = current.every((item) => item.kind === "image" && isSingle(item.modality));
  const stacks = single && current.length <= MOST ? current.map((item) => [item]) : bySeries(current);
  const prior = single && current.length <= COMPARED ? priorFor(sources) : null;
  return prior ? compared(stacks, prior, sources) : alone(stacks, sources);
}

function bySeries(items: readonly Item[]): Item[][] {
  const stacks = [...Map.groupBy(items, (item) => item.series).values()];
  return stacks.length <= MOST ? stacks : [...stacks.slice(0, MOST - 1), stacks.slice(MOST - 1).flat()];
}

/** Give the images of the first prior, in the study's order; null for none. */
function priorFor({ current, priors }: Sources): (Item | null)[] | null {
  return priors[0] ? counterparts(current, priors[0]).slice(0, current.length) : null;
}

function compared(stacks: readonly Item[][], prior: readonly (Item | null)[], sources: Sources): Omit<Layout, "protocol" | "priors"> {
  const count = stacks.length;
  const beside = count <= 2;
  const at = (index: number, second: boolean) =>
    beside ? { row: index, column: Number(second) } : { row: Number(second), column: index };
  const cells = stacks.flatMap((items, index) => {
    const other = prior[index] ?? null;
    return [
      cellOf(at(index, false), items, "current", sources),
      cellOf(at(index, true), other ? [other] : [], "prior", sources),
    ];
  });
  return { rows: beside ? count : 2, columns: beside ? 2 : count, cells };
}

function alone(stacks: readonly Item[][], sources: Sources): Omit<Layout, "protocol" | "priors"> {
  const [rows, columns] = gridFor(stacks.length);
  const cells = stacks.map((items, index) => {
    const at = { row: Math.floor(index / columns), column: index % columns };
    return cellOf(at, items, "current", sources);
  });
  return { rows, columns, cells };
}

function gridFor(count: number): [number, number] {
  if (count <= 3) return [1, Math.max(count, 1)];
  return [2, Math.ceil(count / 2)];
}

function cellOf(at: { row: number; column: number }, items: Item[], from: HungCell["from"], { study }: Sources): HungCell {
  const first = items[0];
  const align = first ? chestWall(first) : "centre";
  return { ...at, items, study: first ? study(first) : "", from, align, sameScale: first?.modality === "MG" };
}
