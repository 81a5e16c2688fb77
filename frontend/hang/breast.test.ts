import assert from "node:assert/strict";
import { test } from "node:test";

import { chestWall, turned, turnOf } from "./breast.ts";
import type { Letters } from "./breast.ts";

const OPPOSITE: Record<string, string> = { A: "P", P: "A", L: "R", R: "L", H: "F", F: "H" };

/** Letters of Patient Orientation (0020,0020): where rows run to, where columns run to. */
function letters(row: string, column: string): Letters {
  const back = (words: string) => [...words].map((letter) => OPPOSITE[letter]).join("");
  return { left: back(row), right: row, top: back(column), bottom: column };
}

function breast(side: string, view: string) {
  return { modality: "MG", laterality: side, view, view_text: view };
}

test("chest walls meet in the middle", () => {
  assert.deepEqual([chestWall(breast("R", "CC")), chestWall(breast("L", "MLO")), chestWall(breast("", "CC"))], ["right", "left", "centre"]);
  assert.equal(chestWall({ ...breast("R", "CC"), modality: "DX" }), "centre");
});

test("images that lie as they hang are left alone", () => {
  const none = { rotation: 0, flipH: false };
  assert.deepEqual(turnOf(breast("R", "CC"), letters("P", "L")), none);
  assert.deepEqual(turnOf(breast("L", "CC"), letters("A", "R")), none);
  assert.deepEqual(turnOf(breast("R", "MLO"), letters("P", "F")), none);
  assert.deepEqual(turnOf(breast("L", "MLO"), letters("A", "FR")), none);
});

test("a mirrored image is mirrored back", () => {
  assert.deepEqual(turnOf(breast("R", "CC"), letters("A", "L")), { rotation: 0, flipH: true });
  assert.deepEqual(turnOf(breast("L", "MLO"), letters("P", "F")), { rotation: 0, flipH: true });
});

test("an image on its head is turned by half", () => {
  assert.deepEqual(turnOf(breast("R", "CC"), letters("A", "R")), { rotation: 180, flipH: false });
});

test("an image on its side is turned by a quarter, until chest wall and feet are where they belong", () => {
  for (const [row, column] of [["F", "A"], ["H", "P"], ["F", "P"], ["H", "A"]] as const) {
    const lying = letters(row, column);
    const turn = turnOf(breast("R", "MLO"), lying);
    assert.deepEqual(turned(lying, turn!), letters("P", "F"), `${row}\\${column}`);
  }
});

test("an image whose letters do not tell is left alone", () => {
  assert.equal(turnOf(breast("R", "CC"), null), null);
  assert.equal(turnOf(breast("", "CC"), letters("A", "L")), null);
  assert.equal(turnOf(breast("R", "CC"), letters("L", "F")), null);
});

test("a quarter turn clockwise brings the left edge to the top", () => {
  assert.deepEqual(turned({ left: "a", top: "b", right: "c", bottom: "d" }, { rotation: 90, flipH: false }), {
    left: "d", top: "a", right: "b", bottom: "c",
  });
});
