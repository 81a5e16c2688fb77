/** Overlays and shutters as planes of the image's own size: 255 where something lies, 0 elsewhere. */

import { bitAt, bytesOf } from "./bits.ts";
import type { OverlayPlane, Plane, RenderModel, ShutterShape } from "./model.ts";
import { Pyramid } from "./pyramid.ts";
import type { Source } from "./pyramid.ts";
import { Recent } from "./recent.ts";

type Image = Pick<RenderModel, "rows" | "columns" | "overlays" | "shutter">;

const overlays = new Recent<Image, Source | null>(8);
const shutters = new Recent<Image, Source | null>(8);

/** Give an image's overlays in one (PS3.3 C.9.2), null without any. They are kept a while. */
export function overlayOf(model: Image): Source | null {
  return overlays.get(model, () => (model.overlays.length ? new Pyramid(drawnOverlays(model)) : null));
}

/** Give what an image's shutter hides (PS3.3 C.7.6.11, C.7.6.15), null without one. It is kept a while. */
export function shutterOf(model: Image): Source | null {
  return shutters.get(model, () => {
    const shapes = model.shutter?.shapes ?? [];
    return shapes.length ? new Pyramid(drawnShutter(model, shapes)) : null;
  });
}

function blank({ rows, columns }: Image): Plane & { data: Uint8Array } {
  return { rows, columns, data: new Uint8Array(rows * columns) };
}

/** Give all overlays of an image in one plane. */
export function drawnOverlays(model: Image): Plane {
  const plane = blank(model);
  for (const overlay of model.overlays) stamp(plane, overlay);
  return plane;
}

type Bits = Pick<OverlayPlane, "rows" | "columns" | "data" | "origin">;

/** Put the set bits of a bitmap onto a plane; what lies beyond it is cut. */
function stamp(plane: Plane, { rows, columns, data, origin }: Bits): void {
  const bytes = bytesOf(data);
  const [left, top] = [Math.round(origin[0]), Math.round(origin[1])];
  const [from, to] = [Math.max(0, -left), Math.min(columns, plane.columns - left)];
  for (let y = Math.max(0, -top); y < Math.min(rows, plane.rows - top); y += 1) {
    const at = (y + top) * plane.columns + left;
    for (let x = from; x < to; x += 1) if (bitAt(bytes, y * columns + x)) plane.data[at + x] = 255;
  }
}

/** Give what a shutter hides: what is not inside all its shapes, and what a bitmap covers (PS3.3 C.7.6.11.1). */
export function drawnShutter(model: Image, shapes: readonly ShutterShape[]): Plane {
  const plane = blank(model);
  for (const shape of shapes) {
    if (shape.shape === "bitmap") stamp(plane, shape);
    else hideAround(plane, shape);
  }
  return plane;
}

type Outline = Exclude<ShutterShape, { shape: "bitmap" }>;

function hideAround(plane: Plane, outline: Outline): void {
  for (let y = 0; y < plane.rows; y += 1) {
    const row = y * plane.columns;
    let done = 0;
    for (const [from, to] of seen(outline, y + 0.5)) {
      const first = Math.min(Math.max(Math.ceil(from - 0.5), done), plane.columns);
      plane.data.fill(255, row + done, row + first);
      done = Math.min(Math.max(Math.floor(to - 0.5) + 1, first), plane.columns);
    }
    plane.data.fill(255, row + done, row + plane.columns);
  }
}

/** Give the stretches of a line through pixel centres that lie inside an outline, from left to right. */
function seen(outline: Outline, y: number): [number, number][] {
  switch (outline.shape) {
    case "rectangle":
      return y >= outline.top && y <= outline.bottom ? [[outline.left, outline.right]] : [];
    case "circle":
      return chord(outline.centre, outline.radius, y);
    case "polygon":
      return crossings(outline.points, y);
  }
}

function chord([x, y0]: readonly [number, number], radius: number, y: number): [number, number][] {
  const square = radius * radius - (y - y0) ** 2;
  if (square < 0) return [];
  return [[x - Math.sqrt(square), x + Math.sqrt(square)]];
}

function crossings(points: readonly [number, number][], y: number): [number, number][] {
  const found: number[] = [];
  points.forEach(([x0, y0], i) => {
    const [x1, y1] = points[(i + 1) % points.length]!;
    if (y0 <= y === y1 <= y) return;
    found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  });
  found.sort((one, other) => one - other);
  return Array.from({ length: found.length >> 1 }, (_, i) => [found[2 * i]!, found[2 * i + 1]!]);
}
