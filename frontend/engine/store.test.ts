import assert from "node:assert/strict";
import { test } from "node:test";

import type { Decode } from "./codec.worker.ts";
import { FrameError, PREFIX } from "./fetching.ts";
import { frameUrl } from "./job.ts";
import type { Frame, RenderModel } from "./model.ts";
import type { Decoder } from "./pool.ts";
import { FrameStore } from "./store.ts";

const SIDE = 1024;

/** The main header of a codestream of 1024 × 1024 with a tile-part for each of three resolutions, then noughts. */
function codestream(size: number): Uint8Array<ArrayBuffer> {
  const word = (value: number): number[] => [value >> 8, value & 0xff];
  const long = (value: number): number[] => [...word(value >>> 16), ...word(value & 0xffff)];
  const siz = [0xff, 0x51, ...word(41), 0x40, 0, ...long(SIDE), ...long(SIDE), ...long(0), ...long(0),
    ...long(SIDE), ...long(SIDE), ...long(0), ...long(0), ...word(1), 11, 1, 1];
  const cod = [0xff, 0x52, ...word(12), 0, 2, ...word(1), 0, 2, 4, 4, 0x40, 1];
  const lengths = [50_000, 300_000, size];
  const tlm = [0xff, 0x55, ...word(4 + 15), 0, 0x50, ...lengths.flatMap((each) => [0, ...long(each)])];
  const bytes = new Uint8Array(size);
  bytes.set([0xff, 0x4f, ...siz, ...cod, ...tlm, 0xff, 0x90, ...word(10)]);
  return bytes;
}

function model(changes: Partial<RenderModel> = {}, size = 0): RenderModel {
  const pixels = { codec: "htj2k", url: "/api/i/frames/1", bits: 12, signed: false, size, lossless: true };
  const side = { rows: SIDE, columns: SIDE };
  return { frame: 1, frames: 9, ...side, kind: "grey", padding: null, pixels, ...changes } as RenderModel;
}

/** A server in memory: answers ranges, notes what it was asked. */
class Server {
  body: Uint8Array<ArrayBuffer>;
  asked: string[] = [];
  etag = '"1"';
  ranges = true;
  status = 0;
  hold: Promise<void> | null = null;
  readonly fetch: typeof fetch = async (url, init) => {
    const headers = new Headers(init?.headers);
    const range = headers.get("Range");
    const condition = headers.has("If-Range") ? ` if ${headers.get("If-Range")}` : "";
    this.asked.push(`${String(url)} ${range ?? "whole"}${condition}`);
    if (this.hold) await this.hold;
    init?.signal?.throwIfAborted();
    if (this.status) return Response.json({ title: "No", detail: "not now" }, { status: this.status });
    return this.#answer(range, headers.get("If-Range"));
  };

  constructor(body: Uint8Array<ArrayBuffer>) {
    this.body = body;
  }

  #answer(range: string | null, condition: string | null): Response {
    const headers = { ETag: this.etag };
    if (!range || !this.ranges || (condition && condition !== this.etag)) return new Response(this.body, { headers });
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(range)!;
    const end = Math.min(to ? Number(to) + 1 : this.body.length, this.body.length);
    const part = this.body.slice(Number(from), end);
    const content = `bytes ${from}-${end - 1}/${this.body.length}`;
    return new Response(part, { status: 206, headers: { ...headers, "Content-Range": content } });
  }
}

/** A decoder that gives an empty picture of the right size and notes what it was given. */
class Notes implements Decoder {
  tasks: { level: number; length: number; first: number }[] = [];
  side = SIDE;
  decode({ bytes, level }: Decode): Promise<Frame> {
    this.tasks.push({ level, length: bytes.length, first: bytes[0]! });
    const side = Math.ceil(this.side / 2 ** level);
    return Promise.resolve({ columns: side, rows: side, level, data: new Uint16Array(side * side) });
  }
  dispose(): void {
    this.tasks = [];
  }
}

function house(size = 2_000_000, cacheBytes = 64 << 20) {
  const server = new Server(codestream(size));
  const decoder = new Notes();
  const signedOut: number[] = [];
  const store = new FrameStore({ cacheBytes, decoder, fetch: server.fetch, signedOut: () => signedOut.push(1) });
  return { server, decoder, store, signedOut };
}

function watcher() {
  const seen: string[] = [];
  return { seen, onFrame: ({ level }: Frame, quality: string) => void seen.push(`${quality} ${level}`) };
}

test("a large frame comes as a beginning, a preview from it, and the rest on the same condition", async () => {
  const { server, decoder, store } = house();
  const { seen, onFrame } = watcher();
  const frame = await store.load(model(), 1, { onFrame });
  assert.deepEqual(server.asked, ["/api/i/frames/1 bytes=0-131071", `/api/i/frames/1 bytes=131072- if "1"`]);
  // 50,000 bytes of the smallest resolution lie in the beginning, 350,000 of the next do not
  assert.deepEqual(decoder.tasks.map(({ level }) => level), [2, 0]);
  assert.equal(decoder.tasks[1]!.length, 2_000_000);
  assert.equal(seen.at(-1), "full 0");
  assert.equal(frame.columns, SIDE);
});

