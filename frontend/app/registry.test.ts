import assert from "node:assert/strict";
import { test } from "node:test";

import { type Action, Registry } from "./registry.ts";

function action(id: string, keys: readonly string[], more: Partial<Action<string>> = {}): Action<string> {
  return { id, label: id, keys, run: () => undefined, ...more };
}

test("the scope registered last answers first, and its end gives the key back", () => {
  const registry = new Registry<string>();
  registry.register("app", [action("app.one", ["A"])]);
  const end = registry.register("page", [action("page.one", ["A"])]);
  assert.equal(registry.find("A")?.id, "page.one");
  end();
  assert.equal(registry.find("A")?.id, "app.one");
});

test("an action that cannot run lets the key pass", () => {
  const registry = new Registry<string>();
  registry.register("app", [action("app.one", ["A"])]);
  registry.register("page", [action("page.one", ["A"], { enabled: () => false })]);
  assert.equal(registry.find("A")?.id, "app.one");
});

test("a key of one's own replaces the default keys, and none takes them away", () => {
  const registry = new Registry<string>();
  registry.register("app", [action("app.one", ["A", "B"]), action("app.two", ["C"])]);
  registry.remap({ "app.one": "ctrl+x", "app.two": "" });
  assert.equal(registry.find("A"), null);
  assert.equal(registry.find("Ctrl+X")?.id, "app.one");
  assert.equal(registry.find("C"), null);
});

test("a clash is seen within a scope and with the application, not between pages", () => {
  const registry = new Registry<string>();
  registry.describe("app", [action("app.keys", ["?"])]);
  registry.describe("worklist", [action("worklist.search", ["/"])]);
  registry.describe("viewer", [action("viewer.fit", ["F"])]);
  assert.equal(registry.clash("viewer.fit", "?")?.id, "app.keys");
  assert.equal(registry.clash("viewer.fit", "/"), null);
  assert.equal(registry.clash("app.keys", "f")?.id, "viewer.fit");
});

test("an action stays known after its page has gone", () => {
  const registry = new Registry<string>();
  registry.register("page", [action("page.one", ["A"])])();
  assert.deepEqual(
    registry.all().map(({ id, active }) => [id, active]),
    [["page.one", false]],
  );
});
