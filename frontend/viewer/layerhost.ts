/** What the annotation layer of a pane asks of the sitting. */

import type { Annotation, LayerHost, Pixels, Sides } from "../annotate/index.ts";
import { toast } from "../design/index.ts";
import { format, t } from "../locale/index.ts";
import { followed } from "./calibrating.ts";
import { newLeg } from "./oneleg.ts";
import type { Notes } from "./notes.ts";
import { ownOf } from "./pane.ts";
import type { Pane } from "./pane.ts";
import { pixelsOf, sidesOf } from "./pixels.ts";
import type { Reading } from "./reading.ts";

const NO_SPACING = { row: 0, column: 0, source: "unknown" } as const;

/** Give the host of a pane's layer. */
export function layerHost(reading: Reading, pane: Pane): LayerHost {
  const notes = (): Notes | undefined => (pane.seen ? reading.notes.get(pane.seen.study) : undefined);
  return {
    annotations: () => {
      const { seen } = pane;
      if (!seen || !reading.state.switches.annotations) return [];
      return notes()?.shown(seen.item.instance, seen.frame) ?? [];
    },
    change: (next, step) => changed(reading, pane, next, step),
    spacing: () => pane.spacing() ?? NO_SPACING,
    aspect: () => pane.model?.aspect ?? 1,
    statistics: () => null, // the layer reckons them from the pixels
    pixels: (): Pixels | null => pixelsOf(pane),
    sides: (): Sides => sidesOf(pane.model),
    prompt: (text) => pane.say(text),
    copied: () => toast(t("Measurement copied")),
    format,
    t,
  };
}

/** Take the layer's list into the draft: it knows one frame, the draft all of them. */
function changed(reading: Reading, pane: Pane, next: readonly Annotation[], step: string): void {
  const { seen, model } = pane;
  const notes = seen && reading.notes.get(seen.study);
  if (!seen || !model) return;
  if (!notes) {
    toast(t("The annotations of this study could not be loaded, so nothing can be drawn on it yet."), { tone: "problem" });
    return reading.onNotes(seen.study);
  }
  const { instance } = seen.item;
  const before = notes.draft.annotations;
  const elsewhere = before.filter((each) => each.instance !== instance || each.frame !== seen.frame);
  const own = ownOf(next, notes.lockedIds).map((each) => ({ ...each, instance, frame: seen.frame }));
  const all = [...elsewhere, ...own];
  const lines = all.filter((each) => each.instance === instance && each.kind === "calibration");
  reading.annotate(seen.study, all, step, followed(notes.draft.calibrations, lines, { item: seen.item, aspect: model.aspect }));
  askLength(reading, own);
  askSide(reading, newLeg(before, own, model.laterality));
}

/** A line that is to calibrate and has no length yet is asked for it. */
function askLength(reading: Reading, own: readonly Annotation[]): void {
  const line = own.find((each) => each.kind === "calibration" && !each.text);
  if (!line) return;
  reading.calibrating = line;
  reading.ask("calibrate");
}

function askSide(reading: Reading, leg: Annotation | null): void {
  if (!leg) return;
  reading.sided = leg;
  reading.ask("side");
}
