/** Hanging: studies and protocols → what stands where. Pure, no DOM. */

import { filled } from "./fill.ts";
import type { Sources } from "./fill.ts";
import { hangable, match } from "./images.ts";
import { isFor, ranked } from "./match.ts";
import { isSamePatient, ofPatient } from "./patients.ts";
import { plain } from "./plain.ts";
import type { HungCell, Item, Layout, Protocol, StudyDisplay } from "./types.ts";

export { bestPriors } from "./priors.ts";
export type { Candidate } from "./priors.ts";
export { chestWall, turned, turnOf } from "./breast.ts";
export type { Letters, Turn } from "./breast.ts";
export { hangable } from "./images.ts";
export { isSamePatient, mayLink } from "./patients.ts";
export type { Align, HungCell, Item, Layout, Match, Protocol, Select, Series, Slot, StudyDisplay, StudyRow } from "./types.ts";

/** What a reader asked for: a protocol by its id, instead of the one that fits best. */
export interface Wish {
  protocol?: string;
}

/**
 * Give what hangs where. `priors` are the studies to compare with, the best first; those of other patients never hang.
 *
 * The first protocol that is for the study and can be filled is taken, in the order of `ranked`. One with places for a prior
 * is passed over when no prior has an image for them. Without one that fits, every radiograph gets a place and its prior
 * beside it.
 */
export function hang(
  display: StudyDisplay,
  priors: readonly StudyDisplay[],
  protocols: readonly Protocol[],
  wish: Wish = {},
): Layout {
  const sources = sourcesOf(display, priors);
  for (const protocol of candidates(protocols, sources.current, wish)) {
    const cells = filled(protocol, sources);
    if (cells) return layout(protocol.id, { rows: protocol.rows, columns: protocol.columns, cells });
  }
  return layout("", plain(sources));
}

/** Give the protocols that may hang these images, for a menu: those that are for them first. */
export function choices(images: readonly Item[], protocols: readonly Protocol[]): Protocol[] {
  const all = ranked(protocols);
  return [...all.filter((each) => isFor(each.match, images)), ...all.filter((each) => !isFor(each.match, images))];
}

function candidates(protocols: readonly Protocol[], images: readonly Item[], { protocol }: Wish): Protocol[] {
  if (!images.length) return [];
  const all = choices(images, protocols);
  const wished = all.filter((each) => each.id === protocol);
  return [...wished, ...all.filter((each) => each.id !== protocol && isFor(each.match, images))];
}

/** Only priors count that have an image which goes with one of the study: the first of them is prior 1. */
function sourcesOf(display: StudyDisplay, priors: readonly StudyDisplay[]): Sources {
  const current = hangable(display);
  const studies = new Map<Item, string>();
  const images: Item[][] = [];
  for (const prior of priors.filter((each) => isOther(each, display))) {
    const found = ofPatient(hangable(prior), display).filter((item) => item.kind === "image");
    if (!found.some((other) => current.some((item) => match(item, other) > 0))) continue;
    for (const item of found) studies.set(item, prior.study.study);
    images.push(found);
  }
  return { current, priors: images, study: (item) => studies.get(item) ?? display.study.study };
}

function isOther(prior: StudyDisplay, { study }: StudyDisplay): boolean {
  return prior.study.study !== study.study && isSamePatient(prior.study.patient, study.patient);
}

function layout(protocol: string, { rows, columns, cells }: Pick<Layout, "rows" | "columns" | "cells">): Layout {
  const priors = new Set(cells.filter((cell: HungCell) => cell.from === "prior" && cell.study).map((cell) => cell.study));
  return { protocol, rows, columns, cells, priors: [...priors] };
}
