import assert from "node:assert/strict";
import { test } from "node:test";

import {
  askedFrom,
  clean,
  dateOf,
  filterCount,
  parameters,
  sameAsked,
  searchText,
  toggled,
  USUAL,
} from "./query.ts";

test("a filter pressed twice is off again", () => {
  const once = toggled({}, "status", "new");
  assert.deepEqual(once, { status: ["new"] });
  assert.deepEqual(toggled(once, "status", "new"), {});
});

test("values of a filter stand in one order, however they were chosen", () => {
  assert.deepEqual(toggled({ modality: ["MG"] }, "modality", "CR").modality, ["CR", "MG"]);
});

test("what restricts nothing is no part of the question", () => {
  assert.deepEqual(clean({ q: "", status: [], mine: false, since: "7d" }), { since: "7d" });
});

test("a relative period becomes a date only when it is asked", () => {
  assert.equal(dateOf("today", "20261124"), "20261124");
  assert.equal(dateOf("7d", "20261124"), "20261117");
  assert.equal(dateOf("30d", "20260301"), "20260130"); // 2026 is no leap year
  assert.equal(dateOf("20260102", "20261124"), "20260102");
});

test("a request bears dates, order, and nothing empty", () => {
  const asked = {
    query: { q: "CR thorax", since: "today", mine: true, status: ["new"] },
    sort: "date",
    order: "desc",
  } as const;
  assert.deepEqual(parameters(asked, "20261124"), {
    q: "CR thorax",
    status: ["new"],
    since: "20261124",
    mine: "true",
    sort: "date",
    order: "desc",
  });
});

test("an address says the same as the question it was made of", () => {
  const asked = {
    query: { q: "Müller & Söhne", modality: ["CR", "DX"], since: "7d", mine: true },
    sort: "patient",
    order: "asc",
  } as const;
  assert.ok(sameAsked(askedFrom(`?${searchText(asked)}`), asked));
});

test("the usual worklist has a bare address", () => {
  assert.equal(searchText(USUAL), "");
  assert.ok(sameAsked(askedFrom(""), USUAL));
});

test("an order that there is not is passed over", () => {
  assert.equal(askedFrom("?order=sideways").order, "desc");
});

test("a period of two ends is one filter, and search text is none", () => {
  assert.equal(filterCount({ q: "x", since: "20260101", until: "20260131" }), 1);
  assert.equal(filterCount({ until: "20260131", status: ["new"] }), 2);
});
