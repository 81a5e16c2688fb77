/** What the layer needs of those around it. */

import type { Projection } from "./edit.ts";
import type { Annotation, Pixels, RoiStatistics, Sides, Spacing } from "./types.ts";
import type { NumberFormat, Translate } from "./words.ts";

/** What the layer needs of a viewport. Screen places are CSS pixels from its top left corner. */
export interface View extends Projection {
  on(event: "change" | "draw", listener: () => void): () => void;
}

/** Who has the annotations, and what is told of them. Functions with a question mark may be missing. */
export interface LayerHost {
  annotations(): readonly Annotation[];
  change(next: Annotation[], step: string): void;
  spacing(): Spacing;
  aspect(): number;
  statistics(annotation: Annotation): RoiStatistics | null;
  format: NumberFormat;
  t: Translate;
  pixels?(): Pixels | null;
  sides?(): Sides;
  /** What the next point of the drawing under way is; "" when there is none. */
  prompt?(text: string): void;
  /** Another annotation was chosen, or none. */
  chosen?(id: string | null): void;
  /** The values of an annotation were copied. */
  copied?(text: string): void;
}
