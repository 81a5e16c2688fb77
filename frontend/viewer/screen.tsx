/** The screen of an opened study: bars, strip, grid, panel, dialogs. */
import { type CSSProperties, lazy, Suspense, useEffect, useMemo, useSyncExternalStore } from "react";

import { openKeySheet } from "../app/KeySheet.tsx";
import { onPreferences, currentPreferences } from "../app/preferences.ts";
import { useActions } from "../app/shortcuts.ts";
import { onSignedOut } from "../api/client.ts";
import { t } from "../locale/index.ts";
import { Banners } from "./banners.tsx";
import { Cell } from "./cell.tsx";
import { run } from "./commands.ts";
import type { Dragged } from "./dragging.ts";
import type { Duty } from "./duty.ts";
import { runOnFilm } from "./film.ts";
import { Inventory, isBare } from "./inventory.tsx";
import { SideDialog } from "./legs.tsx";
import { copyAll, Panel } from "./panel.tsx";
import { pageDeeds } from "./pagedeeds.ts";
import { pileOf, piles } from "./piles.ts";
import { CalibrateDialog, ConflictDialog, PublishDialog } from "./publish.tsx";
import type { Reading } from "./reading.ts";
import type { Windows } from "./secondwindow.ts";
import { visible } from "./state.ts";
import { Strip } from "./strip.tsx";
import { Tools } from "./toolbar.tsx";
import { deeds } from "./tools.ts";
import { TopBar } from "./topbar.tsx";

const TagsDialog = lazy(() => import("./tags.tsx").then(({ TagsDialog }) => ({ default: TagsDialog })));
const PrintDialog = lazy(() => import("./print.tsx").then(({ PrintDialog }) => ({ default: PrintDialog })));

interface ScreenProps {
  readonly reading: Reading;
  readonly duty: Duty;
  readonly windows: Windows;
  /** A window for a second monitor shows images alone. */
  readonly isSecond: boolean;
}

/** Everything. */
export function Screen({ reading, duty, windows, isSecond }: ScreenProps) {
  useSyncExternalStore(reading.subscribe, () => reading.version);
  usePreferencesOf(reading);
  useLeaving(reading);
  const own = useMemo(() => pageDeeds(reading, duty, windows), [reading, duty, windows]);
  const act = (id: string): void => {
    if (id === "keys") openKeySheet();
    else if (id === "copy_measures") void copyAll(reading);
    else if (own[id]) own[id]();
    else if (!runOnFilm(reading.state.active, id)) run(reading, id);
  };
  useActions("viewer", deeds(t).map(({ id, label, keys }) => ({
    id, label, keys,
    run: () => act(id.replace("viewer.", "")),
    enabled: () => !isForFocus(keys) && (!id.includes(".shift_") || isSubtracting(reading)),
  })));
  const { strip, panel } = reading.state.switches;
  return (
    <div className="viewer" data-strip={(strip && !isSecond) || undefined} data-panel={(panel && !isSecond) || undefined}>
      {!isSecond && <TopBar reading={reading} standing={duty.standing} onDeed={act} />}
      <Tools reading={reading} />
      <div className="viewer-banners">
        <Banners reading={reading} duty={duty} />
      </div>
      {strip && !isSecond && <Strip reading={reading} />}
      <Grid reading={reading} />
      {panel && !isSecond && <Panel reading={reading} />}
      <Dialogs reading={reading} />
    </div>
  );
}

/** Arrow keys belong to handles and sliders that have the focus. */
function isForFocus(keys: readonly string[]): boolean {
  const { activeElement } = document;
  return keys.some((key) => key.includes("Arrow")) && !!activeElement?.closest(".viewer-layer, input, [role=slider], [role=radiogroup]");
}

/** Alt and arrows go back and forth in the browser unless there is a mask to shift. */
function isSubtracting({ pane }: Reading): boolean {
  return pane !== null && pane.viewport.view.subtraction !== null;
}

function usePreferencesOf(reading: Reading): void {
  useEffect(() => {
    const take = (): void => {
      reading.preferences = currentPreferences();
      reading.tell();
    };
    take();
    return onPreferences(take);
  }, [reading]);
}

/** Nothing is lost when the page goes away or the session ends. */
function useLeaving(reading: Reading): void {
  useEffect(() => {
    const unsaved = () => [...reading.notes.values()].some((notes) => notes.keeper.unsaved);
    const warn = (event: BeforeUnloadEvent): void => {
      if (unsaved()) event.preventDefault();
      void reading.flush();
    };
    const hide = (): void => {
      if (document.visibilityState === "hidden") void reading.flush();
    };
    const forget = onSignedOut(() => {
      for (const notes of reading.notes.values()) notes.keeper.signedOut();
    });
    window.addEventListener("beforeunload", warn);
    document.addEventListener("visibilitychange", hide);
    return () => {
      forget();
      window.removeEventListener("beforeunload", warn);
      document.removeEventListener("visibilitychange", hide);
    };
  }, [reading]);
}

function Grid({ reading }: { readonly reading: Reading }) {
  const { state } = reading;
  if (isBare(reading)) return <main className="viewer-grid"><Inventory reading={reading} /></main>;
  const seen = new Set(visible(state));
  const size = state.only === null ? [state.rows, state.columns] : [1, 1];
  const drop = (dragged: Dragged, cell: number): void => {
    const item = reading.find(dragged.instance);
    const series = reading.displays.get(reading.studyOf(dragged.instance))?.series ?? [];
    if (!item) return;
    const items = dragged.stack ? pileOf(piles(series, state.switches.processing), item) : [item];
    reading.put(cell, items, items.indexOf(item));
  };
  return (
    <main className="viewer-grid" style={{ "--rows": size[0], "--columns": size[1] } as CSSProperties} aria-label={t("Viewports")}>
      {state.cells.map((cell, index) =>
        seen.has(index) ? (
          <Cell
            key={index}
            reading={reading}
            index={index}
            cell={cell}
            isActive={index === state.active}
            look={reading.version}
            onDropped={drop}
          />
        ) : null,
      )}
    </main>
  );
}

function Dialogs({ reading }: { readonly reading: Reading }) {
  const notes = reading.notes.get(reading.study);
  const conflict = [...reading.notes.values()].find((each) => each.keeper.state === "conflict");
  const place = reading.pane?.place ?? null;
  const close = () => reading.ask("");
  if (conflict) return <ConflictDialog notes={conflict} />;
  switch (reading.dialog) {
    case "publish":
      return notes ? <PublishDialog reading={reading} notes={notes} /> : null;
    case "calibrate": {
      const own = reading.calibrating && reading.notes.get(reading.studyOf(reading.calibrating.instance));
      return own ? <CalibrateDialog reading={reading} notes={own} /> : null;
    }
    case "side":
      return reading.sided && <SideDialog reading={reading} annotation={reading.sided} />;
    case "tags":
      return place && <Suspense><TagsDialog place={place} onClose={close} /></Suspense>;
    case "print":
      return <Suspense><PrintDialog reading={reading} onClose={close} /></Suspense>;
    case "":
      return null;
  }
}
