/** Which columns fit; pure. */

/** The column that names a row, which is therefore always there. */
export const NAMING = "patient";

/** What fitting needs of a column: its least width in CSS pixels, and its rank; the highest goes first. */
export interface Fit {
  readonly id: string;
  readonly min: number;
  readonly rank: number;
}

/** Give the ids of the columns that fit into a width, in their own order; the naming one always. */
export function fitting(columns: readonly Fit[], width: number): readonly string[] {
  const kept = new Set([NAMING]);
  let left = width - (columns.find((one) => one.id === NAMING)?.min ?? 0);
  for (const { id, min } of columns.toSorted((a, b) => a.rank - b.rank)) {
    if (id === NAMING) continue;
    if (min > left) break; // what is needed less does not take the place of what is needed more
    left -= min;
    kept.add(id);
  }
  return columns.map((column) => column.id).filter((id) => kept.has(id));
}
