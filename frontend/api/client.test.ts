import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { address, call, currentSession, onSignedOut, Problem, resume, signIn, signOut } from "./client.ts";

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

let sent: Sent[] = [];
let answers: (() => Response)[] = [];

/** Stands for the server: remembers what it was sent, gives the answers that wait. */
function serve(path: string, asked: RequestInit): Promise<Response> {
  const body = typeof asked.body === "string" ? (JSON.parse(asked.body) as unknown) : undefined;
  sent.push({ method: asked.method ?? "", path, headers: asked.headers as Record<string, string>, body });
  const next = answers.shift();
  return next ? Promise.resolve(next()) : Promise.reject(new TypeError("no network"));
}

function json(body: unknown, status = 200): () => Response {
  return () => new Response(JSON.stringify(body), { status });
}

function session(name: string, csrf: string): object {
  const far = Date.now() / 1000 + 10_000;
  return { name, csrf, roles: [], permissions: [], language: "en", theme: "dark", expires_at: far, idle_s: 1000 };
}

function empty(status = 204): () => Response {
  return () => new Response(null, { status });
}

beforeEach(async () => {
  globalThis.fetch = serve as typeof fetch;
  answers = [empty()];
  await signOut();
  sent = [];
  answers = [];
});

after(async () => {
  answers = [empty()];
  await signOut(); // or the watch over its idling would keep this process
});

test("values of a path and of a query are escaped, and what is undefined is left out", () => {
  assert.equal(
    address("/api/patients/{number}/x", { path: { number: "a/b c" }, query: { q: "é&=", none: undefined, m: ["CR", "DX"] } }),
    "/api/patients/a%2Fb%20c/x?q=%C3%A9%26%3D&m=CR&m=DX",
  );
});

test("what changes something says the token of the session, what reads does not", async () => {
  answers = [json(session("lea", "token-1")), json({}), empty()];
  await signIn("lea", "secret");
  await call("GET", "/api/me");
  await call("POST", "/api/send", { body: { a: 1 } });
  assert.deepEqual(sent.map((each) => each.headers["X-CSRF-Token"]), [undefined, undefined, "token-1"]);
  assert.deepEqual(sent[2]?.body, { a: 1 });
  assert.ok(sent.every((each) => each.headers["X-Requested-With"]), "so that the browser shows no window of its own");
});

test("a refusal is a problem with all that the server said", async () => {
  answers = [json({ type: "about:blank", title: "Conflict", status: 409, detail: "held", reader: { name: "max" } }, 409)];
  await assert.rejects(call("POST", "/api/x"), (error: Problem) => {
    assert.deepEqual([error.status, error.title, error.message, error.isConflict], [409, "Conflict", "held", true]);
    assert.deepEqual(error.members["reader"], { name: "max" });
    return true;
  });
});

test("a server that is away is a problem of status 0", async () => {
  await assert.rejects(call("GET", "/api/x"), (error: Problem) => error.status === 0 && error.isTemporary);
});

test("a request after the session ended is sent again once the same person has signed in", async () => {
  answers = [json(session("lea", "old")), json({}, 401)];
  await signIn("lea", "secret");
  const told = new Promise<void>((resolve) => {
    const end = onSignedOut(() => (end(), resolve()));
  });
  const kept = call<{ version: number }>("PUT", "/api/draft", { body: { version: 1 } });
  await told;
  assert.equal(currentSession()?.name, "lea", "the page still knows whose work it shows");
  answers = [json(session("lea", "new")), json({ version: 2 })];
  await signIn("lea", "secret");
  assert.deepEqual(await kept, { version: 2 });
  assert.equal(sent.at(-1)?.headers["X-CSRF-Token"], "new");
});

test("what one person wrote is never sent under another's name", async () => {
  answers = [json(session("lea", "old")), json({}, 401)];
  await signIn("lea", "secret");
  const told = new Promise<void>((resolve) => {
    const end = onSignedOut(() => (end(), resolve()));
  });
  const kept = call("PUT", "/api/draft", { body: {} });
  const refused = assert.rejects(kept, (error: Problem) => error.status === 401);
  await told;
  answers = [json(session("max", "new"))];
  await signIn("max", "secret");
  await refused;
  assert.equal(sent.length, 3);
});

test("a token that another tab made stale is fetched anew, and the change sent again", async () => {
  answers = [json(session("lea", "old")), json({ type: "urn:radiotheque:problem:csrf", status: 403 }, 403)];
  await signIn("lea", "secret");
  answers.push(json(session("lea", "new")), json({ done: true }));
  assert.deepEqual(await call("POST", "/api/x"), { done: true });
  assert.equal(sent.at(-1)?.headers["X-CSRF-Token"], "new");
});

test("any other refusal is not tried again", async () => {
  answers = [json({ type: "about:blank", status: 403 }, 403)];
  await assert.rejects(call("POST", "/api/x"), (error: Problem) => error.status === 403);
  assert.equal(sent.length, 1);
});

test("a wrong password fails at once and asks nobody to sign in", async () => {
  answers = [json({ title: "Sign in" }, 401)];
  await assert.rejects(signIn("lea", "wrong"), (error: Problem) => error.status === 401);
});

test("a browser without a session is told so without a failure", async () => {
  answers = [json({ title: "Sign in" }, 401)];
  assert.equal(await resume(), null);
});

test("waiting for a sign-in ends when the request is given up", async () => {
  answers = [json({}, 401)];
  const given = new AbortController();
  const told = new Promise<void>((resolve) => {
    const end = onSignedOut(() => (end(), resolve()));
  });
  const refused = assert.rejects(call("GET", "/api/x", { signal: given.signal }), { name: "AbortError" });
  await told;
  given.abort();
  await refused;
});
