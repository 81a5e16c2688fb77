/** What a study holds that has nothing to hang: notes and what they speak of, raw images. */
import { useEffect, useState } from "react";

import { bodyPartWords } from "../app/bodyparts.ts";
import { studyPath } from "../app/router.ts";
import { Button, Icon, Spinner } from "../design/index.ts";
import { format, t, tn } from "../locale/index.ts";
import { hangable } from "../hang/index.ts";
import { kindOf, nameOf } from "./panel.tsx";
import { pileOf, piles } from "./piles.ts";
import type { Reading } from "./reading.ts";
import { instanceUrl, rowOf, whereKept } from "./server.ts";
import type { Item, Published, Row } from "./types.ts";
import { spokenOf, whereabouts } from "./whereabouts.ts";

interface InventoryProps {
  readonly reading: Reading;
}

/** Say whether nothing hangs, because there is nothing to hang. */
export function isBare({ state, display }: Reading): boolean {
  return state.cells.every((cell) => cell === null) && hangable(display).length === 0;
}

/** The list in place of the images. */
export function Inventory({ reading }: InventoryProps) {
  const items = reading.display.series.flatMap((each) => each.instances);
  const raw = items.filter((item) => item.kind === "image");
  const others = items.filter((item) => item.kind !== "image");
  const published = reading.notes.get(reading.study)?.published ?? [];
  const kept = useKept(spokenOf(published));
  const noteOf = (item: Item) => published.find((each) => each.instance === item.instance) ?? null;
  return (
    <section className="viewer-inventory" aria-label={t("What this study holds")} tabIndex={0}>
      <h2>{raw.length ? t("No image of this study is for reading") : t("There are no images in this study")}</h2>
      {raw.length > 0 && <Raw reading={reading} items={raw} />}
      {others.length > 0 && <p className="quiet">{tn("It holds {count} object that is no image:", "It holds {count} objects that are no images:", others.length)}</p>}
      <ul>
        {others.map((item) => (
          <Line key={item.instance} reading={reading} item={item} note={noteOf(item)} kept={kept} />
        ))}
      </ul>
    </section>
  );
}

/** Images that are raw material: they are shown at the reader's wish alone. */
function Raw({ reading, items }: InventoryProps & { readonly items: readonly Item[] }) {
  const show = (): void => {
    reading.dispatch({ type: "switch", name: "processing", on: true });
    const pile = pileOf(piles(reading.display.series, true), items[0]!);
    reading.put(reading.state.active, pile, 0);
  };
  return (
    <p>
      {tn("{count} image FOR PROCESSING", "{count} images FOR PROCESSING", items.length)}{" "}
      <Button size="small" onPress={show}>
        {t("Show all the same")}
      </Button>
    </p>
  );
}

interface LineProps extends InventoryProps {
  readonly item: Item;
  readonly note: Published | null;
  readonly kept: Kept;
}

function Line({ reading, item, note, kept }: LineProps) {
  const facts = [note ? kindOf(note) : item.modality, note?.creator, format.dateTime(note?.created || item.acquired)];
  return (
    <li>
      <h3>
        <Icon name="document" /> {note ? nameOf(note) : item.what}
      </h3>
      <p className="quiet">{facts.filter(Boolean).join(" · ")}</p>
      {note && <SpokenOf reading={reading} note={note} kept={kept} />}
      <a href={instanceUrl(reading.study, item, "application/dicom")} download={`${item.instance}.dcm`}>
        {t("Download as DICOM")}
      </a>
    </li>
  );
}

/** The images that a note speaks of, and where they are. */
function SpokenOf({ reading, note, kept }: Omit<LineProps, "item" | "note"> & { readonly note: Published }) {
  const instances = spokenOf([note]);
  if (!instances.length) return <p>{t("It names no image.")}</p>;
  if (kept === null) return <Spinner label={t("Looking for the images")} />;
  const studyOf = (instance: string) => reading.library.studyOf(instance) || kept?.get(instance) || "";
  const { here, elsewhere, nowhere } = whereabouts(instances, reading.study, studyOf);
  return (
    <ul className="viewer-whereabouts">
      {here > 0 && <li>{tn("{count} image of this study", "{count} images of this study", here)}</li>}
      {[...elsewhere].map(([study, count]) => (
        <Elsewhere key={study} study={study} count={count} />
      ))}
      {nowhere > 0 && kept && (
        <li>{tn("{count} image is not kept here, or not for you to see", "{count} images are not kept here, or not for you to see", nowhere)}</li>
      )}
      {!kept && <li>{t("Where its images are could not be found out.")}</li>}
    </ul>
  );
}

/** Another study that has images of a note: opened by a link. */
function Elsewhere({ study, count }: { readonly study: string; readonly count: number }) {
  const [row, setRow] = useState<Row | null>(null);
  useEffect(() => {
    rowOf(study).then(setRow, () => undefined); // the link is as good without its words
  }, [study]);
  const words = row && [row.description || bodyPartWords(row.body_parts), row.date && format.date(row.date)].filter(Boolean).join(", ");
  return (
    <li>
      {tn("{count} image in another study:", "{count} images in another study:", count)}{" "}
      <a href={studyPath(study)}>{words || t("Study without description")}</a>
    </li>
  );
}

/** The study of each instance that is kept; null while it is looked for, undefined when that failed. */
type Kept = ReadonlyMap<string, string> | null | undefined;

function useKept(instances: readonly string[]): Kept {
  const [kept, setKept] = useState<Kept>(null);
  const key = instances.join(",");
  useEffect(() => {
    let isGone = false;
    const take = (found: Kept): void => {
      if (!isGone) setKept(found);
    };
    setKept(null);
    whereKept(key ? key.split(",") : []).then(take, () => take(undefined));
    return () => {
      isGone = true;
    };
  }, [key]);
  return kept;
}
