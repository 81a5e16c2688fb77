/** Where the images lie that notes speak of. Pure. */

import type { Published } from "./types.ts";

/** How many images are in this study, in other studies (by Study Instance UID), and nowhere that the reader may look. */
export interface Whereabouts {
  here: number;
  elsewhere: ReadonlyMap<string, number>;
  nowhere: number;
}

/** Give the SOP Instance UIDs that notes speak of, each once. */
export function spokenOf(notes: readonly Pick<Published, "references">[]): string[] {
  return [...new Set(notes.flatMap((note) => note.references.map((each) => each.instance)))].filter(Boolean);
}

/** Say where images are; `studyOf` gives the study that an instance is kept in, "" for none. */
export function whereabouts(instances: readonly string[], study: string, studyOf: (instance: string) => string): Whereabouts {
  const counts = new Map<string, number>();
  for (const instance of instances) {
    const where = studyOf(instance);
    counts.set(where, (counts.get(where) ?? 0) + 1);
  }
  const [here, nowhere] = [counts.get(study) ?? 0, counts.get("") ?? 0];
  counts.delete(study);
  counts.delete("");
  return { here, elsewhere: counts, nowhere };
}
