/** The loupe: a round second viewport under the pointer that shows the same image larger. */

import { Viewport } from "../engine/index.ts";
import type { Pane } from "./pane.ts";

const SIDE = 240;
const LARGER = 2.5;

/** A loupe over one stage; its canvas is made when it is first wanted. */
export class Loupe {
  readonly #stage: HTMLElement;
  #box: HTMLElement | null = null;
  #viewport: Viewport | null = null;

  constructor(stage: HTMLElement) {
    this.#stage = stage;
  }

  /** Show what lies under a point of the stage (CSS pixels). Greys are those of the pane. */
  show(pane: Pane, [x, y]: readonly [number, number]): void {
    if (!pane.model || !pane.frame || !pane.quality) return;
    const viewport = this.#open();
    const box = this.#box!;
    box.hidden = false;
    box.style.transform = `translate(${x - SIDE / 2}px, ${y - SIDE / 2}px)`;
    viewport.show(pane.model, pane.frame, pane.quality);
    const view = pane.viewport.plain;
    const centre = pane.viewport.toImage(x, y);
    viewport.set({ ...view, zoom: Math.max(view.zoom * LARGER, 1), centre });
  }

  #open(): Viewport {
    if (this.#viewport) return this.#viewport;
    this.#box = document.createElement("div");
    this.#box.className = "viewer-loupe";
    const canvas = document.createElement("canvas");
    this.#box.append(canvas);
    this.#stage.append(this.#box);
    this.#viewport = new Viewport(canvas, { mode: "cpu" });
    this.#viewport.resize();
    return this.#viewport;
  }

  /** Hide it. */
  hide(): void {
    if (this.#box) this.#box.hidden = true;
  }

  /** Let go of it. */
  dispose(): void {
    this.#viewport?.dispose();
    this.#box?.remove();
    this.#viewport = null;
    this.#box = null;
  }
}
