/** What the API gives to the worklist, the patient page and the settings: nouns of `/api`, as they come. */

/** A signed-in person. */
export interface Session {
  readonly name: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly csrf: string;
  readonly language: string;
  readonly theme: string;
  /** When the session ends at the latest, epoch seconds. */
  readonly expires_at: number;
  /** After how many idle seconds it ends. */
  readonly idle_s: number;
}

/** Demographics as a row of the worklist bears them; `name` is a PN value, `birth_date` a DA value. */
export interface PatientBrief {
  readonly number: string | number;
  readonly id: string;
  readonly issuer: string;
  readonly name: string;
  readonly birth_date: string;
  readonly sex: string;
}

export type Status = "new" | "reading" | "read";
export type Priority = "routine" | "urgent" | "stat";

/** Who reads a study now, and until when their lease runs. */
export interface Reader {
  readonly name: string;
  readonly until: number | string;
}

/** One study of the worklist. Dates and times are DA and TM values, `age` an AS value or "". */
export interface Row {
  readonly study: string;
  readonly patient: PatientBrief;
  readonly age: string;
  readonly accession: string;
  readonly description: string;
  readonly body_parts: readonly string[];
  readonly modalities: readonly string[];
  readonly date: string;
  readonly time: string;
  readonly stations: readonly string[];
  readonly n_series: number;
  readonly n_instances: number;
  readonly status: Status;
  readonly reader: Reader | null;
  readonly priority: Priority;
  readonly comment: string;
  /** Grows with every change of status, priority or comment; a change names the one it saw. */
  readonly version: number;
  readonly received_at: number;
}

/** A page of the worklist; `next` is the cursor of the following page, "" at the end. */
export interface Page {
  readonly studies: readonly Row[];
  readonly next: string;
  readonly count: { readonly value: number; readonly exact: boolean };
}

/** What the worklist is asked; the keys are those of its query string. Lists are parted by commas there. */
export interface Query {
  readonly q?: string;
  readonly status?: readonly string[];
  readonly priority?: readonly string[];
  readonly modality?: readonly string[];
  readonly body_part?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly mine?: boolean;
}

export type Order = "asc" | "desc";

/** A saved view of the worklist. */
export interface View {
  readonly id: string | number;
  readonly name: string;
  readonly shared: boolean;
  readonly owner: string;
  readonly version: number;
  readonly query: Query;
  readonly columns: readonly string[];
  readonly sort: string;
  readonly order: Order;
}

/** An image or document of a study, as far as thumbnails need it. */
export interface Item {
  readonly instance: string;
  readonly series: string;
  readonly kind: "image" | "presentation" | "key_object" | "report" | "document" | "video" | "other";
  readonly frames: number;
  readonly for_processing: boolean;
  /** View Position (0018,5101) or its like, "PA". */
  readonly view: string;
  readonly view_text: string;
  readonly laterality: string;
  readonly modality: string;
  readonly what: string;
}

/** One series of a study. */
export interface Series {
  readonly series: string;
  readonly modality: string;
  readonly number: number | null;
  readonly description: string;
  readonly body_part: string;
  readonly laterality: string;
  readonly instances: readonly Item[];
}

/** A study with what it holds. */
export interface StudyDisplay {
  readonly study: Row;
  readonly series: readonly Series[];
}

/** An entry of a patient's timeline; other rooms add kinds of their own. */
export interface TimelineEntry {
  readonly kind: string;
  /** "YYYYMMDDHHMMSS", or a head of it. */
  readonly at: string;
  readonly study?: Row;
}

/** One patient with everything that is known of them. */
export interface Patient extends PatientBrief {
  readonly source: { readonly study: string; readonly received_at: number; readonly amended: boolean };
  readonly other_ids: readonly { readonly id: string; readonly issuer: string; readonly type: string }[];
  readonly timeline: readonly TimelineEntry[];
}

/** How large the pixels of one screen are. */
export interface ScreenScale {
  readonly mm_per_css_px: number;
  /** Epoch seconds. */
  readonly calibrated_at: number;
}

/** What a person chose, kept on the server. */
export interface Preferences {
  readonly version: number;
  readonly language: string;
  readonly theme: string;
  /** Action id → chord, "" for none. */
  readonly shortcuts: Readonly<Record<string, string>>;
  readonly mouse: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  /** By the key of a screen. */
  readonly screens: Readonly<Record<string, ScreenScale>>;
  readonly hanging: Readonly<Record<string, unknown>>;
}
