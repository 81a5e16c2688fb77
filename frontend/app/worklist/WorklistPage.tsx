/** The worklist: search, filters, views, the list itself, and the panel beside it. */
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";

import { Badge, Button, EmptyState, IconButton, Menu, MenuItem, MenuSection, ProblemNote, Skeleton, ToggleIconButton } from "../../design/index.ts";
import { t, tn } from "../../locale/index.ts";
import { useLanguage } from "../appearance.ts";
import type { Row, Status } from "../model.ts";
import { PageHeading } from "../PageHeading.tsx";
import { usePreferences } from "../preferences.ts";
import { told } from "../problems.ts";
import { navigate, patientPath, rememberWorklist, ROOT, studyPath, useSearch } from "../router.ts";
import { useMediaQuery, useWidth } from "../screen.ts";
import { may, useSession } from "../session.ts";
import { useActions } from "../shortcuts.ts";
import { type WorklistDeed, worklistActions } from "./actions.ts";
import { allColumns, shownColumns } from "./columns.tsx";
import { ConflictDialog } from "./ConflictDialog.tsx";
import { Filters } from "./Filters.tsx";
import { NAMING } from "./fitting.ts";
import { Preview } from "./Preview.tsx";
import { type Asked, askedFrom, clean, filterCount, searchText, USUAL } from "./query.ts";
import { SearchBox } from "./SearchBox.tsx";
import { SelectionBar } from "./SelectionBar.tsx";
import { StudyCards } from "./StudyCards.tsx";
import { StudyTable, TICKS } from "./StudyTable.tsx";
import { useChanges } from "./useChanges.ts";
import { useWorklist, type Worklist } from "./useWorklist.ts";
import { Views } from "./Views.tsx";

/** Below this width in CSS pixels a study is a card, not a row. */
const NARROW = "(max-width: 719px)";
/** From this width on there is room for the panel beside the list. */
const WIDE = "(min-width: 1080px)";

/** What the list is asked, kept in the page's address, so that back, reload and a copied link give the same list. */
function useAsked(): [Asked, (next: Asked) => void] {
  const search = useSearch();
  const asked = useMemo(() => askedFrom(search), [search]);
  useEffect(() => rememberWorklist(search), [search]);
  const change = (next: Asked): void => {
    const text = searchText(next);
    navigate(text ? `?${text}` : ROOT, { replace: true });
  };
  return [asked, change];
}

/** Give the row of a study, as far as it is in the page. */
function rowElement(scroller: RefObject<HTMLDivElement | null>, study: string): HTMLElement | null {
  return scroller.current?.querySelector<HTMLElement>(`[role=row][data-key="${CSS.escape(study)}"]`) ?? null;
}

/** The study that was opened last, to come back to. */
let lastOpened = "";

/** Come back to the row that was left, once it is there. */
function useReturn(worklist: Worklist, scroller: RefObject<HTMLDivElement | null>): void {
  const isReady = worklist.phase === "ready";
  useEffect(() => {
    if (!isReady || lastOpened === "") return;
    rowElement(scroller, lastOpened)?.focus();
    lastOpened = "";
  }, [isReady, scroller]);
}

/** The page. */
export function WorklistPage() {
  const { session } = useSession();
  const me = session?.name ?? "";
  const [asked, setAsked] = useAsked();
  const scroller = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const worklist = useWorklist(asked, () => (scroller.current?.scrollTop ?? 0) > 40);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [pointed, setPointed] = useState("");
  const [focused, setFocused] = useState("");
  const [preferences, update] = usePreferences();
  const [isPanelOpen, setPanelOpen] = useState(true);
  const isNarrow = useMediaQuery(NARROW);
  const isWide = useMediaQuery(WIDE);
  const changes = useChanges(worklist.take);
  useReturn(worklist, scroller);

  const rowOf = (study: string): Row | null => worklist.rows.find((row) => row.study === study) ?? null;
  const looked = rowOf(pointed) ?? rowOf(focused);
  const chosen = worklist.rows.filter((row) => selected.has(row.study));
  const canChange = may(session, "study.view");
  const toSearch = (): void => {
    search.current?.focus();
    search.current?.select();
  };
  const toList = (): void => rowElement(scroller, worklist.rows[0]?.study ?? "")?.focus();
  const open = (study: string): void => {
    lastOpened = study;
    navigate(studyPath(study));
  };
  const toRow = (study: string): void => {
    setFocused(study);
    setPointed(""); // the pointer may rest anywhere while the keyboard moves
  };
  const ask = (next: Partial<Asked>): void => {
    setSelected(new Set());
    setAsked({ ...asked, ...next });
  };

  const mark = (status: Status) => (): void => {
    if (looked !== null) changes.save(looked, { status });
  };
  const runs: Readonly<Record<WorklistDeed, () => void>> = {
    search: toSearch,
    panel: () => setPanelOpen(!isPanelOpen),
    patient: () => looked && navigate(patientPath(looked.patient.number)),
    read: mark("read"),
    new: mark("new"),
    reload: worklist.reload,
    all: () => setAsked(USUAL),
  };
  const needsRow = (id: string): boolean => ["worklist.patient", "worklist.read", "worklist.new"].includes(id);
  useActions(
    "worklist",
    worklistActions().map((one) => ({
      ...one,
      run: runs[one.id.slice("worklist.".length) as WorklistDeed],
      enabled: () => !needsRow(one.id) || (looked !== null && (canChange || one.id === "worklist.patient")),
    })),
  );

  const shared = { worklist, me, selected, onSelect: setSelected, onOpen: open, onPoint: setPointed, onFocusRow: toRow, scroller };
  const empty = (): ReactNode => <Empty asked={asked} worklist={worklist} onDrop={() => setAsked(USUAL)} />;
  return (
    <main className="worklist">
      <PageHeading title={t("Worklist")} isHidden />
      <div className="worklist-top">
        <Views
          asked={asked}
          columns={preferences.columns}
          me={me}
          onShow={(next, columns) => {
            setAsked(next);
            if (columns.length > 0) update({ columns });
          }}
        />
        <SearchBox text={asked.query.q ?? ""} onChange={(q) => ask({ query: clean({ ...asked.query, q }) })} onLeave={toList} input={search} />
        <Count worklist={worklist} />
        <div className="worklist-tools">
          {!isNarrow && <ColumnMenu chosen={preferences.columns} onChange={(columns) => update({ columns })} />}
          {isWide && (
            <ToggleIconButton icon="panel" label={t("Preview")} keys={["Alt", "V"]} isSelected={isPanelOpen} onChange={setPanelOpen} />
          )}
        </div>
      </div>
      <Filters query={asked.query} onChange={(query) => ask({ query })} />
      <div className="worklist-main" data-panel={isWide && isPanelOpen ? "" : undefined}>
        <section className="worklist-list" aria-label={t("Studies")} aria-busy={worklist.phase === "loading"}>
          <Notices worklist={worklist} />
          <List {...shared} isNarrow={isNarrow} asked={asked} chosen={preferences.columns} onSort={(sort, order) => ask({ sort, order })} empty={empty} />
          {chosen.length > 1 && canChange && <SelectionBar rows={chosen} onChange={changes.saveSeveral} onDrop={() => setSelected(new Set())} />}
        </section>
        {isWide && isPanelOpen && <Preview row={looked} me={me} canChange={canChange} onOpen={open} onChange={changes.save} />}
      </div>
      <ConflictDialog conflict={changes.conflict} onKeepTheirs={changes.keepTheirs} onUseMine={changes.useMine} />
    </main>
  );
}

