/** What buttons, wheel and fingers do: pure functions from movements to views. */

import type { ViewState } from "../engine/index.ts";
import type { Window } from "./linking.ts";

/** What a drag or the wheel may do; "tool" is the tool of the toolbar. */
export type Deed = "tool" | "window" | "zoom" | "pan" | "stack" | "none";

/** What each button and the wheel do unless the user's preferences say otherwise. */
export const MOUSE: Readonly<Record<string, Deed>> = {
  left: "tool",
  middle: "pan",
  right: "window",
  "shift+left": "pan",
  "ctrl+left": "zoom",
  wheel: "stack",
  "ctrl+wheel": "zoom",
  "shift+wheel": "pan",
};

const BUTTONS = ["left", "middle", "right"];
const DEEDS: readonly string[] = ["tool", "window", "zoom", "pan", "stack", "none"];

/** What is read of a mouse event. */
export interface Pressed {
  button: number;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** Give what a button press does; an unknown word in the preferences counts as nothing said. */
export function deedOf(event: Pressed, mine: Readonly<Record<string, string>>): Deed {
  const button = BUTTONS[event.button];
  return button ? meaning(event, button, mine) : "none";
}

/** Give what a turn of the wheel does; in a stack of one image it zooms. */
export function wheelDeed(event: Omit<Pressed, "button">, mine: Readonly<Record<string, string>>, stack: number): Deed {
  const deed = meaning(event, "wheel", mine);
  return deed === "stack" && stack <= 1 ? "zoom" : deed;
}

function meaning(event: Omit<Pressed, "button">, what: string, mine: Readonly<Record<string, string>>): Deed {
  const prefix = event.shiftKey ? "shift+" : event.ctrlKey || event.metaKey ? "ctrl+" : "";
  const said = mine[prefix + what];
  if (said !== undefined && DEEDS.includes(said)) return said as Deed;
  return MOUSE[prefix + what] ?? MOUSE[what] ?? "none";
}

/** Give the window after a drag of (dx, dy) CSS pixels: to the right wider, downwards a higher centre and so darker.
 *
 * 400 pixels are one width of the window at the start, so the hand's way is the same for every kind of image.
 */
export function draggedWindow(start: Window, dx: number, dy: number): Window {
  const unit = Math.max(start.width, 1) / 400;
  return {
    centre: start.centre + dy * unit,
    width: Math.max(1, start.width + dx * unit * 2),
    function: start.function,
  };
}

/** The smallest and largest zoom, in CSS pixels an image pixel. */
export const ZOOMS: readonly [number, number] = [0.01, 64];

/** Give a zoom within bounds. */
export function boundedZoom(zoom: number): number {
  return Math.min(Math.max(zoom, ZOOMS[0]), ZOOMS[1]);
}

/** Give the zoom after a drag: upwards larger, 150 CSS pixels are a factor of e. */
export function draggedZoom(start: number, dy: number): number {
  return boundedZoom(start * Math.exp(-dy / 150));
}

/** Give the zoom after a turn of the wheel (CSS pixels of deltaY). */
export function wheeledZoom(zoom: number, delta: number): number {
  return boundedZoom(zoom * Math.exp(-Math.max(-200, Math.min(200, delta)) / 500));
}

/** Give the centre that keeps an image point where it is while the zoom goes from one to another. */
export function zoomedAbout(
  centre: readonly [number, number],
  point: readonly [number, number],
  factor: number,
): [number, number] {
  return [point[0] + (centre[0] - point[0]) / factor, point[1] + (centre[1] - point[1]) / factor];
}

/** Two fingers: how far apart and where between them, in CSS pixels. */
export interface Pinch {
  distance: number;
  middle: [number, number];
}

/** Give the pinch of two fingers. */
export function pinch(one: readonly [number, number], other: readonly [number, number]): Pinch {
  return {
    distance: Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1])),
    middle: [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2],
  };
}

/** Give the window that shows the values of a region: from its least to its greatest (LINEAR, PS3.3 C.11.2.1.2.1). */
export function regionWindow(values: Iterable<number>): Window | null {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (!(most >= least)) return null;
  return { centre: (least + most + 1) / 2, width: Math.max(1, most - least + 1), function: "LINEAR" };
}

/** Say whether a view shows greys that were worked on: sharpened, equalised, bent or subtracted. */
export function isProcessed(view: Pick<ViewState, "sharpen" | "clahe" | "gamma" | "subtraction">): boolean {
  return view.sharpen !== null || view.clahe !== null || view.gamma !== 1 || view.subtraction !== null;
}
