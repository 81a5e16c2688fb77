/** Where the texts of annotations stand so that they cover neither lines nor each other. Pure, in CSS pixels. */

import type { Point } from "./types.ts";

/** A rectangle on the screen. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A line on the screen that no text should cover. */
export type Segment = readonly [Point, Point];

/** What is to be placed, and what stands in its way. `last`: the place that it had, kept while it is nearly as good. */
export interface Placing {
  width: number;
  height: number;
  anchors: readonly Point[];
  lines: readonly Segment[];
  taken: readonly Box[];
  within: Box;
  last?: number;
}

/** A place: its box, and its number among the candidates. */
export interface Placed {
  box: Box;
  choice: number;
}

const GAP = 12;
const LINE_COST = 4;
const BOX_COST = 20;
const OUTSIDE_COST = 30;
const ORDER_COST = 0.15;
const STAYING = 1.5;

/** Around an anchor: right, below right, above right, below, above, left, below left, above left. */
const DIRECTIONS: readonly Point[] = [[1, 0], [1, 1], [1, -1], [0, 1], [0, -1], [-1, 0], [-1, 1], [-1, -1]];

/** Give the best place for a text. */
export function placed(placing: Placing): Placed {
  const boxes = candidates(placing);
  let best: Placed & { cost: number } = { box: boxes[0]!, choice: 0, cost: Infinity };
  boxes.forEach((box, choice) => {
    const cost = costOf(box, choice, placing);
    if (cost < best.cost) best = { box, choice, cost };
  });
  return { box: best.box, choice: best.choice };
}

function candidates({ width, height, anchors }: Placing): Box[] {
  const found = anchors.flatMap((anchor) => DIRECTIONS.map((way) => beside(anchor, way, width, height)));
  return found.length ? found : [{ x: 0, y: 0, width, height }];
}

function beside([x, y]: Point, [right, down]: Point, width: number, height: number): Box {
  const along = (at: number, way: number, size: number) => at + way * GAP + ((way - 1) / 2) * size;
  return { x: along(x, right, width), y: along(y, down, height), width, height };
}

function costOf(box: Box, choice: number, { lines, taken, within, last }: Placing): number {
  const crossed = lines.filter((line) => crosses(line, box)).length;
  const covered = taken.filter((other) => overlap(box, other) > 0).length;
  const outside = 1 - overlap(box, within) / Math.max(box.width * box.height, 1);
  const staying = choice === last ? STAYING : 0;
  return crossed * LINE_COST + covered * BOX_COST + outside * OUTSIDE_COST + choice * ORDER_COST - staying;
}

/** Give the area that two boxes share. */
export function overlap(one: Box, other: Box): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Say whether a line goes through a box (clipped as Liang and Barsky do). */
export function crosses([[x0, y0], [x1, y1]]: Segment, { x, y, width, height }: Box): boolean {
  let [from, to] = [0, 1];
  const sides: readonly Point[] = [[x0 - x1, x0 - x], [x1 - x0, x + width - x0], [y0 - y1, y0 - y], [y1 - y0, y + height - y0]];
  for (const [along, room] of sides) {
    if (along === 0 && room < 0) return false;
    if (along < 0) from = Math.max(from, room / along);
    if (along > 0) to = Math.min(to, room / along);
  }
  return from <= to;
}

/** Give the size of lines of text at a font size, by the mean width of a letter; close enough to place it. */
export function sizeOf(lines: readonly string[], fontSize: number): { width: number; height: number } {
  const longest = Math.max(0, ...lines.map((line) => line.length));
  return { width: longest * fontSize * 0.56 + 6, height: lines.length * fontSize * 1.3 + 4 };
}
