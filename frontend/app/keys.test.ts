import assert from "node:assert/strict";
import { test } from "node:test";

import { chordOf, digitOf, keyCaps, normalChord, splitChord, typesText } from "./keys.ts";

function press(key: string, ...held: ("ctrl" | "alt" | "shift" | "meta")[]) {
  const has = (name: "ctrl" | "alt" | "shift" | "meta"): boolean => held.includes(name);
  return { key, ctrlKey: has("ctrl"), altKey: has("alt"), shiftKey: has("shift"), metaKey: has("meta") };
}

test("letters are written large, with their modifiers in one order", () => {
  assert.equal(chordOf(press("r", "alt")), "Alt+R");
  assert.equal(chordOf(press("K", "shift", "ctrl")), "Ctrl+Shift+K");
});

test("Shift is not named with a character that needs it", () => {
  assert.equal(chordOf(press("?", "shift")), "?");
  assert.equal(chordOf(press("ArrowLeft", "shift")), "Shift+ArrowLeft");
});

test("a modifier alone is no chord", () => {
  assert.equal(chordOf(press("Shift", "shift")), "");
});

test("the plus key can be part of a chord", () => {
  assert.deepEqual(splitChord("Ctrl++"), ["Ctrl", "+"]);
  assert.equal(chordOf(press("+", "ctrl")), "Ctrl++");
  assert.equal(normalChord("Ctrl++"), "Ctrl++");
});

test("chords typed by a person compare equal to pressed ones", () => {
  assert.equal(normalChord("shift+ctrl+k"), chordOf(press("k", "ctrl", "shift")));
});

test("what types text stays with a text field", () => {
  for (const chord of ["A", "/", "?", "Space", "ArrowLeft", "Shift+A", "Enter"])
    assert.equal(typesText(chord), true);
  for (const chord of ["Ctrl+A", "Alt+R", "Escape", "F2"]) assert.equal(typesText(chord), false);
});

test("caps of keys are signs that everyone knows", () => {
  assert.deepEqual(keyCaps("Shift+ArrowLeft"), ["Shift", "←"]);
});

test("a French keyboard reaches the digits without Shift, and no digit by a chord", () => {
  assert.equal(digitOf({ ...press("&"), code: "Digit1" }), "1");
  assert.equal(digitOf({ ...press("à"), code: "Digit0" }), "0");
  assert.equal(digitOf({ ...press("!", "shift"), code: "Digit1" }), "");
  assert.equal(digitOf({ ...press("&", "alt"), code: "Digit1" }), "");
  assert.equal(digitOf({ ...press("a"), code: "KeyQ" }), "");
});

test("a character typed with AltGr is that character, also where AltGr counts as Ctrl and Alt", () => {
  const altGr = (name: string): boolean => name === "AltGraph";
  assert.equal(chordOf({ ...press("[", "ctrl", "alt"), getModifierState: altGr }), "[");
  assert.equal(chordOf(press("[", "ctrl", "alt")), "Ctrl+Alt+[");
});
