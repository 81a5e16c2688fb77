/** The words around an image, in the four corners and at its edges. Text over the canvas, so that it is read and translated. */
import { bodyPart } from "../app/bodyparts.ts";
import { personName } from "../app/names.ts";
import { format, t } from "../locale/index.ts";
import { isProcessed } from "./mouse.ts";
import { type Format, type Standing, words } from "./overlaytext.ts";
import type { Pane } from "./pane.ts";
import type { Reading } from "./reading.ts";
import { presetsOf, windowOf } from "./views.ts";

const WORDS: Format = {
  t,
  number: (value, digits) => format.number(value, digits),
  date: (text) => (text ? format.date(text) : ""),
  name: (dicom) => personName(dicom).main,
  part: bodyPart,
};

interface WordsProps {
  readonly reading: Reading;
  readonly pane: Pane;
}

/** Who, what, how large, how true; letters at the edges; the quality as a dot with its word. */
export function Words({ reading, pane }: WordsProps) {
  const model = pane.model!;
  const { letters, mirrored } = pane.lie();
  const found = words(model, standingOf(reading, pane, mirrored), WORDS);
  return (
    <div className="viewer-words" data-remark={!!found.remark || undefined}>
      <Lines className="viewer-who" lines={found.who} />
      <div className="viewer-what">
        <Lines lines={found.what} />
        <Quality quality={pane.quality} />
      </div>
      <ul className="viewer-marks">
        {found.marks.map((mark) => (
          <li key={mark.text} data-tone={mark.tone}>
            {mark.text}
          </li>
        ))}
      </ul>
      <div className="viewer-scale numbers">
        <Lines lines={found.scale} />
        <p className="viewer-spacing" title={found.remark || undefined}>
          {found.spacing}
        </p>
        {found.remark && <p className="viewer-remark">{found.remark}</p>}
      </div>
      {(["left", "right", "top", "bottom"] as const).map((edge) => (
        <span key={edge} className="viewer-letter" data-edge={edge}>
          {letters[edge]}
        </span>
      ))}
    </div>
  );
}

function standingOf(reading: Reading, pane: Pane, mirrored: boolean): Standing {
  const { view } = pane.viewport;
  const model = pane.model!;
  const presets = presetsOf(model, t);
  return {
    zoom: view.zoom,
    rotation: view.rotation,
    mirrored,
    processed: isProcessed(view),
    unmasked: pane.unmasked,
    inverted: view.invert,
    window: model.kind === "grey" ? windowOf(model, view) : null,
    windowName: model.kind === "grey" && !view.window ? (presets[view.voi ?? 0]?.name ?? "") : "",
    place: reading.placeOf(pane),
    screen: reading.screenMm(),
    spacing: pane.spacing() ?? model.spacing,
  };
}

function Lines({ lines, className }: { readonly lines: readonly string[]; readonly className?: string }) {
  return (
    <div className={className}>
      {lines.map((line, index) => (
        <p key={index}>{line}</p>
      ))}
    </div>
  );
}

function Quality({ quality }: { readonly quality: string }) {
  const full = quality === "full";
  return (
    <p className="viewer-quality" data-full={full || undefined}>
      <span className="viewer-dot" aria-hidden="true" />
      {full ? t("full quality") : t("preview")}
    </p>
  );
}
