/** What the viewer asks of the server, one function a question. All go through the application's client. */

import type { Annotation } from "../annotate/index.ts";
import { call, currentSession, fetched } from "../api/client.ts";
import type { FrameFault, RenderModel } from "../engine/index.ts";
import type { Protocol } from "../hang/index.ts";
import type { Sent } from "./drafts.ts";
import type { VideoFacts } from "./film.ts";
import type { Draft, Item, KeptView, Row, StudyDisplay, StudyNotes } from "./types.ts";

/** Something the server would not do, in words for a reader (RFC 9457). `status` 0: it could not be reached. */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  /** What is wrong with a frame, when it was the engine that found out. */
  fault?: FrameFault | undefined;
}

/** Give the problem in whatever was thrown. */
export function problemOf(error: unknown): Problem {
  const found = error as Partial<Problem> & { message?: string };
  if (typeof found?.status === "number") {
    return { status: found.status, title: found.title ?? "", detail: found.detail ?? "", fault: found.fault };
  }
  return { status: 0, title: "", detail: found?.message ?? String(error) };
}

const STUDY = "/api/studies/{study}";
const INSTANCE = "/studies/{study}/series/{series}/instances/{instance}";

/** Give the study for display. */
export const display = (study: string): Promise<StudyDisplay> => call("GET", `${STUDY}/display`, { path: { study } });

/** Give the render model of one frame (from 1), under a presentation state of the study where one is named. */
export const renderModel = (study: string, item: Item, frame: number, state: string): Promise<RenderModel> =>
  call("GET", `/api${INSTANCE}/render-model`, { path: placed(study, item), query: state ? { frame, state } : { frame } });

function placed(study: string, { series, instance }: Item): Record<string, string> {
  return { study, series, instance };
}

/** Give drafts and published notes. */
export const notes = (study: string): Promise<StudyNotes> => call("GET", `${STUDY}/annotations`, { path: { study } });

/** Give the hanging protocols that the user may use. */
export const protocols = async (): Promise<Protocol[]> => {
  const found = await call<Protocol[] | { protocols: Protocol[] }>("GET", "/api/protocols");
  return Array.isArray(found) ? found : found.protocols;
};

/** Save a draft; never throws. A session that ended is waited for by the client. */
export async function saveDraft(study: string, version: number, draft: Draft): Promise<Sent> {
  try {
    const body = { version, ...draft };
    const answer = await call<{ version: number }>("PUT", `${STUDY}/annotations/draft`, { path: { study }, body });
    return { kind: "saved", version: answer.version };
  } catch (error) {
    return sentOf(problemOf(error));
  }
}

function sentOf(problem: Problem): Sent {
  if (problem.status === 409) return { kind: "conflict" };
  if (problem.status === 0 || problem.status >= 500) return { kind: "offline" };
  return { kind: "refused", detail: problem.detail || problem.title };
}

/** A published object. */
export interface Made {
  instance: string;
  series: string;
  sop_class: string;
}

/** Publish the draft as DICOM objects. */
export const publish = (study: string, version: number, title: string): Promise<{ instances: Made[] }> =>
  call("POST", `${STUDY}/annotations/publish`, { path: { study }, body: { version, title } });

const WORKLIST = "/api/worklist/{study}";

/** Give how a study stands with its readers. */
export const rowOf = (study: string): Promise<Row> => call("GET", WORKLIST, { path: { study } });

/** Change a study's status; 409 when another did so meanwhile. */
export const setStatus = (study: string, version: number, status: Row["status"]): Promise<Row> =>
  call("PATCH", WORKLIST, { path: { study }, body: { version, status } });

/** Who reads a study, and until when (seconds since 1970). */
export interface Lease {
  reader: string;
  until: number;
  taken_from?: string;
}

/** Take or renew the lease of a study; 409 when another holds it. */
export const lease = (study: string, take_over: boolean): Promise<Lease> =>
  call("POST", `${WORKLIST}/lease`, { path: { study }, body: { take_over } });

/** Give the lease back; the page may be going away, so nobody waits for the answer. */
export function giveBack(study: string): void {
  const headers = { "X-CSRF-Token": currentSession()?.csrf ?? "", "X-Requested-With": "radiotheque" };
  const path = `/api/worklist/${encodeURIComponent(study)}/lease`;
  fetch(path, { method: "DELETE", headers, keepalive: true }).catch(() => undefined); // it ends by itself in 10 minutes
}

/** An attribute as DICOM JSON has it (PS3.18 F.2). */
export interface Attribute {
  vr: string;
  Value?: unknown[];
  BulkDataURI?: string;
  InlineBinary?: string;
}

