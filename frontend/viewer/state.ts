/** What is where on the screen: a pure reducer. Pixels, windows and zooms live in the engine, not here. */

import { patientsOf } from "./identity.ts";
import type { Item } from "./types.ts";

/** One place of the grid and the stack of images in it. `index` counts from 0, `frame` from 1. */
export interface Cell {
  items: readonly Item[];
  index: number;
  frame: number;
  study: string;
  from: "current" | "prior";
  align: "left" | "right" | "centre";
  sameScale: boolean;
}

/** The screen. `cells` has rows × columns places, row by row; `only` is the cell shown alone or null. */
export interface State {
  rows: number;
  columns: number;
  cells: readonly (Cell | null)[];
  active: number;
  only: number | null;
  tool: string;
  switches: Readonly<Record<Switch, boolean>>;
}

/** What is on or off. */
export type Switch = "linked" | "overlays" | "shutters" | "texts" | "processing" | "strip" | "panel" | "annotations";

/** A result of hanging, as much of it as the grid needs. */
export interface Hung {
  rows: number;
  columns: number;
  cells: readonly (Omit<Cell, "index" | "frame"> & { row: number; column: number })[];
}

/** What can happen to the screen. */
export type Action =
  | { type: "hang"; hung: Hung }
  | { type: "grid"; rows: number; columns: number }
  | { type: "put"; cell: number; items: readonly Item[]; index: number; frame?: number; study: string; from: Cell["from"] }
  | { type: "clear"; cell: number }
  | { type: "activate"; cell: number }
  | { type: "move"; by: number }
  | { type: "step"; cell: number; by: number }
  | { type: "frame"; cell: number; frame: number }
  | { type: "go"; instance: string; frame: number }
  | { type: "only"; cell: number }
  | { type: "tool"; tool: string }
  | { type: "switch"; name: Switch; on?: boolean };

/** The largest grid (rows, columns). */
export const LARGEST: readonly [number, number] = [4, 4];

/** The grids of the layout menu as [rows, columns]. */
export const GRIDS: readonly (readonly [number, number])[] = [
  [1, 1], [1, 2], [2, 1], [1, 3], [2, 2], [1, 4], [2, 3], [2, 4],
];

/** Give the screen before anything hangs. */
export function empty(): State {
  return {
    rows: 1,
    columns: 1,
    cells: [null],
    active: 0,
    only: null,
    tool: "window",
    switches: {
      linked: true, overlays: true, shutters: true, texts: true,
      processing: false, strip: true, panel: false, annotations: true,
    },
  };
}

/** Give the screen after an action. Unknown cells and steps past an end change nothing. */
export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "hang":
      return hang(state, action.hung);
    case "grid":
      return grid(state, action.rows, action.columns);
    case "put":
      return put(state, action);
    case "clear":
      return withCell(state, action.cell, () => null);
    case "activate":
      return has(state, action.cell) && action.cell !== state.active ? { ...state, active: action.cell } : state;
    case "move":
      return moved(state, action.by);
    case "step":
      return withCell(state, action.cell, (cell) => cell && stepped(cell, action.by));
    case "frame":
      return withCell(state, action.cell, (cell) => cell && atFrame(cell, action.frame));
    case "go":
      return go(state, action.instance, action.frame);
    case "only":
      return alone(state, action.cell);
    case "tool":
      return { ...state, tool: action.tool };
    case "switch":
      return switched(state, action.name, action.on);
  }
}

/** Give the image of a cell that is on the screen, null when the cell is empty. */
export function shown(cell: Cell | null | undefined): Item | null {
  return cell?.items[cell.index] ?? null;
}

/** Give the cells that are on the screen: one when a cell is shown alone. */
export function visible(state: State): number[] {
  return state.only !== null ? [state.only] : state.cells.map((_, index) => index);
}

/** Give one image of each patient on the screen: more than one means a warning. */
export function patientsShown(state: State): Item[] {
  return patientsOf(visible(state).map((index) => shown(state.cells[index])));
}

