/** What each deed of `tools.ts` does to the sitting: a table from id to function. */

import { oneToOneZoom, trueSizeZoom, turnedOnScreen } from "../engine/index.ts";
import type { ViewState } from "../engine/index.ts";
import { boundedZoom, draggedWindow } from "./mouse.ts";
import type { Aspect, Pane } from "./pane.ts";
import type { Reading } from "./reading.ts";
import { shown } from "./state.ts";
import type { Switch } from "./state.ts";
import { presetsOf, windowOf } from "./views.ts";
import { t } from "../locale/index.ts";

type Deed = (reading: Reading) => void;

/** Amount and radius of the unsharp mask; radius in image pixels. */
const SHARPEN = { radius: 2, amount: 1 };
/** Tiles a side and clip limit of CLAHE, as OpenCV counts them. */
const CLAHE = { tiles: 8, clip: 2 };
const GAMMA_STEP = 1.1;
const PAN_CSS = 60;
const WINDOW_STEP = 20;

/** Do the deed of an id; false when there is none of that name. */
export function run(reading: Reading, id: string): boolean {
  const deed = DEEDS[id.replace(/^viewer\./, "")];
  if (deed) deed(reading);
  return deed !== undefined;
}

/** Alter the active pane's view as one step that can be undone. */
function alter(aspect: Aspect, name: string, change: (pane: Pane) => Partial<ViewState> | null): Deed {
  return (reading) => {
    const { pane } = reading;
    const patch = pane?.model ? change(pane) : null;
    if (!pane || !patch) return;
    const before = pane.snapshot();
    pane.alter(patch, aspect);
    reading.viewStep(pane, before, name);
  };
}

function dragged(dx: number, dy: number): Deed {
  return alter("greys", "window", (pane) => {
    const window = windowOf(pane.model!, pane.viewport.view);
    return window && { voi: null, window: draggedWindow(window, dx, dy) };
  });
}

function zoomed(factor: number): Deed {
  return alter("stand", "zoom", (pane) => ({ zoom: boundedZoom(pane.viewport.view.zoom * factor) }));
}

function panned(dx: number, dy: number): Deed {
  return alter("stand", "pan", (pane) => {
    const [x0, y0] = pane.viewport.toImage(0, 0);
    const [x1, y1] = pane.viewport.toImage(dx * PAN_CSS, dy * PAN_CSS);
    const { centre } = pane.viewport.view;
    return { centre: [centre[0] + x0 - x1, centre[1] + y0 - y1] };
  });
}

function turned(degrees: number): Deed {
  return alter("turn", "rotate", ({ viewport }) => turnedOnScreen(viewport.view, degrees));
}

/** Take the window of a key; keys 1 to 9 stand for presets 0 to 8. */
export function preset(reading: Reading, index: number): void {
  alter("greys", "preset", (pane) => presetsOf(pane.model!, t)[index]?.patch ?? null)(reading);
}

function toggled(name: Switch): Deed {
  return (reading) => reading.dispatch({ type: "switch", name });
}

function taken(tool: string): Deed {
  return (reading) => reading.dispatch({ type: "tool", tool: reading.state.tool === tool ? "window" : tool });
}

function stepped(by: number): Deed {
  return (reading) => reading.dispatch({ type: "step", cell: reading.state.active, by });
}

/** Shift the mask by whole pixels beyond what the file says; the shift counts rows first (PS3.3 C.7.6.10). */
function shifted(columns: number, rows: number): Deed {
  return alter("none", "shift", ({ viewport: { view } }) =>
    view.subtraction && {
      subtraction: { ...view.subtraction, shift: [view.subtraction.shift[0] + rows, view.subtraction.shift[1] + columns] },
    });
}

/** Fit the active image as its cell asks. */
function fit(reading: Reading): void {
  const { pane } = reading;
  if (!pane?.model) return;
  const before = pane.snapshot();
  pane.fit();
  reading.altered(pane, before, "stand");
  reading.viewStep(pane, before, "fit");
}

/** One image pixel on one pixel of the screen, not on one CSS pixel. */
const oneToOne = alter("stand", "1:1", () => ({ zoom: oneToOneZoom(globalThis.devicePixelRatio) }));

function trueSize(reading: Reading): void {
  alter("stand", "true size", (pane) => {
    const zoom = trueSizeZoom(pane.spacing()?.column ?? 0, reading.screenMm(true));
    return zoom === null ? null : { zoom };
  })(reading);
}

function reset(reading: Reading): void {
  const { pane } = reading;
  if (!pane?.model) return;
  const before = pane.snapshot();
  pane.recorded();
  reading.altered(pane, before, "turn");
  reading.viewStep(pane, before, "reset");
}

