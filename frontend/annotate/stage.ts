/** The figures of all annotations over one viewport, and what is said of them. */

import { Figure } from "./figure.ts";
import type { LayerHost, View } from "./host.ts";
import { looksOf } from "./looks.ts";
import type { Said, Scene } from "./looks.ts";
import { measure, needsPixels } from "./measure.ts";
import type { Given, Measures } from "./measure.ts";
import { element } from "./svg.ts";
import { isWhole } from "./types.ts";
import type { Annotation } from "./types.ts";
import { handleName, labelLines, spoken } from "./words.ts";

/** What of the scene changes from one drawing to the next. */
export type Setting = Pick<Scene, "selected" | "focus" | "reach" | "moved">;

/** Draws annotations into an SVG element. Words and values are kept until `forget`. */
export class Stage {
  readonly #svg: SVGSVGElement;
  readonly #view: View;
  readonly #host: LayerHost;
  readonly #root: SVGGElement;
  readonly #figures = new Map<string, Figure>();
  readonly #choices = new Map<string, number>();
  readonly #said = new Map<string, { of: Annotation; said: Said }>();

  constructor(svg: SVGSVGElement, view: View, host: LayerHost) {
    this.#svg = svg;
    this.#view = view;
    this.#host = host;
    this.#root = element(svg.ownerDocument, "g");
    svg.append(this.#root);
  }

  /** Show these annotations and no others; focus stays where it is. */
  draw(annotations: readonly Annotation[], setting: Setting): void {
    const { width, height } = this.#svg.getBoundingClientRect();
    const scene: Scene = { ...setting, view: this.#view, width, height, choices: this.#choices, said: (each) => this.#say(each) };
    const looks = looksOf(annotations, scene);
    const ids = new Set(annotations.map((each) => each.id));
    for (const [id, figure] of this.#figures) if (!ids.has(id)) this.#drop(id, figure);
    for (const look of looks) this.#made(look.id).draw(look);
  }

  /** Give the figure of an annotation that is shown. */
  figure(id: string): Figure | undefined {
    return this.#figures.get(id);
  }

  /** Work out words and values anew: spacing, pixels or language may be others. */
  forget(): void {
    this.#said.clear();
  }

  /** Give the values of an annotation. */
  measures(annotation: Annotation): Measures {
    return measure(annotation, this.#host.spacing(), this.#host.aspect(), this.#given(annotation));
  }

  /** Take everything away. */
  dispose(): void {
    this.#root.remove();
    this.#figures.clear();
  }

  #made(id: string): Figure {
    let figure = this.#figures.get(id);
    if (!figure) {
      figure = new Figure(this.#svg.ownerDocument);
      this.#figures.set(id, figure);
      this.#root.append(figure.root);
    }
    return figure;
  }

  #drop(id: string, figure: Figure): void {
    this.#figures.delete(id); // first: taking a focused element away tells that focus is lost, and draws again
    this.#said.delete(id);
    this.#choices.delete(id);
    figure.root.remove();
  }

  #say(annotation: Annotation): Said {
    const known = this.#said.get(annotation.id);
    if (known?.of === annotation) return known.said;
    const { format, t } = this.#host;
    const measures = this.measures(annotation);
    const count = annotation.kind === "rectangle" ? 4 : annotation.points.length;
    const said: Said = {
      lines: labelLines(annotation, measures, format, t),
      name: spoken(annotation, measures, format, t),
      handleNames: Array.from({ length: count }, (_, index) => handleName(annotation, index, count, t)),
    };
    this.#said.set(annotation.id, { of: annotation, said });
    return said;
  }

  #given(annotation: Annotation): Given {
    const { kind, points } = annotation;
    const sides = this.#host.sides?.();
    const given: Given = sides ? { sides } : {};
    if (!needsPixels(kind) || !isWhole(kind, points.length)) return given;
    return { ...given, statistics: this.#host.statistics(annotation), pixels: this.#host.pixels?.() ?? null };
  }
}
