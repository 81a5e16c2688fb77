import assert from "node:assert/strict";
import { test } from "node:test";

import { studyOf } from "./live.ts";

test("an event names its study", () => {
  assert.equal(studyOf('{"study":"1.2.3"}'), "1.2.3");
});

test("what is no such event names none", () => {
  for (const data of ["", "{", "null", "[]", '{"study":5}', '{"study":""}'])
    assert.equal(studyOf(data), null);
});
