/**
 * Mammograms lie with their chest walls back to back: right breasts with theirs at the right edge, left ones at the left,
 * the outer side of a CC and the head of an oblique view upwards. Patient Orientation (0020,0020) of an image that lies so
 * is P\L for a right CC, A\R for a left one, P\F and A\F for oblique views (PS3.3 C.7.6.1.1.1). Pure.
 */

import { sideOf, viewOf } from "./anatomy.ts";
import type { Align, Item } from "./types.ts";

/** The letters at the edges of a stored image (PS3.3 C.7.6.1.1.1); each may be several, the first counts most. */
export interface Letters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

/** How to show a stored image: turned clockwise first, then mirrored left to right (PS3.3 C.10.6). */
export interface Turn {
  rotation: 0 | 90 | 180 | 270;
  flipH: boolean;
}

/** Give the edge at which a mammogram's chest wall belongs; "centre" for all other images and for an unknown side. */
export function chestWall(item: Pick<Item, "modality" | "laterality" | "view_text">): Align {
  if (item.modality !== "MG") return "centre";
  const side = sideOf(item);
  return side === "R" ? "right" : side === "L" ? "left" : "centre";
}

const TURNS: readonly Turn[] = ([0, 180, 90, 270] as const).flatMap((rotation) =>
  [false, true].map((flipH) => ({ rotation, flipH })));

/** Give how a mammogram is to be turned so that it hangs right, null where its letters do not tell. */
export function turnOf(item: Pick<Item, "modality" | "laterality" | "view" | "view_text">, letters: Letters | null): Turn | null {
  const wall = chestWall(item);
  if (!letters || wall === "centre") return null;
  const down = isFromAbove(viewOf(item)) ? (wall === "right" ? "L" : "R") : "F";
  let best: { turn: Turn; score: number } | null = null;
  for (const turn of TURNS) {
    const seen = turned(letters, turn);
    const chest = fits(seen[wall as "left" | "right"], "P");
    const score = chest * 2 + fits(seen.bottom, down) - cost(turn);
    if (chest > 0 && (!best || score > best.score)) best = { turn, score };
  }
  return best?.turn ?? null;
}

/** Craniocaudal views and their like show the breast from above: inner and outer side, no head or foot. */
function isFromAbove(view: string): boolean {
  return /CC|^FB$/.test(view);
}

function fits(letters: string, wanted: string): number {
  const place = letters.indexOf(wanted);
  return place < 0 ? 0 : 1 / (place + 1);
}

/** Among turns that are as good, the one that changes least. */
function cost({ rotation, flipH }: Turn): number {
  return (rotation ? 0.02 : 0) + (flipH ? 0.01 : 0);
}

/** Give the letters at the edges of the image as it is shown. */
export function turned(letters: Letters, { rotation, flipH }: Turn): Letters {
  let { left, right, top, bottom } = letters;
  for (let quarter = 0; quarter < rotation / 90; quarter += 1) {
    [left, top, right, bottom] = [bottom, left, top, right];
  }
  return flipH ? { left: right, right: left, top, bottom } : { left, right, top, bottom };
}
