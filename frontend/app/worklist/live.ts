/** Live changes: the server's event stream, gathered so that a burst of arrivals is one question. */

/** How long changes are gathered, ms: an examination arrives as a burst of images. */
const GATHER_MS = 400;

/** How the stream stands. */
export type Liveness = "connecting" | "live" | "away";

/** Who listens. */
export interface Listener {
  /** These changed, in one burst. */
  onStudies(studies: ReadonlySet<string>): void;
  /** What changed cannot be told any more: all that is shown is to be asked for anew. */
  onReload(): void;
  onLiveness(state: Liveness): void;
}

/** Listen to changed studies; gives the function that ends this. */
export function listen(source: EventSource, listener: Listener): () => void {
  let gathered = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    const studies = gathered;
    gathered = new Set();
    listener.onStudies(studies);
  };
  const hear = (event: MessageEvent<string>): void => {
    const study = studyOf(event.data);
    if (study === null) return;
    gathered.add(study);
    timer ??= setTimeout(flush, GATHER_MS);
  };
  source.addEventListener("study", hear);
  source.addEventListener("status", hear);
  source.addEventListener("reload", () => {
    clearTimeout(timer); // what was gathered is among what is asked for anew
    timer = undefined;
    gathered = new Set();
    listener.onReload();
  });
  source.addEventListener("open", () => listener.onLiveness("live"));
  source.addEventListener("error", () => listener.onLiveness("away")); // the browser connects again by itself
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** Give the study that an event names, `null` for what is no such event. */
export function studyOf(data: string): string | null {
  try {
    const { study } = JSON.parse(data) as { study?: unknown };
    return typeof study === "string" && study !== "" ? study : null;
  } catch {
    return null;
  }
}
