/** Which earlier studies are worth a look beside this one, the best first. Pure. */

import { classOf, likeness, nearness, regionOf, sideIn, sideOf, viewOf } from "./anatomy.ts";
import { isSamePatient } from "./patients.ts";
import type { Item, Series, StudyRow } from "./types.ts";

/** A study, its series where they are known. */
export interface Candidate {
  study: StudyRow;
  series?: Series[];
}

/** How well a prior goes with a study; the first figure counts most. */
type Score = [side: number, region: number, views: number, when: string];

/**
 * Give the priors of a study, the best first: of the same patient, not later, of the same kind of modality and of the same
 * or a neighbouring region. The same side goes before the other, the same region before a neighbour, more views in common
 * before fewer, then the most recent.
 */
export function bestPriors<C extends Candidate>(display: Candidate, candidates: readonly C[]): C[] {
  const scored = candidates.flatMap((candidate) => {
    const score = scoreOf(display, candidate);
    return score ? [{ candidate, score }] : [];
  });
  return scored.sort((one, other) => compare(other.score, one.score)).map(({ candidate }) => candidate);
}

function scoreOf(display: Candidate, candidate: Candidate): Score | null {
  const [study, prior] = [display.study, candidate.study];
  if (study.study === prior.study || !isSamePatient(study.patient, prior.patient)) return null;
  if (study.date && whenOf(prior) > whenOf(study)) return null;
  if (!sameClass(study, prior)) return null;
  const region = regionScore(display, candidate);
  return region ? [sideScore(display, candidate), region, commonViews(display, candidate), whenOf(prior)] : null;
}

function compare(one: Score, other: Score): number {
  for (const place of [0, 1, 2] as const) if (one[place] !== other[place]) return one[place] - other[place];
  return one[3] < other[3] ? -1 : one[3] > other[3] ? 1 : 0;
}

function whenOf({ date, time }: StudyRow): string {
  return date + time.slice(0, 6).padEnd(6, "0");
}

function sameClass(one: StudyRow, other: StudyRow): boolean {
  const classes = new Set(one.modalities.map(classOf).filter(Boolean));
  return other.modalities.some((modality) => classes.has(classOf(modality)));
}

/** 3 the same, 2 neighbours, 1 not known, 0 different: the best of all pairs. */
function regionScore(one: Candidate, other: Candidate): number {
  const [mine, theirs] = [regionsOf(one), regionsOf(other)];
  if (!mine.length || !theirs.length) return 1;
  return Math.max(...mine.flatMap((region) => theirs.map((each) => nearness(region, each))));
}

function regionsOf({ study, series = [] }: Candidate): string[] {
  const parts = [...study.body_parts, ...imagesOf(series).map((item) => item.body_part)].map(regionOf);
  const known = [...new Set(parts.filter(Boolean))];
  return known.length ? known : [regionOf(study.description)].filter(Boolean);
}

/** 2 the same side, 1 not known or both, 0 the other side. */
function sideScore(one: Candidate, other: Candidate): number {
  const [mine, theirs] = [sidesIn(one), sidesIn(other)];
  if (!mine.size || !theirs.size) return 1;
  return [...mine].some((side) => theirs.has(side)) ? 2 : 0;
}

function sidesIn({ study, series = [] }: Candidate): Set<string> {
  const sides = imagesOf(series).map(sideOf).filter(Boolean);
  return new Set(sides.length ? sides : [sideIn(study.description)].filter(Boolean));
}

function commonViews(one: Candidate, other: Candidate): number {
  const theirs = viewsOf(other);
  return viewsOf(one).filter((view) => theirs.some((each) => likeness(view, each) >= 2)).length;
}

function viewsOf({ series = [] }: Candidate): string[] {
  return [...new Set(imagesOf(series).map(viewOf).filter(Boolean))];
}

function imagesOf(series: readonly Series[]): Item[] {
  return series.flatMap((each) => each.instances).filter((item) => item.kind === "image" && !item.for_processing);
}
