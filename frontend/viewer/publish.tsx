/** Dialogs about notes: publish them, settle a conflict, say the length that calibrates. */
import { useState } from "react";

import { type Annotation, knownLength } from "../annotate/index.ts";
import { Button, Checkbox, Dialog, TextField, toast } from "../design/index.ts";
import { t, tn } from "../locale/index.ts";
import { calibrated } from "./calibrating.ts";
import type { Notes } from "./notes.ts";
import type { Reading } from "./reading.ts";
import { display, problemOf, publish } from "./server.ts";

interface NotesProps {
  readonly reading: Reading;
  readonly notes: Notes;
}

/** Publish the draft as DICOM objects under a title. */
export function PublishDialog({ reading, notes }: NotesProps) {
  const [title, setTitle] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const close = () => reading.ask("");
  const { annotations, key_images } = notes.draft;
  const go = async (): Promise<void> => {
    setBusy(true);
    const failed = await published(reading, notes, title.trim());
    setBusy(false);
    setSaid(failed);
    if (!failed) close();
  };
  return (
    <Dialog
      title={t("Publish")}
      isOpen
      onClose={close}
      closeLabel={t("Close")}
      foot={
        <>
          <Button onPress={close}>{t("Cancel")}</Button>
          <Button variant="primary" isDisabled={isBusy || !title.trim()} onPress={() => void go()}>
            {t("Publish")}
          </Button>
        </>
      }
    >
      <p>
        {tn("{count} annotation", "{count} annotations", annotations.length)}
        {" · "}
        {tn("{count} key image", "{count} key images", key_images.length)}
      </p>
      <p className="quiet">{t("Written as DICOM objects into the study, for every reader and every other viewer.")}</p>
      <TextField label={t("Title")} value={title} onChange={setTitle} maxLength={64} autoFocus />
      {said && <p className="field-error" role="alert">{said}</p>}
    </Dialog>
  );
}

/** Save, publish and read back; gives what went wrong, "" for nothing. */
async function published(reading: Reading, notes: Notes, title: string): Promise<string> {
  try {
    await reading.flush();
    if (notes.keeper.unsaved) return t("The draft could not be saved yet; nothing was published.");
    const { instances } = await publish(notes.study, notes.keeper.version, title);
    reading.history.clear(); // what is published is not taken back by undoing
    await notes.refresh();
    reading.admit(await display(notes.study));
    reading.refreshLayers();
    toast(tn("{count} object published", "{count} objects published", instances.length));
    return "";
  } catch (error) {
    const problem = problemOf(error);
    return problem.detail || problem.title || t("The server cannot be reached.");
  }
}

/** Two windows changed one draft: nothing is lost, the reader says what holds. */
export function ConflictDialog({ notes }: { readonly notes: Notes }) {
  const [said, setSaid] = useState("");
  const settle = (choice: "both" | "theirs" | "ours") => {
    notes.settle(choice).catch((error: unknown) => setSaid(problemOf(error).detail || t("The server cannot be reached.")));
  };
  return (
    <Dialog
      title={t("Your annotations were changed elsewhere")}
      role="alertdialog"
      isOpen
      onClose={() => undefined}
      foot={
        <>
          <Button onPress={() => settle("theirs")}>{t("Take the saved ones")}</Button>
          <Button onPress={() => settle("ours")}>{t("Keep only these")}</Button>
          <Button variant="primary" onPress={() => settle("both")}>
            {t("Keep both")}
          </Button>
        </>
      }
    >
      <p>{t("Another window saved annotations of this study after this one had loaded them. Nothing was overwritten.")}</p>
      {said && <p className="field-error" role="alert">{said}</p>}
    </Dialog>
  );
}

/** Ask how long the drawn line is, and take it as the scale of the image or its series. */
export function CalibrateDialog({ reading, notes }: NotesProps) {
  const [length, setLength] = useState("");
  const [isSeries, setSeries] = useState(false);
  const annotation = reading.calibrating;
  const mm = knownLength(length);
  const close = (): void => {
    reading.calibrating = null;
    reading.ask("");
  };
  const take = (): void => {
    if (annotation) calibrate(reading, notes, { ...annotation, text: length.trim() }, isSeries);
    close();
  };
  return (
    <Dialog
      title={t("Calibrate by a known length")}
      isOpen
      onClose={close}
      closeLabel={t("Close")}
      foot={
        <>
          <Button onPress={close}>{t("Cancel")}</Button>
          <Button variant="primary" isDisabled={!(mm > 0)} onPress={take}>
            {t("Calibrate")}
          </Button>
        </>
      }
    >
      <TextField label={t("Length of the line in mm")} inputMode="decimal" value={length} onChange={setLength} autoFocus />
      <Checkbox isSelected={isSeries} onChange={setSeries}>
        {t("For all images of this series")}
      </Checkbox>
      <p className="quiet">{t("Every length then says that it was calibrated by a reader.")}</p>
    </Dialog>
  );
}

function calibrate(reading: Reading, notes: Notes, line: Annotation, isSeries: boolean): void {
  const item = reading.find(line.instance);
  if (!item) return;
  const aspect = reading.modelNow(line.instance)?.aspect ?? 1;
  const named = notes.draft.annotations.map((each) => (each.id === line.id ? line : each));
  const scales = calibrated(notes.draft.calibrations, { annotation: line, item, aspect, isSeries });
  reading.annotate(notes.study, named, "calibrate", scales);
}
