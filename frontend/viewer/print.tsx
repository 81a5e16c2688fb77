/** Print at true size: what, on which sheet, as which file. */
import { useState } from "react";

import { Button, Checkbox, Dialog, RadioCards, Select } from "../design/index.ts";
import { t } from "../locale/index.ts";
import type { Reading } from "./reading.ts";
import { printed, problemOf } from "./server.ts";
import { shown, visible } from "./state.ts";

const SHEETS = ["A4", "A3", "letter"] as const;

interface PrintProps {
  readonly reading: Reading;
  readonly onClose: () => void;
}

/** The dialog of printing. */
export function PrintDialog({ reading, onClose }: PrintProps) {
  const [format, setFormat] = useState<"pdf" | "png">("pdf");
  const [sheet, setSheet] = useState<(typeof SHEETS)[number]>("A4");
  const [isAll, setAll] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      await reading.flush();
      const file = await printed({ format, sheet, images: imagesOf(reading, isAll) });
      save(file, `${reading.study}.${file.type === "application/zip" ? "zip" : format}`);
      onClose();
    } catch (error) {
      const problem = problemOf(error);
      setSaid(problem.detail || problem.title || t("The server cannot be reached."));
    }
    setBusy(false);
  };
  return (
    <Dialog
      title={t("Print")}
      isOpen
      onClose={onClose}
      closeLabel={t("Close")}
      foot={
        <>
          <Button onPress={onClose}>{t("Cancel")}</Button>
          <Button variant="primary" isDisabled={isBusy} onPress={() => void go()}>
            {t("Make the file")}
          </Button>
        </>
      }
    >
      <RadioCards
        label={t("File")}
        value={format}
        onChange={setFormat}
        choices={[{ id: "pdf", label: "PDF" }, { id: "png", label: "PNG" }]}
      />
      <Select label={t("Sheet")} value={sheet} onChange={setSheet} choices={SHEETS.map((id) => ({ id, label: id }))} />
      <Checkbox isSelected={isAll} onChange={setAll}>
        {t("All images on the screen, not only the active one")}
      </Checkbox>
      <p className="quiet">
        {t("With the patient's identity and a scale bar; true size where the image has millimetres. Print at 100 %.")}
      </p>
      {said && <p className="field-error" role="alert">{said}</p>}
    </Dialog>
  );
}

/** Give the images to be printed, as they are looked at. */
function imagesOf(reading: Reading, isAll: boolean) {
  const cells = isAll ? visible(reading.state) : [reading.state.active];
  return cells.flatMap((index) => {
    const cell = reading.state.cells[index];
    const [item, pane] = [shown(cell), reading.panes.get(index)];
    const view = pane?.kept();
    if (!cell || !view || item?.kind !== "image") return [];
    return [{ study: cell.study, series: item.series, instance: item.instance, frame: cell.frame, view }];
  });
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
