/** The worklist as a grid: arrows, Enter, typeahead and selection as ARIA has them, only visible rows in the page. */
import { type ReactElement, type ReactNode, type RefObject, useMemo, useState } from "react";
import {
  Cell,
  Collection,
  Column,
  Row as TableRow,
  type Selection,
  type SortDescriptor,
  Table,
  TableBody,
  TableHeader,
  TableLayout,
  TableLoadMoreItem,
  Virtualizer,
} from "react-aria-components";

import { Checkbox, Icon, Spinner } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import { useLanguage } from "../appearance.ts";
import type { Row } from "../model.ts";
import type { ColumnPlan } from "./columns.tsx";
import { NAMING } from "./fitting.ts";
import { nameOf } from "./labels.tsx";
import type { Asked } from "./query.ts";
import type { Worklist } from "./useWorklist.ts";

/** Heights in CSS pixels: two lines of text with air. */
const ROW_HEIGHT = 50;
const HEADING_HEIGHT = 34;
/** The column of tick boxes. */
export const TICKS = 40;

export interface StudyListProps {
  readonly worklist: Worklist;
  readonly me: string;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (studies: ReadonlySet<string>) => void;
  readonly onOpen: (study: string) => void;
  /** The row under the pointer or with the focus, "" when the pointer leaves. */
  readonly onPoint: (study: string) => void;
  readonly onFocusRow: (study: string) => void;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** What stands in an empty list. */
  readonly empty: () => ReactNode;
}

export interface StudyTableProps extends StudyListProps {
  readonly columns: readonly ColumnPlan[];
  readonly asked: Asked;
  readonly onSort: (sort: string, order: Asked["order"]) => void;
}

/** Give the selected studies of what React Aria says is selected. */
export function selectedStudies(selection: Selection, rows: readonly Row[]): ReadonlySet<string> {
  return selection === "all" ? new Set(rows.map((row) => row.study)) : new Set([...selection].map(String));
}

/** Give the study of the row that holds an element. */
export function rowOf(target: EventTarget): string {
  const row = target instanceof Element ? target.closest<HTMLElement>("[role=row][data-key]") : null;
  return row?.dataset["key"] ?? "";
}

/** The grid. */
export function StudyTable(props: StudyTableProps) {
  const { worklist, columns, asked, selected, onSelect, onOpen, onSort, scroller, empty } = props;
  const [options] = useState({
    rowHeight: ROW_HEIGHT,
    headingHeight: HEADING_HEIGHT,
    loaderHeight: ROW_HEIGHT,
  });
  const all = useMemo<readonly AnyColumn[]>(() => [TICK_COLUMN, ...columns], [columns]);
  const sortedBy = columns.find((column) => column.sort === asked.sort)?.id ?? asked.sort;
  const sortDescriptor: SortDescriptor = {
    column: sortedBy,
    direction: asked.order === "asc" ? "ascending" : "descending",
  };
  const sort = ({ column, direction }: SortDescriptor): void => {
    const key = columns.find((one) => one.id === column)?.sort;
    if (key) onSort(key, direction === "ascending" ? "asc" : "desc");
  };
  return (
    <div className="study-table-box" onFocus={(event) => props.onFocusRow(rowOf(event.target))}>
      <Virtualizer layout={TableLayout} layoutOptions={options}>
        <Table
          ref={scroller as RefObject<HTMLTableElement | null>}
          className="study-table"
          aria-label={t("Studies")}
          selectionMode="multiple"
          selectionBehavior="replace"
          selectedKeys={selected}
          onSelectionChange={(keys) => onSelect(selectedStudies(keys, worklist.rows))}
          onRowAction={(key) => onOpen(String(key))}
          sortDescriptor={sortDescriptor}
          onSortChange={sort}
        >
          <StudyHeader columns={all} />
          <StudyBody
            worklist={worklist}
            columns={all}
            me={props.me}
            onPoint={props.onPoint}
            renderEmpty={empty}
          />
        </Table>
      </Virtualizer>
    </div>
  );
}

/** A column of studies, or the one of tick boxes. */
type AnyColumn = ColumnPlan | { readonly id: "ticks" };

const TICK_COLUMN: AnyColumn = { id: "ticks" };

function isPlan(column: AnyColumn): column is ColumnPlan {
  return column.id !== TICK_COLUMN.id;
}

function StudyHeader({ columns }: { readonly columns: readonly AnyColumn[] }) {
  return (
    <TableHeader className="study-head" columns={columns as AnyColumn[]}>
      {(column) => (isPlan(column) ? <PlanColumn column={column} /> : <TickColumn />)}
    </TableHeader>
  );
}

function TickColumn() {
  return (
    <Column
      id={TICK_COLUMN.id}
      width={TICKS}
      minWidth={TICKS}
      className="study-column study-ticks"
      textValue={t("Selection")}
    >
      <Checkbox slot="selection" />
    </Column>
  );
}

function PlanColumn({ column }: { readonly column: ColumnPlan }) {
  return (
    <Column
      id={column.id}
      className="study-column"
      isRowHeader={column.id === NAMING}
      allowsSorting={column.sort !== ""}
      textValue={column.title}
      minWidth={column.min}
      width={column.grow > 0 ? `${column.grow}fr` : column.min}
    >
      {({ sortDirection }) => (
        <>
          <span className="one-line">{column.title}</span>
          {sortDirection && <Icon name={sortDirection === "ascending" ? "up" : "down"} />}
        </>
      )}
    </Column>
  );
}

interface StudyBodyProps extends Pick<StudyTableProps, "worklist" | "me" | "onPoint"> {
  readonly columns: readonly AnyColumn[];
  readonly renderEmpty: () => ReactNode;
}

function StudyBody({ worklist, columns, me, onPoint, renderEmpty }: StudyBodyProps) {
  const dependencies = [columns, me, useLanguage()];
  return (
    <TableBody className="study-body" renderEmptyState={renderEmpty}>
      <Collection items={worklist.rows as Row[]} dependencies={dependencies}>
        {(row) => (
          <TableRow
            id={row.study}
            className="study-row"
            columns={columns as AnyColumn[]}
            dependencies={[...dependencies, row]}
            textValue={nameOf(row)}
            onHoverStart={() => onPoint(row.study)}
            onHoverEnd={() => onPoint("")}
            data-priority={row.priority}
            data-status={row.status}
          >
            {(column) => (isPlan(column) ? planCell(column, row, me) : <TickCell />)}
          </TableRow>
        )}
      </Collection>
      {worklist.next !== "" && (
        <TableLoadMoreItem
          className="study-more"
          onLoadMore={worklist.loadMore}
          isLoading={worklist.isLoadingMore}
        >
          <Spinner label={t("Loading more")} />
        </TableLoadMoreItem>
      )}
    </TableBody>
  );
}

function TickCell() {
  return (
    <Cell className="study-cell study-ticks" textValue={t("Selection")}>
      <Checkbox slot="selection" />
    </Cell>
  );
}

function planCell(column: ColumnPlan, row: Row, me: string): ReactElement {
  return (
    <Cell className="study-cell" textValue={column.id === NAMING ? nameOf(row) : column.title}>
      {column.cell(row, me)}
    </Cell>
  );
}