interface ListProps extends Omit<Parameters<typeof StudyTable>[0], "columns"> {
  readonly isNarrow: boolean;
  readonly chosen: readonly string[];
}

/** Table or cards, as the width allows; grey bars until the first answer. */
function List({ isNarrow, chosen, ...rest }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const language = useLanguage();
  const columns = useMemo(() => shownColumns(chosen, width - TICKS), [chosen, width, language]);
  const isFirst = rest.worklist.phase === "loading" && rest.worklist.rows.length === 0;
  return (
    <div className="worklist-box" ref={box}>
      {isFirst && <Shades />}
      {!isFirst && isNarrow && <StudyCards {...rest} />}
      {!isFirst && !isNarrow && width > 0 && <StudyTable {...rest} columns={columns} />}
    </div>
  );
}

function Shades() {
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

function Count({ worklist }: { readonly worklist: Worklist }) {
  const { count, phase, liveness } = worklist;
  const words = count.exact
    ? tn("{count} study", "{count} studies", count.value)
    : t("more than {count} studies", { count: count.value });
  return (
    <p className="worklist-count numbers" role="status">
      {phase === "loading" ? t("Searching…") : words}
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
function Notices({ worklist }: { readonly worklist: Worklist }) {
  const { phase, error, fresh } = worklist;
  if (phase === "failed") {
    const { title, detail, number } = told(error);
    return (
      <ProblemNote title={title} number={number} action={<Button onPress={worklist.reload}>{t("Try again")}</Button>}>
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

function Empty({ asked, worklist, onDrop }: { readonly asked: Asked; readonly worklist: Worklist; readonly onDrop: () => void }) {
  if (worklist.phase !== "ready") return null;
  const isFiltered = filterCount(asked.query) > 0 || Boolean(asked.query.q);
  if (!isFiltered) {
    return (
      <EmptyState icon="film" title={t("No studies yet")}>
        {t("As soon as a modality sends images, they appear here by themselves.")}
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="search" title={t("Nothing found")} actions={<Button onPress={onDrop}>{t("Drop search and filters")}</Button>}>
      {asked.query.q ? t("No study has all of these words: {words}", { words: asked.query.q }) : t("No study passes these filters.")}
    </EmptyState>
  );
}

/** Which columns show: all that fit, or those ticked here. */
function ColumnMenu({ chosen, onChange }: { readonly chosen: readonly string[]; readonly onChange: (columns: readonly string[]) => void }) {
  const all = allColumns().filter((column) => column.id !== NAMING);
  const selected = chosen.length > 0 ? chosen : [];
  return (
    <Menu trigger={<IconButton icon="columns" label={t("Columns")} />} label={t("Columns")} placement="bottom end">
      <MenuItem icon="reset" isDisabled={chosen.length === 0} onAction={() => onChange([])}>
        {t("As many as fit")}
      </MenuItem>
      <MenuSection title={t("Always these")} mode="multiple" isFree keepOpen selected={selected} onSelect={(keys) => onChange(all.map((one) => one.id).filter((id) => keys.has(id)))}>
        {all.map((column) => (
          <MenuItem key={column.id} id={column.id}>
            {column.title}
          </MenuItem>
        ))}
      </MenuSection>
    </Menu>
  );
}
