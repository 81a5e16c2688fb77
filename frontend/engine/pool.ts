/** A few decoding workers and the tasks that wait for them, the urgent ones first. */

import type { Decode, DecodeAnswer, DecodeTask } from "./codec.worker.ts";
import type { Frame } from "./model.ts";

/** Decodes frames; gives up when the signal says so, as far as a task has not begun. */
export interface Decoder {
  decode(task: Decode, options: { urgent: boolean; signal: AbortSignal }): Promise<Frame>;
  dispose(): void;
}

interface Waiting {
  decode: Decode;
  urgent: boolean;
  signal: AbortSignal;
  resolve: (frame: Frame) => void;
  reject: (error: unknown) => void;
}

interface Slot {
  worker: Worker | null;
  task: Waiting | null;
}

/** A pool of workers. They start at once, one after the other, and load the codec before the first image needs it. */
export class Pool implements Decoder {
  readonly #slots: Slot[];
  readonly #queue: Waiting[] = [];
  #last = 0;

  constructor(workers: number) {
    this.#slots = Array.from({ length: workers }, () => ({ worker: null, task: null }));
    this.#warm();
  }

  /** Start the next worker that has not. */
  #warm(): void {
    const cold = this.#slots.find(({ worker }) => !worker);
    if (cold) this.#worker(cold).postMessage({ id: 0, decode: null } satisfies DecodeTask);
  }

  #worker(slot: Slot): Worker {
    if (slot.worker) return slot.worker;
    const worker = new Worker(new URL("./codec.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => this.#answered(slot, data);
    worker.onerror = () => this.#broke(slot);
    slot.worker = worker;
    return worker;
  }

  decode(decode: Decode, { urgent, signal }: { urgent: boolean; signal: AbortSignal }): Promise<Frame> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.#queue.push({ decode, urgent, signal, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    const slot = this.#slots.find(({ task }) => !task);
    if (!slot) return;
    const urgent = this.#queue.findIndex((task) => task.urgent);
    const [task] = this.#queue.splice(Math.max(urgent, 0), 1);
    if (!task) return;
    if (task.signal.aborted) task.reject(task.signal.reason);
    else this.#begin(slot, task);
    this.#next();
  }

  #begin(slot: Slot, task: Waiting): void {
    slot.task = task;
    const { bytes, level } = task.decode;
    const message: DecodeTask = { id: (this.#last += 1), decode: task.decode };
    // a whole body is handed over; of a beginning, which the rest is still to follow, the worker gets a copy
    const own = level === 0 && bytes.length === bytes.buffer.byteLength;
    this.#worker(slot).postMessage(message, own ? [bytes.buffer] : []);
  }

  #answered(slot: Slot, { id, frame, error }: DecodeAnswer): void {
    if (id === 0) return error ? undefined : this.#warm();
    const { task } = slot;
    slot.task = null;
    if (frame) task?.resolve(frame);
    else task?.reject(new Error(error ?? "the frame cannot be decoded"));
    this.#next();
  }

  /** A worker that fell over takes its task with it; the next task gets a new one. */
  #broke(slot: Slot): void {
    const { worker, task } = slot;
    slot.worker = null;
    slot.task = null;
    worker?.terminate();
    task?.reject(new Error("the decoder broke off"));
    this.#next();
  }

  dispose(): void {
    const closed = new DOMException("closed", "AbortError");
    for (const { worker, task } of this.#slots.splice(0)) {
      worker?.terminate();
      task?.reject(closed);
    }
    for (const task of this.#queue.splice(0)) task.reject(closed);
  }
}
