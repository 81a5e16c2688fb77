/** The columns of the worklist: what each shows, how it sorts, how much room it needs. */
import type { ReactNode } from "react";

import { Icon } from "../../design/index.ts";
import { format, t, tn } from "../../locale/index.ts";
import { bodyPartWords } from "../bodyparts.ts";
import { formatClock, formatDay, todayDate } from "../dates.ts";
import type { Row } from "../model.ts";
import { personName } from "../names.ts";
import { fitting, NAMING } from "./fitting.ts";
import {
  ageAndSex,
  Modalities,
  nameOf,
  PriorityBadge,
  PriorityMark,
  readerWords,
  StatusBadge,
  studyTitle,
} from "./labels.tsx";

/** One column. Widths are in CSS pixels; `grow` is its share of what is left over. */
export interface ColumnPlan {
  readonly id: string;
  readonly title: string;
  /** Key to sort by, "" when it cannot be sorted by. */
  readonly sort: string;
  readonly min: number;
  readonly grow: number;
  /** When room is scarce, the columns with the highest number go first. */
  readonly rank: number;
  cell(row: Row, me: string): ReactNode;
}

/** Two lines in a cell: what is read first, and what goes with it. */
function Lines({
  first,
  second,
  isStrong = false,
}: {
  readonly first: ReactNode;
  readonly second?: ReactNode;
  readonly isStrong?: boolean;
}) {
  return (
    <span className="cell-lines">
      <span className={isStrong ? "cell-first one-line cell-strong" : "cell-first one-line"}>{first}</span>
      {second && <span className="cell-second one-line">{second}</span>}
    </span>
  );
}

function patientCell(row: Row): ReactNode {
  const { ideographic } = personName(row.patient.name);
  const id = <span className="numbers">{row.patient.id || t("No ID")}</span>;
  return (
    <Lines
      isStrong
      first={
        <>
          <PriorityMark priority={row.priority} />
          {nameOf(row)}
        </>
      }
      second={
        <>
          {id}
          {ideographic && ` · ${ideographic}`}
        </>
      }
    />
  );
}

function statusCell(row: Row, me: string): ReactNode {
  return <Lines first={<StatusBadge row={row} />} second={row.reader && readerWords(row.reader, me)} />;
}

/** The body part, unless the study's name says it already. */
function bodyPartBeside(row: Row): string {
  const words = bodyPartWords(row.body_parts);
  return studyTitle(row).toLocaleLowerCase().includes(words.toLocaleLowerCase()) ? "" : words;
}

function receivedCell(row: Row): ReactNode {
  const day = todayDate(new Date(row.received_at * 1000));
  return (
    <Lines first={<span className="numbers">{formatDay(day)}</span>} second={formatClock(row.received_at)} />
  );
}

function commentCell(row: Row): ReactNode {
  if (row.comment === "") return null;
  return (
    <span className="cell-comment" title={row.comment}>
      <Icon name="comment" />
      <span className="one-line">{row.comment}</span>
    </span>
  );
}

function bornCell(row: Row): ReactNode {
  return (
    <Lines
      first={<span className="numbers">{format.date(row.patient.birth_date)}</span>}
      second={ageAndSex(row)}
    />
  );
}

function studyCell(row: Row): ReactNode {
  return <Lines first={studyTitle(row)} second={bodyPartBeside(row)} />;
}

function dateCell(row: Row): ReactNode {
  const time = row.time && format.time(row.time);
  return <Lines first={<span className="numbers">{formatDay(row.date)}</span>} second={time} />;
}

function imagesCell(row: Row): ReactNode {
  const series = tn("{count} series", "{count} series", row.n_series);
  return <Lines first={<span className="numbers">{format.number(row.n_instances)}</span>} second={series} />;
}

const priorityCell = (row: Row): ReactNode => <PriorityBadge priority={row.priority} />;
const modalityCell = (row: Row): ReactNode => <Modalities codes={row.modalities} />;
const accessionCell = (row: Row): ReactNode => <span className="numbers one-line">{row.accession}</span>;
const stationCell = (row: Row): ReactNode => <span className="one-line">{row.stations.join(", ")}</span>;

/** Give all columns in their order, titled in the language of the screens. */
export function allColumns(): readonly ColumnPlan[] {
  return [
    { id: "status", title: t("Status"), sort: "status", min: 132, grow: 0, rank: 2, cell: statusCell },
    {
      id: "priority",
      title: t("Priority"),
      sort: "priority",
      min: 136,
      grow: 0,
      rank: 7,
      cell: priorityCell,
    },
    { id: "patient", title: t("Patient"), sort: "patient", min: 190, grow: 2, rank: 0, cell: patientCell },
    { id: "born", title: t("Born"), sort: "birth_date", min: 122, grow: 0, rank: 5, cell: bornCell },
    {
      id: "description",
      title: t("Study"),
      sort: "description",
      min: 180,
      grow: 2,
      rank: 1,
      cell: studyCell,
    },
    { id: "modality", title: t("Modality"), sort: "modality", min: 92, grow: 0, rank: 4, cell: modalityCell },
    { id: "date", title: t("Date"), sort: "date", min: 116, grow: 0, rank: 3, cell: dateCell },
    { id: "images", title: t("Images"), sort: "images", min: 76, grow: 0, rank: 6, cell: imagesCell },
    {
      id: "accession",
      title: t("Accession"),
      sort: "accession",
      min: 124,
      grow: 0,
      rank: 8,
      cell: accessionCell,
    },
    { id: "comment", title: t("Comment"), sort: "", min: 150, grow: 1, rank: 9, cell: commentCell },
    { id: "station", title: t("Station"), sort: "", min: 118, grow: 0, rank: 10, cell: stationCell },
    {
      id: "received",
      title: t("Received"),
      sort: "received",
      min: 116,
      grow: 0,
      rank: 11,
      cell: receivedCell,
    },
  ];
}

/** Give the columns to show: the chosen ones in the usual order, or those that fit. */
export function shownColumns(chosen: readonly string[], width: number): readonly ColumnPlan[] {
  const all = allColumns();
  const ids = chosen.length > 0 ? [NAMING, ...chosen] : fitting(all, width);
  return all.filter((column) => ids.includes(column.id));
}
