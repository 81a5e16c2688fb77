import assert from "node:assert/strict";
import { test } from "node:test";

import { DraftKeeper, united } from "./drafts.ts";
import type { Sent } from "./drafts.ts";

/** A clock that goes on when it is told. */
class Clock {
  waiting: { run: () => void; ms: number }[] = [];
  set = (run: () => void, ms: number): unknown => {
    const entry = { run, ms };
    this.waiting.push(entry);
    return entry;
  };
  clear = (handle: unknown): void => {
    this.waiting = this.waiting.filter((each) => each !== handle);
  };
  async ring(): Promise<number> {
    const [next] = this.waiting.splice(0, 1);
    next?.run();
    await new Promise((resolve) => setImmediate(resolve));
    return next?.ms ?? -1;
  }
}

function keeper(answers: Sent[], version = 3) {
  const clock = new Clock();
  const sent: [number, string][] = [];
  const said: string[] = [];
  let draft = "a";
  const made = new DraftKeeper<string>(version, {
    send: async (at, text) => {
      sent.push([at, text]);
      return answers.shift() ?? { kind: "saved", version: at + 1 };
    },
    current: () => draft,
    timers: clock,
    told: () => said.push(made.state),
  });
  const change = (text: string) => {
    draft = text;
    made.changed();
  };
  return { made, clock, sent, said, change };
}

test("a draft goes out once, a second after the last of several changes, with the version it was made on", async () => {
  const { made, clock, sent, change } = keeper([]);
  change("b");
  change("c");
  assert.equal(clock.waiting.length, 1);
  assert.equal(await clock.ring(), 1000);
  assert.deepEqual(sent, [[3, "c"]]);
  assert.equal(made.version, 4);
  assert.equal(made.state, "saved");
  assert.equal(made.unsaved, false);
});

test("while the server is away nothing is lost and it is tried again, later and later", async () => {
  const { made, clock, sent, change } = keeper([{ kind: "offline" }, { kind: "offline" }]);
  change("b");
  await clock.ring();
  assert.equal(made.state, "offline");
  assert.equal(made.unsaved, true);
  assert.equal(await clock.ring(), 2000);
  assert.equal(await clock.ring(), 5000);
  assert.deepEqual(sent.at(-1), [3, "b"]);
  assert.equal(made.state, "saved");
});

test("over a conflict nothing is sent until it is settled, and then upon the newer version", async () => {
  const { made, clock, sent, change } = keeper([{ kind: "conflict" }]);
  change("b");
  await clock.ring();
  assert.equal(made.state, "conflict");
  change("c");
  assert.equal(clock.waiting.length, 0);
  made.settle(9, true);
  await clock.ring();
  assert.deepEqual(sent, [[3, "b"], [9, "c"]]);
});

test("what is refused stays unsaved and says why", async () => {
  const { made, clock, change } = keeper([{ kind: "refused", detail: "not permitted" }]);
  change("b");
  await clock.ring();
  assert.equal(made.state, "refused");
  assert.equal(made.detail, "not permitted");
  assert.equal(made.unsaved, true);
  assert.equal(clock.waiting.length, 0);
});

test("flush sends at once what is unsaved, and nothing when all is saved", async () => {
  const { made, sent, change } = keeper([]);
  await made.flush();
  assert.deepEqual(sent, []);
  change("b");
  await made.flush();
  assert.deepEqual(sent, [[3, "b"]]);
});

test("a change that comes while one is being sent goes out after it", async () => {
  const { made, clock, sent, change } = keeper([]);
  change("b");
  const flushed = made.flush();
  change("c");
  await flushed;
  await clock.ring();
  assert.deepEqual(sent, [[3, "b"], [4, "c"]]);
});

test("an ended session is said while something waits for it", () => {
  const { made, change } = keeper([]);
  made.signedOut();
  assert.equal(made.state, "saved");
  change("b");
  made.signedOut();
  assert.equal(made.state, "expired");
});

test("two lists unite without loss: what both have once, what differs under one id twice", () => {
  const ours = [{ id: "1", text: "same" }, { id: "2", text: "ours" }, { id: "3", text: "new" }];
  const theirs = [{ id: "1", text: "same" }, { id: "2", text: "theirs" }, { id: "4", text: "other" }];
  assert.deepEqual(united(ours, theirs, () => "fresh"), [...theirs, { id: "fresh", text: "ours" }, { id: "3", text: "new" }]);
});
