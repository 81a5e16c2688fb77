/** The words around an image: who, when, which side, how large, how true. Pure; the cell draws them. */

import type { RenderModel } from "../engine/index.ts";

/** How numbers, dates and names are written, and the words of the user's language. */
export interface Format {
  t: (text: string, values?: Record<string, string | number>) => string;
  number: (value: number, digits: number) => string;
  date: (yyyymmdd: string) => string;
  name: (dicom: string) => string;
  /** Body Part Examined, in words. */
  part: (code: string) => string;
}

/** A mark of trust: `tone` says how loudly. */
export interface Mark {
  text: string;
  tone: "plain" | "note" | "warning";
}

/** What is written in the corners; lines from the top. */
export interface Words {
  who: string[];
  what: string[];
  marks: Mark[];
  scale: string[];
  /** Where millimetres come from, and what is to be known of that, "" for nothing. */
  spacing: string;
  remark: string;
}

/** The letters at the four edges of the screen, "" where nothing is known. */
export interface Letters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

type Vector = readonly [number, number];

/** Give the letters as they stand on the screen.
 *
 * `x` and `y` are where the image's axes (columns to the right, rows down) point on the screen, so that the letters
 * follow every rotation and flip; between quarter turns the nearest edge is taken.
 */
export function letters(orientation: RenderModel["orientation"], x: Vector, y: Vector): Letters {
  const found: Letters = { left: "", right: "", top: "", bottom: "" };
  if (!orientation) return found;
  const edges: [string, Vector][] = [
    [orientation.right, x], [orientation.left, [-x[0], -x[1]]],
    [orientation.bottom, y], [orientation.top, [-y[0], -y[1]]],
  ];
  for (const [letter, towards] of edges) found[edgeOf(towards)] = letter;
  return found;
}

function edgeOf([x, y]: Vector): keyof Letters {
  if (Math.abs(x) >= Math.abs(y)) return x > 0 ? "right" : "left";
  return y > 0 ? "bottom" : "top";
}

/** Say whether the screen shows the image as in a mirror: its axes turn the other way. */
export function mirrored(x: Vector, y: Vector): boolean {
  return x[0] * y[1] - x[1] * y[0] < 0;
}

/** Give an age at the day of the study, "" when a date is missing: years from two on, months from two on, else days. */
export function age(birth: string, day: string, t: Format["t"]): string {
  const from = parts(birth);
  const to = parts(day);
  if (!from || !to) return "";
  const months = (to[0] - from[0]) * 12 + (to[1] - from[1]) - (to[2] < from[2] ? 1 : 0);
  if (months < 0) return "";
  if (months >= 24) return t("{count} y", { count: Math.floor(months / 12) });
  if (months >= 2) return t("{count} mo", { count: months });
  const days = Math.round((Date.UTC(to[0], to[1] - 1, to[2]) - Date.UTC(from[0], from[1] - 1, from[2])) / 86_400_000);
  return days < 0 ? "" : t("{count} d", { count: days });
}

function parts(date: string): [number, number, number] | null {
  const found = /^(\d{4})(\d{2})(\d{2})/.exec(date);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : null;
}

/** How an image stands on the screen, as the words need it. */
export interface Standing {
  zoom: number;
  rotation: number;
  mirrored: boolean;
  processed: boolean;
  /** Whether a subtraction is wanted, and the file has no mask for this frame. */
  unmasked: boolean;
  inverted: boolean;
  window: { centre: number; width: number } | null;
  windowName: string;
  place: readonly [number, number];
  /** Millimetres a CSS pixel; 0 when the screen was never measured. */
  screen: number;
  /** The spacing in use, after a reader's own calibration. */
  spacing: RenderModel["spacing"];
}

/** Give all words around an image. */
export function words(model: RenderModel, standing: Standing, format: Format): Words {
  return {
    who: whoLines(model, format),
    what: whatLines(model, standing, format),
    marks: marks(model, standing, format.t),
    scale: scaleLines(standing, format),
    spacing: spacingText(standing.spacing, format),
    remark: spacingRemark(standing.spacing, format),
  };
}

function whoLines({ identity }: RenderModel, format: Format): string[] {
  const years = age(identity.birth_date, identity.study_date, format.t);
  const born = [format.date(identity.birth_date), identity.sex, years].filter(Boolean).join(" · ");
  return [format.name(identity.patient_name) || format.t("No name"), identity.patient_id, born].filter(Boolean);
}

