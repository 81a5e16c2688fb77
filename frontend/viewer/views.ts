/** Views as they are kept and as the engine knows them: pure. */

import type { RenderModel, ViewState } from "../engine/index.ts";
import type { Window } from "./linking.ts";
import type { KeptView } from "./types.ts";

/** Give the view of an image as it is kept. `fits`: it was never zoomed, and fits again on another screen (zoom 0). */
export function kept(instance: string, frame: number, view: ViewState, fits: boolean): KeptView {
  return {
    instance,
    frame,
    centre: [view.centre[0], view.centre[1]],
    zoom: fits ? 0 : view.zoom,
    rotation: view.rotation,
    flip_h: view.flipH,
    flip_v: view.flipV,
    window: view.window ?? (view.voi !== null ? { voi: view.voi } : null),
    invert: view.invert,
    gamma: view.gamma,
  };
}

/** Give what the engine is told of a kept view; centre and zoom only where it was zoomed. */
export function restored(view: Partial<KeptView>, model: Pick<RenderModel, "voi" | "presets">): Partial<ViewState> {
  const patch: Partial<ViewState> = {
    rotation: view.rotation ?? 0,
    flipH: view.flip_h ?? false,
    flipV: view.flip_v ?? false,
    invert: view.invert ?? false,
    gamma: view.gamma ?? 1,
  };
  if (view.zoom && view.zoom > 0 && view.centre) Object.assign(patch, { zoom: view.zoom, centre: view.centre });
  return { ...patch, ...restoredWindow(view.window ?? null, model) };
}

function restoredWindow(window: KeptView["window"], model: Pick<RenderModel, "voi">): Partial<ViewState> {
  if (window && "width" in window && window.width > 0) return { window, voi: null };
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
  if ("lut" in voi && voi.lut) {
    const entries = Math.max(1, Math.floor((voi.lut.data.length * 3) / 8));
    return { centre: voi.lut.first + entries / 2, width: entries, function: "LINEAR" };
  }
  const linear = voi as { centre: number; width: number; function?: string };
  return { centre: linear.centre, width: linear.width, function: linear.function ?? "LINEAR" };
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
