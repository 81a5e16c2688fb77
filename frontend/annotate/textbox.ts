/** A field for words right on the image. */

import { element } from "./svg.ts";
import type { Point } from "./types.ts";

/** What a field needs: where it stands (CSS pixels), its words, its name, and whom to tell. Null: given up. */
export interface Writing {
  at: Point;
  words: string;
  name: string;
  done(words: string | null): void;
}

const WIDTH = 260;
const HEIGHT = 76;
const MOST = 1024;

/** Open a field; gives what closes it, its words kept. Enter ends it, Shift+Enter is a new line, Escape gives it up. */
export function openTextBox(svg: SVGSVGElement, writing: Writing): () => void {
  const document = svg.ownerDocument;
  const { width, height } = svg.getBoundingClientRect();
  const x = Math.max(0, Math.min(writing.at[0], width - WIDTH));
  const y = Math.max(0, Math.min(writing.at[1], height - HEIGHT));
  const frame = element(document, "foreignObject", { x, y, width: WIDTH, height: HEIGHT, "pointer-events": "all" });
  const field = document.createElement("textarea");
  Object.assign(field, { value: writing.words, maxLength: MOST, rows: 2 });
  field.setAttribute("aria-label", writing.name);
  Object.assign(field.style, LOOK);
  let open = true;
  const close = (words: string | null) => {
    if (!open) return;
    open = false;
    frame.remove();
    writing.done(words);
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close(null);
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) close(field.value.trim());
  });
  for (const name of ["pointerdown", "pointermove", "pointerup", "dblclick", "wheel", "keyup"]) {
    field.addEventListener(name, (event) => event.stopPropagation());
  }
  field.addEventListener("blur", () => close(field.value.trim()));
  frame.append(field);
  svg.append(frame);
  field.focus({ preventScroll: true });
  return () => close(field.value.trim());
}

const LOOK = {
  width: "100%",
  height: "100%",
  boxSizing: "border-box",
  resize: "none",
  font: "600 13px system-ui, sans-serif",
  color: "#fff",
  background: "rgb(0 0 0 / 80%)",
  border: "2px solid #8fd2ef",
  borderRadius: "5px",
  padding: "6px",
};
