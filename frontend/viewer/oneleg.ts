/** When the side of a leg is to be asked for. Pure. */

import { isOneLeg, sideIn } from "../annotate/index.ts";
import type { Annotation } from "../annotate/index.ts";

/** Give what must be asked after a step: one leg that was just drawn, of which neither reader nor image says the side. */
export function newLeg(before: readonly Annotation[], own: readonly Annotation[], laterality: string): Annotation | null {
  const known = new Set(before.map((each) => each.id));
  const isAsked = (each: Annotation): boolean => !known.has(each.id) && isOneLeg(each) && !each.label;
  return sideIn(laterality) ? null : (own.find(isAsked) ?? null);
}