function whatLines(model: RenderModel, standing: Standing, { t, date, part }: Format): string[] {
  const side = sideOf(model.laterality, t);
  const view = [side, part(model.body_part), model.view_text || model.view].filter(Boolean).join(" · ");
  const [position, length] = standing.place;
  const stack = length > 1 ? t("Image {position} of {length}", { position, length }) : "";
  const day = date(model.identity.acquired.slice(0, 8) || model.identity.study_date);
  return [view, day, stack].filter(Boolean);
}

/** Give the word of a laterality, (0020,0062) or (0020,0060). */
export function sideOf(laterality: string, t: Format["t"]): string {
  const sides: Record<string, string> = { L: t("Left"), R: t("Right"), B: t("Both sides"), U: "" };
  return sides[laterality] ?? laterality;
}

function marks(model: RenderModel, standing: Standing, t: Format["t"]): Mark[] {
  const found: Mark[] = [];
  const add = (when: boolean, text: string, tone: Mark["tone"] = "note") => when && found.push({ text, tone });
  add(standing.mirrored, t("Mirrored: letters burnt into the image read backwards"), "warning");
  add(model.burned_in === "YES", t("Text is burnt into the image"));
  add(model.for_processing, t("FOR PROCESSING: not for diagnosis"), "warning");
  add(model.lossy.is, lossyText(model.lossy.ratio, t));
  add(!!model.note, t(model.note ?? ""));
  add(standing.processed, t("processed"));
  add(standing.unmasked, t("No mask for this frame: not subtracted"));
  add(standing.inverted, t("inverted"));
  return found;
}

function lossyText(ratio: number, t: Format["t"]): string {
  return ratio > 0 ? t("lossy {ratio}:1", { ratio: Math.round(ratio * 10) / 10 }) : t("lossy");
}

function scaleLines(standing: Standing, format: Format): string[] {
  const { t, number } = format;
  const zoom = t("{zoom} %", { zoom: number(standing.zoom * 100, standing.zoom < 0.1 ? 1 : 0) });
  const seen = (((standing.mirrored ? -standing.rotation : standing.rotation) % 360) + 360) % 360; // as the screen shows it
  const turn = seen ? ` · ${number(seen, 0)}°` : "";
  const window = standing.window
    ? t("W {width} C {centre}", { width: number(standing.window.width, 0), centre: number(standing.window.centre, 0) })
    : "";
  return [
    [standing.windowName, window].filter(Boolean).join(" · "),
    `${zoom}${turn} · ${sizeText(standing, t)}`,
  ].filter(Boolean);
}

/** Say whether the image is as large on the screen as it was on the detector or film, and whether we can know. */
export function sizeText({ zoom, screen, spacing }: Standing, t: Format["t"]): string {
  if (!(spacing.column > 0)) return t("no physical size");
  if (!(screen > 0)) return t("screen not calibrated");
  const ratio = (zoom * screen) / spacing.column;
  if (Math.abs(ratio - 1) < 0.005) return t("true size");
  return t("{ratio} × true size", { ratio: Math.round(ratio * 100) / 100 });
}

/** Say where millimetres come from (PS3.3 10.7.1.3). */
export function spacingText(spacing: RenderModel["spacing"], { t, number }: Format): string {
  const sources: Record<string, string> = {
    calibrated: t("mm calibrated"),
    magnification: t("mm corrected for magnification (estimated)"),
    detector: t("mm at detector"),
    film: t("mm in film plane"),
    user: t("mm calibrated by a reader"),
  };
  const source = spacing.column > 0 ? sources[spacing.source] : undefined;
  return source ? `${source} · ${number(spacing.column, 3)}` : t("no mm: distances in pixels");
}

/** Give what a reader should know of the millimetres: why they are so, by how much they were corrected, the file's words.
 *
 * The server's notes are English sentences out of a fixed list, which is in the catalogues as well.
 */
export function spacingRemark(spacing: RenderModel["spacing"], { t, number }: Format): string {
  const { note, factor, description } = spacing;
  const corrected = spacing.column > 0 && factor >= 1.005 ? `÷ ${number(factor, 2)}` : "";
  return [note && t(note), corrected, description && `“${description}”`].filter(Boolean).join(" · ");
}
