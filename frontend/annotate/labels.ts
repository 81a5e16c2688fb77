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

/** Give the best place for a text; where it stood before, while that is free. */
export function placed(placing: Placing): Placed {
  const boxes = candidates(placing);
  const near = nearby(placing, boxes);
  const before = placing.last === undefined ? undefined : boxes[placing.last];
  if (before && obstacles(before, near, 0) <= 0) return { box: before, choice: placing.last! };
  let best: Placed & { cost: number } = { box: boxes[0]!, choice: 0, cost: Infinity };
  boxes.forEach((box, choice) => {
    const own = choice * ORDER_COST - (choice === placing.last ? STAYING : 0);
    if (own >= best.cost) return;
    const cost = own + obstacles(box, near, best.cost - own);
    if (cost < best.cost) best = { box, choice, cost };
  });
  return { box: best.box, choice: best.choice };
}

/** Leave out what no candidate can touch. */
function nearby(placing: Placing, boxes: readonly Box[]): Placing {
  const left = Math.min(...boxes.map((box) => box.x));
  const top = Math.min(...boxes.map((box) => box.y));
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - left;
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - top;
  const around = { x: left, y: top, width, height };
  const lines = placing.lines.filter((line) => crosses(line, around));
  return { ...placing, lines, taken: placing.taken.filter((other) => overlap(around, other) > 0) };
}

/** Give what speaks against a place: what it covers and what of it is outside. Stops counting beyond `enough`. */
function obstacles(box: Box, { lines, taken, within }: Placing, enough: number): number {
  const outside = 1 - overlap(box, within) / Math.max(box.width * box.height, 1);
  let cost = outside > 1e-6 ? outside * OUTSIDE_COST : 0;
  for (const other of taken) {
    if (cost > enough) return cost;
    if (overlap(box, other) > 0) cost += BOX_COST;
  }
  for (const line of lines) {
    if (cost > enough) return cost;
    if (crosses(line, box)) cost += LINE_COST;
  }
  return cost;
}

function candidates({ width, height, anchors }: Placing): Box[] {
  const found = anchors.flatMap((anchor) => DIRECTIONS.map((way) => beside(anchor, way, width, height)));
  return found.length ? found : [{ x: 0, y: 0, width, height }];
}

function beside([x, y]: Point, [right, down]: Point, width: number, height: number): Box {
  const along = (at: number, way: number, size: number) => at + way * GAP + ((way - 1) / 2) * size;
  return { x: along(x, right, width), y: along(y, down, height), width, height };
}

/** Give the area that two boxes share. */
export function overlap(one: Box, other: Box): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Say whether a line goes through a box (clipped as Liang and Barsky do). */
export function crosses([[x0, y0], [x1, y1]]: Segment, { x, y, width, height }: Box): boolean {
  if (Math.max(x0, x1) < x || Math.min(x0, x1) > x + width) return false; // most lines, and at once
  if (Math.max(y0, y1) < y || Math.min(y0, y1) > y + height) return false;
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
