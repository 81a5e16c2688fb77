import assert from "node:assert/strict";
import { after, test } from "node:test";

import { signIn, signOut } from "../api/client.ts";
import type { Preferences } from "./model.ts";
import { NO_PREFERENCES } from "./merging.ts";
import { currentPreferences, onPreferences, updatePreferences } from "./preferences.ts";

const fetched = globalThis.fetch;
const expires_at = Math.floor(Date.now() / 1000) + 3600;
const session = {
  name: "lea",
  roles: [],
  permissions: [],
  csrf: "c",
  language: "en",
  theme: "dark",
  expires_at,
  idle_s: 900,
};

after(async () => {
  globalThis.fetch = () => Promise.resolve(new Response(null, { status: 204 }));
  await signOut();
  globalThis.fetch = fetched;
});

/** Give a promise of the moment when the preferences are as wanted. */
function become(wanted: (preferences: Preferences) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const end = onPreferences(() => {
      if (!wanted(currentPreferences())) return;
      end();
      resolve();
    });
  });
}

test("a change that another window's came before is made again upon it, so that both hold", async () => {
  let kept: Preferences = { ...NO_PREFERENCES, version: 1 };
  globalThis.fetch = (address, options) => {
    if (String(address) === "/api/session") return Promise.resolve(Response.json(session));
    if (options?.method !== "PUT") return Promise.resolve(Response.json(kept));
    const given = JSON.parse(String(options.body)) as Preferences;
    if (given.version !== kept.version)
      return Promise.resolve(Response.json({ changed_by: "lea" }, { status: 409 }));
    kept = { ...given, version: kept.version + 1 };
    return Promise.resolve(Response.json({ version: kept.version }));
  };
  const loaded = become((now) => now.version === 1);
  await signIn("lea", "secret");
  await loaded;
  kept = { ...kept, version: 2, shortcuts: { theirs: "T" } }; // the other window
  const saved = become((now) => now.version === 3);
  updatePreferences({ shortcuts: { mine: "M" } });
  assert.deepEqual(currentPreferences().shortcuts, { mine: "M" }); // at once
  await saved;
  assert.deepEqual(kept.shortcuts, { theirs: "T", mine: "M" });
  assert.deepEqual(currentPreferences().shortcuts, { theirs: "T", mine: "M" });
});
