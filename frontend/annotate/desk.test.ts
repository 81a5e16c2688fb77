import assert from "node:assert/strict";
import { test } from "node:test";

import { Desk, DRAWING } from "./desk.ts";
import type { LayerHost } from "./host.ts";
import { DETECTOR, drawn, numbers, t } from "./testing.ts";
import type { Annotation } from "./types.ts";

function sitting(annotations: Annotation[] = []) {
  const seen = { list: annotations, steps: [] as string[], prompts: [] as string[], asked: [] as Annotation[], chosen: [] as (string | null)[] };
  const host: LayerHost = {
    annotations: () => seen.list,
    change: (next, step) => {
      seen.list = next;
      seen.steps.push(step);
    },
    spacing: () => DETECTOR,
    aspect: () => 1,
    statistics: () => null,
    format: numbers("en"),
    t,
    prompt: (text) => seen.prompts.push(text),
    chosen: (id) => seen.chosen.push(id),
  };
  const desk = new Desk(host, { redraw: () => undefined, write: (annotation) => seen.asked.push(annotation) });
  return { desk, seen };
}

const LINE = drawn("length", [[0, 0], [100, 0]]);

function hold(desk: Desk, part: "body" | "label"): void {
  desk.hold(LINE, { part }, { from: [50, 0], label: [5, 5] });
}

test("a drawing is shown while it is under way and told once when it is done", () => {
  const { desk, seen } = sitting();
  desk.tool = "length";
  desk.draw({ type: "press", at: [0, 0], scale: 1 });
  desk.draw({ type: "move", at: [50, 0], scale: 1 });
  assert.deepEqual(desk.shown().map((each) => [each.id, each.points]), [[DRAWING, [[0, 0], [50, 0]]]]);
  assert.deepEqual(seen.steps, []);
  desk.draw({ type: "release", at: [60, 0], scale: 1 });
  assert.deepEqual(seen.steps, ["Add: Length"]);
  assert.deepEqual(seen.list[0]?.points, [[0, 0], [60, 0]]);
  assert.equal(desk.selected, seen.list[0]?.id);
});

test("the reader is told what comes next", () => {
  const { desk, seen } = sitting();
  desk.tool = "angle";
  desk.draw({ type: "press", at: [0, 0], scale: 1 });
  desk.draw({ type: "release", at: [50, 0], scale: 1 });
  desk.tool = null;
  assert.deepEqual(seen.prompts, ["First arm", "Vertex", "Second arm", ""]);
});

test("a drag is told once, when it ends", () => {
  const { desk, seen } = sitting([LINE]);
  hold(desk, "body");
  desk.drag([60, 10], 1);
  desk.drag([70, 20], 1);
  assert.deepEqual(desk.shown()[0]?.points, [[20, 20], [120, 20]]);
  assert.deepEqual(seen.steps, []);
  desk.commit();
  assert.deepEqual(seen.steps, ["Move: Length"]);
  assert.deepEqual(seen.list[0]?.points, [[20, 20], [120, 20]]);
});

test("a click moves nothing", () => {
  const { desk, seen } = sitting([LINE]);
  hold(desk, "body");
  desk.drag([51, 0], 1);
  desk.commit();
  assert.deepEqual(seen.steps, []);
});

test("Escape puts back what is being dragged", () => {
  const { desk, seen } = sitting([LINE]);
  hold(desk, "body");
  desk.drag([90, 90], 1);
  desk.giveUp();
  assert.deepEqual(desk.shown(), [LINE]);
  assert.deepEqual(seen.steps, []);
});

test("words that are dragged stay where they were put, and nothing is measured anew", () => {
  const { desk, seen } = sitting([LINE]);
  hold(desk, "label");
  desk.drag([60, 30], 1);
  desk.commit();
  assert.deepEqual(seen.list, [{ ...LINE, label_at: [15, 35] }]);
  assert.deepEqual(seen.steps, ["Move: Length"]);
});

test("words go along with the whole annotation, and stay when one handle moves", () => {
  const { desk, seen } = sitting([{ ...LINE, label_at: [15, 35] }]);
  desk.nudge(seen.list[0]!, { part: "body" }, [10, 0]);
  desk.commit();
  assert.deepEqual(seen.list[0]?.label_at, [25, 35]);
  desk.nudge(seen.list[0]!, { part: "handle", index: 1 }, [10, 0]);
  desk.commit();
  assert.deepEqual(seen.list[0]?.label_at, [25, 35]);
});

test("words of what is locked are moved out of the way, but not for good", () => {
  const { desk, seen } = sitting([LINE]);
  desk.hold({ ...LINE, locked: true }, { part: "label" }, { from: [50, 0], label: [5, 5] });
  desk.drag([60, 30], 1);
  desk.commit();
  assert.deepEqual(desk.moved.get(LINE.id), [15, 35]);
  assert.deepEqual(seen.steps, []);
});

test("keys that are held down make one step", () => {
  const { desk, seen } = sitting([LINE]);
  for (let each = 0; each < 5; each += 1) desk.nudge(desk.find(LINE.id)!, { part: "handle", index: 1 }, [1, 0]);
  assert.ok(desk.nudged);
  desk.commit();
  assert.deepEqual(seen.steps, ["Move: Length"]);
  assert.deepEqual(seen.list[0]?.points, [[0, 0], [105, 0]]);
});

test("what is locked is not removed", () => {
  const { desk, seen } = sitting([{ ...LINE, locked: true }]);
  desk.remove(LINE.id);
  assert.equal(seen.list.length, 1);
});

test("removing tells and chooses nothing", () => {
  const { desk, seen } = sitting([LINE]);
  desk.selected = LINE.id;
  desk.remove(LINE.id);
  assert.deepEqual([seen.list, seen.steps, seen.chosen], [[], ["Remove: Length"], [LINE.id, null]]);
});

test("a text is kept when it has words", () => {
  const { desk, seen } = sitting();
  desk.tool = "text";
  desk.draw({ type: "press", at: [5, 5], scale: 1 });
  desk.draw({ type: "release", at: [5, 5], scale: 1 });
  assert.equal(seen.list.length, 0);
  desk.written(seen.asked[0]!, null, true);
  desk.written(seen.asked[0]!, "", true);
  assert.equal(seen.list.length, 0);
  desk.written(seen.asked[0]!, "nodule?", true);
  assert.deepEqual(seen.list.map((each) => each.text), ["nodule?"]);
  desk.written(seen.list[0]!, "", false);
  assert.equal(seen.list.length, 0);
});

test("a nudge of something that has gone meanwhile is dropped", () => {
  const { desk, seen } = sitting([LINE]);
  hold(desk, "body");
  seen.list = [];
  desk.drag([99, 99], 1);
  desk.commit();
  assert.equal(seen.list.length, 0);
});

test("an annotation is put down by keys alone", () => {
  const { desk, seen } = sitting();
  desk.tool = "ellipse";
  desk.place([100, 100], 40);
  assert.deepEqual(seen.list[0]?.points, [[80, 100], [120, 100], [100, 90], [100, 110]]);
});

test("a second finger takes back the point that the first one put down, and leaves the others", () => {
  const { desk } = sitting();
  desk.tool = "cobb";
  desk.draw({ type: "press", at: [0, 0], scale: 1 });
  desk.draw({ type: "release", at: [50, 0], scale: 1 });
  desk.draw({ type: "press", at: [0, 90], scale: 1 });
  desk.letGo();
  assert.equal(desk.drawing, "hovering");
  assert.deepEqual(desk.shown()[0]?.points.slice(0, 2), [[0, 0], [50, 0]]);
});
