/** The JSON that the viewer reads and writes, in the words of the API (snake_case, DICOM's keywords). */

import type { Annotation } from "../annotate/index.ts";
import type { Item, Patient, Series as HungSeries } from "../hang/types.ts";

export type { Item, Patient };

/** A study as the worklist shows it. Times in seconds since 1970, dates YYYYMMDD. */
export interface Row {
  study: string;
  patient: Patient & { number: string };
  age: string;
  accession: string;
  description: string;
  body_parts: string[];
  modalities: string[];
  date: string;
  time: string;
  stations: string[];
  n_series: number;
  n_instances: number;
  status: "new" | "reading" | "read";
  reader: { name: string; until: number } | null;
  priority: "routine" | "urgent" | "stat";
  comment: string;
  version: number;
  received_at: number;
}

/** What an instance is to a viewer. */
export type Kind = Item["kind"];

/** A series and its instances, in the order to show them. */
export interface Series extends HungSeries {
  date: string;
  time: string;
  station: string;
}

/** A study for display. */
export interface StudyDisplay {
  study: Row;
  series: Series[];
  priors: { study: Row; score: number }[];
}

/** A view of an image as it is kept.
 *
 * `zoom` in CSS pixels an image pixel, 0 for as it fits; `area`: what of it is seen, left, top, right, bottom in pixels
 * from 0, null for all; `rotation` in degrees clockwise.
 */
export interface KeptView {
  instance: string;
  frame: number;
  centre: [number, number];
  zoom: number;
  area?: [number, number, number, number] | null;
  rotation: number;
  flip_h: boolean;
  flip_v: boolean;
  window: { centre: number; width: number; function: string } | { voi: number } | null;
  invert: boolean;
  gamma: number;
}

/** A frame that its reader marked. */
export interface KeyImage {
  instance: string;
  frame: number;
}

/** Millimetres a pixel as a reader found them from an object of known size. */
export interface Calibration {
  series?: string;
  instance?: string;
  mm_per_pixel: number;
}

/** What a reader has put down on a study and not yet published. */
export interface Draft {
  annotations: Annotation[];
  key_images: KeyImage[];
  views: KeptView[];
  calibrations: Calibration[];
}

/** A measured value as it stands in a published object. */
export interface PublishedValue {
  name: string;
  value: number | null;
  unit: string;
  source: string;
}

/** How a presentation state wants an image to be seen; `area` is left, top, right, bottom in pixels from 0. */
export interface StateView {
  instance: string;
  /** Frames from 1; none: all. */
  frames: number[];
  /** Degrees clockwise, before the flip (PS3.3 C.10.6). */
  rotation: number;
  flip_h: boolean;
  /** Presentation LUT Shape INVERSE (PS3.3 C.11.6). */
  invert: boolean;
  area: [number, number, number, number] | null;
  window: { centre: number; width: number; function: string } | null;
}

/** A presentation state, key object selection or measurement report that lies in the study. */
export interface Published {
  instance: string;
  series: string;
  kind: "presentation_state" | "key_object" | "measurement_report";
  label: string;
  description: string;
  creator: string;
  created: string;
  ours: boolean;
  references: { instance: string; frames: number[] }[];
  view: StateView[];
  annotations: Annotation[];
  measurements: PublishedValue[];
}

/** Drafts and published notes of a study. */
export interface StudyNotes {
  draft: Draft & { version: number };
  published: Published[];
}

