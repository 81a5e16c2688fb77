/** The annotation layer laid open to tests in a browser, as `window.annotations`. Not part of the application. */

import { AnnotationLayer, roiStatistics } from "./index.ts";
import type { Annotation, Kind, Pixels } from "./index.ts";

/** Where the image lies: zoom in CSS pixels an image pixel, then turned clockwise, then mirrored, then moved. */
interface Lie {
  zoom: number;
  quarters: number;
  mirrored: boolean;
  x: number;
  y: number;
}

const PIXELS: Pixels = { columns: 400, rows: 300, unit: "", value: (column, row) => column + row };

class Page {
  list: readonly Annotation[] = [];
  readonly #before: (readonly Annotation[])[] = [];
  readonly steps: string[] = [];
  readonly prompts: string[] = [];
  /** Events that the layer did not keep to itself. */
  readonly passed: string[] = [];
  lie: Lie = { zoom: 2, quarters: 0, mirrored: false, x: 0, y: 0 };
  language = "en";
  readonly layer: AnnotationLayer;
  readonly #listeners = new Set<() => void>();

  constructor(stage: HTMLElement) {
    Object.assign(stage.style, { position: "relative", width: "800px", height: "600px", background: "#777" });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", "Annotations");
    Object.assign(svg.style, { position: "absolute", inset: "0", width: "100%", height: "100%" });
    stage.append(svg);
    for (const name of ["pointerdown", "keydown", "wheel"]) stage.addEventListener(name, (event) => this.passed.push(event.type));
    this.layer = new AnnotationLayer(svg, this, {
      annotations: () => this.list,
      change: (next, step) => this.change(next, step),
      spacing: () => ({ row: 0.5, column: 0.5, source: "detector" }),
      aspect: () => 1,
      statistics: (annotation) => roiStatistics(annotation.kind, annotation.points, PIXELS),
      format: { number: (value, digits) => new Intl.NumberFormat(this.language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value) },
      t: (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)),
      prompt: (text) => this.prompts.push(text),
    });
  }

  change(next: Annotation[], step: string): void {
    this.#before.push(this.list);
    this.list = next;
    this.steps.push(step);
  }

  undo(): void {
    this.list = this.#before.pop() ?? this.list;
    this.layer.update();
  }

  put(annotations: Annotation[]): void {
    this.list = annotations;
    this.layer.update();
  }

  draw(kind: Kind | null): void {
    this.layer.tool = kind;
  }

  look(lie: Partial<Lie>): void {
    this.lie = { ...this.lie, ...lie };
    for (const listener of this.#listeners) listener();
  }

  speak(language: string): void {
    this.language = language;
    this.layer.update();
  }

  get points(): [number, number][][] {
    return this.list.map((each) => each.points.map(([x, y]) => [Math.round(x * 100) / 100, Math.round(y * 100) / 100]));
  }

  toScreen(x: number, y: number): [number, number] {
    const { zoom, quarters, mirrored, x: dx, y: dy } = this.lie;
    let [across, down] = [x * zoom, y * zoom];
    for (let quarter = 0; quarter < quarters; quarter += 1) [across, down] = [-down, across];
    return [(mirrored ? -across : across) + dx, down + dy];
  }

  toImage(left: number, top: number): [number, number] {
    const { zoom, quarters, mirrored, x: dx, y: dy } = this.lie;
    let [across, down] = [(mirrored ? -1 : 1) * (left - dx), top - dy];
    for (let quarter = 0; quarter < quarters; quarter += 1) [across, down] = [down, -across];
    return [across / zoom, down / zoom];
  }

  on(_event: "change" | "draw", listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

declare global {
  interface Window {
    annotations: Page;
  }
}

window.annotations = new Page(document.querySelector<HTMLElement>("#stage")!);
