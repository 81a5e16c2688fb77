import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { hang, mayLink } from "./index.ts";
import type { HungCell, Layout, Protocol } from "./index.ts";
import { studyOf } from "./testing.ts";
import type { StudySketch } from "./testing.ts";

interface Case {
  name: string;
  current: StudySketch;
  priors?: StudySketch[];
  protocols?: Partial<Protocol>[];
  /** With the protocols that come with the product. */
  shipped?: boolean;
  wish?: string;
  expected: { protocol: string; grid: [number, number]; cells: string[]; priors?: string[] };
}

const CASES = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf-8")) as Case[];

const SHIPPED = JSON.parse(
  readFileSync(new URL("../../src/radiotheque/reading/builtin/protocols.json", import.meta.url), "utf-8"),
) as Partial<Protocol>[];

const ANY = { name: "", version: 1, shared: true, owner: "", built_in: false };

function hung({ current, priors = [], protocols = [], shipped = false, wish }: Case): Layout {
  const site = [...protocols, ...(shipped ? SHIPPED : [])].map((protocol) => ({ ...ANY, ...protocol }) as Protocol);
  const display = studyOf(current, "current");
  const others = priors.map((prior, index) => studyOf(prior, `prior ${index + 1}`));
  return hang(display, others, site, wish ? { protocol: wish } : {});
}

function inWords({ row, column, from, items, align, sameScale }: HungCell): string {
  const images = items.map((item) => item.instance).join("+");
  return [row, column, from, images, align === "centre" ? "" : align, sameScale ? "scale" : ""].filter((each) => each !== "").join(" ");
}

for (const each of CASES) {
  test(each.name, () => {
    const { protocol, rows, columns, cells, priors } = hung(each);
    assert.deepEqual(
      { protocol, grid: [rows, columns], cells: cells.map(inWords) },
      { protocol: each.expected.protocol, grid: each.expected.grid, cells: each.expected.cells },
    );
    if (each.expected.priors) assert.deepEqual(priors, each.expected.priors);
  });
}

test("every cell says whose study it shows", () => {
  const found = CASES.find((each) => each.name.startsWith("a chest film hangs beside"));
  assert.deepEqual(hung(found!).cells.map((cell) => cell.study), ["current", "2024"]);
});

test("an image of another patient that lies in the prior's study does not hang", () => {
  const display = studyOf({ modality: "DX", part: "CHEST", images: [{ id: "pa", view: "PA" }] }, "current");
  const prior = studyOf({ modality: "DX", part: "CHEST", images: [{ id: "old", view: "PA" }] }, "prior");
  prior.series[0]!.instances[0]!.patient = { ...prior.study.patient, id: "P2" };
  assert.deepEqual(hang(display, [prior], []).cells.map(inWords), ["0 0 current pa"]);
});

test("only images of one patient of one issuer may be linked", () => {
  const of = (patient: string, issuer = "") => studyOf({ patient, issuer, modality: "DX", part: "", images: [{ id: "a" }] }, "s").series[0]!.instances[0]!;
  assert.ok(mayLink(of("P1"), of("P1")));
  assert.ok(!mayLink(of("P1"), of("P2")));
  assert.ok(!mayLink(of("P1", "A"), of("P1", "B")));
  assert.ok(!mayLink(of(""), of("")));
});

test("hanging changes nothing of what it was given", () => {
  for (const each of CASES) {
    const before = structuredClone(each);
    hung(each);
    assert.deepEqual(each, before);
  }
});
