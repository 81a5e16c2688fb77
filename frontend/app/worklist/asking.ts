/** What the worklist asks of the server, one function a question. */
import { call } from "../../api/client.ts";
import { todayDate } from "../dates.ts";
import type { Page, Priority, Row, StudyDisplay, View } from "../model.ts";
import { type Asked, parameters } from "./query.ts";

/** Rows of one page: three screens of the largest monitor. */
export const PAGE = 100;

/** Give a page of the list; `after` is the cursor that the page before gave. */
export function askPage(asked: Asked, after: string, signal?: AbortSignal): Promise<Page> {
  const query = { ...parameters(asked, todayDate()), limit: PAGE, ...(after ? { after } : {}) };
  return call("GET", "/api/worklist", { query, signal });
}

/** Give one row as it is now. */
export function askRow(study: string): Promise<Row> {
  return call("GET", "/api/worklist/{study}", { path: { study } });
}

/** What of a study a reader may change in the worklist. */
export interface Change {
  readonly status?: "new" | "read";
  readonly priority?: Priority;
  readonly comment?: string;
}

/** Change a study; the version says which state the reader saw. Raises `Problem` 409 when it is older than the state now. */
export function saveChange(study: string, version: number, change: Change): Promise<Row> {
  return call("PATCH", "/api/worklist/{study}", { path: { study }, body: { version, ...change } });
}

/** Give the saved views that the person may use. */
export async function askViews(): Promise<readonly View[]> {
  const answer = await call<readonly View[] | { readonly views: readonly View[] }>("GET", "/api/views");
  return "views" in answer ? answer.views : answer;
}

/** What a view is made of. */
export type ViewDraft = Omit<View, "id" | "owner" | "version">;

/** Save a new view. */
export function createView(draft: ViewDraft): Promise<View> {
  return call("POST", "/api/views", { body: draft });
}

/** Save a view anew. Raises `Problem` 409 when another saved it first. */
export function replaceView(view: View): Promise<View> {
  return call("PUT", "/api/views/{id}", { path: { id: view.id }, body: view });
}

/** Take a view away. */
export function deleteView(view: View): Promise<void> {
  return call("DELETE", "/api/views/{id}", { path: { id: view.id }, query: { version: view.version } });
}

/** Give what a study holds. */
export function askStudy(study: string, signal?: AbortSignal): Promise<StudyDisplay> {
  return call("GET", "/api/studies/{study}/display", { path: { study }, signal });
}

/** Where the live changes of the list come from. */
export const EVENTS = "/api/worklist/events";
