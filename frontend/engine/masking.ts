/** Which frames the masks of a file take from which (PS3.3 C.7.6.10.1.1): pure. Frames count from 1. */

import type { Mask } from "./model.ts";

/** The average of the frames `masks`, moved by `shift`, is subtracted from the average of the frames `contrast`. */
export interface Plan {
  masks: readonly number[];
  contrast: readonly number[];
  shift: readonly [number, number];
}

/** Give what is subtracted from a frame of an image of so many, null where the file has no mask for it. */
export function planOf(masks: readonly Mask[], frame: number, frames: number): Plan | null {
  for (const mask of masks) {
    const taken = takenFrom(mask, frame, frames);
    const last = Math.min(frame + mask.average - 1, frames);
    if (taken.length) return { masks: taken, contrast: upTo(frame, last), shift: mask.shift };
  }
  return null;
}

function takenFrom(mask: Mask, frame: number, frames: number): readonly number[] {
  const { operation, ranges, offset } = mask;
  const place = placeIn(ranges, frame);
  const valid = (number: number): number[] => (number >= 1 && number <= frames ? [number] : []);
  switch (operation) {
    case "AVG_SUB":
      // without a range it ends where there are no longer enough frames to average
      return place >= 0 || (!ranges.length && frame <= frames - mask.average + 1) ? mask.frames : [];
    case "TID":
      return place >= 0 || !ranges.length ? valid(frame - offset) : [];
    case "REV_TID":
      return place >= 0 ? valid(frame - offset - 2 * place) : [];
  }
}

/** Give where a frame stands among those of all ranges, from 0; -1 when it is in none. */
function placeIn(ranges: Mask["ranges"], frame: number): number {
  let before = 0;
  for (const [first, last] of ranges) {
    if (frame >= first && frame <= last) return before + frame - first;
    before += last - first + 1;
  }
  return -1;
}

function upTo(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
