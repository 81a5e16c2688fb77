/** Undo and redo of one screen: steps that know how to go back and forth. */

/** One step; what it did last is done already when it is pushed. */
export interface Step {
  name: string;
  undo: () => void;
  redo: () => void;
}

const LONGEST = 200;

/** Steps that can be undone and redone. */
export class History {
  #done: Step[] = [];
  #undone: Step[] = [];

  /** Note a step that was just taken; what was undone before can no longer be redone. */
  push(step: Step): void {
    this.#done.push(step);
    if (this.#done.length > LONGEST) this.#done.shift();
    this.#undone = [];
  }

  /** Forget all: what was done cannot be taken back any more. */
  clear(): void {
    this.#done = [];
    this.#undone = [];
  }

  /** Whether there is something to undo, to redo. */
  get can(): { undo: boolean; redo: boolean } {
    return { undo: this.#done.length > 0, redo: this.#undone.length > 0 };
  }

  /** Take the last step back; gives its name or "". */
  undo(): string {
    const step = this.#done.pop();
    if (!step) return "";
    step.undo();
    this.#undone.push(step);
    return step.name;
  }

  /** Take the last undone step again; gives its name or "". */
  redo(): string {
    const step = this.#undone.pop();
    if (!step) return "";
    step.redo();
    this.#done.push(step);
    return step.name;
  }
}
