/** Everything that can be done in the viewer: one table of ids, words, keys and places. Pure. */

import type { Annotation } from "../annotate/index.ts";

type Kind = Annotation["kind"];
type T = (text: string, values?: Record<string, string | number>) => string;

/** An action as it stands in the toolbar, the menus and the key sheet. */
export interface Deed {
  id: string;
  label: string;
  keys: string[];
  /** The tool that it takes up; without one it is done at once. */
  tool?: string;
  /** The drawing on its button, and where it stands. */
  icon?: string;
  group?: "greys" | "place" | "turn" | "measure" | "bones" | "look" | "study";
}

/** What a tool of the toolbar draws; "" when it draws nothing. */
export function kindOf(tool: string): Kind | "" {
  return tool.startsWith("draw.") ? (tool.slice(5) as Kind) : "";
}

/** Tools that move greys or the image while a button is held. */
export const HANDS: readonly string[] = ["window", "zoom", "pan", "stack", "loupe", "region"];

/** Give all deeds in the order of the toolbar. */
export function deeds(t: T): Deed[] {
  return [...greys(t), ...places(t), ...turns(t), ...measures(t), ...bones(t), ...looks(t), ...images(t), ...study(t)];
}

function tool(id: string, label: string, keys: string[], group: Deed["group"]): Deed {
  return { id: `viewer.${id}`, label, keys, tool: id, icon: id.replace("draw.", ""), group };
}

function deed(id: string, label: string, keys: string[], group?: Deed["group"], icon = id): Deed {
  const found: Deed = { id: `viewer.${id}`, label, keys };
  return group ? { ...found, group, icon } : found;
}

function greys(t: T): Deed[] {
  const presets = Array.from({ length: 9 }, (_, index) =>
    deed(`preset${index + 1}`, t("Window preset {number}", { number: index + 1 }), [String(index + 1)]),
  );
  return [
    tool("window", t("Window (drag)"), ["W"], "greys"),
    tool("region", t("Window from a region"), ["Shift+W"], "greys"),
    deed("invert", t("Invert greys"), ["I"], "greys"),
    ...presets,
    deed("wider", t("Wider window (less contrast)"), ["Ctrl+ArrowRight"]),
    deed("narrower", t("Narrower window (more contrast)"), ["Ctrl+ArrowLeft"]),
    deed("brighter", t("Brighter"), ["Ctrl+ArrowUp"]),
    deed("darker", t("Darker"), ["Ctrl+ArrowDown"]),
    deed("gamma_up", t("Gamma up"), ["."]),
    deed("gamma_down", t("Gamma down"), [","]),
    deed("sharpen", t("Sharpen (unsharp mask)"), ["Shift+S"]),
    deed("clahe", t("Local contrast (CLAHE)"), ["Shift+G"]),
  ];
}

function places(t: T): Deed[] {
  return [
    tool("zoom", t("Zoom (drag)"), ["Z"], "place"),
    tool("pan", t("Pan (drag)"), ["H"], "place"),
    tool("loupe", t("Loupe"), ["L"], "place"),
    tool("stack", t("Scroll images (drag)"), ["S"], "place"),
    deed("fit", t("Fit to the viewport"), ["F"], "place"),
    deed("one_to_one", t("One image pixel to one screen pixel"), ["0"], "place"),
    deed("true_size", t("True size"), ["G"], "place"),
    deed("zoom_in", t("Zoom in"), ["+", "="]),
    deed("zoom_out", t("Zoom out"), ["-"]),
    deed("pan_left", t("Move the image left"), ["Shift+ArrowLeft"]),
    deed("pan_right", t("Move the image right"), ["Shift+ArrowRight"]),
    deed("pan_up", t("Move the image up"), ["Shift+ArrowUp"]),
    deed("pan_down", t("Move the image down"), ["Shift+ArrowDown"]),
  ];
}

function turns(t: T): Deed[] {
  return [
    deed("rotate_right", t("Rotate right"), ["R"], "turn"),
    deed("rotate_left", t("Rotate left"), ["Shift+R"], "turn"),
    deed("flip_h", t("Flip left to right"), ["X"], "turn"),
    deed("flip_v", t("Flip upside down"), ["Shift+X"], "turn"),
    deed("reset", t("Reset the view"), ["U"], "turn"),
    deed("undo", t("Undo"), ["Ctrl+Z"], "turn"),
    deed("redo", t("Redo"), ["Ctrl+Shift+Z", "Ctrl+Y"], "turn"),
  ];
}

