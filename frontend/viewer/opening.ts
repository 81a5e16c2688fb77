/** A study is opened: what is asked at once, what may come later, what may fail without harm. */

import { currentPreferences } from "../app/preferences.ts";
import { Notes } from "./notes.ts";
import { Reading } from "./reading.ts";
import { display, notes as loadNotes, protocols } from "./server.ts";

/** So many priors are brought along: hanging chooses among them. */
const PRIORS = 3;

/** So long (ms) the screen waits for what the first image needs, so that its pixels are asked for before all is drawn. */
const HEAD_START_MS = 100;

/** Open a study and hang it. Raises what the server refuses of the study itself; all else only lacks then. */
export async function open(study: string, mode: "auto" | "gl" | "cpu"): Promise<Reading> {
  const rules = protocols().catch(() => []);
  const reading = new Reading(await display(study), mode);
  reading.onPrior = (prior) => bring(reading, prior);
  reading.onNotes = (study) => void note(reading, study);
  void note(reading, study);
  const first = hasten(reading);
  const best = reading.display.priors.slice(0, PRIORS).map((prior) => prior.study.study);
  await Promise.all(best.map((prior) => bring(reading, prior).catch(() => undefined)));
  reading.furnish(await rules, currentPreferences());
  await Promise.race([first, new Promise((resolve) => setTimeout(resolve, HEAD_START_MS))]);
  reading.hang();
  if (isNarrow() && reading.state.cells.length > 1) reading.dispatch({ type: "only", cell: reading.state.active });
  return reading;
}

/** Whether this is a telephone held upright: one image at a time. */
function isNarrow(): boolean {
  return globalThis.matchMedia?.("(width < 46rem)").matches ?? false;
}

/** Ask for the first image while protocols and priors are still on their way: it hangs whatever they say. */
async function hasten(reading: Reading): Promise<void> {
  const [item] = reading.library.images(reading.study, false);
  if (!item) return;
  const place = { study: reading.study, item, frame: 1 };
  await reading.model(place).then((model) => reading.store.prefetch(model, 1), () => undefined);
}

/** Bring a prior to hand, with what was noted on it. */
async function bring(reading: Reading, study: string): Promise<void> {
  if (!reading.displays.has(study)) reading.admit(await display(study));
  reading.tell();
  void note(reading, study);
}

/** Bring drafts and published notes; without them the images still show. */
export async function note(reading: Reading, study: string): Promise<void> {
  if (reading.notes.has(study)) return;
  try {
    reading.take(new Notes(study, await loadNotes(study), reading.tell));
  } catch {
    reading.tell(); // the panel says that annotations are not at hand
  }
}
