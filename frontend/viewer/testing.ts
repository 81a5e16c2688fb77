/** Things for the tests of this folder. */

import type { Item } from "./types.ts";

/** Give an image of patient P1. */
export function item(instance: string, changes: Partial<Item> = {}): Item {
  return {
    instance,
    series: "series",
    sop_class: "1.2.840.10008.5.1.4.1.1.1.1",
    kind: "image",
    number: 1,
    rows: 500,
    columns: 400,
    frames: 1,
    for_processing: false,
    view: "PA",
    view_text: "",
    laterality: "",
    body_part: "CHEST",
    image_type: ["ORIGINAL", "PRIMARY"],
    modality: "DX",
    acquired: "20260301101500",
    patient: { id: "P1", issuer: "HOSPITAL", name: "Doe^Jane", birth_date: "19800102", sex: "F" },
    what: "Digital X-Ray Image",
    ...changes,
  };
}
