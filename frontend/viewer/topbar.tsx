/** The bar above the images: whose they are, who reads them, how the draft stands, and where to go. */
import { Badge, Button, IconButton } from "../design/index.ts";
import { bodyPartWords } from "../app/bodyparts.ts";
import { PageHeading } from "../app/PageHeading.tsx";
import { personName } from "../app/names.ts";
import { navigate, patientPath, worklistPath } from "../app/router.ts";
import { format, t } from "../locale/index.ts";
import { Control, Toggle } from "./controls.tsx";
import type { Saving } from "./drafts.ts";
import { neighbour, type Standing } from "./duty.ts";
import { ToolMenu } from "./menus.tsx";
import { age } from "./overlaytext.ts";
import type { Reading } from "./reading.ts";
import { instanceUrl, zipUrl } from "./server.ts";
import type { Row } from "./types.ts";

interface TopBarProps {
  readonly reading: Reading;
  readonly standing: Standing;
  readonly onDeed: (id: string) => void;
}

/** The bar. */
export function TopBar({ reading, standing, onDeed }: TopBarProps) {
  const { switches } = reading.state;
  const { study } = reading;
  return (
    <header className="viewer-top">
      <IconButton
        icon="back"
        label={t("To the worklist")}
        keys={["Alt+W"]}
        size="small"
        onPress={() => navigate(worklistPath())}
      />
      <Who row={reading.display.study} />
      <Saved reading={reading} />
      <div className="viewer-top-end">
        <Control icon="previous" label={t("Previous study")} deed="viewer.previous_study" isDisabled={!neighbour(study, -1)} onPress={() => onDeed("previous_study")} />
        <Control icon="next" label={t("Next study")} deed="viewer.next_study" isDisabled={!neighbour(study, 1)} onPress={() => onDeed("next_study")} />
        <ReadButton standing={standing} hasNext={!!neighbour(study, 1)} onDeed={onDeed} />
        <Output reading={reading} onDeed={onDeed} />
        <Control icon="tags" label={t("DICOM attributes")} deed="viewer.tags" onPress={() => onDeed("tags")} />
        <Control icon="screens" label={t("Move to a second window")} deed="viewer.second_window" onPress={() => onDeed("second_window")} />
        <Control icon="full_screen" label={t("Full screen")} deed="viewer.full_screen" onPress={() => onDeed("full_screen")} />
        <IconButton icon="keyboard" label={t("Keyboard")} keys={["?"]} size="small" onPress={() => onDeed("keys")} />
        <Toggle icon="strip" label={t("Image strip")} deed="viewer.strip" isOn={switches.strip} onPress={() => onDeed("strip")} />
        <Toggle icon="panel" label={t("Measurements")} deed="viewer.panel" isOn={switches.panel} onPress={() => onDeed("panel")} />
      </div>
    </header>
  );
}

function Who({ row }: { readonly row: Row }) {
  const { patient } = row;
  const name = personName(patient.name);
  const years = age(patient.birth_date, row.date, t);
  const facts = [patient.id, patient.birth_date && format.date(patient.birth_date), patient.sex, years].filter(Boolean);
  const exam = [row.description || bodyPartWords(row.body_parts), row.date && format.date(row.date)].filter(Boolean);
  return (
    <div className="viewer-who-bar">
      <PageHeading title={t("Viewer")} className="one-line">
        {name.main || t("No name")}
        {name.ideographic && <span className="quiet"> {name.ideographic}</span>}
      </PageHeading>
      <p className="one-line quiet numbers">{facts.join(" · ")}</p>
      <p className="one-line viewer-exam">{exam.join(" · ")}</p>
      {row.priority !== "routine" && <Badge tone={row.priority}>{row.priority === "stat" ? t("STAT") : t("Urgent")}</Badge>}
    </div>
  );
}

/** How the draft stands, said whenever it is not simply saved. */
function Saved({ reading }: { readonly reading: Reading }) {
  const states = [...reading.notes.values()].map((notes) => notes.keeper);
  const worst = states.find((each) => each.state !== "saved");
  const state: Saving = worst?.state ?? "saved";
  const isBad = state !== "saved" && state !== "waiting" && state !== "saving";
  return (
    <p className="viewer-saved" role="status" data-bad={isBad || undefined}>
      {wordsOf(state, worst?.detail ?? "")}
    </p>
  );
}

function wordsOf(state: Saving, detail: string): string {
  switch (state) {
    case "saved":
      return "";
    case "waiting":
    case "saving":
      return t("Saving…");
    case "offline":
      return t("The server cannot be reached. Your notes are kept here and sent again.");
    case "expired":
      return t("Sign in again to save your notes; they are kept here.");
    case "conflict":
      return t("Not saved: changed elsewhere.");
    case "refused":
      return t("Not saved: {reason}", { reason: detail || t("You are not permitted to do this.") });
  }
}

interface ReadProps {
  readonly standing: Standing;
  readonly hasNext: boolean;
  readonly onDeed: (id: string) => void;
}

function ReadButton({ standing, hasNext, onDeed }: ReadProps) {
  if (standing.row.status === "read") return <Badge tone="read">{t("Read")}</Badge>;
  return (
    <Button size="small" variant="primary" onPress={() => onDeed("read_next")}>
      {hasNext ? t("Read, next") : t("Mark as read")}
    </Button>
  );
}

function Output({ reading, onDeed }: { readonly reading: Reading; readonly onDeed: (id: string) => void }) {
  const seen = reading.pane?.seen ?? null;
  const { study } = reading;
  const file = seen?.item.instance ?? "";
  const row = reading.display.study;
  const none = !seen;
  const url = (media: string) => (seen ? { href: instanceUrl(seen.study, seen.item, media) } : {});
  return (
    <ToolMenu
      icon="save"
      label={t("Output")}
      onAction={(id) => onDeed(id.replace("viewer.", ""))}
      parts={[
        {
          title: t("Image"),
          lines: [
            { id: "viewer.copy", label: t("Copy the image"), icon: "copy", isDisabled: none },
            { id: "viewer.print", label: t("Print"), icon: "print", isDisabled: none },
            { id: "dicom", label: t("Download as DICOM"), isDisabled: none, ...url("application/dicom"), download: `${file}.dcm` },
            { id: "jpeg", label: t("Download as JPEG"), isDisabled: none, ...url("image/jpeg"), download: `${file}.jpg` },
          ],
        },
        {
          title: t("Study"),
          lines: [
            { id: "zip", label: t("Download all as ZIP with DICOMDIR"), href: zipUrl(study), download: `${study}.zip` },
            { id: "viewer.publish", label: t("Publish"), icon: "publish" },
            { id: "patient", label: t("To the patient"), href: patientPath(row.patient.number) },
          ],
        },
      ]}
    />
  );
}
