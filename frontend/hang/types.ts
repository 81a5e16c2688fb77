/** Studies, images and protocols as the API has them, as much of them as hanging looks at. */

/** Who an object says it is of. */
export interface Patient {
  id: string;
  issuer: string;
  name: string;
  birth_date: string;
  sex: string;
}

/** A study; dates YYYYMMDD, times HHMMSS. */
export interface StudyRow {
  study: string;
  patient: Patient;
  description: string;
  body_parts: string[];
  modalities: string[];
  date: string;
  time: string;
}

/** One instance. `acquired` is YYYYMMDDHHMMSS. */
export interface Item {
  instance: string;
  series: string;
  sop_class: string;
  kind: "image" | "presentation" | "key_object" | "report" | "document" | "video" | "other";
  number: number;
  rows: number;
  columns: number;
  frames: number;
  for_processing: boolean;
  view: string;
  view_text: string;
  laterality: string;
  body_part: string;
  image_type: string[];
  modality: string;
  acquired: string;
  patient: Patient;
  what: string;
}

/** A series with its instances. */
export interface Series {
  series: string;
  modality: string;
  number: number;
  description: string;
  body_part: string;
  laterality: string;
  instances: Item[];
}

/** A study and what is in it. */
export interface StudyDisplay {
  study: StudyRow;
  series: Series[];
}

/** Where an image stands in its cell: a mammogram's chest wall lies on that edge. */
export type Align = "left" | "right" | "centre";

/** What a slot takes: images with one of these views and sides; `index` counts from 1, 0 takes all as a stack. */
export interface Select {
  view: string[];
  laterality: string[];
  index: number;
}

/** One place of a protocol, row and column from 0. `prior` counts from 1, the best first; same scale: same mm. */
export interface Slot {
  row: number;
  column: number;
  from: "current" | "prior";
  prior: number;
  select: Partial<Select>;
  align: Align;
  same_scale: boolean;
}

/** Which studies a protocol is for. Empty lists and 0 ask for nothing. */
export interface Match {
  /** One of these must be there. */
  modalities: string[];
  /** One of these must be there. */
  body_parts: string[];
  /** Each of these must be there. */
  views: string[];
  /** Each of these must be there. */
  laterality: string[];
  min_images: number;
  max_images: number;
}

/** How studies of one kind hang. The highest priority is tried first. */
export interface Protocol {
  id: string;
  name: string;
  version: number;
  shared: boolean;
  owner: string;
  built_in: boolean;
  priority: number;
  match: Partial<Match>;
  rows: number;
  columns: number;
  slots: Slot[];
}

/** One place of the screen with its images, the first of which is shown. `study` is "" when it is empty. */
export interface HungCell {
  row: number;
  column: number;
  items: Item[];
  study: string;
  from: "current" | "prior";
  align: Align;
  sameScale: boolean;
}

/** What hangs where. `protocol` is its id, "" where none fits; `priors` are the studies that hang beside. */
export interface Layout {
  protocol: string;
  rows: number;
  columns: number;
  cells: HungCell[];
  priors: string[];
}
