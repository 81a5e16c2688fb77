import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { useCatalogue } from "../locale/index.ts";
import { daysBefore, formatAge, formatDay, parseDate, todayDate, yearOf } from "./dates.ts";

beforeEach(() => useCatalogue("en", {}));

test("only days that there are, are dates", () => {
  assert.equal(parseDate("20240229"), Date.UTC(2024, 1, 29));
  assert.equal(parseDate("1997.04.30"), Date.UTC(1997, 3, 30)); // ACR-NEMA's form, PS3.5 6.2 note
  for (const text of ["20230229", "20261301", "2026", "", "today"]) assert.equal(parseDate(text), null);
});

test("days around today have words", () => {
  assert.equal(formatDay("20261124", "20261124"), "today");
  assert.equal(formatDay("20261123", "20261124"), "yesterday");
  useCatalogue("fr", {});
  assert.equal(formatDay("20261124", "20261124"), "aujourd’hui");
  assert.equal(formatDay("20261123", "20261124"), "hier");
});

test("other days are dates, and what is none stands as it came", () => {
  assert.match(formatDay("20260102", "20261124"), /02 Jan 2026|Jan 02, 2026/);
  assert.equal(formatDay("unknown", "20261124"), "unknown");
});

test("ages have units of the language", () => {
  assert.equal(formatAge("042Y"), "42 yrs");
  assert.equal(formatAge("003M"), "3 mths");
  useCatalogue("fr", {});
  assert.equal(formatAge("042Y").replaceAll(/\s/g, " "), "42 ans");
  assert.equal(formatAge("42"), "");
});

test("days are counted over months and leap years", () => {
  assert.equal(daysBefore("20240301", 1), "20240229");
  assert.equal(daysBefore("20260101", 1), "20251231");
});

test("today is a date of this machine", () => {
  assert.equal(todayDate(new Date(2026, 0, 5, 23, 59)), "20260105");
});

test("a year is read of a date with or without a time", () => {
  assert.equal(yearOf("20261124103000"), "2026");
  assert.equal(yearOf("garbage"), "");
});
