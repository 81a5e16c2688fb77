/** Whose image it is: the one place that decides whether two images may be linked. */

import type { Item } from "./types.ts";

/** Give what tells patients apart, "" when the object names none: such an image is linked with nothing. */
export function patientKey(item: Pick<Item, "patient"> | null | undefined): string {
  const patient = item?.patient;
  return patient && patient.id ? `${patient.issuer}\u0000${patient.id}` : "";
}

/** Say whether two images are surely of the same patient. Unknown is never the same. */
export function samePatient(one: Pick<Item, "patient"> | null, other: Pick<Item, "patient"> | null): boolean {
  const key = patientKey(one);
  return key !== "" && key === patientKey(other);
}

/** Give one item of each patient among `items`, in their order; images without a patient's ID count by name. */
export function patientsOf<T extends Pick<Item, "patient">>(items: readonly (T | null)[]): T[] {
  const seen = new Map<string, T>();
  for (const item of items) {
    if (!item) continue;
    const key = patientKey(item) || `name\u0000${item.patient?.name ?? ""}`;
    if (!seen.has(key)) seen.set(key, item);
  }
  return [...seen.values()];
}
