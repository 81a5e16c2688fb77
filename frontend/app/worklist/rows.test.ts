import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page, Row } from "../model.ts";
import { beyond, firstPage, withHead, withPage, withRows } from "./rows.ts";

function row(study: string, version = 1, comment = ""): Row {
  return {
    study,
    patient: { number: 1, id: "", issuer: "", name: "", birth_date: "", sex: "" },
    age: "",
    accession: "",
    description: "",
    body_parts: [],
    modalities: [],
    date: "",
    time: "",
    stations: [],
    n_series: 1,
    n_instances: 1,
    status: "new",
    reader: null,
    priority: "routine",
    comment,
    version,
    received_at: 0,
  };
}

function page(studies: readonly string[], next = ""): Page {
  return { studies: studies.map((study) => row(study)), next, count: { value: studies.length, exact: true } };
}

const studies = (loaded: { readonly rows: readonly Row[] }): string =>
  loaded.rows.map((one) => one.study).join("");

test("the next page goes behind, without rows that are already there", () => {
  const loaded = withPage(firstPage(page(["a", "b"], "x")), page(["b", "c"], "y"));
  assert.equal(studies(loaded), "abc");
  assert.equal(loaded.next, "y");
});

test("a row of a newer version takes its place", () => {
  const loaded = withRows(firstPage(page(["a", "b"])), [row("b", 2, "newer")]);
  assert.equal(loaded.rows[1]?.comment, "newer");
});

test("a row that was overtaken on the way changes nothing", () => {
  const loaded = withRows(firstPage({ ...page([]), studies: [row("a", 3, "now")] }), [row("a", 2, "before")]);
  assert.equal(loaded.rows[0]?.comment, "now");
});

test("a row that did not change stays the same object, so that its cells are not drawn again", () => {
  const loaded = firstPage(page(["a"]));
  assert.equal(withRows(loaded, [row("a")]).rows[0], loaded.rows[0]);
});

test("a new study comes in at its place", () => {
  const loaded = withHead(
    firstPage(page(["a", "b"], "x")),
    page(["n", "a", "b"], "x"),
    new Set(["n"]),
    false,
  );
  assert.equal(studies(loaded), "nab");
  assert.equal(loaded.fresh.length, 0);
});

test("a new study waits while the reader is further down", () => {
  const loaded = withHead(firstPage(page(["a", "b"], "x")), page(["n", "a", "b"], "x"), new Set(["n"]), true);
  assert.equal(studies(loaded), "ab");
  assert.deepEqual(
    loaded.fresh.map((one) => one.study),
    ["n"],
  );
});

test("a study that no longer answers the question goes", () => {
  const loaded = withHead(firstPage(page(["a", "b", "c"])), page(["a", "c"]), new Set(["b"]), false);
  assert.equal(studies(loaded), "ac");
});

test("rows of further pages stay when the head is asked again", () => {
  const long = withPage(firstPage(page(["a", "b"], "x")), page(["c", "d"], "y"));
  const loaded = withHead(long, page(["n", "a"], "z"), new Set(["n"]), false);
  assert.equal(studies(loaded), "nabcd");
  assert.equal(loaded.next, "y");
});

test("changed studies beyond the head are asked for one by one", () => {
  const loaded = firstPage(page(["a", "b", "c", "d"]));
  assert.deepEqual(beyond(loaded, 2, new Set(["a", "d"])), ["d"]);
});
