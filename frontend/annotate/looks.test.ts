import assert from "node:assert/strict";
import { test } from "node:test";

import { looksOf } from "./looks.ts";
import type { Scene } from "./looks.ts";
import { drawn } from "./testing.ts";

function scene(more: Partial<Scene> = {}): Scene {
  return {
    view: { toScreen: (x, y) => [x * 2 + 10, y * 2 + 20], toImage: (x, y) => [(x - 10) / 2, (y - 20) / 2] },
    width: 800,
    height: 600,
    selected: null,
    focus: null,
    reach: 24,
    moved: new Map(),
    choices: new Map(),
    said: (annotation) => ({ lines: ["73.0 mm"], name: `about ${annotation.kind}`, handleNames: ["one", "two"] }),
    ...more,
  };
}

const LINE = drawn("length", [[50, 50], [100, 50]]);

test("lines lie where the viewport shows the image", () => {
  const [look] = looksOf([LINE], scene());
  assert.deepEqual(look?.paths[0]?.points, [[110, 120], [210, 120]]);
  assert.equal(look?.name, "about length");
});

test("handles are those of the chosen annotation, and only when it may be changed", () => {
  assert.deepEqual(looksOf([LINE], scene())[0]?.handles, []);
  const chosen = looksOf([LINE], scene({ selected: LINE.id }))[0];
  assert.deepEqual(chosen?.handles, [{ at: [110, 120], name: "one" }, { at: [210, 120], name: "two" }]);
  assert.deepEqual(looksOf([{ ...LINE, locked: true }], scene({ selected: LINE.id }))[0]?.handles, []);
});

test("the texts of two annotations at one place stand apart", () => {
  const [one, other] = looksOf([LINE, { ...LINE, id: "other" }], scene());
  const apart = Math.abs(one!.box.y - other!.box.y) >= one!.box.height || Math.abs(one!.box.x - other!.box.x) >= one!.box.width;
  assert.ok(apart, JSON.stringify([one?.box, other?.box]));
});

test("a text that was dragged stays where it was put in the image, joined by a line when it is far", () => {
  const [look] = looksOf([{ ...LINE, label_at: [50, 150] }], scene());
  assert.deepEqual([look?.box.x, look?.box.y], [110, 320]);
  assert.deepEqual(look?.leader?.[0], [110, 120]);
});

test("only what is focused is shown as focused", () => {
  const looks = looksOf([LINE, { ...LINE, id: "other" }], scene({ focus: { id: LINE.id, handle: -1 } }));
  assert.deepEqual(looks.map((look) => look.focused), [true, false]);
  const [onHandle] = looksOf([LINE], scene({ selected: LINE.id, focus: { id: LINE.id, handle: 1 } }));
  assert.deepEqual([onHandle?.focused, onHandle?.focusedHandle], [false, 1]);
});

test("an annotation without text has no box", () => {
  const [look] = looksOf([LINE], scene({ said: () => ({ lines: [], name: "", handleNames: [] }) }));
  assert.deepEqual([look?.box.width, look?.leader], [0, null]);
});
