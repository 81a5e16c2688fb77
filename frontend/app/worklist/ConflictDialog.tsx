/** Two readers changed the same study: both versions side by side, and the reader decides. */
import { Button, Dialog } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import type { Conflict } from "./changing.ts";
import { nameOf, priorityWord, statusWord, studyTitle } from "./labels.tsx";

export interface ConflictDialogProps {
  readonly conflict: Conflict | null;
  readonly onKeepTheirs: () => void;
  readonly onUseMine: () => void;
}

/** The fields that differ: label, theirs, mine. */
function differences({ theirs, mine }: Conflict): readonly (readonly [string, string, string])[] {
  const rows: [string, string, string][] = [];
  if (mine.status) rows.push([t("Status"), statusWord(theirs.status), statusWord(mine.status)]);
  if (mine.priority) rows.push([t("Priority"), priorityWord(theirs.priority), priorityWord(mine.priority)]);
  if (mine.comment !== undefined) rows.push([t("Comment"), theirs.comment || "–", mine.comment || "–"]);
  return rows;
}

/** The dialog. */
export function ConflictDialog({ conflict, onKeepTheirs, onUseMine }: ConflictDialogProps) {
  if (conflict === null) return null;
  const title = conflict.by
    ? t("{name} changed this study meanwhile", { name: conflict.by })
    : t("Someone else changed this study meanwhile");
  const foot = (
    <>
      <Button onPress={onKeepTheirs}>{t("Keep theirs")}</Button>
      <Button variant="primary" onPress={onUseMine}>
        {t("Use mine")}
      </Button>
    </>
  );
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onKeepTheirs}
      closeLabel={t("Close")}
      foot={foot}
      role="alertdialog"
    >
      <p className="quiet">
        {nameOf(conflict.theirs)} · {studyTitle(conflict.theirs)}
      </p>
      <table className="versions">
        <thead>
          <tr>
            <td />
            <th scope="col">{t("Theirs, saved now")}</th>
            <th scope="col">{t("Yours, not saved")}</th>
          </tr>
        </thead>
        <tbody>
          {differences(conflict).map(([label, theirs, mine]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{theirs}</td>
              <td>{mine}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
