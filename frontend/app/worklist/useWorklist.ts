/** The list behind the worklist page: loads pages, follows live changes, takes in what a reader changed. */
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";

import type { Row } from "../model.ts";
import { wasAborted } from "../problems.ts";
import { askPage, askRow, EVENTS, PAGE } from "./asking.ts";
import { listen, type Listener, type Liveness } from "./live.ts";
import type { Asked } from "./query.ts";
import { beyond, firstPage, type Loaded, NOTHING, withHead, withPage, withRows } from "./rows.ts";

/** What the page knows of its list. */
export interface Worklist extends Loaded {
  readonly phase: "loading" | "ready" | "failed";
  readonly error: unknown;
  readonly isLoadingMore: boolean;
  readonly liveness: Liveness;
  loadMore(): void;
  reload(): void;
  /** Show the rows that came in meanwhile. */
  showFresh(): void;
  /** Take rows of newer versions in, as a saved change gave them. */
  take(rows: readonly Row[]): void;
}

const NONE: ReadonlySet<string> = new Set();

/** Load and follow the list; `isHeld()` says whether rows that come in must not move what is being looked at. */
export function useWorklist(asked: Asked, isHeld: () => boolean): Worklist {
  const [loaded, setLoaded] = useState<Loaded>(NOTHING);
  const [state, setState] = useState<Pick<Worklist, "phase" | "error">>({ phase: "loading", error: null });
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [tries, setTries] = useState(0);
  const question = useRef(0); // an answer to an earlier question is dropped
  const key = JSON.stringify(asked);

  useEffect(() => {
    const gone = new AbortController();
    const mine = (question.current += 1);
    setState({ phase: "loading", error: null });
    askPage(JSON.parse(key) as Asked, "", gone.signal).then(
      (page) => {
        if (question.current !== mine) return;
        setLoaded(firstPage(page));
        setState({ phase: "ready", error: null });
      },
      (error: unknown) => {
        if (question.current === mine && !wasAborted(error)) setState({ phase: "failed", error });
      },
    );
    return () => gone.abort();
  }, [key, tries]);

  const loadMore = (): void => {
    if (isLoadingMore || loaded.next === "" || state.phase !== "ready") return;
    const mine = question.current;
    setLoadingMore(true);
    askPage(asked, loaded.next)
      .then((page) => question.current === mine && setLoaded((now) => withPage(now, page)))
      .catch(() => undefined) // scrolling on asks again
      .finally(() => setLoadingMore(false));
  };

  const follow = async (studies: ReadonlySet<string>, held: boolean): Promise<void> => {
    const mine = question.current;
    const further = beyond(loaded, PAGE, studies).map((study) => askRow(study).catch(() => null));
    const [head, ...rows] = await Promise.all([askPage(asked, ""), ...further]);
    if (question.current !== mine) return;
    setLoaded((now) =>
      withRows(
        withHead(now, head, studies, held),
        rows.filter((row) => row !== null),
      ),
    );
  };

  const reload = useCallback(() => setTries((n) => n + 1), []);

  /** Ask for as many rows once more as are loaded, so that the list stays where its reader is. */
  const askAgain = async (): Promise<void> => {
    const mine = question.current;
    let found = firstPage(await askPage(asked, ""));
    while (found.next !== "" && found.rows.length < loaded.rows.length)
      found = withPage(found, await askPage(asked, found.next));
    if (question.current === mine) setLoaded(found);
  };

  const liveness = useEvents({
    onStudies: (studies) => void follow(studies, isHeld()).catch(() => undefined),
    onReload: () => void askAgain().catch(reload),
  });

  return {
    ...loaded,
    ...state,
    isLoadingMore,
    liveness,
    loadMore,
    reload,
    showFresh: () => void follow(NONE, false).catch(() => undefined),
    take: useCallback((rows: readonly Row[]) => setLoaded((now) => withRows(now, rows)), []),
  };
}

/** Follow the event stream while the page shows; after an interruption everything may have changed. */
function useEvents({ onStudies, onReload }: Omit<Listener, "onLiveness">): Liveness {
  const [liveness, setLiveness] = useState<Liveness>("connecting");
  const hear = useEffectEvent(onStudies);
  const anew = useEffectEvent(onReload);
  const turn = useEffectEvent((next: Liveness) => {
    if (next === "live" && liveness === "away") onStudies(NONE);
    setLiveness(next);
  });
  useEffect(
    () =>
      listen(new EventSource(EVENTS), {
        onStudies: (studies) => hear(studies),
        onReload: () => anew(),
        onLiveness: (next) => turn(next),
      }),
    [],
  );
  return liveness;
}
