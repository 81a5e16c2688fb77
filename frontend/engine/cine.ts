/** The clock of a running picture: tells which frame is due (PS3.3 C.7.6.5). */

/** What the file says of its pace. */
export interface Pace {
  /** Milliseconds from the frame before to each frame (Frame Time Vector), the first 0; empty when steady. */
  frame_times_ms: readonly number[];
  /** Frames a second, 0 when unknown. */
  fps: number;
}

/** Frames a second where the file says nothing. */
export const USUAL_FPS = 15;

/** Asks to be called at the next picture of the screen, and gives a number to take that back. */
export interface Beat {
  ask(callback: (now: number) => void): number;
  cancel(asked: number): void;
}

const SCREEN: Beat = {
  ask: (callback) => requestAnimationFrame(callback),
  cancel: (asked) => cancelAnimationFrame(asked),
};

/** Runs through the frames of an image, round and round. Frames count from 1. */
export class FrameClock {
  readonly #standing: number[];
  readonly #show: (frame: number) => void;
  readonly #beat: Beat;
  #frame = 1;
  #speed = 1;
  #asked = 0;
  #last = 0;
  #spent = 0;

  constructor(frames: number, pace: Pace, show: (frame: number) => void, beat: Beat = SCREEN) {
    this.#standing = standing(frames, pace);
    this.#show = show;
    this.#beat = beat;
  }

  get frame(): number {
    return this.#frame;
  }

  get playing(): boolean {
    return this.#asked !== 0;
  }

  /** How many times the recorded speed. */
  get speed(): number {
    return this.#speed;
  }

  set speed(times: number) {
    if (times > 0 && Number.isFinite(times)) this.#speed = times;
  }

  play(): void {
    if (this.playing || this.#standing.length < 2) return;
    this.#last = -1;
    this.#ask();
  }

  stop(): void {
    if (this.#asked) this.#beat.cancel(this.#asked);
    this.#asked = 0;
    this.#spent = 0;
  }

  /** Stop and go so many frames on or back, round and round. */
  step(by: number): void {
    this.stop();
    this.#go(this.#frame + by);
  }

  /** Go to a frame. */
  seek(frame: number): void {
    this.#spent = 0;
    this.#go(frame);
  }

  #go(frame: number): void {
    const count = this.#standing.length;
    this.#frame = ((((frame - 1) % count) + count) % count) + 1;
    this.#show(this.#frame);
  }

  #ask(): void {
    this.#asked = this.#beat.ask((now) => this.#due(now));
  }

  #due(now: number): void {
    if (this.#last >= 0) this.#spent += (now - this.#last) * this.#speed;
    this.#last = now;
    this.#ask();
    let next = this.#frame;
    // a screen slower than the frames passes some over: the time is right, not the number of frames
    const round = this.#standing.reduce((sum, each) => sum + each, 0);
    this.#spent %= round;
    while (this.#spent >= this.#standing[next - 1]!) {
      this.#spent -= this.#standing[next - 1]!;
      next = (next % this.#standing.length) + 1;
    }
    if (next !== this.#frame) this.#go(next);
  }
}

/** Give how long each frame stands in ms: until the increment of the next; the last as long as the one before it. */
export function standing(frames: number, { frame_times_ms: times, fps }: Pace): number[] {
  const steady = 1000 / (fps > 0 ? fps : USUAL_FPS);
  if (times.length !== frames) return new Array<number>(Math.max(frames, 1)).fill(steady);
  return times.map((_, i) => {
    const increment = times[i + 1] ?? times[i];
    return increment && increment > 0 ? increment : steady;
  });
}