/** Give where a cell stands in its stack, every frame counted: [position from 1, length]. */
export function place(cell: Cell): [number, number] {
  const before = cell.items.slice(0, cell.index).reduce((sum, item) => sum + framesOf(item), 0);
  const all = cell.items.reduce((sum, item) => sum + framesOf(item), 0);
  return [before + cell.frame, all];
}

function framesOf(item: Item): number {
  return Math.max(1, item.frames);
}

function has(state: State, cell: number): boolean {
  return Number.isInteger(cell) && cell >= 0 && cell < state.cells.length;
}

function hang(state: State, hung: Hung): State {
  const [rows, columns] = bounded(hung.rows, hung.columns);
  const cells: (Cell | null)[] = new Array(rows * columns).fill(null);
  for (const { row, column, ...cell } of hung.cells) {
    const at = row * columns + column;
    if (row < rows && column < columns && cell.items.length) cells[at] = { ...cell, index: 0, frame: 1 };
  }
  const active = Math.max(0, cells.findIndex((cell) => cell?.from === "current"));
  return { ...state, rows, columns, cells, active, only: null };
}

function bounded(rows: number, columns: number): [number, number] {
  return [Math.min(Math.max(1, rows), LARGEST[0]), Math.min(Math.max(1, columns), LARGEST[1])];
}

function grid(state: State, wantedRows: number, wantedColumns: number): State {
  const [rows, columns] = bounded(wantedRows, wantedColumns);
  const kept = [...state.cells].sort((one, other) => Number(one === null) - Number(other === null));
  const cells = Array.from({ length: rows * columns }, (_, index) => kept[index] ?? null);
  const active = Math.max(0, cells.indexOf(state.cells[state.active] ?? null));
  return { ...state, rows, columns, cells, active, only: null };
}

function put(state: State, action: Extract<Action, { type: "put" }>): State {
  if (!has(state, action.cell) || !action.items[action.index]) return state;
  const { items, index, frame = 1, study, from } = action;
  const cell: Cell = { items, index, frame, study, from, align: "centre", sameScale: false };
  return { ...withCell(state, action.cell, () => cell), active: action.cell };
}

function withCell(state: State, at: number, change: (cell: Cell | null) => Cell | null): State {
  if (!has(state, at)) return state;
  const before = state.cells[at] ?? null;
  const after = change(before);
  if (after === before) return state;
  return { ...state, cells: state.cells.map((cell, index) => (index === at ? after : cell)) };
}

/** Step through a stack, the frames of an image first; past an end nothing moves. */
function stepped(cell: Cell, by: number): Cell {
  const [position, length] = place(cell);
  return at(cell, Math.min(Math.max(1, position + by), length));
}

function at(cell: Cell, position: number): Cell {
  let left = position;
  for (let index = 0; index < cell.items.length; index += 1) {
    const frames = framesOf(cell.items[index]!);
    if (left <= frames) return index === cell.index && left === cell.frame ? cell : { ...cell, index, frame: left };
    left -= frames;
  }
  return cell;
}

function atFrame(cell: Cell, frame: number): Cell {
  const item = shown(cell);
  if (!item || frame === cell.frame || frame < 1 || frame > framesOf(item)) return cell;
  return { ...cell, frame };
}

/** Bring an image up: in the cell that has it, the active one first. */
function go(state: State, instance: string, frame: number): State {
  const order = [state.active, ...state.cells.keys()];
  for (const index of order) {
    const cell = state.cells[index];
    const found = cell?.items.findIndex((item) => item.instance === instance) ?? -1;
    if (cell && found >= 0) {
      const next = withCell(state, index, () => ({ ...cell, index: found, frame }));
      return { ...next, active: index, only: state.only === null ? null : index };
    }
  }
  return state;
}

function moved(state: State, by: number): State {
  const count = state.cells.length;
  const active = (((state.active + by) % count) + count) % count;
  return { ...state, active, only: state.only === null ? null : active };
}

function alone(state: State, cell: number): State {
  if (!has(state, cell)) return state;
  const only = state.only === null && state.cells.length > 1 ? cell : null;
  return { ...state, only, active: cell };
}

function switched(state: State, name: Switch, on?: boolean): State {
  return { ...state, switches: { ...state.switches, [name]: on ?? !state.switches[name] } };
}
