/** Frames: fetched, decoded, kept while there is room. */

import { FrameError } from "./fetching.ts";
import { Job, frameUrl } from "./job.ts";
import type { Listener, Means } from "./job.ts";
import type { Frame, RenderModel } from "./model.ts";
import { Pool } from "./pool.ts";
import type { Decoder } from "./pool.ts";
import { bytesOfFrame } from "./pyramid.ts";

/** How a store is made. `cacheBytes` caps decoded frames; `signedOut` hears that the session is over. */
export interface StoreOptions {
  cacheBytes: number;
  workers?: number;
  signedOut?: () => void;
  /** Stand-ins for tests. */
  decoder?: Decoder;
  fetch?: typeof fetch;
  now?: () => number;
}

/** How a frame is loaded. `onFrame` may be called with previews before the full frame. */
export interface LoadOptions extends Listener {
  signal?: AbortSignal;
}

/** Frames wanted soon, at most so many: the oldest wish is given up first. */
const WISHES = 16;

/** Decoded frames, those used longest ago thrown out first when there are too many bytes. */
class Cache {
  readonly #frames = new Map<string, Frame>();
  readonly #most: number;
  bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(url: string): Frame | undefined {
    const frame = this.#frames.get(url);
    if (!frame) return undefined;
    this.#frames.delete(url);
    this.#frames.set(url, frame);
    return frame;
  }

  has(url: string): boolean {
    return this.#frames.has(url);
  }

  put(url: string, frame: Frame): void {
    const bytes = bytesOfFrame(frame);
    if (bytes > this.#most || this.#frames.has(url)) return;
    this.#frames.set(url, frame);
    this.bytes += bytes;
    for (const [oldest, old] of this.#frames) {
      if (this.bytes <= this.#most) return;
      this.#frames.delete(oldest);
      this.bytes -= bytesOfFrame(old);
    }
  }

  clear(): void {
    this.#frames.clear();
    this.bytes = 0;
  }
}

/** Loads frames, each once however many ask, and prefetches when nothing else is on its way. */
export class FrameStore {
  readonly #cache: Cache;
  readonly #means: Means;
  readonly #signedOut: () => void;
  readonly #jobs = new Map<string, Job>();
  readonly #wishes = new Map<string, { model: RenderModel; frame: number }>();

  constructor(options: StoreOptions) {
    this.#cache = new Cache(options.cacheBytes);
    this.#signedOut = options.signedOut ?? (() => undefined);
    this.#means = {
      decoder: options.decoder ?? new Pool(options.workers ?? 2),
      fetch: options.fetch ?? ((...wanted) => fetch(...wanted)),
      now: options.now ?? (() => performance.now()),
    };
  }

  /** Bytes of decoded frames that are kept now. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  /** Give a frame (from 1) in full quality. Raises `FrameError`, or the signal's reason. */
  async load(model: RenderModel, frame: number, { signal, onFrame, wanted }: LoadOptions): Promise<Frame> {
    signal?.throwIfAborted();
    const url = frameUrl(model, frame);
    const known = this.#cache.get(url);
    if (known) {
      onFrame(known, "full");
      return known;
    }
    const listener: Listener = wanted ? { onFrame, wanted } : { onFrame };
    const job = this.#join(url, model, frame, listener);
    try {
      const found = await orAborted(job.done, signal);
      onFrame(found, "full");
      return found;
    } finally {
      this.#leave(job, listener);
    }
  }

  #join(url: string, model: RenderModel, frame: number, listener: Listener): Job {
    this.#wishes.delete(url);
    const job = this.#jobs.get(url) ?? this.#start(model, frame, true);
    job.urgent = true;
    job.listeners.add(listener);
    if (job.preview) listener.onFrame(job.preview, "preview");
    return job;
  }

  #leave(job: Job, listener: Listener): void {
    job.listeners.delete(listener);
    if (!job.listeners.size && this.#jobs.get(job.url) === job) {
      job.abort.abort();
      this.#jobs.delete(job.url);
    }
    this.#prefetchNext();
  }

  #start(model: RenderModel, frame: number, urgent: boolean): Job {
    const job = new Job(model, frame, this.#means, urgent);
    this.#jobs.set(job.url, job);
    const forget = (): void => {
      if (this.#jobs.get(job.url) === job) this.#jobs.delete(job.url);
      this.#prefetchNext();
    };
    job.done.then(
      (found) => {
        this.#cache.put(job.url, found);
        forget();
      },
      (error: unknown) => {
        if (error instanceof FrameError && error.status === 401) this.#signedOut();
        forget();
      },
    );
    return job;
  }

  /** Load a frame (from 1) when nothing more urgent is on its way. Failures are silent: `load` will tell. */
  prefetch(model: RenderModel, frame: number): void {
    const url = frameUrl(model, frame);
    if (this.#cache.has(url) || this.#jobs.has(url)) return;
    this.#wishes.delete(url);
    this.#wishes.set(url, { model, frame });
    for (const oldest of [...this.#wishes.keys()].slice(0, -WISHES)) this.#wishes.delete(oldest);
    this.#prefetchNext();
  }

  #prefetchNext(): void {
    if (this.#jobs.size) return;
    const [url] = this.#wishes.keys();
    if (url === undefined) return;
    const { model, frame } = this.#wishes.get(url)!;
    this.#wishes.delete(url);
    this.#start(model, frame, false);
  }

  /** Let go of everything: what is on its way is given up. */
  dispose(): void {
    this.#wishes.clear();
    for (const job of this.#jobs.values()) job.abort.abort();
    this.#jobs.clear();
    this.#means.decoder.dispose();
    this.#cache.clear();
  }
}

/** Wait for a promise or for the signal, whichever is first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