function measures(t: T): Deed[] {
  return [
    tool("draw.length", t("Length"), ["M"], "measure"),
    tool("draw.polyline", t("Length along a line"), ["Shift+M"], "measure"),
    tool("draw.angle", t("Angle"), ["A"], "measure"),
    tool("draw.open_angle", t("Angle between two lines"), ["Shift+A"], "measure"),
    tool("draw.bidirectional", t("Long and short axis"), ["B"], "measure"),
    tool("draw.rectangle", t("Rectangle with statistics"), ["Q"], "measure"),
    tool("draw.ellipse", t("Ellipse with statistics"), ["E"], "measure"),
    tool("draw.freehand", t("Freehand region with statistics"), ["Shift+E"], "measure"),
    tool("draw.probe", t("Value of a pixel"), ["J"], "measure"),
    tool("draw.arrow", t("Arrow"), ["Y"], "measure"),
    tool("draw.text", t("Text"), ["T"], "measure"),
    tool("draw.calibration", t("Calibrate by a known length"), ["Shift+K"], "measure"),
  ];
}

function bones(t: T): Deed[] {
  return [
    tool("draw.cobb", t("Cobb angle"), ["C"], "bones"),
    tool("draw.cardiothoracic_ratio", t("Cardiothoracic ratio"), ["Shift+C"], "bones"),
    tool("draw.leg_length", t("Leg length"), ["Shift+L"], "bones"),
    tool("draw.hip_knee_ankle", t("Hip–knee–ankle axis"), ["Shift+H"], "bones"),
    tool("draw.pelvic_obliquity", t("Pelvic obliquity"), ["Shift+P"], "bones"),
  ];
}

function looks(t: T): Deed[] {
  return [
    deed("overlays", t("Overlays of the file"), ["O"]),
    deed("shutters", t("Shutters"), ["Shift+O"]),
    deed("texts", t("Words around the image"), ["Shift+T"]),
    deed("annotations", t("Annotations"), ["V"]),
    deed("linked", t("Link images of this patient"), ["N"]),
    deed("processing", t("Show FOR PROCESSING images"), []),
    deed("strip", t("Image strip"), ["Shift+U"]),
    deed("panel", t("Measurements"), ["Shift+B"]),
    deed("full_screen", t("Full screen"), ["Shift+F"]),
    deed("tags", t("DICOM attributes"), ["Shift+I"]),
  ];
}

function images(t: T): Deed[] {
  return [
    deed("next_image", t("Next image"), ["PageDown", "ArrowDown"]),
    deed("previous_image", t("Previous image"), ["PageUp", "ArrowUp"]),
    deed("play", t("Play or stop"), ["K"]),
    deed("faster", t("Play faster"), [">"]),
    deed("slower", t("Play slower"), ["<"]),
    deed("subtract", t("Subtract the mask"), ["Shift+D"]),
    deed("mask", t("Take this frame as the mask"), ["Alt+M"]),
    deed("shift_left", t("Shift the mask left"), ["Alt+ArrowLeft"]),
    deed("shift_right", t("Shift the mask right"), ["Alt+ArrowRight"]),
    deed("shift_up", t("Shift the mask up"), ["Alt+ArrowUp"]),
    deed("shift_down", t("Shift the mask down"), ["Alt+ArrowDown"]),
    deed("only", t("Show one image alone, or all"), ["D"]),
    deed("next_viewport", t("Next viewport"), ["]"]),
    deed("previous_viewport", t("Previous viewport"), ["["]),
    deed("next_prior", t("Older prior"), ["Shift+PageDown"]),
    deed("previous_prior", t("Newer prior"), ["Shift+PageUp"]),
    deed("second_window", t("Move to a second window"), ["Alt+N"]),
  ];
}

function study(t: T): Deed[] {
  return [
    deed("key_image", t("Mark as key image"), ["*"]),
    deed("publish", t("Publish"), ["Ctrl+S"]),
    deed("print", t("Print"), ["Ctrl+P"]),
    deed("copy", t("Copy the image"), ["Alt+C"]),
    deed("copy_measures", t("Copy all measurements"), ["Alt+V"]),
    deed("read_next", t("Mark as read, next study"), ["Ctrl+Enter"]),
    deed("next_study", t("Next study"), ["Alt+PageDown"]),
    deed("previous_study", t("Previous study"), ["Alt+PageUp"]),
  ];
}
