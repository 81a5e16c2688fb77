/** Cine: frames in time on the active pane; a frame that is late is passed over, so that the pace is right. */

import { FrameClock } from "../engine/index.ts";
import type { Pane } from "./pane.ts";
import type { Action } from "./state.ts";

/** The speeds of the speed control, as shares of the recorded one. */
export const SPEEDS: readonly number[] = [0.25, 0.5, 1, 2];

/** What playing needs of the sitting. */
export interface Stage {
  readonly pane: Pane | null;
  indexOf(pane: Pane): number;
  dispatch(action: Action): void;
  tell(): void;
}

/** Plays the frames of one pane. */
export class Cine {
  speed = 1;
  #pane: Pane | null = null;
  #clock: FrameClock | null = null;
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Whether a pane is being played. */
  plays(pane: Pane | null): boolean {
    return this.#pane !== null && this.#pane === pane;
  }

  /** Play the active pane, or stop. */
  toggle(): void {
    if (this.#pane) return this.stop();
    const { pane } = this.#stage;
    if (!pane?.model || !pane.seen || pane.model.frames < 2) return;
    const { instance } = pane.seen.item;
    const show = (frame: number): void => {
      if (pane.seen?.item.instance !== instance) return this.stop();
      if (pane.loading || frame === pane.seen.frame) return;
      this.#stage.dispatch({ type: "frame", cell: this.#stage.indexOf(pane), frame });
    };
    this.#pane = pane;
    this.#clock = new FrameClock(pane.model.frames, pane.model.cine, show);
    this.#clock.speed = this.speed;
    this.#clock.seek(pane.seen.frame);
    this.#clock.play();
    this.#stage.tell();
  }

  /** Stop where it is. */
  stop(): void {
    if (!this.#pane) return;
    this.#clock?.stop();
    this.#clock = null;
    this.#pane = null;
    this.#stage.tell();
  }

  /** Take the next or previous speed. */
  change(by: number): void {
    const at = Math.max(0, SPEEDS.indexOf(this.speed));
    this.speed = SPEEDS[Math.min(Math.max(0, at + by), SPEEDS.length - 1)]!;
    if (this.#clock) this.#clock.speed = this.speed;
    this.#stage.tell();
  }
}
