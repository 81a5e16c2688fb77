/** What was measured, as lines: for the list and for the clipboard. */

import { asText, measure, nameOf, sourceName, unitName, valueName, valueText } from "../annotate/index.ts";
import type { Annotation, LayerHost, Measures, Pixels } from "../annotate/index.ts";
import type { RenderModel } from "../engine/index.ts";
import type { Notes } from "./notes.ts";
import { sidesOf } from "./pixels.ts";
import type { Item, PublishedValue } from "./types.ts";

/** An annotation with its name, its values in words, and the line of a report. */
export interface Finding {
  annotation: Annotation;
  name: string;
  values: string[];
  text: string;
}

/** What findings need of the sitting. */
export interface Sources {
  find(instance: string): Item | null;
  modelNow(instance: string): RenderModel | null;
  pixelsNow(instance: string, frame: number): Pixels | null;
}

/** Give all findings of a draft in their order. Until the image's model is at hand an annotation has no values. */
export function findings(notes: Notes, sources: Sources, format: LayerHost["format"], t: LayerHost["t"]): Finding[] {
  return notes.draft.annotations.map((annotation) => {
    const measures = measuresOf(annotation, notes, sources);
    const name = nameOf(annotation, t);
    const words = annotation.kind === "calibration" ? [] : [annotation.text];
    const values = measures.values.map((value) => {
      const source = sourceName(value.source, t);
      const own = measures.values.length > 1 || value.side ? `${valueName(value, t)}: ` : "";
      return `${own}${valueText(value, format, t)}${source && ` (${source})`}`;
    });
    const text = asText(annotation, measures, format, t);
    return { annotation, name, values: [...words, ...values].filter(Boolean), text };
  });
}

/** Give a published value in words, with the source of its millimetres; counts and greys without decimals they have not. */
export function publishedText(given: PublishedValue, format: LayerHost["format"], t: LayerHost["t"]): string {
  if (given.value === null) return "";
  const unit = unitName(given.unit);
  const digits = unit === "" && Number.isInteger(given.value) ? 0 : 1;
  const source = sourceName(given.source, t);
  return `${given.name}: ${format.number(given.value, digits)}${unit === "°" ? "" : " "}${unit}`.trim() + (source && ` (${source})`);
}

function measuresOf(annotation: Annotation, notes: Notes, sources: Sources): Measures {
  const { instance, frame } = annotation;
  const [item, model] = [sources.find(instance), sources.modelNow(instance)];
  if (!item || !model) return { values: [] };
  return measure(annotation, notes.spacing(item, model), model.aspect, {
    pixels: sources.pixelsNow(instance, frame),
    sides: sidesOf(model),
  });
}
