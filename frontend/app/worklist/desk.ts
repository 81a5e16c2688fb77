/** The desk of a reader at the worklist: what is asked, listed, looked at and selected, and what can be done with it. */
import { type RefObject, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";

import type { Row } from "../model.ts";
import { navigate, patientPath, rememberWorklist, ROOT, studyPath, useSearch } from "../router.ts";
import { may, useSession } from "../session.ts";
import { useActions } from "../shortcuts.ts";
import { type WorklistDeed, worklistActions } from "./actions.ts";
import { type Asked, askedFrom, searchText, USUAL } from "./query.ts";
import { type Changes, useChanges } from "./useChanges.ts";
import { useWorklist, type Worklist } from "./useWorklist.ts";

/** Scrolled down by more CSS pixels than this, a list is not moved by rows that come in. */
const HELD_FROM = 40;

/** Everything that the parts of the page share. */
export interface Desk {
  readonly me: string;
  /** Whether the reader may change status, priority and comment. */
  readonly canChange: boolean;
  /** Whether the reader may share views, and change shared ones. */
  readonly canShare: boolean;
  readonly asked: Asked;
  /** Ask something else in part; what was selected is let go. */
  ask(next: Partial<Asked>): void;
  readonly worklist: Worklist;
  readonly changes: Changes;
  readonly selected: ReadonlySet<string>;
  select(studies: ReadonlySet<string>): void;
  /** The selected rows. */
  readonly chosen: readonly Row[];
  /** The row under the pointer, else the one with the focus. */
  readonly looked: Row | null;
  /** Whether that row has the focus, and is not only under a pointer that passes over it. */
  readonly isChosen: boolean;
  point(study: string): void;
  focus(study: string): void;
  open(study: string): void;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly search: RefObject<HTMLInputElement | null>;
  /** Put the focus into the search box, or on the first row. */
  toSearch(): void;
  toList(): void;
}

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
function rowElement(scroller: Desk["scroller"], study: string): HTMLElement | null {
  return scroller.current?.querySelector<HTMLElement>(`[role=row][data-key="${CSS.escape(study)}"]`) ?? null;
}

/** The study that was opened last, to come back to. */
let lastOpened = "";

/** Frames to wait for a row that is still being laid out: two seconds. */
const FRAMES = 120;

/** Put the focus on an element as soon as it is there; gives the function that gives up. */
function focusWhenThere(find: () => HTMLElement | null): () => void {
  let left = FRAMES;
  let frame = 0;
  const look = (): void => {
    const element = find();
    left -= 1;
    if (element !== null) element.focus();
    else if (left > 0) frame = requestAnimationFrame(look);
  };
  look();
  return () => cancelAnimationFrame(frame);
}

/**
 * Come back to the row that was left, once it is there. A layout effect runs again, too, when a page that was only
 * hidden while the viewer was loading shows again.
 */
function useReturn(worklist: Worklist, scroller: Desk["scroller"]): void {
  const isReady = worklist.phase === "ready";
  useLayoutEffect(() => {
    if (!isReady || lastOpened === "") return undefined;
    const study = lastOpened;
    lastOpened = "";
    return focusWhenThere(() => rowElement(scroller, study));
  }, [isReady, scroller]);
}

/** What is looked at: the pointer's row before the keyboard's, until the keyboard moves. */
function useLooked(rows: readonly Row[]): Pick<Desk, "looked" | "isChosen" | "point" | "focus"> {
  const [pointed, setPointed] = useState("");
  const [focused, setFocused] = useState("");
  const rowOf = (study: string): Row | null => rows.find((row) => row.study === study) ?? null;
  const focus = (study: string): void => {
    setFocused(study);
    setPointed("");
  };
  const looked = rowOf(pointed) ?? rowOf(focused);
  return { looked, isChosen: looked !== null && looked.study === focused, point: setPointed, focus };
}

/** Set the desk up. */
export function useDesk(): Desk {
  const { session } = useSession();
  const [asked, setAsked] = useAsked();
  const scroller = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const worklist = useWorklist(asked, () => (scroller.current?.scrollTop ?? 0) > HELD_FROM);
  const [selected, select] = useState<ReadonlySet<string>>(new Set());
  useReturn(worklist, scroller);
  return {
    me: session?.name ?? "",
    canChange: may(session, "reading.write"),
    canShare: may(session, "reading.manage"),
    asked,
    ask: (next) => {
      select(new Set());
      setAsked({ ...asked, ...next });
    },
    worklist,
    changes: useChanges(worklist.take),
    selected,
    select,
    chosen: worklist.rows.filter((row) => selected.has(row.study)),
    ...useLooked(worklist.rows),
    open: (study) => {
      lastOpened = study;
      navigate(studyPath(study));
    },
    scroller,
    search,
    toSearch: () => {
      search.current?.focus();
      search.current?.select();
    },
    toList: () => rowElement(scroller, worklist.rows[0]?.study ?? "")?.focus(),
  };
}

/** Deeds that need a row that is looked at. */
const OF_A_ROW: readonly WorklistDeed[] = ["patient", "read", "new"];

/** Let the arrow down enter the list while nothing has the focus, as after the page has opened. */
function useArrowIntoList(toList: () => void): void {
  const enter = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" || event.target !== document.body || event.defaultPrevented) return;
    event.preventDefault();
    toList();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => enter(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

/** Put the keys of the worklist in force; `togglePanel` shows or hides the preview. */
export function useDeskKeys(desk: Desk, togglePanel: () => void): void {
  const { looked, canChange, changes } = desk;
  useArrowIntoList(desk.toList);
  const mark = (status: "new" | "read") => (): void => {
    if (looked !== null && canChange) changes.save(looked, { status });
  };
  const runs: Readonly<Record<WorklistDeed, () => void>> = {
    search: desk.toSearch,
    panel: togglePanel,
    patient: () => looked && navigate(patientPath(looked.patient.number)),
    read: mark("read"),
    new: mark("new"),
    reload: desk.worklist.reload,
    all: () => desk.ask(USUAL),
  };
  const actions = worklistActions().map((one) => {
    const deed = one.id.slice("worklist.".length) as WorklistDeed;
    return { ...one, run: runs[deed], enabled: () => looked !== null || !OF_A_ROW.includes(deed) };
  });
  useActions("worklist", actions);
}
