/** What a painter needs for one picture. Both painters draw the same scene to the same pixels, but for rounding. */

import type { Grid } from "./affine.ts";
import type { Source } from "./pyramid.ts";

/** One picture to draw. */
export interface Scene {
  readonly grid: Grid;
  /** Greys, or red, green and blue. */
  readonly channels: readonly Source[];
  /** Whether magnified pixels run into each other. */
  readonly smooth: boolean;
  /** Greys 0…255 by cell: 256 or 65,536. */
  readonly table: Uint8Array;
  /** 255 where an overlay is drawn, null for none. */
  readonly overlay: Source | null;
  /** 255 where a shutter hides, null for none. It lies above overlays, as in the server's pictures. */
  readonly shutter: Source | null;
  readonly shutterGrey: number;
}

/** Draws scenes. What it keeps from one to the next makes a change of greys cheap. */
export interface Painter {
  /** Draw onto a canvas whose size is the grid's. */
  paint(scene: Scene, target: CanvasRenderingContext2D): void;
  dispose(): void;
}
