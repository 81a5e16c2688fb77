/** The viewer: `/app/studies/{StudyInstanceUID}`. */
import { useEffect, useState } from "react";

import { PageHeading } from "../app/PageHeading.tsx";
import { told } from "../app/problems.ts";
import { navigate, worklistPath } from "../app/router.ts";
import { useSession } from "../app/session.ts";
import { Button, EmptyState, ProblemNote, Spinner } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { Duty } from "./duty.ts";
import { patientKey } from "./identity.ts";
import { open } from "./opening.ts";
import type { Reading } from "./reading.ts";
import { Screen } from "./screen.tsx";
import { mustClose, Windows } from "./secondwindow.ts";
import { display } from "./server.ts";
import { shown } from "./state.ts";
import "./viewer.css";

/** The page of one study. */
export default function ViewerPage({ study }: { readonly study: string }) {
  const isSecond = new URLSearchParams(location.search).get("window") === "2";
  const { session } = useSession();
  const [sitting, setSitting] = useState<Sitting | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useDarkRoom();
  useEffect(() => {
    let ended = false;
    let made: Sitting | null = null;
    setProblem(null);
    sit(study, session?.name ?? "", isSecond).then(
      (found) => {
        made = found;
        if (ended) leave(found);
        else setSitting(found);
      },
      (error: unknown) => !ended && setProblem(error),
    );
    return () => {
      ended = true;
      if (made) leave(made);
      setSitting(null);
    };
  }, [study, session?.name, isSecond, attempt]);
  if (problem) return <Failed problem={problem} onRetry={() => setAttempt(attempt + 1)} />;
  if (!sitting) return <Waiting />;
  const { reading, duty, windows } = sitting;
  if (!reading.display.series.length) return <Nothing />;
  return <Screen reading={reading} duty={duty} windows={windows} isSecond={isSecond} />;
}

interface Sitting {
  reading: Reading;
  duty: Duty;
  windows: Windows;
}

/** Open the study; the lease is taken at the same time and never waited for. */
async function sit(study: string, me: string, isSecond: boolean): Promise<Sitting> {
  const mode = new URLSearchParams(location.search).get("gl") === "off" ? "cpu" : "auto";
  const reading = await open(study, mode);
  const duty = new Duty(reading.display.study, me, reading.tell);
  if (!isSecond) void duty.begin();
  const own = patientKey(shown(reading.state.cells.find((cell) => shown(cell)) ?? null));
  const windows = new Windows((message) => {
    if (isSecond && mustClose(own, message)) window.close();
    if (isSecond && message.kind === "show") void show(reading, message);
  });
  if (isSecond) {
    reading.dispatch({ type: "grid", rows: 1, columns: 1 });
    windows.tell({ kind: "ready", study });
  } else if (own) windows.tell({ kind: "patient", patient: own });
  return { reading, duty, windows };
}

/** Show what the first window sent over. */
async function show(reading: Reading, message: { study: string; instance: string; frame: number }): Promise<void> {
  if (!reading.displays.has(message.study)) reading.admit(await display(message.study));
  reading.reveal(message.instance, message.frame);
}

function leave({ reading, duty, windows }: Sitting): void {
  duty.end();
  windows.close();
  reading.dispose();
}

/** Images are read in the dark, whatever the theme of the office. */
function useDarkRoom(): void {
  useEffect(() => {
    const root = document.documentElement;
    const before = root.dataset["theme"] ?? "";
    root.dataset["theme"] = "dark";
    return () => {
      if (before) root.dataset["theme"] = before;
    };
  }, []);
}

function Waiting() {
  return (
    <main className="viewer-alone">
      <PageHeading title={t("Viewer")} isHidden />
      <Spinner label={t("Loading")} />
    </main>
  );
}

function Nothing() {
  return (
    <main className="viewer-alone">
      <PageHeading title={t("Viewer")} isHidden />
      <EmptyState icon="image" title={t("There are no images in this study")} actions={<Back />} />
    </main>
  );
}

function Failed({ problem, onRetry }: { readonly problem: unknown; readonly onRetry: () => void }) {
  const { title, detail, number } = told(problem);
  return (
    <main className="viewer-alone">
      <PageHeading title={t("Viewer")} isHidden />
      <ProblemNote title={title} number={number} action={<Button onPress={onRetry}>{t("Try again")}</Button>}>
        {detail}
      </ProblemNote>
      <Back />
    </main>
  );
}

function Back() {
  return <Button onPress={() => navigate(worklistPath())}>{t("To the worklist")}</Button>;
}
