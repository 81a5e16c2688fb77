/** Small parts around the list: its count, what failed or came in, what stands in its place, and its columns. */
import type { ReactNode } from "react";

import {
  Badge,
  Button,
  EmptyState,
  IconButton,
  Menu,
  MenuItem,
  MenuSection,
  ProblemNote,
  Skeleton,
} from "../../design/index.ts";
import { t, tn } from "../../locale/index.ts";
import { told } from "../problems.ts";
import { allColumns } from "./columns.tsx";
import { NAMING } from "./fitting.ts";
import { type Asked, filterCount, USUAL } from "./query.ts";
import type { Worklist } from "./useWorklist.ts";

/** In another order than by date the server sorts so many of the newest matches. */
const SORTED = 1000;

/** How many studies there are, and whether new ones appear by themselves. */
export function Count({ worklist, asked }: { readonly worklist: Worklist; readonly asked: Asked }) {
  const { count, phase, liveness } = worklist;
  const words = count.exact
    ? tn("{count} study", "{count} studies", count.value)
    : t("more than {count} studies", { count: count.value });
  return (
    <p className="worklist-count numbers" role="status">
      {phase === "loading" ? t("Searching…") : words}
      {asked.sort !== USUAL.sort && count.value > SORTED && (
        <span>{t("the newest {count} sorted", { count: SORTED })}</span>
      )}
      {liveness === "live" && (
        <span className="live" title={t("New studies appear by themselves")}>
          <span className="live-dot" aria-hidden="true" />
          {t("live")}
        </span>
      )}
      {liveness === "away" && (
        <Badge tone="urgent" icon="warning">
          {t("not live: connecting again")}
        </Badge>
      )}
    </p>
  );
}

/** What failed, and what came in meanwhile. */
export function Notices({ worklist }: { readonly worklist: Worklist }) {
  const { phase, error, fresh } = worklist;
  if (phase === "failed") {
    const { title, detail, number } = told(error);
    const retry = <Button onPress={worklist.reload}>{t("Try again")}</Button>;
    return (
      <ProblemNote title={title} number={number} action={retry}>
        {detail || t("Your filters are kept.")}
      </ProblemNote>
    );
  }
  if (fresh.length === 0) return null;
  return (
    <div className="fresh">
      <Button size="small" variant="primary" icon="up" onPress={worklist.showFresh}>
        {tn("{count} new study", "{count} new studies", fresh.length)}
      </Button>
    </div>
  );
}

interface EmptyProps {
  readonly asked: Asked;
  readonly worklist: Worklist;
  readonly onDrop: () => void;
}

/** What stands in an empty list: why it is empty, and what to do. */
export function Empty({ asked, worklist, onDrop }: EmptyProps): ReactNode {
  if (worklist.phase !== "ready") return null;
  const words = asked.query.q ?? "";
  if (filterCount(asked.query) === 0 && words === "") {
    return (
      <EmptyState icon="film" title={t("No studies yet")}>
        {t("As soon as a modality sends images, they appear here by themselves.")}
      </EmptyState>
    );
  }
  const drop = <Button onPress={onDrop}>{t("Drop search and filters")}</Button>;
  return (
    <EmptyState icon="search" title={t("Nothing found")} actions={drop}>
      {words ? t("No study has all of these words: {words}", { words }) : t("No study passes these filters.")}
    </EmptyState>
  );
}

/** Grey bars where rows will stand. */
export function Shades() {
  return (
    <div className="shades" aria-hidden="true">
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} className="shade-row">
          <Skeleton width={60 + ((index * 37) % 30)} />
          <Skeleton width={40 + ((index * 53) % 40)} />
          <Skeleton width={70} />
          <Skeleton width={30 + ((index * 29) % 50)} />
        </div>
      ))}
    </div>
  );
}

interface ColumnMenuProps {
  readonly chosen: readonly string[];
  readonly onChange: (columns: readonly string[]) => void;
}

/** Which columns show: all that fit, or those ticked here. */
export function ColumnMenu({ chosen, onChange }: ColumnMenuProps) {
  const all = allColumns().filter((column) => column.id !== NAMING);
  const choose = (keys: ReadonlySet<string>): void => {
    onChange(all.map((one) => one.id).filter((id) => keys.has(id)));
  };
  return (
    <Menu
      trigger={<IconButton icon="columns" label={t("Columns")} />}
      label={t("Columns")}
      placement="bottom end"
    >
      <MenuItem icon="reset" isDisabled={chosen.length === 0} onAction={() => onChange([])}>
        {t("As many as fit")}
      </MenuItem>
      <MenuSection
        title={t("Always these")}
        mode="multiple"
        isFree
        keepOpen
        selected={chosen}
        onSelect={choose}
      >
        {all.map((column) => (
          <MenuItem key={column.id} id={column.id}>
            {column.title}
          </MenuItem>
        ))}
      </MenuSection>
    </Menu>
  );
}
