/** Telling the true size of the screen: a ruler or a bank card is held against a drawing, which is then made to fit. */
import { useEffect, useState } from "react";
import { Slider, SliderOutput, SliderThumb, SliderTrack } from "react-aria-components";

import { Badge, Button, IconButton, RadioCards, toast } from "../../design/index.ts";
import { format, t } from "../../locale/index.ts";
import type { ScreenScale } from "../model.ts";
import { usePreferences } from "../preferences.ts";
import { CARD_MM, NOMINAL, RULER_MM, screenKey } from "./screens.ts";

type Object = "card" | "ruler";

/** The slider works on the drawing's size, from a quarter to four times the nominal one, in steps of 0.05 %. */
const [LEAST, MOST] = [0.4, 2.6];
const STEP = 0.0005;

/** The key of the screen that the window is on; moving it to another screen, or zooming the page, makes another. */
function useScreenKey(): string {
  const [key, setKey] = useState(screenKey);
  useEffect(() => {
    const look = (): void => setKey(screenKey());
    const timer = setInterval(look, 1000); // no event tells that a window was moved to another screen
    window.addEventListener("resize", look);
    return () => {
      clearInterval(timer);
      window.removeEventListener("resize", look);
    };
  }, []);
  return key;
}

/** The part of the settings. */
export function Calibration() {
  const [preferences, update] = usePreferences();
  const key = useScreenKey();
  const saved = preferences.screens[key];
  return (
    <div className="form-stack">
      <p className="quiet">
        {t(
          "True size and printed lengths need to know how large this screen's pixels are. Measure once per screen; until then the viewer says “screen not calibrated”.",
        )}
      </p>
      <Standing saved={saved} onForget={() => update({ screens: { [key]: undefined } })} />
      <Fitting
        key={key}
        saved={saved}
        onSave={(mm) => {
          update({ screens: { [key]: { mm_per_css_px: mm, calibrated_at: Math.floor(Date.now() / 1000) } } });
          toast(t("This screen is calibrated."));
        }}
      />
    </div>
  );
}

function Standing({
  saved,
  onForget,
}: {
  readonly saved: ScreenScale | undefined;
  readonly onForget: () => void;
}) {
  if (saved === undefined) {
    return (
      <p>
        <Badge tone="urgent" icon="warning">
          {t("This screen is not calibrated")}
        </Badge>
      </p>
    );
  }
  const dpi = Math.round(25.4 / saved.mm_per_css_px);
  return (
    <p className="calibration-standing">
      <Badge tone="read" icon="statusRead">
        {t("This screen is calibrated")}
      </Badge>
      <span className="quiet numbers">
        {t("{mm} mm a pixel ({dpi} pixels an inch), {date}", {
          mm: format.number(saved.mm_per_css_px, 4),
          dpi,
          date: format.moment(saved.calibrated_at),
        })}
      </span>
      <Button size="small" icon="trash" onPress={onForget}>
        {t("Forget")}
      </Button>
    </p>
  );
}

/** The drawing, and the slider that makes it fit. */
function Fitting({
  saved,
  onSave,
}: {
  readonly saved: ScreenScale | undefined;
  readonly onSave: (mm: number) => void;
}) {
  const [object, setObject] = useState<Object>("card");
  const [size, setSize] = useState(saved ? NOMINAL / saved.mm_per_css_px : 1);
  const scale = NOMINAL / size; // mm a CSS pixel
  const nudge = (steps: number): void =>
    setSize((now) => Math.min(MOST, Math.max(LEAST, now + steps * STEP)));
  return (
    <div className="card calibration">
      <RadioCards<Object>
        label={t("Hold against the screen")}
        value={object}
        onChange={setObject}
        choices={[
          { id: "card", label: t("A bank card"), note: t("or any card of that size") },
          { id: "ruler", label: t("A ruler"), note: t("100 mm of it") },
        ]}
      />
      <p className="quiet">
        {object === "card"
          ? t("Lay the card's left edge on the drawing's and move the slider until the right edges meet.")
          : t("Lay the ruler's zero on the left line and move the slider until 100 mm meet the right line.")}
      </p>
      <div className="calibration-stage">
        {object === "card" ? <Card scale={scale} /> : <Ruler scale={scale} />}
      </div>
      <div className="calibration-slider">
        <IconButton icon="minus" label={t("A little smaller")} onPress={() => nudge(-1)} />
        <Slider
          className="slider"
          aria-label={t("Size of the drawing")}
          value={size}
          onChange={setSize}
          minValue={LEAST}
          maxValue={MOST}
          step={STEP}
        >
          <SliderTrack className="slider-track">
            <SliderThumb className="slider-thumb" />
          </SliderTrack>
          <SliderOutput className="only-spoken" />
        </Slider>
        <IconButton icon="plus" label={t("A little larger")} onPress={() => nudge(1)} />
      </div>
      <div>
        <Button variant="primary" icon="check" onPress={() => onSave(scale)}>
          {t("It fits: save for this screen")}
        </Button>
      </div>
    </div>
  );
}

/** A card of ISO/IEC 7810 ID-1. */
function Card({ scale }: { readonly scale: number }) {
  const [width, height] = CARD_MM;
  return (
    <svg
      className="calibration-card"
      viewBox={`0 0 ${width} ${height}`}
      style={{ width: width / scale, height: height / scale }}
      role="img"
      aria-label={t("A bank card, {width} by {height} mm", {
        width: format.number(width, 1),
        height: format.number(height, 1),
      })}
    >
      <rect x="0.15" y="0.15" width={width - 0.3} height={height - 0.3} rx="3.18" />
      <rect className="calibration-stripe" x="0.15" y="7" width={width - 0.3} height="10" />
      <rect className="calibration-chip" x="9.5" y="23" width="12" height="9.5" rx="1.5" />
      <path d="M9.5 27.75h4M17.5 27.75h4M13.5 23v9.5M17.5 23v9.5" />
    </svg>
  );
}

/** 100 mm in millimetres. */
function Ruler({ scale }: { readonly scale: number }) {
  const height = 14;
  const marks = Array.from(
    { length: RULER_MM + 1 },
    (_, mm) => `M${mm} 0v${mm % 10 === 0 ? 6 : mm % 5 === 0 ? 4.2 : 2.8}`,
  );
  return (
    <svg
      className="calibration-ruler"
      viewBox={`-0.2 0 ${RULER_MM + 0.4} ${height}`}
      style={{ width: (RULER_MM + 0.4) / scale, height: height / scale }}
      role="img"
      aria-label={t("A ruler of 100 mm")}
    >
      <path d={marks.join("")} />
      {[0, 20, 40, 60, 80, 100].map((mm) => (
        <text
          key={mm}
          x={mm === 0 ? 1 : mm === RULER_MM ? mm - 1 : mm}
          y="10.5"
          textAnchor={mm === 0 ? "start" : mm === RULER_MM ? "end" : "middle"}
        >
          {mm}
        </text>
      ))}
    </svg>
  );
}