/** Toggle the subtraction of what the file names, else of the first frame (PS3.3 C.7.6.10). */
const subtract = alter("none", "subtraction", (pane) => {
  if (pane.viewport.view.subtraction) return { subtraction: null };
  return subtracting(pane, pane.model?.cine.masks.length ? null : 1);
});

/** Give the subtraction of a mask, nothing for an image of one frame; the pane loads what it takes. */
function subtracting({ model }: Pane, mask: number | null): Partial<ViewState> | null {
  return model && model.frames > 1 ? { subtraction: { mask, shift: [0, 0] } } : null;
}

function prior(by: number): Deed {
  return (reading) => reading.takePrior(reading.prior + by);
}

function key(reading: Reading): void {
  const cell = reading.state.cells[reading.state.active];
  const item = shown(cell);
  if (!cell || item?.kind !== "image") return;
  reading.notes.get(cell.study)?.toggleKey(item.instance, cell.frame);
}

const enhanced = (what: "sharpen" | "clahe", value: object): Deed =>
  alter("greys", what, ({ viewport: { view } }) => ({ [what]: view[what] ? null : value }) as Partial<ViewState>);

const bent = (factor: number): Deed =>
  alter("greys", "gamma", ({ viewport: { view } }) => ({ gamma: rounded(view.gamma * factor) }));

/** Gamma comes back to 1 exactly, so that a picture is not called processed by a rounding. */
function rounded(gamma: number): number {
  return Math.abs(gamma - 1) < 0.01 ? 1 : Math.min(5, Math.max(0.2, gamma));
}

const TOOLS = [
  "window", "region", "zoom", "pan", "loupe", "stack", "draw.length", "draw.polyline", "draw.angle", "draw.open_angle",
  "draw.bidirectional", "draw.rectangle", "draw.ellipse", "draw.freehand", "draw.probe", "draw.arrow", "draw.text",
  "draw.calibration", "draw.cobb", "draw.cardiothoracic_ratio", "draw.leg_length", "draw.hip_knee_ankle",
  "draw.pelvic_obliquity",
];

const SWITCHES: Switch[] = ["overlays", "shutters", "texts", "annotations", "linked", "processing", "strip", "panel"];

const DEEDS: Readonly<Record<string, Deed>> = {
  ...Object.fromEntries(TOOLS.map((tool) => [tool, taken(tool)])),
  ...Object.fromEntries(SWITCHES.map((name) => [name, toggled(name)])),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`preset${index + 1}`, (r: Reading) => preset(r, index)])),
  invert: alter("greys", "invert", ({ viewport: { view } }) => ({ invert: !view.invert })),
  wider: dragged(WINDOW_STEP, 0),
  narrower: dragged(-WINDOW_STEP, 0),
  brighter: dragged(0, -WINDOW_STEP),
  darker: dragged(0, WINDOW_STEP),
  gamma_up: bent(GAMMA_STEP),
  gamma_down: bent(1 / GAMMA_STEP),
  sharpen: enhanced("sharpen", SHARPEN),
  clahe: enhanced("clahe", CLAHE),
  fit,
  one_to_one: oneToOne,
  true_size: trueSize,
  zoom_in: zoomed(1.2),
  zoom_out: zoomed(1 / 1.2),
  pan_left: panned(-1, 0),
  pan_right: panned(1, 0),
  pan_up: panned(0, -1),
  pan_down: panned(0, 1),
  rotate_right: turned(90),
  rotate_left: turned(-90),
  flip_h: alter("turn", "flip", ({ viewport: { view } }) => ({ flipH: !view.flipH })),
  flip_v: alter("turn", "flip", ({ viewport: { view } }) => ({ flipV: !view.flipV })),
  reset,
  undo: (reading) => void (reading.history.undo() && reading.tell()),
  redo: (reading) => void (reading.history.redo() && reading.tell()),
  next_image: stepped(1),
  previous_image: stepped(-1),
  play: (reading) => reading.cine.toggle(),
  faster: (reading) => reading.cine.change(1),
  slower: (reading) => reading.cine.change(-1),
  subtract,
  mask: alter("none", "subtraction", (pane) => subtracting(pane, pane.seen?.frame ?? 1)),
  shift_left: shifted(-1, 0),
  shift_right: shifted(1, 0),
  shift_up: shifted(0, -1),
  shift_down: shifted(0, 1),
  only: (reading) => reading.dispatch({ type: "only", cell: reading.state.active }),
  next_viewport: (reading) => reading.dispatch({ type: "move", by: 1 }),
  previous_viewport: (reading) => reading.dispatch({ type: "move", by: -1 }),
  next_prior: prior(1),
  previous_prior: prior(-1),
  key_image: key,
  publish: (reading) => reading.ask("publish"),
  print: (reading) => reading.ask("print"),
  tags: (reading) => reading.ask("tags"),
};
