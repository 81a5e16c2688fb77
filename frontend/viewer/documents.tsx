/** What is read rather than looked at: reports as text, PDF in a tab of its own, and cards for all other classes. */
import { type ReactNode, useEffect, useState } from "react";

import { Icon, type IconName, Spinner } from "../design/index.ts";
import { format, t } from "../locale/index.ts";
import { Problem } from "./problem.tsx";
import { instanceUrl, type Problem as Found, problemOf, reportText } from "./server.ts";
import type { Item } from "./types.ts";

interface DocumentProps {
  readonly study: string;
  readonly item: Item;
}

/** An instance that is no image. */
export function Document({ study, item }: DocumentProps) {
  if (item.kind === "report") return <Report study={study} item={item} />;
  if (item.kind === "document") {
    return (
      <Card icon="document" item={item} study={study}>
        <a className="button" data-variant="primary" href={instanceUrl(study, item, "application/pdf")} target="_blank" rel="noreferrer">
          {t("Open the PDF")}
        </a>
      </Card>
    );
  }
  return <Card icon={item.kind === "video" ? "film" : "info"} item={item} study={study} />;
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
    <div className="viewer-card">
      <Icon name={icon} />
      <h3>{item.what || t("Object of an unknown class")}</h3>
      <p className="quiet">{[item.modality, format.dateTime(item.acquired)].filter(Boolean).join(" · ")}</p>
      <p className="quiet numbers">{item.sop_class}</p>
      {children}
      <a className="button" data-variant="outline" href={instanceUrl(study, item, "application/dicom")} download={`${item.instance}.dcm`}>
        {t("Download as DICOM")}
      </a>
    </div>
  );
}
