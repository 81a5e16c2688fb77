/** Annotations as they look on the screen: projected, labelled, named. No DOM. */

import { handlesOf } from "./edit.ts";
import type { Projection } from "./edit.ts";
import { FONT_SIZE } from "./figure.ts";
import type { Look } from "./figure.ts";
import { overlap, placed, sizeOf } from "./labels.ts";
import type { Box, Segment } from "./labels.ts";
import { anchorsOf, pathsOf } from "./shapes.ts";
import type { Path } from "./shapes.ts";
import type { Annotation, Point } from "./types.ts";

/** What is said of an annotation. */
export interface Said {
  lines: readonly string[];
  name: string;
  handleNames: readonly string[];
}

/** Everything that looks depend on besides the annotations. `moved`: where words of locked ones were put, in image pixels. */
export interface Scene {
  view: Projection;
  width: number;
  height: number;
  selected: string | null;
  focus: { id: string; handle: number } | null;
  reach: number;
  moved: ReadonlyMap<string, Point>;
  choices: Map<string, number>;
  said(annotation: Annotation): Said;
}

const YELLOW = "#ffe14d";
const GREEN = "#b6f2a8";

/** Lines beyond so many are not minded when texts are placed, of more annotations than these no lines at all. */
const MOST_LINES = 600;
const MANY_ANNOTATIONS = 150;

/** Give the looks of annotations in their order. */
export function looksOf(annotations: readonly Annotation[], scene: Scene): Look[] {
  const projected = annotations.map((annotation) => projectedPaths(annotation, scene.view));
  const lines = annotations.length > MANY_ANNOTATIONS ? [] : projected.flatMap(segments).slice(0, MOST_LINES);
  const taken: Box[] = [];
  return annotations.map((annotation, index) => lookOf(annotation, projected[index]!, { scene, lines, taken }));
}

interface Company {
  scene: Scene;
  lines: readonly Segment[];
  taken: Box[];
}

function lookOf(annotation: Annotation, paths: Path[], company: Company): Look {
  const { scene } = company;
  const said = scene.said(annotation);
  const selected = scene.selected === annotation.id;
  const focus = scene.focus?.id === annotation.id ? scene.focus : null;
  const place = labelPlace(annotation, said.lines, company);
  const handles = selected && !annotation.locked ? handlesOf(annotation.kind, annotation.points) : [];
  return {
    id: annotation.id,
    paths,
    handles: handles.map((at, index) => ({ at: onScreen(at, scene.view), name: said.handleNames[index] ?? "" })),
    lines: said.lines,
    ...place,
    colour: annotation.colour || (annotation.locked ? GREEN : YELLOW),
    name: said.name,
    selected,
    locked: annotation.locked,
    focused: focus?.handle === -1,
    focusedHandle: focus?.handle ?? -1,
    reach: scene.reach,
  };
}

/** Give a place of the image on the screen. */
export function onScreen([x, y]: Point, view: Projection): Point {
  const [left, top] = view.toScreen(x, y);
  return [left, top];
}

function projectedPaths({ kind, points }: Annotation, view: Projection): Path[] {
  return pathsOf(kind, points).map((path) => ({ ...path, points: path.points.map((point) => onScreen(point, view)) }));
}

/** Of a curve of many corners every sixth will do to keep texts off it. */
function segments(paths: readonly Path[]): Segment[] {
  return paths.flatMap(({ points: all, closed }) => {
    const points = all.length > 36 ? all.filter((_, index) => index % 6 === 0 || index === all.length - 1) : all;
    const ends = closed ? [...points.slice(1), points[0]!] : points.slice(1);
    return ends.map((end, index): Segment => [points[index]!, end]);
  });
}

function labelPlace(
  annotation: Annotation,
  lines: readonly string[],
  { scene, lines: others, taken }: Company,
): Pick<Look, "box" | "leader"> {
  const size = sizeOf(lines, FONT_SIZE);
  const anchors = anchorsOf(annotation).map((point) => onScreen(point, scene.view));
  if (lines.length === 0) return { box: { x: 0, y: 0, width: 0, height: 0 }, leader: null };
  const box = putBox(annotation, size, scene) ?? chosenBox(annotation.id, { ...size, anchors }, { scene, lines: others, taken });
  taken.push(box);
  return { box, leader: leaderOf(box, anchors) };
}

function putBox({ id, label_at }: Annotation, size: { width: number; height: number }, scene: Scene): Box | null {
  const place = label_at ?? scene.moved.get(id);
  if (!place) return null;
  const [x, y] = onScreen(place, scene.view);
  return { x, y, ...size };
}

function chosenBox(id: string, text: { width: number; height: number; anchors: Point[] }, company: Company): Box {
  const { scene, lines } = company;
  const taken = company.taken.slice(-MANY_ANNOTATIONS);
  const within = { x: 0, y: 0, width: scene.width, height: scene.height };
  const last = scene.choices.get(id);
  const { box, choice } = placed({ ...text, lines, taken, within, ...(last === undefined ? {} : { last }) });
  scene.choices.set(id, choice);
  return box;
}

const FAR = 40;

/** A text that stands away from its drawing is joined to it by a line. */
function leaderOf(box: Box, anchors: readonly Point[]): [Point, Point] | null {
  const near = anchors.map((anchor): [Point, Point, number] => {
    const inside: Point = [
      Math.min(Math.max(anchor[0], box.x), box.x + box.width),
      Math.min(Math.max(anchor[1], box.y), box.y + box.height),
    ];
    return [anchor, inside, Math.hypot(anchor[0] - inside[0], anchor[1] - inside[1])];
  });
  const nearest = near.sort((one, other) => one[2] - other[2])[0];
  return nearest && nearest[2] > FAR ? [nearest[0], nearest[1]] : null;
}

/** Say whether a box can be seen at all. */
export function isSeen(box: Box, width: number, height: number): boolean {
  return overlap(box, { x: 0, y: 0, width, height }) > 0;
}
