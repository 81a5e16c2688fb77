/**
 * The routes of the single page, over the History API.
 *
 * After a navigation the focus goes to the new page's heading (`PageHeading`), so that a keyboard or screen reader
 * starts where the page does; the title names page and house.
 */
import { useSyncExternalStore } from "react";

/** Where one can be. */
export type Route =
  | { readonly page: "worklist" }
  | { readonly page: "patient"; readonly number: string }
  | { readonly page: "study"; readonly study: string }
  | { readonly page: "settings" }
  | { readonly page: "help" }
  | { readonly page: "nowhere"; readonly path: string };

/** The root of all pages. */
export const ROOT = "/app/";

/** Give the route of a path. */
export function parseRoute(path: string): Route {
  const [first = "", second, ...rest] = path
    .replace(/^\/app\/?/, "")
    .replace(/\/$/, "")
    .split("/");
  if (rest.length > 0) return { page: "nowhere", path };
  if (second !== undefined) return parsePair(first, decode(second), path);
  if (first === "") return { page: "worklist" };
  return first === "settings" || first === "help" ? { page: first } : { page: "nowhere", path };
}

function parsePair(first: string, second: string | null, path: string): Route {
  if (second && first === "patients") return { page: "patient", number: second };
  if (second && first === "studies") return { page: "study", study: second };
  return { page: "nowhere", path };
}

/** Give a segment without its percent signs, `null` when they are malformed. */
function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** Give the path of a patient's page. */
export function patientPath(number: string | number): string {
  return `${ROOT}patients/${encodeURIComponent(number)}`;
}

/** Give the path of a study in the viewer. */
export function studyPath(study: string): string {
  return `${ROOT}studies/${encodeURIComponent(study)}`;
}

const listeners = new Set<() => void>();
let moves = 0;
let answeredFor = "";
let answered: Route = { page: "worklist" };

/** Go to a path of ours; `replace` leaves no entry to go back to. */
export function navigate(path: string, options: { readonly replace?: boolean } = {}): void {
  moves += 1;
  if (options.replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  tell();
}

function tell(): void {
  for (const listener of [...listeners]) listener();
}

function current(): Route {
  if (answeredFor !== location.pathname) {
    answeredFor = location.pathname;
    answered = parseRoute(answeredFor);
  }
  return answered;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begin to follow the browser's own back and forward. */
export function listenToHistory(): void {
  window.addEventListener("popstate", () => {
    moves += 1;
    tell();
  });
}

/** Say whether the page was reached by navigation, not by loading it. */
export function hasMoved(): boolean {
  return moves > 0;
}

/** Give what stands behind the path, "?q=…" or "", rendering again when that changes. */
export function useSearch(): string {
  return useSyncExternalStore(subscribe, () => location.search);
}

let lastSearch = "";

/** Remember what the worklist showed last, so that the way back leads there. */
export function rememberWorklist(search: string): void {
  lastSearch = search;
}

/** Give the path of the worklist as it was left. */
export function worklistPath(): string {
  return ROOT + lastSearch;
}

/** Give where we are, rendering again when that changes. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, current);
}