/** Give all attributes of an instance (PS3.18 10.4.1.1.2). */
export async function metadata(study: string, item: Item): Promise<Record<string, Attribute>> {
  const path = placed(study, item);
  const found = await call<Record<string, Attribute>[]>("GET", `/dicom-web${INSTANCE}/metadata`, { path });
  return found[0] ?? {};
}

/** Give a report as the server writes it in plain text. */
export async function reportText(study: string, item: Item, signal: AbortSignal): Promise<string> {
  const path = placed(study, item);
  const answer = await fetched("GET", `/dicom-web${INSTANCE}/rendered`, { path, query: { accept: "text/plain" }, signal });
  return answer.text();
}

/** Ask whether an instance is given as PDF; raises what the server says when it is none. A frame would not show that. */
export async function pdfIsGiven(study: string, item: Item, signal: AbortSignal): Promise<void> {
  const query = { accept: "application/pdf" };
  const answer = await fetched("GET", `/dicom-web${INSTANCE}/rendered`, { path: placed(study, item), query, signal });
  await answer.body?.cancel();
}

const instancePath = (study: string, item: Pick<Item, "series" | "instance">): string =>
  `/studies/${study}/series/${item.series}/instances/${item.instance}`;

/** Give where a thumbnail lies; it runs the same grey chain. */
export const thumbnailUrl = (study: string, item: Item): string => `/api${instancePath(study, item)}/thumbnail?width=192`;

/** Give where a larger picture lies that stands for a video until it plays. */
export const posterUrl = (study: string, item: Item): string => `/api${instancePath(study, item)}/thumbnail?width=1024&frame=1`;

/** Tell how a video is played. */
export const videoFacts = (study: string, item: Item, signal: AbortSignal): Promise<VideoFacts> =>
  call("GET", `/api${INSTANCE}/video`, { path: placed(study, item), signal });

/** Give where the bit stream of a video lies as it came (PS3.18 8.7.3.3.2). */
export const streamUrl = (study: string, item: Item, { media_type }: VideoFacts): string =>
  `/dicom-web${instancePath(study, item)}/pixeldata?accept=${encodeURIComponent(media_type)}`;

/** Give where the document lies that an instance encapsulates, as it came: the value of (0042,0011). */
export const documentUrl = (study: string, item: Item): string => `/dicom-web${instancePath(study, item)}/bulkdata/00420011`;

/** Give where an instance lies as `media` type: DICOM file, JPEG, PDF, MP4. */
export function instanceUrl(study: string, item: Item, media: string): string {
  const rendered = media === "application/dicom" || media === "application/zip" ? "" : "/rendered";
  return `/dicom-web${instancePath(study, item)}${rendered}?accept=${encodeURIComponent(media)}`;
}

/** Give where the whole study lies as a ZIP with DICOMDIR. */
export const zipUrl = (study: string): string => `/dicom-web/studies/${study}?accept=application%2Fzip`;

/** Give a fresh identifier of an annotation. */
export function freshId(): string {
  return crypto.randomUUID?.() ?? fallbackId();
}

/** `randomUUID` is absent on plain http; the bytes come from the same source (RFC 9562 5.4). */
function fallbackId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Give the annotations of one frame. */
export function onFrame(annotations: readonly Annotation[], instance: string, frame: number): Annotation[] {
  return annotations.filter((each) => each.instance === instance && each.frame === frame);
}

/** What is to be printed. */
export interface PrintOrder {
  format: "pdf" | "png";
  sheet: string;
  images: { study: string; series: string; instance: string; frame: number; view: KeptView }[];
}

/** Give the printed file. */
export async function printed(body: PrintOrder): Promise<Blob> {
  return (await fetched("POST", "/api/print", { body })).blob();
}

/** Wait until whoever reads here is signed in again; the client asks them to. */
export const signedInAgain = (): Promise<unknown> => call("GET", "/api/session").catch(() => undefined);

/** So many UIDs of 64 characters make an address that every proxy lets through. */
const AT_ONCE = 50;

/** Give the study that each instance is kept in; what is not kept, or not for this reader to see, is left out. */
export async function whereKept(instances: readonly string[]): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (let at = 0; at < instances.length; at += AT_ONCE) {
    const some = instances.slice(at, at + AT_ONCE);
    const query = { SOPInstanceUID: some.join(","), limit: some.length };
    const found = await call<Record<string, Attribute>[] | undefined>("GET", "/dicom-web/instances", { query });
    for (const each of found ?? []) kept.set(uidIn(each["00080018"]), uidIn(each["0020000D"]));
  }
  return kept;
}

function uidIn(attribute: Attribute | undefined): string {
  return String(attribute?.Value?.[0] ?? "");
}
