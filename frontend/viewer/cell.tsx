/** One place of the grid: canvas, annotation layer, words around the image, and what stands there when there is none. */
import { type DragEvent, memo, type RefObject, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";

import { bodyPart } from "../app/bodyparts.ts";
import { Icon } from "../design/index.ts";
import { format, t } from "../locale/index.ts";
import { Controls } from "./cinebar.tsx";
import { Document } from "./documents.tsx";
import { Gestures } from "./gestures.ts";
import { type Dragged, draggedFrom } from "./dragging.ts";
import type { Pane } from "./pane.ts";
import { Problem } from "./problem.tsx";
import type { Reading } from "./reading.ts";
import { type Cell as CellState, shown } from "./state.ts";
import { personName } from "../app/names.ts";
import { Words } from "./words.tsx";

interface CellProps {
  readonly reading: Reading;
  readonly index: number;
  readonly cell: CellState | null;
  readonly isActive: boolean;
  /** Grows with every change of the sitting, so that words outside the pane follow. */
  readonly look: number;
  readonly onDropped: (dragged: Dragged, cell: number) => void;
}

/** A viewport with all that belongs to it. */
export const Cell = memo(function Cell({ reading, index, cell, isActive, onDropped }: CellProps) {
  const stage = useRef<HTMLDivElement>(null);
  const pane = usePane(reading, index, stage);
  const item = shown(cell);
  const study = cell?.study ?? "";
  const frame = cell?.frame ?? 1;
  useEffect(() => {
    void pane?.show(item ? { study, item, frame } : null);
  }, [pane, item, study, frame]);
  useSyncExternalStore(pane?.subscribe ?? noSubscription, () => pane?.version ?? 0);
  const [isTarget, drop] = useDrop((dragged) => onDropped(dragged, index));
  const name = item ? personName(item.patient.name).main : "";
  const label = item
    ? t("Viewport {number}: {name}, {what}", { number: index + 1, name, what: whatOf(cell!, reading) })
    : t("Viewport {number}: empty", { number: index + 1 });
  return (
    <section
      className="viewer-cell"
      role="group"
      aria-label={label}
      aria-current={isActive}
      tabIndex={0}
      data-cell={index}
      data-drop={isTarget || undefined}
      data-quality={pane?.quality || undefined}
      data-frame={pane?.seen?.frame}
      data-wanted={item?.instance}
      data-instance={pane?.seen?.item.instance}
      onFocus={() => reading.dispatch({ type: "activate", cell: index })}
      onDoubleClick={(event) => isStage(event.target) && reading.dispatch({ type: "only", cell: index })}
      {...drop}
    >
      <div ref={stage} className="viewer-stage" data-standing={pane?.standing || undefined} data-tool={reading.state.tool}>
        <canvas role="img" aria-label={label} />
        <svg className="viewer-layer" aria-label={t("Annotations")} role="group" />
      </div>
      {pane?.model && pane.standing && reading.state.switches.texts && <Words reading={reading} pane={pane} />}
      {pane && cell && item?.kind === "image" && <Above reading={reading} pane={pane} />}
      {item && item.kind !== "image" && <Document key={item.instance} study={study} item={item} />}
      {!item && <p className="viewer-nothing">{t("Drag an image here, or choose one with Enter.")}</p>}
    </section>
  );
});

const noSubscription = (): (() => void) => () => undefined;

function isStage(target: EventTarget): boolean {
  return target instanceof Element && target.matches(".viewer-stage, .viewer-stage > canvas, .viewer-layer");
}

function whatOf(cell: CellState, reading: Reading): string {
  const item = shown(cell)!;
  const row = reading.displays.get(cell.study)?.study;
  const when = format.date(item.acquired.slice(0, 8) || (row?.date ?? ""));
  return [bodyPart(item.body_part), item.view_text || item.view, when].filter(Boolean).join(", ") || item.what;
}

/** Make the pane once its canvas is there, and keep its size that of the cell. */
function usePane(reading: Reading, index: number, stage: RefObject<HTMLDivElement | null>): Pane | null {
  const [pane, setPane] = useState<Pane | null>(null);
  useLayoutEffect(() => {
    const place = stage.current!;
    const made = reading.open(index, place.querySelector("canvas")!, place.querySelector("svg")!);
    const gestures = new Gestures(place, made, hands(reading, index, made));
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(place);
    setPane(made);
    return () => {
      observer.disconnect();
      gestures.dispose();
      reading.close(index);
      setPane(null);
    };
  }, [reading, index, stage]);
  return pane;
}

function hands(reading: Reading, index: number, pane: Pane): ConstructorParameters<typeof Gestures>[2] {
  return {
    tool: () => reading.state.tool,
    mouse: () => reading.preferences.mouse,
    stack: () => reading.placeOf(pane)[1],
    step: (by) => reading.dispatch({ type: "step", cell: index, by }),
    activate: () => reading.dispatch({ type: "activate", cell: index }),
    ended: (before) => reading.viewStep(pane, before, "drag"),
    regionDone: () => reading.dispatch({ type: "tool", tool: "window" }),
  };
}

/** Take thumbnails that are dropped here. */
function useDrop(taken: (dragged: Dragged) => void) {
  const [isTarget, setTarget] = useState(false);
  const over = (event: DragEvent): void => {
    event.preventDefault();
    setTarget(true);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setTarget(false);
    const dragged = draggedFrom(event.dataTransfer);
    if (dragged) taken(dragged);
  };
  return [isTarget, { onDragOver: over, onDragLeave: () => setTarget(false), onDrop: drop }] as const;
}

/** What lies above an image: the problem instead of it, a sign that it is on its way, the controls of its frames. */
function Above({ reading, pane }: { readonly reading: Reading; readonly pane: Pane }) {
  if (pane.problem) return <Problem problem={pane.problem} onRetry={() => pane.retry()} />;
  const [position, length] = reading.placeOf(pane);
  return (
    <>
      {!pane.standing && <span className="viewer-wait" role="status">{t("Loading…")}</span>}
      <Key reading={reading} pane={pane} />
      {pane.prompt && pane === reading.pane && <p className="viewer-prompt" role="status">{pane.prompt}</p>}
      {length > 1 && <Controls reading={reading} pane={pane} position={position} length={length} />}
    </>
  );
}

function Key({ reading, pane }: { readonly reading: Reading; readonly pane: Pane }) {
  const { seen } = pane;
  if (!seen || !reading.notes.get(seen.study)?.isKey(seen.item.instance, seen.frame)) return null;
  return (
    <span className="viewer-key">
      <Icon name="view" />
      {t("Key image")}
    </span>
  );
}

