import assert from "node:assert/strict";
import { test } from "node:test";

import { parseRoute, patientPath, studyPath } from "./router.ts";

test("every page has its path", () => {
  assert.deepEqual(parseRoute("/app/"), { page: "worklist" });
  assert.deepEqual(parseRoute("/app"), { page: "worklist" });
  assert.deepEqual(parseRoute("/app/settings"), { page: "settings" });
  assert.deepEqual(parseRoute("/app/help/"), { page: "help" });
  assert.deepEqual(parseRoute(studyPath("1.2.840.1")), { page: "study", study: "1.2.840.1" });
  assert.deepEqual(parseRoute(patientPath(7)), { page: "patient", number: "7" });
});

test("a path of no page leads nowhere", () => {
  for (const path of [
    "/app/what",
    "/app/studies",
    "/app/studies/",
    "/app/studies/1/2",
    "/app/settings/x",
    "/app/patients/%",
  ]) {
    assert.equal(parseRoute(path).page, "nowhere", path);
  }
});
