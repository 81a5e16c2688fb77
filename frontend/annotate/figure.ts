/** One annotation on the screen: its lines, its text, its handles. What it looks like is decided elsewhere. */

import type { Box } from "./labels.ts";
import { arrowHead, bar } from "./shapes.ts";
import type { Path } from "./shapes.ts";
import { element, pathData, resized, set } from "./svg.ts";
import type { Point } from "./types.ts";

/** Everything that is seen of an annotation. Places in CSS pixels. */
export interface Look {
  id: string;
  paths: readonly Path[];
  handles: readonly { at: Point; name: string }[];
  lines: readonly string[];
  box: Box;
  leader: readonly [Point, Point] | null;
  colour: string;
  name: string;
  selected: boolean;
  locked: boolean;
  focused: boolean;
  focusedHandle: number;
  reach: number;
}

/** The size of the texts in CSS pixels. */
export const FONT_SIZE = 13;

const DARK = { stroke: "#000", "stroke-opacity": 0.75 };
const ROUND = { fill: "none", "stroke-linejoin": "round", "stroke-linecap": "round" };
const NO_POINTER = { "pointer-events": "none" };

/** The elements of one annotation. Kept while it is shown, so that focus and a drag stay on them. */
export class Figure {
  readonly root: SVGGElement;
  readonly body: SVGGElement;
  readonly #label: SVGGElement;
  readonly #text: SVGTextElement;
  readonly #leader: SVGPathElement;
  readonly #pad: SVGRectElement;
  readonly #handles: SVGGElement;
  readonly #lines: { under: SVGPathElement; over: SVGPathElement }[];
  readonly #hit: SVGPathElement;
  readonly #document: Document;
  /** Where the text stands, in CSS pixels. */
  labelAt: Point = [0, 0];

  constructor(document: Document) {
    this.#document = document;
    const make = <K extends keyof SVGElementTagNameMap>(name: K, attributes = {}) => element(document, name, attributes);
    this.root = make("g");
    this.body = make("g", { "data-part": "body", tabindex: 0 });
    this.body.style.outline = "none"; // focus is shown by the drawing itself
    this.#lines = [null, "5 4"].map((dashes) => ({
      under: make("path", { ...ROUND, ...DARK, ...NO_POINTER }),
      over: make("path", { ...ROUND, ...NO_POINTER, "stroke-dasharray": dashes }),
    }));
    this.#hit = make("path", { ...ROUND, stroke: "transparent" });
    this.#label = make("g", { "data-part": "label", "aria-hidden": "true" });
    this.#leader = make("path", { ...ROUND, ...NO_POINTER, "stroke-width": 1, "stroke-dasharray": "2 3" });
    this.#pad = make("rect", { fill: "transparent" });
    this.#text = make("text", textLook());
    this.#handles = make("g");
    for (const { under, over } of this.#lines) this.body.append(under, over);
    this.body.append(this.#hit);
    this.#label.append(this.#leader, this.#pad, this.#text);
    this.root.append(this.body, this.#label, this.#handles);
  }

  /** Show it like that. */
  draw(look: Look): void {
    set(this.root, { "data-annotation": look.id });
    this.#drawBody(look);
    this.#drawLabel(look);
    this.#drawHandles(look);
  }

  /** Give the element of a handle. */
  handle(index: number): SVGGElement | null {
    return (this.#handles.children[index] as SVGGElement | undefined) ?? null;
  }

  #drawBody(look: Look): void {
    const [solid, dashed] = [look.paths.filter((path) => !path.dashed), look.paths.filter((path) => path.dashed)];
    const width = look.focused || look.selected ? 2.4 : 1.6;
    [solid, dashed].forEach((paths, index) => {
      const d = paths.map(drawn).join("");
      const { under, over } = this.#lines[index]!;
      set(under, { d, "stroke-width": width + (look.focused ? 4.5 : 3) });
      set(over, { d, stroke: look.colour, "stroke-width": index ? 1.2 : width });
    });
    set(this.#hit, { d: solid.map(drawn).join(""), "stroke-width": look.reach, "pointer-events": "stroke" });
    const role = look.locked ? "img" : "button";
    set(this.body, { role, "aria-label": look.name, "aria-pressed": look.locked ? null : String(look.selected) });
    this.body.style.cursor = look.locked ? "default" : "move";
  }

  #drawLabel(look: Look): void {
    const { x, y, width, height } = look.box;
    this.labelAt = [x, y];
    set(this.#pad, { x, y, width, height, "pointer-events": look.lines.length ? "all" : "none" });
    set(this.#text, { fill: look.colour, "text-decoration": look.focused && !look.paths.length ? "underline" : null });
    const rows = resized(this.#text, look.lines.length, () => element(this.#document, "tspan"));
    rows.forEach((row, index) => {
      set(row, { x: (x + 3).toFixed(1), y: (y + FONT_SIZE * (1.15 + index * 1.3)).toFixed(1) });
      if (row.textContent !== look.lines[index]) row.textContent = look.lines[index]!;
    });
    set(this.#leader, { d: look.leader ? pathData(look.leader) : "", stroke: look.colour });
    this.#label.style.cursor = "grab";
  }

  #drawHandles(look: Look): void {
    const shown = resized(this.#handles, look.handles.length, (index) => handleElement(this.#document, index));
    shown.forEach((handle, index) => {
      const { at, name } = look.handles[index]!;
      set(handle, { transform: `translate(${at[0].toFixed(2)} ${at[1].toFixed(2)})`, "aria-label": name });
      const [hit, halo, dot] = [...handle.children] as [Element, Element, Element];
      const focused = look.focusedHandle === index;
      set(hit, { r: look.reach / 2 });
      set(halo, { r: focused ? 9 : 6, stroke: focused ? "#fff" : "#000" });
      set(dot, { stroke: look.colour });
    });
  }
}

function textLook(): Record<string, string | number> {
  return {
    "font-size": FONT_SIZE,
    "font-weight": 600,
    stroke: "#000",
    "stroke-opacity": 0.85,
    "stroke-width": 3.5,
    "stroke-linejoin": "round",
    "paint-order": "stroke",
    ...NO_POINTER,
  };
}

function handleElement(document: Document, index: number): SVGGElement {
  const made = element(document, "g", { "data-part": "handle", "data-index": index, role: "button", tabindex: 0 });
  made.append(
    element(document, "circle", { fill: "transparent", "pointer-events": "all" }),
    element(document, "circle", { fill: "#000", "fill-opacity": 0.35, "stroke-width": 2, ...NO_POINTER }),
    element(document, "circle", { r: 4, fill: "#000", "fill-opacity": 0.5, "stroke-width": 2, ...NO_POINTER }),
  );
  made.style.outline = "none"; // the halo shows the focus
  made.style.cursor = "crosshair";
  return made;
}

/** Give the path of a line with what stands at its ends. */
function drawn({ points, closed, ends }: Path): string {
  if (ends === "cross") return crossAt(points[0]!);
  const line = pathData(points, closed);
  const [last, before] = [points.at(-1), points.at(-2)];
  if (!ends || !last || !before) return line;
  if (ends === "arrow") {
    const [left, right] = arrowHead(before, last, 14);
    return line + pathData([left, last, right]);
  }
  return line + pathData(bar(before, last, 5)) + pathData(bar(points[1]!, points[0]!, 5));
}

function crossAt([x, y]: Point): string {
  const arm = (dx: number, dy: number) => pathData([[x + dx * 3, y + dy * 3], [x + dx * 10, y + dy * 10]]);
  return arm(1, 0) + arm(-1, 0) + arm(0, 1) + arm(0, -1);
}
