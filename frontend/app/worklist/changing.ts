/** Saving what a reader changes: with the version they saw, and never over somebody else's change. */
import { Problem } from "../../api/client.ts";
import type { Row } from "../model.ts";
import { askRow, type Change, saveChange } from "./asking.ts";

/** A change that somebody else's came before. */
export interface Conflict {
  /** The row as it is now. */
  readonly theirs: Row;
  /** What the reader wanted. */
  readonly mine: Change;
  /** Who changed it, "" when the server does not know. */
  readonly by: string;
}

/** What became of a change; `held` is one to the status of a study that another has open. */
export type Outcome =
  | { readonly kind: "saved"; readonly row: Row }
  | { readonly kind: "held"; readonly reader: string }
  | { readonly kind: "conflict"; readonly conflict: Conflict };

/** Save a change made on a row as it was seen. Raises `Problem` for all refusals but a conflict. */
export async function change(row: Row, wanted: Change): Promise<Outcome> {
  try {
    return { kind: "saved", row: await saveChange(row.study, row.version, wanted) };
  } catch (error) {
    if (!(error instanceof Problem && error.isConflict)) throw error;
    const reader = text(error.members["reader"]);
    if (reader) return { kind: "held", reader };
    const theirs = await askRow(row.study);
    if (isAlready(theirs, wanted)) return { kind: "saved", row: theirs };
    return { kind: "conflict", conflict: { theirs, mine: wanted, by: text(error.members["changed_by"]) } };
  }
}

/** Say whether a row already is what was wanted: two readers who agree have no conflict. */
export function isAlready(row: Row, wanted: Change): boolean {
  return Object.entries(wanted).every(([name, value]) => row[name as keyof Change] === value);
}

/** What became of the same change to several studies. */
export interface Several {
  readonly saved: readonly Row[];
  readonly conflicts: readonly Conflict[];
  readonly failed: number;
}

/** Make the same change to several studies, one after the other; a conflict of one stops none of the others. */
export async function changeSeveral(rows: readonly Row[], wanted: Change): Promise<Several> {
  const saved: Row[] = [];
  const conflicts: Conflict[] = [];
  let failed = 0;
  for (const row of rows) {
    try {
      const outcome = await change(row, wanted);
      if (outcome.kind === "saved") saved.push(outcome.row);
      else if (outcome.kind === "conflict") conflicts.push(outcome.conflict);
      else failed += 1;
    } catch {
      failed += 1;
    }
  }
  return { saved, conflicts, failed };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
