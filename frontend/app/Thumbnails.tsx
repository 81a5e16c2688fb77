/** Thumbnails of a study: its images as small pictures, everything else as a card with its name. */
import { useEffect, useState } from "react";

import { address } from "../api/client.ts";
import { Icon, Skeleton } from "../design/index.ts";
import { t, tn } from "../locale/index.ts";
import type { Item, StudyDisplay } from "./model.ts";
import { told, wasAborted } from "./problems.ts";
import { askStudy } from "./worklist/asking.ts";
import { useWarming } from "./worklist/warming.ts";

/** Widths of thumbnails, CSS pixels; asked for doubly, for screens of fine pixels. */
const WIDTH = 96;

/** Give the address of an image's thumbnail. */
export function thumbnailUrl(study: string, item: Pick<Item, "series" | "instance">): string {
  const path = "/api/studies/{study}/series/{series}/instances/{instance}/thumbnail";
  return address(path, {
    path: { study, series: item.series, instance: item.instance },
    query: { width: WIDTH * 2 },
  });
}

/** What was asked lately; by study and number of images, so that one that grew is asked again. */
const known = new Map<string, StudyDisplay>();
const KNOWN = 60;

/** How a study's contents stand. */
export interface Contents {
  readonly display: StudyDisplay | null;
  readonly problem: string;
}

/** How long a row must be looked at before its pictures are asked for, ms: arrows held down ask nothing. */
const SETTLE_MS = 160;

/** Load what a study holds; `size` is its number of instances. */
export function useContents(study: string, size: number): Contents {
  const key = `${study} ${size}`;
  const [state, setState] = useState<{ key: string } & Contents>({ key: "", display: null, problem: "" });
  useEffect(() => {
    if (study === "" || known.has(key)) return undefined;
    const gone = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        remember(key, await askStudy(study, gone.signal));
        setState({ key, display: known.get(key) ?? null, problem: "" });
      } catch (error) {
        if (!wasAborted(error)) setState({ key, display: null, problem: told(error).title });
      }
    };
    const timer = setTimeout(() => void ask(), SETTLE_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [key, study]);
  const at = known.get(key);
  if (at !== undefined) return { display: at, problem: "" };
  return state.key === key ? state : { display: null, problem: "" };
}

function remember(key: string, display: StudyDisplay): void {
  known.set(key, display);
  const oldest = known.keys().next().value;
  if (known.size > KNOWN && oldest !== undefined) known.delete(oldest);
}

/** Give the items to show, images for reading first; raw ones (FOR PROCESSING) are left out. */
export function shownItems(display: StudyDisplay): readonly Item[] {
  const items = display.series.flatMap((series) => series.instances).filter((item) => !item.for_processing);
  const isImage = (item: Item): number => (item.kind === "image" ? 0 : 1);
  return items.toSorted((a, b) => isImage(a) - isImage(b));
}

/** Give the words under a thumbnail: view and side. */
function caption(item: Item): string {
  const side: Readonly<Record<string, string>> = { L: t("left"), R: t("right"), B: t("both sides") };
  return [item.view || item.view_text, side[item.laterality]].filter(Boolean).join(", ") || item.modality;
}

/** One item. */
export function Thumbnail({ study, item }: { readonly study: string; readonly item: Item }) {
  const [isBroken, setBroken] = useState(false);
  const isPicture = (item.kind === "image" || item.kind === "video") && !isBroken;
  return (
    <figure className="thumb">
      {isPicture ? (
        <img
          src={thumbnailUrl(study, item)}
          alt={item.what}
          width={WIDTH}
          height={WIDTH}
          loading="lazy"
          decoding="async"
          onError={() => setBroken(true)}
        />
      ) : (
        <span className="thumb-card">
          <Icon name={item.kind === "image" ? "image" : item.kind === "video" ? "film" : "document"} />
          <span>{item.what || item.kind}</span>
        </span>
      )}
      {item.frames > 1 && <span className="thumb-frames numbers">{item.frames}</span>}
      <figcaption className="one-line">{caption(item)}</figcaption>
    </figure>
  );
}

export interface ThumbnailsProps {
  readonly study: string;
  readonly size: number;
  /** At most so many; the rest is told as a number. */
  readonly limit: number;
  /** Whether the study was chosen, so that its first image is asked for before it is opened. */
  readonly isChosen?: boolean;
}

/** The thumbnails of a study. */
export function Thumbnails({ study, size, limit, isChosen = false }: ThumbnailsProps) {
  const { display, problem } = useContents(study, size);
  useWarming(isChosen ? display : null);
  if (problem) return <p className="quiet">{problem}</p>;
  if (display === null) return <ThumbnailShades count={Math.min(Math.max(size, 1), limit)} />;
  const items = shownItems(display);
  const more = items.length - limit;
  return (
    <div className="thumbs">
      {items.slice(0, limit).map((item) => (
        <Thumbnail key={item.instance} study={study} item={item} />
      ))}
      {more > 0 && <p className="thumbs-more">{tn("{count} more", "{count} more", more)}</p>}
      {items.length === 0 && <p className="quiet">{t("Nothing to show in this study.")}</p>}
    </div>
  );
}

function ThumbnailShades({ count }: { readonly count: number }) {
  return (
    <div className="thumbs" aria-busy="true">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="thumb">
          <span className="thumb-shade" />
          <Skeleton width={60} />
        </div>
      ))}
    </div>
  );
}
