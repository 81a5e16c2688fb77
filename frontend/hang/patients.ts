/** Whose images may stand side by side as one patient's: those that name the same ID of the same issuer. */

import type { Item, Patient, StudyDisplay } from "./types.ts";

/** Say whether two name surely the same patient. Without an ID nobody is the same as anybody. */
export function isSamePatient(one: Pick<Patient, "id" | "issuer">, other: Pick<Patient, "id" | "issuer">): boolean {
  return one.id !== "" && one.id === other.id && one.issuer === other.issuer;
}

/** Say whether two images may be moved together. */
export function mayLink(one: Pick<Item, "patient">, other: Pick<Item, "patient">): boolean {
  return isSamePatient(one.patient, other.patient);
}

/** Give the images of a prior that are surely of the patient of the study; none when the study itself is another's. */
export function ofPatient(items: readonly Item[], display: StudyDisplay): Item[] {
  return items.filter((item) => isSamePatient(item.patient, display.study.patient));
}
