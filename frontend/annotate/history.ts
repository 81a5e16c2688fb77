/** Undo and redo as plain data: what was, what is, what was undone. Pure. */

/** A state that was left, and the name of the step that left it. */
export interface Left<T> {
  state: T;
  step: string;
}

/** The states before and after the present one, the nearest last. */
export interface History<T> {
  past: readonly Left<T>[];
  present: T;
  future: readonly Left<T>[];
}

/** How many steps can be taken back. */
export const LONGEST = 200;

/** Give the history of a state that nothing happened to yet. */
export function begun<T>(present: T): History<T> {
  return { past: [], present, future: [] };
}

/** Give the history after a step; what had been undone before it is gone. The same state again is no step. */
export function did<T>(history: History<T>, state: T, step: string): History<T> {
  if (state === history.present) return history;
  return { past: [...history.past, { state: history.present, step }].slice(-LONGEST), present: state, future: [] };
}

/** Give the history with its last step taken back; unchanged without one. */
export function undone<T>(history: History<T>): History<T> {
  const last = history.past.at(-1);
  if (!last) return history;
  const future = [...history.future, { state: history.present, step: last.step }];
  return { past: history.past.slice(0, -1), present: last.state, future };
}

/** Give the history with the step that was taken back last done again; unchanged without one. */
export function redone<T>(history: History<T>): History<T> {
  const next = history.future.at(-1);
  if (!next) return history;
  const past = [...history.past, { state: history.present, step: next.step }];
  return { past, present: next.state, future: history.future.slice(0, -1) };
}

/** Give the names of the steps that undo and redo would take, "" for none. */
export function steps(history: History<unknown>): { undo: string; redo: string } {
  return { undo: history.past.at(-1)?.step ?? "", redo: history.future.at(-1)?.step ?? "" };
}
