/** Deeds that concern the page rather than an image: going on, windows, the clipboard. */

import { navigate, ROOT, studyPath } from "../app/router.ts";
import { told } from "../app/problems.ts";
import { toast } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { type Duty, neighbour } from "./duty.ts";
import { patientKey } from "./identity.ts";
import type { Reading } from "./reading.ts";
import type { Windows } from "./secondwindow.ts";

/** Give them by name. */
export function pageDeeds(reading: Reading, duty: Duty, windows: Windows): Record<string, () => void> {
  return {
    full_screen: () => void fullScreen(),
    second_window: () => secondWindow(reading, windows),
    next_study: () => go(reading, 1),
    previous_study: () => go(reading, -1),
    read_next: () => void readNext(reading, duty),
    copy: () => void copyImage(reading),
  };
}

function go(reading: Reading, by: number): void {
  const next = neighbour(reading.study, by);
  if (next) navigate(studyPath(next), { replace: true });
}

/** Mark the study as read and open the next; without one, go back to the worklist. */
async function readNext(reading: Reading, duty: Duty): Promise<void> {
  try {
    await reading.flush();
    await duty.mark("read");
    const next = neighbour(reading.study, 1);
    navigate(next ? studyPath(next) : ROOT, { replace: next !== "" });
  } catch (error) {
    const { title, detail } = told(error);
    toast(detail || title, { tone: "problem" });
  }
}

async function fullScreen(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen().catch(() => undefined);
}

/** Move the active image to a window of its own, for the other monitor. */
function secondWindow(reading: Reading, windows: Windows): void {
  const place = reading.pane?.place;
  if (!place) return;
  const { study, item, frame } = place;
  windows.tellWhenReady({ kind: "show", study, patient: patientKey(item), instance: item.instance, frame });
  const opened = window.open(`${studyPath(reading.study)}?window=2`, "radiotheque-2", "popup,width=1200,height=1000");
  if (opened) reading.dispatch({ type: "clear", cell: reading.state.active });
  else toast(t("This browser did not let us open a window."), { tone: "problem" });
}

/** Put the image as it is seen on the clipboard. */
async function copyImage(reading: Reading): Promise<void> {
  const { pane } = reading;
  if (!pane?.model) return;
  try {
    const blob = await pictureOf(pane.viewport.readPixels());
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    toast(t("Image copied"));
  } catch {
    toast(t("This browser did not let us copy."), { tone: "problem" });
  }
}

function pictureOf(pixels: ImageData): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext("2d")!.putImageData(pixels, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
  });
}
