/** The words and shapes of a study's state, and the pieces that table, cards and preview share. */
import { Badge, Icon, type IconName, Modality, type Tone } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import { bodyPartWords } from "../bodyparts.ts";
import { formatAge } from "../dates.ts";
import type { Priority, Reader, Row, Status } from "../model.ts";
import { personName } from "../names.ts";

export const STATUSES: readonly Status[] = ["new", "reading", "read"];
/** What a reader may say of a study; that it is being read, opening it says. */
export const MARKS = ["new", "read"] as const satisfies readonly Status[];
export const PRIORITIES: readonly Priority[] = ["routine", "urgent", "stat"];

/** Modalities of projection radiography and their neighbours, the usual ones first (PS3.3 C.7.3.1.1.1). */
export const MODALITIES: readonly string[] = [
  "CR",
  "DX",
  "MG",
  "RF",
  "XA",
  "IO",
  "PX",
  "RG",
  "BMD",
  "CT",
  "MR",
  "US",
  "NM",
  "OT",
];

const STATUS_ICONS: Readonly<Record<Status, IconName>> = {
  new: "statusNew",
  reading: "statusReading",
  read: "statusRead",
};

/** Give the word for a status. */
export function statusWord(status: Status): string {
  switch (status) {
    case "new":
      return t("New");
    case "reading":
      return t("Being read");
    case "read":
      return t("Read");
  }
}

/** Give the icon of a status. */
export function statusIcon(status: Status): IconName {
  return STATUS_ICONS[status];
}

/** Give the word for a priority. */
export function priorityWord(priority: Priority): string {
  switch (priority) {
    case "routine":
      return t("Routine");
    case "urgent":
      return t("Urgent");
    case "stat":
      return t("Emergency");
  }
}

/** The status of a study; one that someone has open is being read, whatever was said of it before. */
export function StatusBadge({ row }: { readonly row: Row }) {
  const status = row.reader === null ? row.status : "reading";
  return (
    <Badge tone={status} icon={row.reader === null ? statusIcon(status) : "eye"}>
      {statusWord(status)}
    </Badge>
  );
}

/** Give who reads a study. */
export function readerWords(reader: Reader, me: string): string {
  return reader.name === me ? t("by you") : t("by {name}", { name: reader.name });
}

/** The priority, which says nothing when it is the usual one. */
export function PriorityBadge({ priority }: { readonly priority: Priority }) {
  if (priority === "routine") return <span className="only-spoken">{priorityWord(priority)}</span>;
  const tone: Tone = priority;
  return (
    <Badge tone={tone} icon={priority}>
      {priorityWord(priority)}
    </Badge>
  );
}

/** The sign of a priority before a name: a shape, and a word for those who hear it. */
export function PriorityMark({ priority }: { readonly priority: Priority }) {
  if (priority === "routine") return null;
  return (
    <span className="priority-mark" data-tone={priority} title={priorityWord(priority)}>
      <Icon name={priority} />
      <span className="only-spoken">{priorityWord(priority)}</span>
    </span>
  );
}

/** A patient's name as it is read first; "No name" when there is none. */
export function nameOf(row: Pick<Row, "patient">): string {
  return personName(row.patient.name).main || t("No name");
}

/** Give the word for a Patient's Sex (0010,0040). */
export function sexWord(sex: string): string {
  const words: Readonly<Record<string, string>> = { M: t("male"), F: t("female"), O: t("other") };
  return words[sex] ?? sex;
}

/** Age and sex in one line, "42 yrs · female". */
export function ageAndSex(row: Row): string {
  return [formatAge(row.age), sexWord(row.patient.sex)].filter(Boolean).join(" · ");
}

/** The modality codes of a study. */
export function Modalities({ codes }: { readonly codes: readonly string[] }) {
  return (
    <span className="modalities">
      {codes.map((code) => (
        <Modality key={code} code={code} />
      ))}
    </span>
  );
}

/** Give what a study is called: its description, or the parts of the body in it. */
export function studyTitle(row: Row): string {
  return row.description || bodyPartWords(row.body_parts) || t("Study without description");
}
