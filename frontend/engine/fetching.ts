/** Bytes of a frame from the server: its beginning first, then the rest (RFC 9110 14). */

/** So many bytes are asked for first: enough for a picture an eighth as large of most radiographs. */
export const PREFIX = 128 * 1024;

/** Why a frame could not be had: the server said no, was not reached, broke off, or sent what cannot be shown. */
export type FrameFault = "refused" | "unreachable" | "broken_off" | "damaged";

/** A frame that could not be had. `status` is HTTP's, 0 without an answer; the words are the server's, or English. */
export class FrameError extends Error {
  override name = "FrameError";
  readonly fault: FrameFault;
  readonly status: number;
  readonly title: string;
  readonly detail: string;

  constructor(fault: FrameFault, said: { status?: number; title?: string; detail?: string }) {
    super(said.detail || said.title || fault);
    this.fault = fault;
    this.status = said.status ?? 0;
    this.title = said.title ?? "";
    this.detail = said.detail ?? "";
  }
}

/** How to ask: `fetch` may be a stand-in in tests. */
export interface Asking {
  fetch: typeof fetch;
  signal: AbortSignal;
  priority: "high" | "low" | "auto";
}

/** What has arrived: the first `have` bytes of `bytes`, which is as long as the body will be. */
export interface Body {
  bytes: Uint8Array<ArrayBuffer>;
  have: number;
  etag: string;
}

/** Hears how many bytes there are by now. */
export type Progress = (body: Body) => void;

async function ask(url: string, headers: Record<string, string>, asking: Asking): Promise<Response> {
  const { fetch, signal, priority } = asking;
  let response: Response;
  try {
    response = await fetch(url, { headers, signal, priority, credentials: "same-origin" });
  } catch (error) {
    signal.throwIfAborted();
    throw new FrameError("unreachable", { detail: messageOf(error) });
  }
  if (!response.ok) throw await problemIn(response);
  return response;
}

async function problemIn(response: Response): Promise<FrameError> {
  const said: { title?: string; detail?: string } = await response.json().catch(() => ({}));
  const { status, statusText } = response;
  return new FrameError("refused", { status, title: said.title ?? statusText, detail: said.detail ?? "" });
}

/** Give the words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Give a whole body. */
export async function fetchWhole(url: string, asking: Asking): Promise<Uint8Array<ArrayBuffer>> {
  const response = await ask(url, {}, asking);
  return bytesOf(response, asking.signal);
}

async function bytesOf(response: Response, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    signal.throwIfAborted();
    throw new FrameError("broken_off", { detail: messageOf(error) });
  }
}

/** Give the first bytes of a body. When a server answers with all of it, the console says so: nothing is saved then. */
export async function fetchPrefix(url: string, asking: Asking): Promise<Body> {
  const response = await ask(url, { Range: `bytes=0-${PREFIX - 1}` }, asking);
  const etag = response.headers.get("ETag") ?? "";
  const part = await bytesOf(response, asking.signal);
  const total = response.status === 206 ? totalOf(response) : part.length;
  if (response.status !== 206 && part.length > PREFIX) console.warn(`asked for a range, got the whole of ${url}`);
  if (total === part.length) return { bytes: part, have: total, etag };
  const bytes = new Uint8Array(total);
  bytes.set(part);
  return { bytes, have: part.length, etag };
}

/** Give the body's length out of Content-Range. */
function totalOf(response: Response): number {
  const total = Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1]);
  if (total > 0) return total;
  throw new FrameError("damaged", { detail: "the server does not say how long the frame is" });
}

/** Give the whole body after its beginning. When it changed meanwhile, it is the new one, from its first byte on. */
export async function fetchRest(url: string, body: Body, asking: Asking, progress: Progress): Promise<Body> {
  // a weak validator may not be used here (RFC 9110 13.1.5)
  const strong = body.etag.startsWith('"') ? { "If-Range": body.etag } : undefined;
  const response = await ask(url, { Range: `bytes=${body.have}-`, ...strong }, asking);
  if (response.status !== 206) {
    const bytes = await bytesOf(response, asking.signal);
    return { bytes, have: bytes.length, etag: response.headers.get("ETag") ?? "" };
  }
  const start = /^bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "")?.[1];
  if (Number(start) !== body.have) {
    throw new FrameError("damaged", { detail: "the server sent another part than was asked for" });
  }
  await poured(response, body, asking.signal, progress);
  if (body.have !== body.bytes.length) throw new FrameError("broken_off", { detail: "the frame broke off on its way" });
  return body;
}

async function poured(response: Response, body: Body, signal: AbortSignal, progress: Progress): Promise<void> {
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) return;
      body.bytes.set(value.subarray(0, body.bytes.length - body.have), body.have);
      body.have = Math.min(body.have + value.length, body.bytes.length);
      progress(body);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new FrameError("broken_off", { detail: messageOf(error) });
  }
}
