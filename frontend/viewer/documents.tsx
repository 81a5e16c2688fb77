/** What is read rather than looked at: reports as text, PDF by the browser's own reader, cards for all other classes. */
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";

import { personName } from "../app/names.ts";
import { Icon, type IconName, Spinner } from "../design/index.ts";
import { format, t } from "../locale/index.ts";
import { age } from "./overlaytext.ts";
import { Problem } from "./problem.tsx";
import { documentUrl, instanceUrl, pdfIsGiven, type Problem as Found, problemOf, reportText } from "./server.ts";
import type { Item } from "./types.ts";

import "./film.css";

const FilmPane = lazy(() => import("./filmpane.tsx").then(({ FilmPane }) => ({ default: FilmPane })));

const PDF = "1.2.840.10008.5.1.4.1.1.104.1";
/** How the file is called that an Encapsulated Document of another class holds (PS3.4 B.5). */
const SUFFIXES: Readonly<Record<string, string>> = { 2: ".xml", 3: ".stl", 4: ".obj", 5: ".mtl" };

interface DocumentProps {
  readonly study: string;
  readonly item: Item;
}

/** An instance that is no image. */
export function Document({ study, item }: DocumentProps) {
  if (item.kind === "report") return <Report study={study} item={item} />;
  if (item.kind === "video") return <Suspense><FilmPane study={study} item={item} /></Suspense>;
  if (item.sop_class === PDF) return <Pdf study={study} item={item} />;
  if (item.kind !== "document") return <Card icon="info" item={item} study={study} />;
  const suffix = SUFFIXES[item.sop_class.slice(PDF.length - 1)] ?? "";
  return (
    <Card icon="document" item={item} study={study}>
      <a className="button" data-variant="primary" href={documentUrl(study, item)} download={`${item.instance}${suffix}`}>
        {t("Download the document")}
      </a>
    </Card>
  );
}

/** Whose it is: above what a browser draws by itself, as the words of an image stand on it. */
export function Whose({ item }: { readonly item: Item }) {
  const { patient, acquired } = item;
  const years = age(patient.birth_date, acquired, t);
  const born = [patient.birth_date && format.date(patient.birth_date), patient.sex, years].filter(Boolean).join(" · ");
  return (
    <div className="viewer-words viewer-whose">
      <div className="viewer-who">
        <p>{personName(patient.name).main || t("No name")}</p>
        <p>{patient.id}</p>
        <p>{born}</p>
      </div>
      <div className="viewer-what">
        <p>{item.what}</p>
        <p>{format.dateTime(acquired)}</p>
      </div>
    </div>
  );
}

/** A PDF as the browser's reader shows it, where it has one. */
function Pdf({ study, item }: DocumentProps) {
  const url = instanceUrl(study, item, "application/pdf");
  const [isGiven, setGiven] = useState(false);
  const [problem, setProblem] = useState<Found | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setProblem(null);
    pdfIsGiven(study, item, abort.signal).then(() => setGiven(true), (error: unknown) => {
      if (!abort.signal.aborted) setProblem(problemOf(error));
    });
    return () => abort.abort();
  }, [study, item, attempt]);
  if (problem) return <Problem problem={problem} onRetry={() => setAttempt(attempt + 1)} />;
  const open = (
    <a className="button" data-variant="primary" data-size="small" href={url} target="_blank" rel="noreferrer">
      {t("Open the PDF")}
    </a>
  );
  if (!navigator.pdfViewerEnabled) return <Card icon="document" item={item} study={study}>{open}</Card>;
  return (
    <div className="viewer-pdf">
      <header>
        <Whose item={item} />
        {open}
      </header>
      {isGiven ? <iframe src={url} title={item.what} /> : <Spinner label={t("Loading")} />}
    </div>
  );
}

/** A structured report as the server writes it: text, never markup. */
function Report({ study, item }: DocumentProps) {
  const [text, setText] = useState<string | null>(null);
  const [problem, setProblem] = useState<Found | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setProblem(null);
    reportText(study, item, abort.signal).then(setText, (error: unknown) => {
      if (!abort.signal.aborted) setProblem(problemOf(error));
    });
    return () => abort.abort();
  }, [study, item, attempt]);
  if (problem) return <Problem problem={problem} onRetry={() => setAttempt(attempt + 1)} />;
  return (
    <article className="viewer-report" aria-label={item.what} tabIndex={0}>
      <h3>{item.what}</h3>
      {text === null ? <Spinner label={t("Loading")} /> : <pre>{text}</pre>}
    </article>
  );
}

interface CardProps extends DocumentProps {
  readonly icon: IconName;
  readonly children?: ReactNode;
}

/** What is known of an instance that cannot be shown here. */
function Card({ icon, study, item, children }: CardProps) {
  return (
    <>
      <Whose item={item} />
      <div className="viewer-card">
        <Icon name={icon} />
        <h3>{item.what || t("Object of an unknown class")}</h3>
        <p className="quiet">{[item.modality, format.dateTime(item.acquired)].filter(Boolean).join(" · ")}</p>
        <p className="quiet numbers">{item.sop_class}</p>
        <Downloads study={study} item={item}>{children}</Downloads>
      </div>
    </>
  );
}

/** The ways to take an instance along. */
export function Downloads({ study, item, children }: DocumentProps & { readonly children?: ReactNode }) {
  return (
    <p className="viewer-downloads">
      {children}
      <a className="button" data-variant="outline" href={instanceUrl(study, item, "application/dicom")} download={`${item.instance}.dcm`}>
        {t("Download as DICOM")}
      </a>
    </p>
  );
}
