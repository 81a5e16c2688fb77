import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { listen, studyOf } from "./live.ts";

/** A stream that says what it is told to, and what a listener to it has heard. */
function stream() {
  const source = Object.assign(new EventTarget(), { close: () => undefined }) as unknown as EventSource;
  const heard: string[] = [];
  const stop = listen(source, {
    onStudies: (studies) => heard.push([...studies].join()),
    onReload: () => heard.push("reload"),
    onLiveness: (state) => heard.push(state),
  });
  const say = (name: string, data = "") => source.dispatchEvent(new MessageEvent(name, { data }));
  return { heard, say, stop };
}

test("an event names its study", () => {
  assert.equal(studyOf('{"study":"1.2.3"}'), "1.2.3");
});

test("what is no such event names none", () => {
  for (const data of ["", "{", "null", "[]", '{"study":5}', '{"study":""}'])
    assert.equal(studyOf(data), null);
});

test("a burst of changes is one question", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { heard, say } = stream();
  say("study", '{"study":"1"}');
  say("status", '{"study":"2"}');
  say("study", '{"study":"1"}');
  assert.deepEqual(heard, []);
  mock.timers.runAll();
  assert.deepEqual(heard, ["1,2"]);
  mock.timers.reset();
});

test("whoever has fallen too far behind asks for everything anew, at once and for nothing else", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { heard, say } = stream();
  say("study", '{"study":"1"}');
  say("reload", "{}");
  mock.timers.runAll();
  assert.deepEqual(heard, ["reload"]);
  mock.timers.reset();
});
