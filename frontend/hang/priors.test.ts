import assert from "node:assert/strict";
import { test } from "node:test";

import { regionOf, sideIn } from "./anatomy.ts";
import { bestPriors } from "./priors.ts";
import { studyOf } from "./testing.ts";
import type { StudySketch } from "./testing.ts";

function study(name: string, date: string, more: Partial<StudySketch> = {}) {
  return studyOf({ study: name, date, modality: "DX", part: "CHEST", images: [{ id: name, view: "PA" }], ...more }, name);
}

function names(current: ReturnType<typeof study>, ...candidates: ReturnType<typeof study>[]): string[] {
  return bestPriors(current, candidates).map((each) => each.study.study);
}

const NOW = study("now", "20260301");

test("the most recent prior of the region comes first", () => {
  assert.deepEqual(names(NOW, study("a", "20240101"), study("b", "20250601"), study("c", "20190101")), ["b", "a", "c"]);
});

test("later studies, other patients and the study itself are no priors", () => {
  assert.deepEqual(names(NOW, NOW, study("later", "20260302"), study("theirs", "20250101", { patient: "P2" })), []);
  assert.deepEqual(names(NOW, study("same ID, other issuer", "20250101", { issuer: "X" })), []);
});

test("an earlier study of the same day is a prior", () => {
  const morning = study("morning", "20260301");
  morning.study.time = "080000";
  assert.deepEqual(names(NOW, morning), ["morning"]);
});

test("another region or kind of modality is no prior", () => {
  assert.deepEqual(names(NOW, study("hand", "20250101", { part: "HAND" }), study("ct", "20250101", { modality: "CT" })), []);
});

test("CR, DX and digitised films are compared", () => {
  const found = names(NOW, study("cr", "20240101", { modality: "CR" }), study("film", "20000101", { modality: "RG" }));
  assert.deepEqual(found, ["cr", "film"]);
});

test("the same region goes before a neighbour, however old, and a neighbour before an unknown one", () => {
  const hand = study("now", "20260301", { part: "HAND" });
  const found = names(
    hand,
    study("unknown", "20260201", { part: "" }),
    study("wrist", "20260101", { part: "WRIST" }),
    study("hand", "20100101", { part: "HAND" }),
  );
  assert.deepEqual(found, ["hand", "wrist", "unknown"]);
});

test("the same side goes before an unknown one, and that before the other", () => {
  const left = { part: "KNEE", images: [{ id: "x", view: "AP", side: "L" }] };
  const found = names(
    study("now", "20260301", left),
    study("right", "20260201", { part: "KNEE", images: [{ id: "x", view: "AP", side: "R" }] }),
    study("unknown", "20260101", { part: "KNEE", images: [{ id: "x", view: "AP" }] }),
    study("left", "20200101", left),
  );
  assert.deepEqual(found, ["left", "unknown", "right"]);
});

test("more views in common go before fewer", () => {
  const two = { images: [{ id: "a", view: "PA" }, { id: "b", view: "LL" }] };
  assert.deepEqual(names(study("now", "20260301", two), study("one", "20250101"), study("two", "20200101", two)), ["two", "one"]);
});

test("rows of the worklist, whose images are not known yet, are ranked by their words", () => {
  const rows = [
    { study: study("other", "20250101", { part: "", description: "Main gauche" }).study },
    { study: study("same", "20240101", { part: "", description: "Radio pulmonaire" }).study },
  ];
  assert.deepEqual(bestPriors(NOW, rows).map((each) => each.study.study), ["same"]);
});

test("regions are known by English and French words", () => {
  const found = ["CHEST", "Thorax face", "Poumons", "main droite", "AVANT-BRAS", "Épaule", "LSPINE", "Rachis lombaire", "C_SPINE", "genou G", "bassin"];
  assert.deepEqual(found.map(regionOf), [
    "CHEST", "CHEST", "CHEST", "HAND", "FOREARM", "SHOULDER", "LSPINE", "LSPINE", "CSPINE", "KNEE", "PELVIS",
  ]);
});

test("a side is read from words, and both are none", () => {
  assert.deepEqual(["Main gauche", "RT KNEE", "knees right and left", "hand"].map(sideIn), ["L", "R", "", ""]);
});
