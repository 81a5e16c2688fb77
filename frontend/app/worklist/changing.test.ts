import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import type { Row } from "../model.ts";
import { change, changeSeveral } from "./changing.ts";

const row = { study: "1.2.3", version: 1, status: "new", priority: "routine", comment: "" } as unknown as Row;
const fetched = globalThis.fetch;

/** Let the server answer in turn; gives what it was asked. */
function answering(...answers: readonly (readonly [number, unknown])[]): string[] {
  const asked: string[] = [];
  const left = [...answers];
  globalThis.fetch = (address, options) => {
    asked.push(`${options?.method ?? "GET"} ${String(address)}`);
    const [status, body] = left.shift() ?? [500, {}];
    return Promise.resolve(Response.json(body, { status }));
  };
  return asked;
}

afterEach(() => {
  globalThis.fetch = fetched;
});

test("a change that nobody crossed is saved", async () => {
  const asked = answering([200, { ...row, version: 2, status: "read" }]);
  const outcome = await change(row, { status: "read" });
  assert.equal(outcome.kind === "saved" && outcome.row.version, 2);
  assert.deepEqual(asked, ["PATCH /api/worklist/1.2.3"]);
});

test("a change that another's came before is a conflict that names both and saves neither over the other", async () => {
  const theirs = { ...row, version: 2, comment: "theirs" };
  const asked = answering([409, { status: 409, changed_by: "max" }], [200, theirs]);
  const outcome = await change(row, { comment: "mine" });
  assert.deepEqual(outcome, { kind: "conflict", conflict: { theirs, mine: { comment: "mine" }, by: "max" } });
  assert.deepEqual(asked, ["PATCH /api/worklist/1.2.3", "GET /api/worklist/1.2.3"]);
});

test("two readers who say the same have no conflict", async () => {
  answering([409, { changed_by: "max" }], [200, { ...row, version: 2, status: "read" }]);
  assert.equal((await change(row, { status: "read" })).kind, "saved");
});

test("the status of what another reads is theirs, and that is no conflict of versions", async () => {
  answering([409, { reader: "max", until: 1 }]);
  assert.deepEqual(await change(row, { status: "read" }), { kind: "held", reader: "max" });
});

test("of several studies each is saved for itself", async () => {
  answering(
    [200, { ...row, version: 2 }],
    [409, { changed_by: "max" }],
    [200, { ...row, version: 5, priority: "routine" }],
    [404, {}],
  );
  const { saved, conflicts, failed } = await changeSeveral([row, row, row], { priority: "stat" });
  assert.deepEqual([saved.length, conflicts.length, failed], [1, 1, 1]);
});
