/** The patient page: who it is and where that is known from, and one timeline of everything. */
import { useEffect, useState } from "react";
import { Link } from "react-aria-components";

import { call } from "../../api/client.ts";
import { Button, EmptyState, Icon, ProblemNote, Skeleton } from "../../design/index.ts";
import { format, t, tn } from "../../locale/index.ts";
import { formatAge } from "../dates.ts";
import type { Patient, Row, TimelineEntry } from "../model.ts";
import { initials, personName } from "../names.ts";
import { PageHeading } from "../PageHeading.tsx";
import { told, wasAborted } from "../problems.ts";
import { navigate, studyPath, worklistPath } from "../router.ts";
import { useSession } from "../session.ts";
import { useActions } from "../shortcuts.ts";
import { Thumbnails } from "../Thumbnails.tsx";
import {
  Modalities,
  PriorityBadge,
  readerWords,
  sexWord,
  StatusBadge,
  studyTitle,
} from "../worklist/labels.tsx";
import { byYear } from "./timeline.ts";

/** Load a patient; `retry` asks again. */
function usePatient(number: string) {
  const [patient, setPatient] = useState<Patient | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    setError(null);
    call<Patient>("GET", "/api/patients/{number}", { path: { number }, signal: gone.signal }).then(
      setPatient,
      (reason: unknown) => {
        if (!wasAborted(reason)) setError(reason);
      },
    );
    return () => gone.abort();
  }, [number, tries]);
  return { patient, error, retry: () => setTries((n) => n + 1) };
}

/** The page of the patient of a number of the catalogue. */
export default function PatientPage({ number }: { readonly number: string }) {
  const { patient, error, retry } = usePatient(number);
  useActions("patient", [
    {
      id: "patient.back",
      label: t("Back to the worklist"),
      keys: ["Escape"],
      run: () => navigate(worklistPath()),
    },
  ]);
  return (
    <main className="page patient">
      <Link className="back" href={worklistPath()}>
        <Icon name="back" />
        {t("Worklist")}
      </Link>
      {error !== null && <PatientProblem error={error} onRetry={retry} />}
      {error === null && patient === null && <PatientShade />}
      {patient !== null && (
        <>
          <PatientHead patient={patient} />
          <Timeline entries={patient.timeline} />
        </>
      )}
    </main>
  );
}

function PatientProblem({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const { title, detail, number } = told(error);
  return (
    <>
      <PageHeading title={t("Patient")} />
      <ProblemNote title={title} number={number} action={<Button onPress={onRetry}>{t("Try again")}</Button>}>
        {detail}
      </ProblemNote>
    </>
  );
}

function PatientShade() {
  return (
    <div className="card" aria-busy="true">
      <PageHeading title={t("Patient")} isHidden />
      <Skeleton width={32} />
      <br />
      <Skeleton width={56} />
    </div>
  );
}

/** Demographics, their source, other identifiers. */
function PatientHead({ patient }: { readonly patient: Patient }) {
  const name = personName(patient.name);
  const eastern = [name.ideographic, name.phonetic].filter(Boolean).join(" · ");
  const age = patient.timeline.find((entry) => entry.study?.age)?.study?.age ?? "";
  const facts: readonly (readonly [string, string])[] = [
    [t("Patient ID"), patient.id || t("No ID")],
    [t("Issuer"), patient.issuer],
    [t("Born"), format.date(patient.birth_date)],
    [t("Age at the last exam"), formatAge(age)],
    [t("Sex"), sexWord(patient.sex)],
  ];
  return (
    <header className="card patient-head">
      <span className="patient-initials" aria-hidden="true">
        {initials(patient.name) || <Icon name="person" />}
      </span>
      <div className="patient-names">
        <PageHeading title={t("Patient")} className="patient-name">
          {name.main || t("No name")}
        </PageHeading>
        {eastern && <p className="quiet">{eastern}</p>}
        <dl className="facts patient-facts">
          {facts
            .filter(([, value]) => value !== "")
            .map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd className="numbers">{value}</dd>
              </div>
            ))}
        </dl>
        <Source patient={patient} />
        <OtherIds ids={patient.other_ids} />
      </div>
    </header>
  );
}

/** Where the demographics are known from. */
function Source({ patient }: { readonly patient: Patient }) {
  const { source } = patient;
  const at = source.received_at ? format.moment(source.received_at) : "";
  const text = source.amended
    ? t("As corrected in this archive")
    : at
      ? t("As the study received {date} says", { date: at })
      : t("As the last study received says");
  return (
    <p className="patient-source quiet">
      <Icon name="info" />
      <span>
        {text}
        {source.study && (
          <>
            {" · "}
            <Link href={studyPath(source.study)}>{t("open it")}</Link>
          </>
        )}
      </span>
    </p>
  );
}

function OtherIds({ ids }: { readonly ids: Patient["other_ids"] }) {
  if (ids.length === 0) return null;
  return (
    <section className="patient-ids" aria-label={t("Other identifiers")}>
      <h2>{t("Other identifiers")}</h2>
      <ul>
        {ids.map((one) => (
          <li key={`${one.issuer} ${one.id}`}>
            <span className="numbers">{one.id}</span>
            <span className="quiet"> {[one.issuer, one.type].filter(Boolean).join(" · ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const years = byYear(entries);
  if (years.length === 0) {
    return <EmptyState icon="film" title={t("No exams")} />;
  }
  return (
    <section className="timeline" aria-label={t("Timeline")}>
      {years.map(({ year, entries: list }) => (
        <section key={year} className="timeline-year">
          <h2>
            <span className="numbers">{year || t("Without a date")}</span>
            <span className="quiet">{tn("{count} exam", "{count} exams", list.length)}</span>
          </h2>
          <ol>
            {list.map((entry, index) => (
              <li key={entry.study?.study ?? `${entry.kind} ${entry.at} ${index}`}>
                {entry.study ? <Exam row={entry.study} /> : <OtherEntry entry={entry} />}
              </li>
            ))}
          </ol>
        </section>
      ))}
    </section>
  );
}

/** One exam: all of it is a link to its images. */
function Exam({ row }: { readonly row: Row }) {
  const { session } = useSession();
  return (
    <article className="exam">
      <header className="exam-head">
        <h3>
          <Link href={studyPath(row.study)} className="exam-link">
            {studyTitle(row)}
          </Link>
        </h3>
        <p className="exam-line quiet numbers">
          <Modalities codes={row.modalities} />
          <span>{format.dateTime(row.date + row.time)}</span>
          {row.accession && <span>{row.accession}</span>}
        </p>
        <p className="exam-line">
          <StatusBadge row={row} />
          {row.reader && <span className="quiet">{readerWords(row.reader, session?.name ?? "")}</span>}
          {row.priority !== "routine" && <PriorityBadge priority={row.priority} />}
        </p>
        {row.comment && <p className="exam-comment quiet">{row.comment}</p>}
      </header>
      <Thumbnails study={row.study} size={row.n_instances} limit={6} />
    </article>
  );
}

/** An entry of another room, of a kind that this page has no picture for. */
function OtherEntry({ entry }: { readonly entry: TimelineEntry }) {
  return (
    <article className="exam">
      <h3>{entry.kind}</h3>
      <p className="quiet numbers">{format.dateTime(entry.at)}</p>
    </article>
  );
}