test("a small frame comes in one piece", async () => {
  const { server, store } = house(90_000);
  await store.load(model({}, 90_000), 1, watcher());
  assert.deepEqual(server.asked, ["/api/i/frames/1 whole"]);
});

test("a frame of unknown size that fits into the beginning is asked for once", async () => {
  const { server, store } = house(90_000);
  await store.load(model(), 1, watcher());
  assert.deepEqual(server.asked, ["/api/i/frames/1 bytes=0-131071"]);
});

test("a frame that changed between beginning and rest is the new one from its first byte", async () => {
  const { server, decoder, store } = house();
  const loading = store.load(model(), 1, watcher());
  await new Promise((resolve) => setImmediate(resolve));
  server.etag = '"2"';
  server.body = Uint8Array.from({ length: 1_000 }, () => 7);
  server.asked = [];
  await loading;
  const last = decoder.tasks.at(-1)!;
  if (server.asked.length) assert.deepEqual([last.length, last.first], [1_000, 7]);
  else assert.equal(last.length, 2_000_000);
});

test("a frame is kept and given at once the second time", async () => {
  const { server, store } = house();
  const first = await store.load(model(), 1, watcher());
  const asked = server.asked.length;
  const { seen, onFrame } = watcher();
  assert.equal(await store.load(model(), 1, { onFrame }), first);
  assert.equal(server.asked.length, asked);
  assert.deepEqual(seen, ["full 0"]);
});

test("two who want the same frame share one request", async () => {
  const { server, store } = house();
  const [one, other] = await Promise.all([store.load(model(), 1, watcher()), store.load(model(), 1, watcher())]);
  assert.equal(one, other);
  assert.equal(server.asked.length, 2);
});

test("the cache holds no more than its bytes: the frame used longest ago goes", async () => {
  const { server, store } = house(90_000, 5 << 20); // a frame takes 2 MiB
  for (const frame of [1, 2, 1, 3]) await store.load(model(), frame, watcher());
  assert.ok(store.cachedBytes <= 5 << 20);
  server.asked = [];
  await store.load(model(), 1, watcher());
  assert.deepEqual(server.asked, []);
  await store.load(model(), 2, watcher());
  assert.equal(server.asked.length, 1);
});

test("who gives up hears its own reason, and when all gave up the request ends", async () => {
  const { server, store, decoder } = house();
  let open = (): void => undefined;
  server.hold = new Promise((resolve) => (open = resolve));
  const stop = new AbortController();
  const loading = store.load(model(), 1, { ...watcher(), signal: stop.signal });
  stop.abort(new Error("moved on"));
  await assert.rejects(loading, /moved on/);
  open();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(decoder.tasks, []);
});

test("one who gives up leaves the other its frame", async () => {
  const { store } = house();
  const stop = new AbortController();
  const one = store.load(model(), 1, { ...watcher(), signal: stop.signal });
  const other = store.load(model(), 1, watcher());
  stop.abort(new Error("moved on"));
  await assert.rejects(one, /moved on/);
  assert.equal((await other).columns, SIDE);
});

test("a refusal says what the server said, and a session that is over is told", async () => {
  const { server, store, signedOut } = house();
  server.status = 401;
  await assert.rejects(store.load(model(), 1, watcher()), 
    (error: FrameError) => error.fault === "refused" && error.status === 401 && error.detail === "not now",
  );
  assert.deepEqual(signedOut, [1]);
  server.status = 0;
  assert.equal((await store.load(model(), 1, watcher())).columns, SIDE);
});

test("a frame of another size than its model is refused", async () => {
  const { decoder, store } = house();
  decoder.side = 512;
  await assert.rejects(store.load(model(), 1, watcher()), (error: FrameError) =>
    error.fault === "damaged" && /512 × 512 pixels instead of 1024 × 1024/.test(error.detail),
  );
});

test("prefetched frames wait until nothing is wanted, and are there when it is", async () => {
  const { server, store } = house();
  store.prefetch(model(), 2);
  store.prefetch(model(), 3);
  await store.load(model(), 1, watcher());
  await store.load(model(), 2, watcher());
  await store.load(model(), 3, watcher());
  const urls = server.asked.map((each) => each.split(" ")[0]);
  assert.equal(urls.filter((url) => url === "/api/i/frames/2").length, 2);
  assert.equal(urls.filter((url) => url === "/api/i/frames/3").length, 2);
});

test("a server that knows no ranges is heard all the same, and that is said", async (context) => {
  const { server, store } = house();
  server.ranges = false;
  const warned = context.mock.method(console, "warn", () => undefined);
  await store.load(model(), 1, watcher());
  assert.equal(server.asked.length, 1);
  assert.equal(warned.mock.callCount(), 1);
});

test("other frames have other addresses", () => {
  assert.equal(frameUrl(model(), 1), "/api/i/frames/1");
  assert.equal(frameUrl(model(), 12), "/api/i/frames/12");
  const third = model({ frame: 3, pixels: { ...model().pixels, url: "/x/frames/3?a=1" } });
  assert.equal(frameUrl(third, 4), "/x/frames/4?a=1");
});

test("the beginning is 128 KiB", () => {
  assert.equal(PREFIX, 131_072);
});
