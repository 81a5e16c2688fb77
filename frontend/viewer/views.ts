/** Views as they are kept and as the engine knows them: pure. */

import type { LutVoi, RenderModel, ViewState, Voi } from "../engine/index.ts";
import type { Window } from "./linking.ts";
import type { KeptView } from "./types.ts";

/** What else is kept with a view: of which frame it is, whether it only fits, and what of the image is seen. */
export interface About {
  instance: string;
  frame: number;
  fits: boolean;
  area: KeptView["area"];
}

/** Give the view of an image as it is kept. One that was never zoomed fits again on another screen (zoom 0). */
export function kept(view: ViewState, model: Looked, { instance, frame, fits, area }: About): KeptView {
  return {
    instance,
    frame,
    centre: [view.centre[0], view.centre[1]],
    zoom: fits ? 0 : view.zoom,
    area: fits ? null : area,
    rotation: view.rotation,
    flip_h: view.flipH,
    flip_v: view.flipV,
    window: keptWindow(view, model),
    invert: (view.invert !== model.invert) !== isDarkHigh(model),
    gamma: view.gamma,
  };
}

/** What of a model a view is kept against. */
type Looked = Pick<RenderModel, "voi" | "invert" | "photometric">;

/** Kept is whether greys are turned round against the file's photometric interpretation, whatever the model has under a
 * presentation state: so it means the same when it is published. */
function isDarkHigh({ photometric }: Looked): boolean {
  return photometric === "MONOCHROME1";
}

/** A window is kept as its figures, so that it can be published; a VOI LUT by its place in the file. */
function keptWindow({ window, voi }: ViewState, model: Pick<RenderModel, "voi">): KeptView["window"] {
  if (window || voi === null) return window;
  const chosen = model.voi[voi];
  if (!chosen) return null;
  return isTable(chosen) ? { voi } : { centre: chosen.centre, width: chosen.width, function: chosen.function };
}

function isTable(voi: Voi): voi is LutVoi {
  return "lut" in voi && !!voi.lut;
}

/** Give what the engine is told of a kept view; centre and zoom only where it was zoomed. */
export function restored(view: Partial<KeptView>, model: Looked): Partial<ViewState> {
  const patch: Partial<ViewState> = {
    rotation: view.rotation ?? 0,
    flipH: view.flip_h ?? false,
    flipV: view.flip_v ?? false,
    invert: ((view.invert ?? false) !== isDarkHigh(model)) !== model.invert,
    gamma: view.gamma ?? 1,
  };
  if (view.zoom && view.zoom > 0 && view.centre) Object.assign(patch, { zoom: view.zoom, centre: view.centre });
  return { ...patch, ...restoredWindow(view.window ?? null, model) };
}

function restoredWindow(window: KeptView["window"], model: Pick<RenderModel, "voi">): Partial<ViewState> {
  if (window && "width" in window && window.width > 0) {
    const own = model.voi.findIndex((voi) => !isTable(voi) && voi.centre === window.centre && voi.width === window.width);
    return own >= 0 ? { window: null, voi: own } : { window, voi: null };
  }
  if (window && "voi" in window && model.voi[window.voi]) return { window: null, voi: window.voi };
  return {};
}

/** Give the list with one view put in its place (one a frame). */
export function withView(views: readonly KeptView[], view: KeptView): KeptView[] {
  const others = views.filter((each) => each.instance !== view.instance || each.frame !== view.frame);
  return [...others, view];
}

/** Give the kept view of a frame, or of another frame of the same image. */
export function viewOf(views: readonly KeptView[], instance: string, frame: number): KeptView | undefined {
  const mine = views.filter((view) => view.instance === instance);
  return mine.find((view) => view.frame === frame) ?? mine[0];
}

/** Give the window in use as figures: a VOI LUT counts from its first to its last input value. */
export function windowOf(model: Pick<RenderModel, "voi">, view: Pick<ViewState, "window" | "voi">): Window | null {
  if (view.window) return view.window;
  const voi = model.voi[view.voi ?? 0];
  if (!voi) return null;
  if (isTable(voi)) {
    const entries = Math.max(1, Math.floor((voi.lut.data.length * 3) / 8));
    return { centre: voi.lut.first + entries / 2, width: entries, function: "LINEAR" };
  }
  return { centre: voi.centre, width: voi.width, function: voi.function };
}

/** A window to choose, with the digit that chooses it or "". */
export interface Preset {
  name: string;
  key: string;
  patch: Partial<ViewState>;
}

/** Give the windows of an image in the order of their keys 1 to 9: the file's own by their names, then the site's. */
export function presetsOf(
  model: Pick<RenderModel, "voi" | "presets">,
  t: (text: string, values?: Record<string, string | number>) => string,
): Preset[] {
  const own = model.voi.map((voi, index) => ({
    name: voi.explanation || (model.voi.length > 1 ? t("Window {number}", { number: index + 1 }) : t("As recorded")),
    patch: { voi: index, window: null } as Partial<ViewState>,
  }));
  const site = (model.presets ?? []).flatMap((preset) => {
    const { centre, width } = preset as { centre: number; width: number };
    if (!(width > 0)) return [];
    const kind = (preset as { function?: string }).function ?? "LINEAR";
    return [{
      name: (preset as { name?: string }).name || preset.explanation || t("Site preset"),
      patch: { voi: null, window: { centre, width, function: kind } } as Partial<ViewState>,
    }];
  });
  return [...own, ...site].map((preset, index) => ({ ...preset, key: index < 9 ? String(index + 1) : "" }));
}

/** Say whether two views stand at the same place. */
export function sameStand(one: Pick<ViewState, "centre" | "zoom">, other: Pick<ViewState, "centre" | "zoom">): boolean {
  const close = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a));
  return close(one.zoom, other.zoom) && close(one.centre[0], other.centre[0]) && close(one.centre[1], other.centre[1]);
}
