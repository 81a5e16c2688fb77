/** What one viewport tells those linked with it: pure functions. Only images of one patient are ever linked. */

import { samePatient } from "./identity.ts";
import { shown, visible } from "./state.ts";
import type { Cell, State } from "./state.ts";

/** A window (PS3.3 C.11.2.1.2). */
export interface Window {
  centre: number;
  width: number;
  function: string;
}

/** What linking needs to know of a viewport. `fit` is the zoom that fits it, `mm` a pixel's width or 0. */
export interface Sight {
  centre: readonly [number, number];
  zoom: number;
  fit: number;
  columns: number;
  rows: number;
  mm: number;
}

/** Give the cells that follow `cell`: on the screen, of the same patient, of another study, and the same view.
 *
 * Current and prior are looked at together; the lateral beside the frontal view is not, nor is anything of which the
 * patient is not known.
 */
export function followers(state: State, cell: number): number[] {
  const leader = state.cells[cell];
  if (!state.switches.linked || !shown(leader)) return [];
  return visible(state).filter((index) => index !== cell && areCounterparts(leader!, state.cells[index]));
}

function areCounterparts(one: Cell, other: Cell | null | undefined): boolean {
  const [mine, theirs] = [shown(one), shown(other)];
  if (!mine || !theirs || one.study === other?.study || !samePatient(mine, theirs)) return false;
  const alike = (a: string, b: string): boolean => a === b || a === "" || b === "";
  return (
    mine.modality === theirs.modality &&
    alike(mine.body_part, theirs.body_part) &&
    alike(mine.view, theirs.view) &&
    alike(mine.laterality, theirs.laterality)
  );
}

/** Give the zoom of a follower: the same millimetres on the screen when both know theirs, else as much past fitting. */
export function followZoom(leader: Sight, follower: Sight): number {
  if (leader.mm > 0 && follower.mm > 0) return (leader.zoom * follower.mm) / leader.mm;
  return leader.fit > 0 ? (leader.zoom / leader.fit) * follower.fit : follower.zoom;
}

/** Give the centre of a follower after its leader went from `before` to `after`: as far, in shares of its own size. */
export function followCentre(before: Sight, after: Sight, follower: Sight): [number, number] {
  return [
    follower.centre[0] + ((after.centre[0] - before.centre[0]) / after.columns) * follower.columns,
    follower.centre[1] + ((after.centre[1] - before.centre[1]) / after.rows) * follower.rows,
  ];
}

/** Give the window of a follower after its leader went from `before` to `after`: as much wider, as far moved in widths.
 *
 * Two radiographs have greys of their own, so a change is carried over and not the figures.
 */
export function followWindow(before: Window, after: Window, follower: Window): Window {
  const ratio = before.width > 0 ? after.width / before.width : 1;
  const shift = before.width > 0 ? (after.centre - before.centre) / before.width : 0;
  return {
    centre: follower.centre + shift * follower.width,
    width: follower.width * ratio,
    function: follower.function,
  };
}

/** Give zooms by which all sights show one millimetre equally long and each image whole. Null when one has no mm. */
export function commonZooms(sights: readonly Sight[]): number[] | null {
  if (!sights.length || sights.some((sight) => !(sight.mm > 0) || !(sight.fit > 0))) return null;
  const pixelsPerMm = Math.min(...sights.map((sight) => sight.fit / sight.mm));
  return sights.map((sight) => pixelsPerMm * sight.mm);
}

/**
 * Give the centre that lays an image's left or right edge, as it is seen, on that edge of its cell (CSS pixels wide).
 * `turn`: a quarter turn clockwise and a mirroring, as the view has them; a pixel is as high as it is wide.
 */
export function alignedCentre(
  align: string,
  sight: Sight,
  cellWidth: number,
  turn: { rotation: number; flipH: boolean } = { rotation: 0, flipH: false },
): [number, number] {
  const middle: [number, number] = [sight.columns / 2, sight.rows / 2];
  if (align !== "left" && align !== "right") return middle;
  const quarters = ((Math.round(turn.rotation / 90) % 4) + 4) % 4;
  const width = quarters % 2 ? sight.rows : sight.columns;
  const inwards = (cellWidth / sight.zoom - width) / 2; // from the image's middle to the cell's, along the screen
  const right = (align === "left" ? inwards : -inwards) * (turn.flipH ? -1 : 1);
  const [across, down] = [[right, 0], [0, -right], [-right, 0], [0, right]][quarters]!;
  return [middle[0] + across!, middle[1] + down!];
}
