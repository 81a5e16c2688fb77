/** A patient's timeline: entries by year, the newest first; pure. */
import { yearOf } from "../dates.ts";
import type { TimelineEntry } from "../model.ts";

/** The entries of one year; `year` is "" for those without a date. */
export interface Year {
  readonly year: string;
  readonly entries: readonly TimelineEntry[];
}

/** Give entries by year, newest first in and among the years; those without a date come last. */
export function byYear(entries: readonly TimelineEntry[]): readonly Year[] {
  const years = Map.groupBy(entries, (entry) => yearOf(entry.at));
  return [...years]
    .toSorted(([a], [b]) => compare(b, a))
    .map(([year, list]) => ({ year, entries: list.toSorted((a, b) => compare(b.at, a.at)) }));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
