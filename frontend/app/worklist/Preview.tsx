/** The panel beside the list: who, what, the pictures, and what a reader may change, of the row that is looked at. */
import { useEffect, useState } from "react";
import { Link } from "react-aria-components";

import { Button, Dialog, EmptyState, Icon, Select, TextField } from "../../design/index.ts";
import { format, t, tn } from "../../locale/index.ts";
import { bodyPartWords } from "../bodyparts.ts";
import { formatClock } from "../dates.ts";
import type { Priority, Row, Status } from "../model.ts";
import { personName } from "../names.ts";
import { patientPath } from "../router.ts";
import { Thumbnails } from "../Thumbnails.tsx";
import type { Change } from "./asking.ts";
import {
  ageAndSex,
  MARKS,
  Modalities,
  nameOf,
  PRIORITIES,
  priorityWord,
  readerWords,
  StatusBadge,
  statusIcon,
  statusWord,
  studyTitle,
} from "./labels.tsx";

export interface PreviewProps {
  readonly row: Row | null;
  /** Whether the row has the focus, and was not only pointed at. */
  readonly isChosen?: boolean;
  readonly me: string;
  readonly canChange: boolean;
  readonly onOpen: (study: string) => void;
  readonly onChange: (row: Row, change: Change) => void;
}

interface DetailsProps extends PreviewProps {
  readonly row: Row;
}

/** The panel. */
export function Preview({ row, ...rest }: PreviewProps) {
  return (
    <aside className="preview" aria-label={t("Preview")}>
      {row === null ? (
        <EmptyState icon="film" title={t("No study chosen")}>
          {t("Point at a row, or move to it with the arrow keys, to see its images here.")}
        </EmptyState>
      ) : (
        <Details row={row} {...rest} />
      )}
    </aside>
  );
}

/** All of one study: in the panel, or in the sheet of a narrow screen. */
function Details({ row, isChosen = false, me, canChange, onOpen, onChange }: DetailsProps) {
  return (
    <>
      <PreviewHead row={row} me={me} onOpen={onOpen} />
      <Thumbnails study={row.study} size={row.n_instances} limit={12} isChosen={isChosen} />
      <Facts row={row} />
      {canChange && <Marks key={row.study} row={row} onChange={onChange} />}
    </>
  );
}

/** The same as a sheet over a narrow list, which has no room for a panel. */
export function DetailsSheet({ onClose, ...details }: DetailsProps & { readonly onClose: () => void }) {
  return (
    <Dialog title={t("Details")} isOpen onClose={onClose} closeLabel={t("Close")}>
      <div className="preview-sheet">
        <Details {...details} />
      </div>
    </Dialog>
  );
}

function PreviewHead({ row, me, onOpen }: Pick<PreviewProps, "me" | "onOpen"> & { readonly row: Row }) {
  const { ideographic, phonetic } = personName(row.patient.name);
  const eastern = [ideographic, phonetic].filter(Boolean).join(" · ");
  return (
    <header className="preview-head">
      <h2>
        <Link href={patientPath(row.patient.number)}>{nameOf(row)}</Link>
      </h2>
      {eastern && <p className="quiet">{eastern}</p>}
      <p className="quiet numbers">
        {[row.patient.id, format.date(row.patient.birth_date), ageAndSex(row)].filter(Boolean).join(" · ")}
      </p>
      <p className="preview-study">
        <Modalities codes={row.modalities} />
        <span>{studyTitle(row)}</span>
      </p>
      {row.reader && (
        <p className="preview-reader">
          <Icon name="eye" />
          {t("Being read {by_whom} until {time}", {
            by_whom: readerWords(row.reader, me),
            time: formatClock(row.reader.until),
          })}
        </p>
      )}
      <div className="preview-open">
        <Button variant="primary" icon="open" onPress={() => onOpen(row.study)}>
          {t("Open")}
        </Button>
        <StatusBadge row={row} />
      </div>
    </header>
  );
}

function Facts({ row }: { readonly row: Row }) {
  const facts: readonly (readonly [string, string])[] = [
    [t("Date"), format.dateTime(row.date + row.time)],
    [t("Body part"), bodyPartWords(row.body_parts)],
    [t("Accession"), row.accession],
    [t("Station"), row.stations.join(", ")],
    [
      t("Contents"),
      `${tn("{count} image", "{count} images", row.n_instances)}, ${tn("{count} series", "{count} series", row.n_series)}`,
    ],
    [t("Received"), format.moment(row.received_at)],
  ];
  return (
    <dl className="facts preview-facts">
      {facts
        .filter(([, value]) => value !== "")
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="numbers">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Status, priority and comment, each saved as it is changed. */
function Marks({ row, onChange }: { readonly row: Row; readonly onChange: PreviewProps["onChange"] }) {
  const now: Status = row.reader === null ? row.status : "reading";
  const offered: readonly Status[] = now === "reading" ? [now, ...MARKS] : MARKS;
  return (
    <section className="preview-marks">
      <div className="preview-selects">
        <Select<Status>
          label={t("Status")}
          value={now}
          choices={offered.map((id) => ({
            id,
            label: statusWord(id),
            icon: <Icon name={statusIcon(id)} />,
          }))}
          onChange={(status) => status !== "reading" && onChange(row, { status })}
        />
        <Select<Priority>
          label={t("Priority")}
          value={row.priority}
          choices={PRIORITIES.map((id) => ({ id, label: priorityWord(id) }))}
          onChange={(priority) => onChange(row, { priority })}
        />
      </div>
      <CommentField row={row} onChange={onChange} />
    </section>
  );
}

/** The comment; what is being typed is not touched by changes that come in, and is saved with the version it began on. */
function CommentField({ row, onChange }: { readonly row: Row; readonly onChange: PreviewProps["onChange"] }) {
  const [started, setStarted] = useState<Row | null>(null);
  const [text, setText] = useState(row.comment);
  useEffect(() => {
    if (started === null) setText(row.comment);
  }, [row.comment, started]);
  const edit = (next: string): void => {
    setStarted((known) => known ?? row);
    setText(next);
  };
  const save = (): void => {
    if (started !== null && text !== started.comment) onChange(started, { comment: text });
    setStarted(null);
  };
  return (
    <div
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
      }}
    >
      <TextField label={t("Comment")} lines={2} value={text} onChange={edit} onBlur={save} maxLength={2000} />
    </div>
  );
}
