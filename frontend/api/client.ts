/**
 * The JSON API as the screens call it: typed by our own OpenAPI, with the CSRF token, and with work kept over a
 * session that ends.
 *
 * A request that is answered 401 is not lost: `onSignedOut` is told, and the request is sent again once the same person
 * has signed in. When somebody else signs in, it fails, so that nobody's work is written under another name.
 */
import type { Paths } from "./schema.d.ts";

/** Who is signed in: as `GET /api/session` tells it. */
export type Session = Paths["/api/session"]["get"]["answer"];

/** A method of HTTP that the API answers. */
export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that answer a method. */
export type PathsOf<M extends Method> = {
  [P in keyof Paths]: Paths[P] extends Record<M, unknown> ? P : never;
}[keyof Paths];

/** What a request may bring: values for `{name}` in the path, for the query string, and a body; as the API says. */
export type Options<Operation> = Given<Operation, "path"> & Given<Operation, "query"> & Given<Operation, "body"> & Extra;

/** What the answer holds. */
export type Answer<Operation> = Operation extends { answer: infer A } ? A : never;

type Given<Operation, Part extends string> =
  Operation extends Record<Part, infer Value>
    ? [Value] extends [never]
      ? { [name in Part]?: undefined }
      : object extends Value
        ? { [name in Part]?: Value }
        : { [name in Part]: Value }
    : { [name in Part]?: undefined };

interface Extra {
  readonly signal?: AbortSignal;
  /** Fail at 401 instead of waiting until the same person has signed in again. */
  readonly atOnce?: boolean;
}

type Arguments<Operation> = object extends Options<Operation>
  ? [options?: Options<Operation>]
  : [options: Options<Operation>];

/** A refusal or failure as the server told it (RFC 9457), or status 0 when it could not be reached. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** "about:blank", or the URN of a problem that has members of its own. */
  readonly type: string;
  readonly requestId: string;
  /** The whole document, for members of its own: `reader` of a lease, `resume_after` of the feed. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(status: number, members: Readonly<Record<string, unknown>> = {}) {
    const title = text(members["title"]);
    const detail = text(members["detail"]);
    super(detail || title || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.type = text(members["type"]) || "about:blank";
    this.requestId = text(members["instance"]).replace("urn:request:", "");
    this.members = members;
  }

  /** Say whether somebody else changed it first: show theirs, and ask. */
  get isConflict(): boolean {
    return this.status === 409;
  }

  /** Say whether trying again later may help: the server was away, or busy. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 503;
  }
}

/** The type of the problem that a request without the session's own token is answered with. */
export const CSRF_PROBLEM = "urn:radiotheque:problem:csrf";

const SEEN = "radiotheque.seen";

/** A page that no hand has touched for so long asks by itself: that keeps no session from idling. */
const ATTENDED_MS = 60_000;

let touchedAt = Date.now();

let session: Session | null = null;
let awaited: Promise<Session> | null = null;
let resolveAwaited: ((next: Session) => void) | null = null;
let idle: ReturnType<typeof setTimeout> | undefined;
const signedOut = new Set<() => void>();
const changed = new Set<(next: Session | null) => void>();

/** Give who is signed in here, null for nobody; it stays while a session that ended waits to be renewed. */
export function currentSession(): Session | null {
  return session;
}

/** Be told when the session has ended and somebody must sign in; give the function that ends this. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

/** Be told who is signed in whenever that changes; give the function that ends this. */
export function onSession(listener: (next: Session | null) => void): () => void {
  changed.add(listener);
  return () => changed.delete(listener);
}

/** Ask whether the browser still has a session; null when it has none. Raises `Problem` for all other failures. */
export async function resume(): Promise<Session | null> {
  const response = await sent("GET", "/api/session", {});
  if (response.status === 401 || response.status === 404) return null;
  return begin(await answerOf<Session>(response));
}

/**
 * Sign in. What waited for this person is sent; what waited for another fails. Raises `Problem`: 401 when name or
 * password is wrong, 503 after too many failures.
 */
export async function signIn(name: string, password: string): Promise<Session> {
  const response = await sent("POST", "/api/session", { body: { name, password } });
  return begin(await answerOf<Session>(response));
}

/** Sign out. The screens forget who was there even when the server cannot be told. */
export async function signOut(): Promise<void> {
  try {
    await sent("DELETE", "/api/session", {});
  } finally {
    writeSeen(0); // the other tabs are told by its event
    leave();
  }
}

/** Read: `get("/api/studies/{study}", { path: { study } })`. Raises `Problem`. */
export function get<P extends PathsOf<"get">>(path: P, ...given: Arguments<Paths[P]["get"]>): Promise<Answer<Paths[P]["get"]>> {
  return call("GET", path, given[0]);
}

/** Make or do. Raises `Problem`. */
export function post<P extends PathsOf<"post">>(
  path: P,
  ...given: Arguments<Paths[P]["post"]>
): Promise<Answer<Paths[P]["post"]>> {
  return call("POST", path, given[0]);
}

/** Replace. Raises `Problem`. */
export function put<P extends PathsOf<"put">>(path: P, ...given: Arguments<Paths[P]["put"]>): Promise<Answer<Paths[P]["put"]>> {
  return call("PUT", path, given[0]);
}

/** Change in part. Raises `Problem`. */
export function patch<P extends PathsOf<"patch">>(
  path: P,
  ...given: Arguments<Paths[P]["patch"]>
): Promise<Answer<Paths[P]["patch"]>> {
  return call("PATCH", path, given[0]);
}

/** Remove. Raises `Problem`. */
export function remove<P extends PathsOf<"delete">>(
  path: P,
  ...given: Arguments<Paths[P]["delete"]>
): Promise<Answer<Paths[P]["delete"]>> {
  return call("DELETE", path, given[0]);
}

