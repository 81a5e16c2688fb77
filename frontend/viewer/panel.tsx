/** The list of what was measured, marked and published. */
import { useSyncExternalStore } from "react";

import { isOneLeg } from "../annotate/index.ts";
import { Button, IconButton, toast } from "../design/index.ts";
import { format, t, tn } from "../locale/index.ts";
import { run } from "./commands.ts";
import { Control } from "./controls.tsx";
import { type Finding, findings, publishedText } from "./findings.ts";
import { SideSelect } from "./legs.tsx";
import type { Notes } from "./notes.ts";
import { showAgain } from "./rehanging.ts";
import type { Reading } from "./reading.ts";
import type { Published } from "./types.ts";

interface PanelProps {
  readonly reading: Reading;
}

/** The panel beside the images. */
export function Panel({ reading }: PanelProps) {
  useSyncExternalStore(reading.subscribe, () => reading.version);
  const notes = reading.notes.get(reading.study);
  return (
    <aside className="viewer-panel" aria-label={t("Measurements")}>
      {notes ? <Lists reading={reading} notes={notes} /> : <p className="quiet">{t("Annotations are not at hand.")}</p>}
    </aside>
  );
}

function Lists({ reading, notes }: PanelProps & { readonly notes: Notes }) {
  const found = findings(notes, reading, format, t);
  const keys = notes.draft.key_images;
  return (
    <>
      <div className="viewer-panel-head">
        <h2>{t("Measurements")}</h2>
        <Control icon="copy" label={t("Copy all measurements")} deed="viewer.copy_measures" isDisabled={!found.length} onPress={() => void copyAll(reading)} />
      </div>
      {found.length === 0 && <p className="quiet">{t("Nothing measured yet. Take a tool and draw.")}</p>}
      <ul className="viewer-findings">
        {found.map((finding) => (
          <FindingLine key={finding.annotation.id} reading={reading} finding={finding} />
        ))}
      </ul>
      {keys.length > 0 && <p className="quiet">{tn("{count} key image", "{count} key images", keys.length)}</p>}
      {(found.length > 0 || keys.length > 0) && (
        <Button variant="primary" size="small" onPress={() => run(reading, "publish")}>
          {t("Publish…")}
        </Button>
      )}
      {notes.published.length > 0 && <h2>{t("Published")}</h2>}
      <ul className="viewer-findings">
        {notes.published.map((each) => (
          <PublishedLine key={each.instance} reading={reading} notes={notes} published={each} />
        ))}
      </ul>
    </>
  );
}

function FindingLine({ reading, finding }: PanelProps & { readonly finding: Finding }) {
  const { annotation, name, values } = finding;
  return (
    <li className="viewer-finding">
      <button type="button" className="viewer-finding-text" onClick={() => jump(reading, finding)}>
        <strong>{name}</strong>
        {values.map((value) => (
          <span key={value} className="numbers">
            {value}
          </span>
        ))}
      </button>
      {isOneLeg(annotation) && <SideSelect reading={reading} annotation={annotation} />}
      <IconButton icon="trash" size="small" label={t("Delete {name}", { name })} onPress={() => remove(reading, annotation.id)} />
    </li>
  );
}

function jump(reading: Reading, { annotation }: Finding): void {
  reading.reveal(annotation.instance, annotation.frame);
  const { pane } = reading;
  if (pane) pane.layer.selected = annotation.id;
  pane?.layer.update();
}

function remove(reading: Reading, id: string): void {
  const notes = reading.notes.get(reading.study);
  if (notes) reading.annotate(reading.study, notes.draft.annotations.filter((each) => each.id !== id), "delete");
}

/** Put all measurements on the clipboard as text. */
export async function copyAll(reading: Reading): Promise<void> {
  const notes = reading.notes.get(reading.study);
  if (!notes) return;
  await navigator.clipboard.writeText(findings(notes, reading, format, t).map((each) => each.text).join("\n")).then(
    () => toast(t("Measurements copied")),
    () => toast(t("This browser did not let us copy."), { tone: "problem" }),
  );
}

interface PublishedProps extends PanelProps {
  readonly notes: Notes;
  readonly published: Published;
}

function PublishedLine({ reading, notes, published }: PublishedProps) {
  const isHidden = notes.hidden.has(published.instance);
  const name = nameOf(published);
  const reference = published.references[0];
  const values = published.measurements.map((each) => publishedText(each, format, t)).filter(Boolean);
  const toggle = (): void => {
    notes.toggle(published.instance);
    showAgain(reading, published);
  };
  return (
    <li className="viewer-finding">
      <button
        type="button"
        className="viewer-finding-text"
        onClick={() => reference && reading.reveal(reference.instance, reference.frames[0] ?? 1)}
      >
        <strong>{name}</strong>
        <span className="quiet">{[kindOf(published), published.creator, format.dateTime(published.created)].filter(Boolean).join(" · ")}</span>
        {values.map((value, index) => (
          <span key={index} className="numbers">
            {value}
          </span>
        ))}
      </button>
      {published.kind === "presentation_state" && (
        <IconButton
          icon="eye"
          size="small"
          label={isHidden ? t("Show {name}", { name }) : t("Hide {name}", { name })}
          className={isHidden ? "viewer-off" : ""}
          onPress={toggle}
        />
      )}
    </li>
  );
}

/** Give what a published object is called. */
export function nameOf(published: Published): string {
  return published.description || published.label || kindOf(published);
}

/** Give what a published object is. */
export function kindOf({ kind }: Published): string {
  if (kind === "presentation_state") return t("Presentation state");
  return kind === "key_object" ? t("Key images") : t("Measurement report");
}
