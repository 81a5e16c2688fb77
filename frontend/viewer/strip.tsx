/** The strip of images: the study's series, then its priors on a timeline. */
import { useState } from "react";
import { Button as AriaButton } from "react-aria-components";

import { bodyPart, bodyPartWords } from "../app/bodyparts.ts";
import { Checkbox, Icon, type IconName } from "../design/index.ts";
import { format, t, tn } from "../locale/index.ts";
import { dragInto } from "./dragging.ts";
import type { Reading } from "./reading.ts";
import { thumbnailUrl } from "./server.ts";
import { shown } from "./state.ts";
import { type Pile, piles } from "./piles.ts";
import type { Item, Row, StudyDisplay } from "./types.ts";

interface StripProps {
  readonly reading: Reading;
}

/** All that can be hung. */
export function Strip({ reading }: StripProps) {
  const hidden = reading.display.series.flatMap((each) => each.instances).filter((item) => item.for_processing).length;
  return (
    <nav className="viewer-strip" aria-label={t("Images")}>
      <StudyPart reading={reading} display={reading.display} />
      {hidden > 0 && (
        <Checkbox
          isSelected={reading.state.switches.processing}
          onChange={(on) => reading.dispatch({ type: "switch", name: "processing", on })}
        >
          {tn("{count} image FOR PROCESSING", "{count} images FOR PROCESSING", hidden)}
        </Checkbox>
      )}
      {reading.display.priors.length > 0 && (
        <section aria-label={t("Priors")}>
          <h2 className="viewer-strip-head">{t("Priors")}</h2>
          <ol className="viewer-timeline">
            {reading.display.priors.map(({ study }, index) => (
              <Prior key={study.study} reading={reading} row={study} index={index} />
            ))}
          </ol>
        </section>
      )}
    </nav>
  );
}

function StudyPart({ reading, display }: StripProps & { readonly display: StudyDisplay }) {
  const found = piles(display.series, reading.state.switches.processing);
  if (!found.length) return <p className="quiet viewer-strip-note">{t("Nothing here can be shown as an image.")}</p>;
  return (
    <ul className="viewer-thumbs">
      {found.map((pile) => (
        <Thumb key={pile.items[0]!.instance} reading={reading} study={display.study.study} pile={pile} />
      ))}
    </ul>
  );
}

interface ThumbProps extends StripProps {
  readonly study: string;
  readonly pile: Pile;
}

/** One image or stack: pressed, it goes to the active viewport; dragged, to any. */
function Thumb({ reading, study, pile }: ThumbProps) {
  const item = pile.items[0]!;
  const isHung = reading.state.cells.some((cell) => pile.items.some((each) => each.instance === shown(cell)?.instance));
  const notes = reading.notes.get(study);
  const isKey = pile.items.some((each) => notes?.isKey(each.instance, 1));
  const words = captionOf(item);
  const label = [words, pile.count > 1 ? tn("{count} image", "{count} images", pile.count) : ""].filter(Boolean).join(", ");
  return (
    <li draggable onDragStart={(event) => dragInto(event.dataTransfer, { instance: item.instance, stack: true })}>
      <AriaButton
        className="viewer-thumb"
        aria-label={label}
        {...(isHung ? { "data-hung": "" } : {})}
        onPress={() => reading.put(reading.state.active, pile.items, 0)}
      >
        <Picture study={study} item={item} />
        <span className="viewer-thumb-words">{words}</span>
        {pile.count > 1 && <span className="viewer-thumb-count numbers">{pile.count}</span>}
        {isKey && <span className="viewer-thumb-key"><Icon name="view" /></span>}
      </AriaButton>
    </li>
  );
}

function captionOf(item: Item): string {
  if (item.kind !== "image") return item.what;
  const side = item.laterality === "U" ? "" : item.laterality; // as the letter on the film: the strip is narrow
  return [side, item.view || item.view_text, bodyPart(item.body_part)].filter(Boolean).join(" ") || item.what;
}

const ICONS: Readonly<Record<string, IconName>> = { report: "document", document: "document", video: "film", other: "info" };

function Picture({ study, item }: { readonly study: string; readonly item: Item }) {
  const [failed, setFailed] = useState(false);
  const isPicture = item.kind === "image" || item.kind === "video";
  if (!isPicture || failed) return <span className="viewer-thumb-icon"><Icon name={ICONS[item.kind] ?? "image"} /></span>;
  return <img src={thumbnailUrl(study, item)} alt="" loading="lazy" draggable={false} onError={() => setFailed(true)} />;
}

interface PriorProps extends StripProps {
  readonly row: Row;
  readonly index: number;
}

/** A prior on the timeline: its day and what it is; opened, its images. */
function Prior({ reading, row, index }: PriorProps) {
  const display = reading.displays.get(row.study);
  const isHung = reading.state.cells.some((cell) => cell?.study === row.study);
  const [isOpen, setOpen] = useState(false);
  const open = async (): Promise<void> => {
    if (!display) await reading.onPrior(row.study);
    setOpen(!isOpen);
  };
  const words = row.description || bodyPartWords(row.body_parts) || row.modalities.join(", ");
  return (
    <li className="viewer-prior" {...(isHung ? { "data-hung": "" } : {})}>
      <AriaButton className="viewer-prior-head" aria-expanded={isOpen} onPress={() => void open()}>
        <span className="viewer-prior-day">{format.date(row.date)}</span>
        <span className="one-line">{words}</span>
      </AriaButton>
      {isOpen && display && (
        <>
          <AriaButton className="button" data-size="small" data-variant="outline" onPress={() => void reading.takePrior(index)}>
            {t("Hang beside")}
          </AriaButton>
          <StudyPart reading={reading} display={display} />
        </>
      )}
    </li>
  );
}
