import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { format, language, msg, onLanguage, preferredLanguage, t, tn, useCatalogue } from "./index.ts";

const FRENCH = {
  Search: "Rechercher",
  "{name} is reading this": "{name} lit cet examen",
  "{count} image": ["{count} image", "{count} images"],
  Empty: "",
};

afterEach(() => useCatalogue("en", {}));

test("a text is itself in English and its translation in French", () => {
  assert.equal(t("Search"), "Search");
  useCatalogue("fr", FRENCH);
  assert.equal(t("Search"), "Rechercher");
});

test("a text that has no translation is shown in English, never empty", () => {
  useCatalogue("fr", FRENCH);
  assert.equal(t("Not there"), "Not there");
  assert.equal(t("Empty"), "Empty");
});

test("values stand in place of their names, in whatever order the language has them", () => {
  useCatalogue("fr", FRENCH);
  assert.equal(t("{name} is reading this", { name: "Léa" }), "Léa lit cet examen");
  assert.equal(t("{unknown} stays", { name: "x" }), "{unknown} stays");
});

test("a value that looks like a place is not filled again", () => {
  assert.equal(t("{a} {b}", { a: "{b}", b: "c" }), "{b} c");
});

test("zero is plural in English and singular in French (CLDR plural rules)", () => {
  assert.equal(tn("{count} image", "{count} images", 0), "0 images");
  assert.equal(tn("{count} image", "{count} images", 1), "1 image");
  useCatalogue("fr", FRENCH);
  assert.equal(tn("{count} image", "{count} images", 0), "0 image");
  assert.equal(tn("{count} image", "{count} images", 2), "2 images");
});

test("a marked text is itself", () => {
  assert.equal(msg("Zoom"), "Zoom");
});

test("numbers have the decimal sign of the language", () => {
  assert.equal(format.number(12.5, 1), "12.5");
  useCatalogue("fr", FRENCH);
  assert.equal(format.number(12.5, 1), "12,5");
});

test("a DICOM date has its month in words, and one that is none stays as it is", () => {
  useCatalogue("fr", FRENCH);
  assert.equal(format.date("20260301"), "01 mars 2026");
  assert.equal(format.date("2026"), "2026");
  for (const wrong of ["", "20261399", "20260230", "unknown"]) assert.equal(format.date(wrong), wrong);
});

test("a DICOM time is shown to the minute", () => {
  useCatalogue("fr", FRENCH);
  assert.equal(format.time("140501.123"), "14:05");
  assert.equal(format.time(""), "");
  assert.equal(format.dateTime("20260301140501"), "01 mars 2026 14:05");
});

test("how long ago something was is said in whole units", () => {
  assert.equal(format.ago(1000, 1300), "5 minutes ago");
  useCatalogue("fr", FRENCH);
  assert.equal(format.ago(1000, 1300), "il y a 5 minutes");
});

test("the first preferred language that we speak is taken", () => {
  assert.equal(preferredLanguage(["de-DE", "fr-CA", "en"]), "fr");
  assert.equal(preferredLanguage(["EN-gb", "fr"]), "en");
  assert.equal(preferredLanguage(["de"]), "en");
});

test("whoever shows texts is told of another language until it asks no longer", () => {
  const seen: string[] = [];
  const end = onLanguage(() => seen.push(language()));
  useCatalogue("fr", FRENCH);
  end();
  useCatalogue("en", {});
  assert.deepEqual(seen, ["fr"]);
});
