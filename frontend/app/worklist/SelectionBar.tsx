/** What can be done with several selected studies at once. */
import { Button, IconButton, Menu, MenuItem, Toolbar } from "../../design/index.ts";
import { t, tn } from "../../locale/index.ts";
import type { Row } from "../model.ts";
import type { Change } from "./asking.ts";
import { MARKS, PRIORITIES, priorityWord, statusIcon, statusWord } from "./labels.tsx";

export interface SelectionBarProps {
  readonly rows: readonly Row[];
  readonly onChange: (rows: readonly Row[], change: Change) => void;
  readonly onDrop: () => void;
}

/** The bar over the foot of the list. */
export function SelectionBar({ rows, onChange, onDrop }: SelectionBarProps) {
  return (
    <Toolbar label={t("Selected studies")} className="selection-bar">
      <p className="numbers" role="status">
        {tn("{count} study selected", "{count} studies selected", rows.length)}
      </p>
      <Menu trigger={<Button size="small">{t("Status")}</Button>} label={t("Status")} placement="top start">
        {MARKS.map((status) => (
          <MenuItem key={status} icon={statusIcon(status)} onAction={() => onChange(rows, { status })}>
            {statusWord(status)}
          </MenuItem>
        ))}
      </Menu>
      <Menu
        trigger={<Button size="small">{t("Priority")}</Button>}
        label={t("Priority")}
        placement="top start"
      >
        {PRIORITIES.map((priority) => (
          <MenuItem key={priority} onAction={() => onChange(rows, { priority })}>
            {priorityWord(priority)}
          </MenuItem>
        ))}
      </Menu>
      <IconButton icon="close" label={t("Select none")} size="small" onPress={onDrop} />
    </Toolbar>
  );
}
