/**
 * What the worklist is asked: filters as data, and how they stand in addresses and requests.
 *
 * A period may be relative ("today", "7d"), so that a saved view means the same tomorrow; it becomes a date only when
 * the server is asked.
 */
import { daysBefore } from "../dates.ts";
import type { Order, Query } from "../model.ts";

/** The filters that hold several values. */
export type ListFilter = "status" | "priority" | "modality" | "body_part";

const LISTS: readonly ListFilter[] = ["status", "priority", "modality", "body_part"];

/** The whole of what a worklist shows: filters and order. */
export interface Asked {
  readonly query: Query;
  readonly sort: string;
  readonly order: Order;
}

/** Newest first. */
export const USUAL: Asked = { query: {}, sort: "date", order: "desc" };

/** Give a query with a value of a list filter put in or taken out; an empty list is no filter. */
export function toggled(query: Query, filter: ListFilter, value: string): Query {
  const old = query[filter] ?? [];
  return listed(query, filter, old.includes(value) ? old.filter((one) => one !== value) : [...old, value]);
}

/** Give a query with a list filter set. */
export function listed(query: Query, filter: ListFilter, values: readonly string[]): Query {
  return clean({ ...query, [filter]: [...values].toSorted() });
}

/** Give a query without what restricts nothing, so that equal ones compare equal. */
export function clean(query: Query): Query {
  const kept = Object.entries(query).filter(
    ([, value]) => !(value === "" || value === false || value?.length === 0),
  );
  return Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Say whether two ask the same. */
export function sameAsked(one: Asked, other: Asked): boolean {
  return (
    JSON.stringify([clean(one.query), one.sort, one.order]) ===
    JSON.stringify([clean(other.query), other.sort, other.order])
  );
}

/** Give how many filters restrict the list, the search text aside. */
export function filterCount(query: Query): number {
  return Object.keys(clean({ ...query, q: "" })).filter(
    (name) => name !== "until" || query.since === undefined,
  ).length;
}

/** Give the date that a period begins or ends: "today", "7d" before `today`, or the DA value that it already is. */
export function dateOf(period: string, today: string): string {
  if (period === "today") return today;
  const days = /^(\d{1,4})d$/.exec(period);
  return days === null ? period : daysBefore(today, Number(days[1]));
}

/** Give the parameters of a request. `today` is this machine's date as a DA value. */
export function parameters(
  { query, sort, order }: Asked,
  today: string,
): Record<string, string | readonly string[]> {
  const { since, until, mine, ...rest } = clean(query);
  return {
    ...(rest as Record<string, string | readonly string[]>),
    ...(since ? { since: dateOf(since, today) } : {}),
    ...(until ? { until: dateOf(until, today) } : {}),
    ...(mine ? { mine: "true" } : {}),
    sort,
    order,
  };
}

/** Give what stands behind the "?" of the page's address; "" for the usual worklist. */
export function searchText(asked: Asked): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(clean(asked.query))) {
    text.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  if (asked.sort !== USUAL.sort) text.set("sort", asked.sort);
  if (asked.order !== USUAL.order) text.set("order", asked.order);
  return text.toString();
}

/** Give what the address asks for; what it does not know, it passes over. */
export function askedFrom(search: string): Asked {
  const given = new URLSearchParams(search);
  const query: Record<string, string | string[] | boolean> = {};
  for (const name of ["q", "since", "until"]) query[name] = given.get(name) ?? "";
  for (const name of LISTS) query[name] = (given.get(name) ?? "").split(",").filter(Boolean);
  query["mine"] = given.get("mine") === "true";
  const order = given.get("order");
  return {
    query: clean(query as Query),
    sort: given.get("sort") ?? USUAL.sort,
    order: order === "asc" || order === "desc" ? order : USUAL.order,
  };
}
