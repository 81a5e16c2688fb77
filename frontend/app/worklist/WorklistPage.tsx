/** The worklist: search, filters, views, the list itself, and the panel beside it. */
import { type ReactNode, useMemo, useRef, useState } from "react";

import { ToggleIconButton } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import { useLanguage } from "../appearance.ts";
import type { Row } from "../model.ts";
import { PageHeading } from "../PageHeading.tsx";
import { usePreferences } from "../preferences.ts";
import { useMediaQuery, useWidth } from "../screen.ts";
import { shownColumns } from "./columns.tsx";
import { ConflictDialog } from "./ConflictDialog.tsx";
import { type Desk, useDesk, useDeskKeys } from "./desk.ts";
import { Filters } from "./Filters.tsx";
import { ColumnMenu, Count, Empty, Notices, Shades } from "./parts.tsx";
import { DetailsSheet, Preview } from "./Preview.tsx";
import { clean, USUAL } from "./query.ts";
import { SearchBox } from "./SearchBox.tsx";
import { SelectionBar } from "./SelectionBar.tsx";
import { StudyCards } from "./StudyCards.tsx";
import { type StudyListProps, StudyTable, TICKS } from "./StudyTable.tsx";
import { Views } from "./Views.tsx";

/** Below this width in CSS pixels a study is a card, not a row. */
const NARROW = "(max-width: 719px)";
/** From this width on there is room for the panel, beneath the list or, wider still, beside it (app.css). */
const WIDE = "(min-width: 720px)";

/** The page. */
export function WorklistPage() {
  const desk = useDesk();
  const [isWanted, setWanted] = useState(true);
  const isWide = useMediaQuery(WIDE);
  const hasPanel = isWide && isWanted;
  const { changes } = desk;
  useDeskKeys(desk, () => setWanted(!isWanted));
  const toggle = (
    <ToggleIconButton
      icon="panel"
      label={t("Preview")}
      keys={["Alt", "V"]}
      isSelected={isWanted}
      onChange={setWanted}
    />
  );
  return (
    <main className="worklist">
      <PageHeading title={t("Worklist")} isHidden />
      <Top desk={desk} panelToggle={isWide && toggle} />
      <Filters query={desk.asked.query} onChange={(query) => desk.ask({ query })} />
      <div className="worklist-main" data-panel={hasPanel ? "" : undefined}>
        <Board desk={desk} />
        {hasPanel && (
          <Preview
            row={desk.looked}
            isChosen={desk.isChosen}
            me={desk.me}
            canChange={desk.canChange}
            onOpen={desk.open}
            onChange={changes.save}
          />
        )}
      </div>
      <ConflictDialog
        conflict={changes.conflict}
        onKeepTheirs={changes.keepTheirs}
        onUseMine={changes.useMine}
      />
    </main>
  );
}

/** Views, search, count, and what changes the look of the list. */
function Top({ desk, panelToggle }: { readonly desk: Desk; readonly panelToggle: ReactNode }) {
  const { asked, ask } = desk;
  const [preferences, update] = usePreferences();
  const isNarrow = useMediaQuery(NARROW);
  return (
    <div className="worklist-top">
      <Views
        asked={asked}
        columns={preferences.columns}
        me={desk.me}
        canShare={desk.canShare}
        onShow={(next, columns) => {
          ask(next);
          if (columns.length > 0) update({ columns });
        }}
      />
      <SearchBox
        text={asked.query.q ?? ""}
        onChange={(q) => ask({ query: clean({ ...asked.query, q }) })}
        onLeave={desk.toList}
        input={desk.search}
      />
      <Count worklist={desk.worklist} asked={asked} />
      <div className="worklist-tools">
        {!isNarrow && <ColumnMenu chosen={preferences.columns} onChange={(columns) => update({ columns })} />}
        {panelToggle}
      </div>
    </div>
  );
}

/** The list, with what floats over it. */
function Board({ desk }: { readonly desk: Desk }) {
  const { worklist, chosen, select } = desk;
  return (
    <section className="worklist-list" aria-label={t("Studies")} aria-busy={worklist.phase === "loading"}>
      <Notices worklist={worklist} />
      <List desk={desk} />
      {chosen.length > 1 && desk.canChange && (
        <SelectionBar rows={chosen} onChange={desk.changes.saveSeveral} onDrop={() => select(new Set())} />
      )}
    </section>
  );
}

/** Table or cards, as the width allows; grey bars until the first answer. */
function List({ desk }: { readonly desk: Desk }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const isNarrow = useMediaQuery(NARROW);
  const language = useLanguage();
  const [detailed, setDetailed] = useState<Row | null>(null);
  const [{ columns: chosen }] = usePreferences();
  const columns = useMemo(() => shownColumns(chosen, width - TICKS), [chosen, width, language]);
  const { asked, ask, worklist } = desk;
  const isFirst = worklist.phase === "loading" && worklist.rows.length === 0;
  const shared: StudyListProps = {
    worklist,
    me: desk.me,
    selected: desk.selected,
    onSelect: desk.select,
    onOpen: desk.open,
    onPoint: desk.point,
    onFocusRow: desk.focus,
    scroller: desk.scroller,
    empty: () => <Empty asked={asked} worklist={worklist} onDrop={() => ask(USUAL)} />,
  };
  return (
    <div className="worklist-box" ref={box}>
      {isFirst && <Shades />}
      {!isFirst && isNarrow && <StudyCards {...shared} onDetails={setDetailed} />}
      {!isFirst && !isNarrow && width > 0 && (
        <StudyTable
          {...shared}
          columns={columns}
          asked={asked}
          onSort={(sort, order) => ask({ sort, order })}
        />
      )}
      {detailed && (
        <DetailsSheet
          row={worklist.rows.find((row) => row.study === detailed.study) ?? detailed}
          me={desk.me}
          canChange={desk.canChange}
          onOpen={desk.open}
          onChange={desk.changes.save}
          onClose={() => setDetailed(null)}
        />
      )}
    </div>
  );
}
