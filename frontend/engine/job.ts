/** One frame on its way: fetched, previewed from its beginning, decoded; for all who wait for it. */

import { bytesFor, levelIn, readCodestream } from "./codestream.ts";
import type { Codestream } from "./codestream.ts";
import { FrameError, PREFIX, fetchPrefix, fetchRest, fetchWhole, messageOf } from "./fetching.ts";
import type { Asking, Body } from "./fetching.ts";
import type { Frame, Quality, RenderModel } from "./model.ts";
import type { Decoder } from "./pool.ts";

/** Somebody who waits; `wanted` is the size on the screen in its own pixels. */
export interface Listener {
  onFrame: (frame: Frame, quality: Quality) => void;
  wanted?: { columns: number; rows: number };
}

/** What a job works with. */
export interface Means {
  decoder: Decoder;
  fetch: typeof fetch;
  now: () => number;
}

/** A better preview is made on the way when the rest takes longer than this (ms) and so many bytes are missing. */
const PATIENCE_MS = 300;
const WORTHWHILE = 256 * 1024;

/** A frame being fetched and decoded. `urgent` is false while nobody but the prefetching wants it. */
export class Job {
  readonly url: string;
  readonly listeners = new Set<Listener>();
  readonly abort = new AbortController();
  readonly done: Promise<Frame>;
  urgent: boolean;
  preview: Frame | null = null;
  readonly #model: RenderModel;
  readonly #means: Means;
  readonly #size: number;
  #previewing = false;
  #finished = false;

  constructor(model: RenderModel, frame: number, means: Means, urgent: boolean) {
    this.url = frameUrl(model, frame);
    this.urgent = urgent;
    this.#model = model;
    this.#means = means;
    this.#size = frame === model.frame ? model.pixels.size : 0;
    this.done = this.#run();
    this.done.catch(() => undefined); // those who wait hear of it themselves
  }

  get #asking(): Asking {
    return { fetch: this.#means.fetch, signal: this.abort.signal, priority: this.urgent ? "high" : "low" };
  }

  async #run(): Promise<Frame> {
    const { pixels } = this.#model;
    const inParts = pixels.codec === "htj2k" && (this.#size === 0 || this.#size > PREFIX);
    const bytes = inParts ? await this.#progressive() : await fetchWhole(this.url, this.#asking);
    const frame = await this.#decoded(bytes, 0);
    this.#finished = true;
    const { columns, rows } = this.#model;
    if (frame.columns === columns && frame.rows === rows) return frame;
    const detail = `the frame has ${frame.columns} × ${frame.rows} pixels instead of ${columns} × ${rows}`;
    throw new FrameError("damaged", { detail });
  }

  async #progressive(): Promise<Uint8Array<ArrayBuffer>> {
    const body = await fetchPrefix(this.url, this.#asking);
    if (body.have === body.bytes.length) return body.bytes;
    const header = readCodestream(body.bytes.subarray(0, body.have));
    const begun = this.#means.now();
    if (header) this.#better(header, body);
    const whole = await fetchRest(this.url, body, this.#asking, (now) => {
      const late = this.#means.now() - begun > PATIENCE_MS;
      if (header && late && now.bytes.length - now.have > WORTHWHILE) this.#better(header, now);
    });
    return whole.bytes;
  }

  /** Begin a preview from what is there, when it is finer than the last one and anybody looks. */
  #better(header: Codestream, { bytes, have }: Body): void {
    const total = bytes.length;
    const found = levelIn(header, have, total);
    if (found === null || !this.listeners.size || this.#previewing) return;
    const level = Math.max(found, Math.min(this.#coarsest(), header.levels));
    if (this.preview && level >= this.preview.level) return;
    this.#previewing = true;
    const part = bytes.slice(0, Math.min(bytesFor(header, level, total), have));
    void this.#decoded(part, level).then(
      (frame) => this.#show(frame),
      () => undefined, // the whole frame will tell what is wrong
    ).finally(() => (this.#previewing = false));
  }

  /** Give the coarsest level that is still as large as anybody's screen; the half size when nobody said. */
  #coarsest(): number {
    const ratios = [...this.listeners].map(({ wanted }) =>
      wanted ? Math.min(this.#model.columns / wanted.columns, this.#model.rows / wanted.rows) : 2,
    );
    return Math.max(Math.floor(Math.log2(Math.max(Math.min(...ratios), 1))), 1);
  }

  #show(frame: Frame): void {
    if (this.#finished || this.abort.signal.aborted) return;
    this.preview = frame;
    for (const { onFrame } of this.listeners) onFrame(frame, "preview");
  }

  async #decoded(bytes: Uint8Array<ArrayBuffer>, level: number): Promise<Frame> {
    const { pixels, kind, columns, rows, padding } = this.#model;
    const task = { bytes, pixels, grey: kind === "grey", columns, rows, level, padding };
    try {
      return await this.#means.decoder.decode(task, { urgent: this.urgent, signal: this.abort.signal });
    } catch (error) {
      this.abort.signal.throwIfAborted();
      throw new FrameError("damaged", { detail: messageOf(error) });
    }
  }
}

/** Give the address of a frame (from 1) of a model's image. */
export function frameUrl(model: Pick<RenderModel, "pixels" | "frame">, frame: number): string {
  if (frame === model.frame) return model.pixels.url;
  return model.pixels.url.replace(/\/frames\/\d+(?=$|[?#])/, `/frames/${frame}`);
}