/** What `call` takes: as `Options`, untyped. */
export interface Loose {
  readonly path?: Readonly<Record<string, string | number>> | undefined;
  readonly query?: object | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly atOnce?: boolean | undefined;
}

/** Send a request and give the JSON of its answer, undefined when it has none. Raises `Problem`, `AbortError`. */
export async function call<T>(method: string, path: string, given?: Loose): Promise<T> {
  return answerOf<T>(await fetched(method, path, given));
}

/** As `call`, for answers that are no JSON: pictures, frames, documents. Raises `Problem`, `AbortError`. */
export async function fetched(method: string, path: string, given: Loose = {}): Promise<Response> {
  const asked = session?.name;
  const response = await sent(method, path, given);
  if (response.status === 401 && !given.atOnce) {
    await renewed(asked, given.signal);
    return checked(await sent(method, path, given));
  }
  if (response.status === 403 && (await isStale(response, asked))) return checked(await sent(method, path, given));
  return checked(response);
}

/** Give the address of a path of the API with its values put in, escaped. */
export function address(path: string, given: Pick<Loose, "path" | "query"> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given.path?.[name] ?? "")));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given.query ?? {}) as [string, unknown][]) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) query.append(name, String(one));
    }
  }
  const text = query.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

async function sent(method: string, path: string, given: Loose): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json, */*;q=0.5", "X-Requested-With": "radiotheque" };
  if (method !== "GET" && session !== null) headers["X-CSRF-Token"] = session.csrf;
  const isAttended = typeof document === "undefined" || Date.now() - touchedAt < ATTENDED_MS;
  if (!isAttended) headers["X-Unattended"] = "1";
  if (given.body !== undefined) headers["Content-Type"] = "application/json";
  const asked: RequestInit = { method, headers, credentials: "same-origin" };
  if (given.body !== undefined) asked.body = JSON.stringify(given.body);
  if (given.signal !== undefined) asked.signal = given.signal;
  try {
    const response = await fetch(address(path, given), asked);
    if (response.status !== 401 && isAttended) noteUse();
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, { title: "The server cannot be reached" });
  }
}

/** Let this tab ask to sign in as soon as another one of the browser has signed out. */
function listenToOtherTabs(): void {
  globalThis.addEventListener?.("storage", (event) => {
    if (event.key === SEEN && event.newValue === "0" && session !== null) tellSignedOut();
  });
}

/** Note when a hand was at the page: leases are renewed and lists brought up to date without one. */
function listenToHands(): void {
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    globalThis.addEventListener?.(kind, () => (touchedAt = Date.now()), { capture: true, passive: true });
  }
}

function tellSignedOut(): void {
  for (const listener of [...signedOut]) listener();
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const members: unknown = await response
    .clone()
    .json()
    .catch(() => ({ title: response.statusText }));
  throw new Problem(response.status, members as Record<string, unknown>);
}

async function answerOf<T>(response: Response): Promise<T> {
  const good = await checked(response);
  const body = await good.text();
  return (body === "" ? undefined : JSON.parse(body)) as T;
}

/** Wait until the person who asked is signed in again. Raises `Problem` 401 when it is another one. */
async function renewed(asked: string | undefined, signal: AbortSignal | undefined): Promise<void> {
  awaited ??= new Promise((resolve) => {
    resolveAwaited = resolve;
  });
  tellSignedOut();
  const next = await Promise.race([awaited, aborted(signal)]);
  if (asked !== undefined && next.name !== asked) throw new Problem(401, { title: "Somebody else signed in" });
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new DOMException("aborted", "AbortError"));
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Say whether the refusal was for an old CSRF token, as when another tab signed in: the new one is then known. */
async function isStale(response: Response, asked: string | undefined): Promise<boolean> {
  const members = (await response
    .clone()
    .json()
    .catch(() => ({}))) as Record<string, unknown>;
  if (members["type"] !== CSRF_PROBLEM) return false;
  return (await resume())?.name === asked;
}

function begin(next: Session): Session {
  session = next;
  resolveAwaited?.(next);
  awaited = resolveAwaited = null;
  noteUse();
  for (const listener of [...changed]) listener(next);
  return next;
}

function leave(): void {
  session = null;
  clearTimeout(idle);
  for (const listener of [...changed]) listener(null);
}

/**
 * Note that a person asked the server something, which is what keeps a session from idling; any tab of the browser counts.
 * Once none has for so long, the screens ask to sign in before anybody else can read them.
 */
function noteUse(): void {
  if (session === null) return;
  const now = Date.now();
  writeSeen(now);
  clearTimeout(idle);
  watch(session, Math.min(now + session.idle_s * 1000, session.expires_at * 1000) - now);
}

function watch(watched: Session, wait_ms: number): void {
  idle = setTimeout(() => {
    if (session !== watched) return;
    const left = Math.min(readSeen() + watched.idle_s * 1000, watched.expires_at * 1000) - Date.now();
    if (left > 0) watch(watched, left);
    else tellSignedOut();
  }, Math.min(wait_ms, MAX_WAIT_MS));
}

/** Write when a tab of this browser last asked the server something (ms since the epoch), 0 when one signed out. */
function writeSeen(moment: number): void {
  try {
    localStorage.setItem(SEEN, String(moment));
  } catch {
    // A browser that keeps nothing: each tab watches for itself.
  }
}

function readSeen(): number {
  try {
    return Number(localStorage.getItem(SEEN));
  } catch {
    return 0;
  }
}

/** The longest wait that `setTimeout` can keep (a signed 32-bit number of milliseconds). */
const MAX_WAIT_MS = 2 ** 31 - 1;

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

listenToOtherTabs();
listenToHands();
