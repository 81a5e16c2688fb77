/** Studies for the tests of this folder, from a few words. */

import type { Item, Patient, Series, StudyDisplay } from "./types.ts";

/** An image in a few words. */
export interface Sketch {
  id: string;
  kind?: Item["kind"];
  view?: string;
  view_text?: string;
  side?: string;
  series?: number;
  frames?: number;
  modality?: string;
  processing?: boolean;
}

/** A study in a few words. */
export interface StudySketch {
  study?: string;
  patient?: string;
  issuer?: string;
  modality: string;
  part: string;
  description?: string;
  date?: string;
  images: Sketch[];
}

/** Make a study of its sketch; `study` when it names none. */
export function studyOf(sketch: StudySketch, study: string): StudyDisplay {
  const patient: Patient = { id: sketch.patient ?? "P1", issuer: sketch.issuer ?? "", name: "Doe^Jane", birth_date: "", sex: "" };
  const items = sketch.images.map((image, index) => itemOf(image, { sketch, patient, number: index + 1 }));
  const series = [...Map.groupBy(items, (item) => item.series)].map(([name, instances]) => seriesOf(name, instances));
  const { description = "", date = "20250101", part } = sketch;
  return {
    study: {
      study: sketch.study ?? study, patient, description, body_parts: part ? [part] : [],
      modalities: [...new Set(items.map((item) => item.modality))], date, time: "120000",
    },
    series,
  };
}

function itemOf(image: Sketch, about: { sketch: StudySketch; patient: Patient; number: number }): Item {
  const { sketch, patient, number } = about;
  return {
    instance: image.id, series: String(image.series ?? 1), sop_class: "", kind: image.kind ?? "image", number,
    rows: 100, columns: 100, frames: image.frames ?? 1, for_processing: image.processing ?? false,
    view: image.view ?? "", view_text: image.view_text ?? image.view ?? "", laterality: image.side ?? "",
    body_part: sketch.part, image_type: [], modality: image.modality ?? sketch.modality, acquired: "", patient, what: "",
  };
}

function seriesOf(name: string, instances: Item[]): Series {
  const first = instances[0]!;
  return {
    series: name, modality: first.modality, number: Number(name), description: "", body_part: first.body_part,
    laterality: "", instances,
  };
}
