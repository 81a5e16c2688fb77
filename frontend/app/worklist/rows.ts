/** The rows that a worklist has loaded: a head of the whole list, in its order; pure, so that live changes can be tested. */
import type { Page, Row } from "../model.ts";

/** What is loaded. */
export interface Loaded {
  readonly rows: readonly Row[];
  /** Cursor of the next page, "" at the end. */
  readonly next: string;
  readonly count: Page["count"];
  /** Rows that came in at the top while the reader was further down; they wait to be shown. */
  readonly fresh: readonly Row[];
}

export const NOTHING: Loaded = { rows: [], next: "", count: { value: 0, exact: true }, fresh: [] };

/** Give a first page as what is loaded. */
export function firstPage(page: Page): Loaded {
  return { rows: page.studies, next: page.next, count: page.count, fresh: [] };
}

/** Give what is loaded with the next page behind it. A row that moved between the two requests stays where it was. */
export function withPage(loaded: Loaded, page: Page): Loaded {
  const known = new Set(loaded.rows.map((row) => row.study));
  return {
    ...loaded,
    rows: [...loaded.rows, ...page.studies.filter((row) => !known.has(row.study))],
    next: page.next,
  };
}

/** Give what is loaded with rows of newer versions in their places; an older one, overtaken on the way, changes nothing. */
export function withRows(loaded: Loaded, rows: readonly Row[]): Loaded {
  const newer = new Map(rows.map((row) => [row.study, row]));
  return { ...loaded, rows: loaded.rows.map((row) => newest(row, newer.get(row.study))) };
}

function newest(old: Row, next: Row | undefined): Row {
  if (next === undefined || next.version < old.version) return old;
  return sameRow(old, next) ? old : next;
}

function sameRow(one: Row, other: Row): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * Give what is loaded after the head of the list was asked for again.
 *
 * `changed` are the studies that were said to have changed: one that was in the old head and is not in the new one no
 * longer answers the question, and goes. New rows go to their place, or wait as `fresh` while `isHeld`.
 */
export function withHead(loaded: Loaded, head: Page, changed: ReadonlySet<string>, isHeld: boolean): Loaded {
  const old = new Map(loaded.rows.map((row) => [row.study, row]));
  const now = head.studies.map((row) => (old.has(row.study) ? newest(old.get(row.study)!, row) : row));
  const come = now.filter((row) => !old.has(row.study));
  const inHead = new Set(now.map((row) => row.study));
  const behind = loaded.rows.filter((row) => !inHead.has(row.study));
  const all = head.next === "";
  const stays = behind.filter(
    (row) => !all && !(changed.has(row.study) && wasHead(loaded, row, head.studies.length)),
  );
  const count = head.count;
  if (isHeld && come.length > 0) {
    const held = loaded.rows.filter((row) => inHead.has(row.study) || stays.includes(row));
    return { ...withRows({ ...loaded, rows: held }, now), count, fresh: come };
  }
  return { rows: [...now, ...stays], next: stays.length > 0 ? loaded.next : head.next, count, fresh: [] };
}

function wasHead(loaded: Loaded, row: Row, length: number): boolean {
  return loaded.rows.indexOf(row) < length;
}

/** Give the studies that are loaded beyond the head that is asked for again. */
export function beyond(loaded: Loaded, head: number, changed: ReadonlySet<string>): string[] {
  return loaded.rows.slice(head).flatMap((row) => (changed.has(row.study) ? [row.study] : []));
}
