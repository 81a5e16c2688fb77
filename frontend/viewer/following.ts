/** Linked viewports and common scales: what `linking.ts` reckons, done to panes. */

import type { ViewState } from "../engine/index.ts";
import { turnOf } from "../hang/index.ts";
import { alignedCentre, commonZooms, followCentre, followWindow, followZoom } from "./linking.ts";
import type { Sight } from "./linking.ts";
import type { Aspect, Pane } from "./pane.ts";
import type { Cell } from "./state.ts";
import { windowOf } from "./views.ts";

/** Carry what the reader did to one pane over to another of the same patient. */
export function carry(leader: Pane, before: ViewState, aspect: Aspect, follower: Pane): void {
  if (!leader.model || !follower.model) return;
  if (aspect === "greys") follower.viewport.set(greysFor(leader, before, follower));
  if (aspect === "stand") follower.viewport.set(standFor(leader, before, follower));
}

function greysFor(leader: Pane, before: ViewState, follower: Pane): Partial<ViewState> {
  const { view } = leader.viewport;
  const patch: Partial<ViewState> = {
    ...(view.invert !== before.invert ? { invert: !follower.viewport.view.invert } : {}),
    ...(view.gamma !== before.gamma ? { gamma: view.gamma } : {}),
    ...(view.sharpen !== before.sharpen ? { sharpen: view.sharpen } : {}),
    ...(view.clahe !== before.clahe ? { clahe: view.clahe } : {}),
  };
  const [from, to] = [windowOf(leader.model!, before), windowOf(leader.model!, view)];
  const mine = windowOf(follower.model!, follower.viewport.view);
  const dragged = view.window !== null && from && to && (from.centre !== to.centre || from.width !== to.width);
  if (!dragged || !mine) return patch;
  return { ...patch, voi: null, window: followWindow(from, to, mine) };
}

function standFor(leader: Pane, before: ViewState, follower: Pane): Partial<ViewState> {
  const [mine, theirs] = [leader.sight(), follower.sight()];
  if (!mine || !theirs) return {};
  const was: Sight = { ...mine, centre: before.centre, zoom: before.zoom };
  const zoom = before.zoom === mine.zoom ? theirs.zoom : followZoom(mine, theirs);
  return { zoom, centre: followCentre(was, mine, theirs) };
}

/** Give how an image is to stand where it fits: on the edge its cell asks for, in one scale with its group. */
export function standing(pane: Pane, cell: Cell, group: readonly Pane[], width: number): Partial<ViewState> {
  const own = raw(pane);
  if (!own) return {};
  const sights = group.map(raw);
  const zooms = cell.sameScale && sights.every((sight) => sight !== null) ? commonZooms(sights as Sight[]) : null;
  const zoom = zooms?.[group.indexOf(pane)] ?? own.zoom;
  return { zoom, centre: alignedCentre(cell.align, { ...own, zoom }, width, pane.viewport.view) };
}

/** Turn a mammogram as it hangs, where the letters at its edges say that it lies otherwise. */
export function hangRight(pane: Pane): void {
  const turn = pane.seen && pane.model && turnOf(pane.seen.item, pane.model.orientation);
  if (!turn || (!turn.rotation && !turn.flipH)) return;
  pane.viewport.set({ ...turn, flipV: false });
  pane.fit();
}

/** Give a pane's sight as if it were only fitted. */
function raw(pane: Pane): Sight | null {
  if (!pane.model || !pane.rawZoom) return null;
  const { columns, rows } = pane.model;
  const mm = pane.spacing()?.column ?? 0;
  return { centre: [columns / 2, rows / 2], zoom: pane.rawZoom, fit: pane.rawZoom, columns, rows, mm };
}
