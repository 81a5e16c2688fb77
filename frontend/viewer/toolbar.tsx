/** The row of tools. One stop of the Tab key; what is used less lies in menus. */
import { Toolbar } from "react-aria-components";

import { ToolbarLine } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { preset, run } from "./commands.ts";
import { Control, Toggle } from "./controls.tsx";
import { type Line, type Part, ToolMenu } from "./menus.tsx";
import type { Reading } from "./reading.ts";
import { GRIDS, type Switch } from "./state.ts";
import { type Deed, deeds } from "./tools.ts";
import { presetsOf } from "./views.ts";

/** Tools and deeds that have a button of their own, in their order; "|" is a line between. */
const ROW = [
  "window", "invert", "|", "zoom", "pan", "loupe", "fit", "one_to_one", "true_size", "|",
  "rotate_left", "rotate_right", "flip_h", "reset", "undo", "redo", "|",
  "draw.length", "draw.angle", "draw.cobb", "draw.ellipse", "draw.arrow", "draw.text",
];
const ENHANCE = ["region", "sharpen", "clahe", "gamma_up", "gamma_down"];
const MORE_MEASURES = ["draw.polyline", "draw.open_angle", "draw.bidirectional", "draw.rectangle", "draw.freehand", "draw.probe", "draw.calibration"];
const BONES = ["draw.cardiothoracic_ratio", "draw.leg_length", "draw.hip_knee_ankle", "draw.pelvic_obliquity"];
const PLACES = ["stack", "flip_v", "zoom_in", "zoom_out"];
const LOOKS: Switch[] = ["overlays", "shutters", "texts", "annotations", "processing"];

interface ToolbarProps {
  readonly reading: Reading;
}

/** All tools. */
export function Tools({ reading }: ToolbarProps) {
  const all = new Map(deeds(t).map((each) => [each.id.replace("viewer.", ""), each]));
  const find = (ids: readonly string[]): Deed[] => ids.flatMap((id) => all.get(id) ?? []);
  const { tool, switches } = reading.state;
  const act = (id: string) => void run(reading, id);
  const inHand = (ids: readonly string[]) => ids.includes(tool);
  const looks = find(LOOKS).map((each) => ({ ...lineOf(each), isOn: switches[each.id.replace("viewer.", "") as Switch] }));
  return (
    <Toolbar className="toolbar viewer-tools" aria-label={t("Tools")}>
      <Presets reading={reading} enhance={find(ENHANCE).map((each) => markedLine(each, reading))} />
      {ROW.map((id, index) =>
        id === "|" ? <ToolbarLine key={index} /> : <ToolButton key={id} deed={all.get(id)!} reading={reading} onAct={act} />,
      )}
      <ToolMenu
        icon="ruler"
        label={t("More measurements")}
        isOn={inHand([...MORE_MEASURES, ...BONES])}
        parts={[
          { title: t("Measure"), lines: find(MORE_MEASURES).map((each) => markedLine(each, reading)) },
          { title: t("Chest and bones"), lines: find(BONES).map((each) => markedLine(each, reading)) },
        ]}
        onAction={act}
      />
      <ToolbarLine />
      <Layouts reading={reading} />
      <Toggle icon="link" label={t("Link images of this patient")} deed="viewer.linked" isOn={switches.linked} onPress={() => act("linked")} />
      <ToolMenu
        icon="layers"
        label={t("Show and hide")}
        parts={[
          { title: t("Show"), lines: looks },
          { title: t("Image"), lines: find(PLACES).map((each) => markedLine(each, reading)) },
        ]}
        onAction={act}
      />
      <Key reading={reading} />
    </Toolbar>
  );
}

function lineOf(deed: Deed): Line {
  return { id: deed.id, label: deed.label, ...(deed.icon ? { icon: deed.icon } : {}) };
}

function markedLine(deed: Deed, reading: Reading): Line {
  return { ...lineOf(deed), isOn: deed.tool === reading.state.tool || isInForce(deed.id, reading) };
}

function isInForce(id: string, reading: Reading): boolean {
  const view = reading.pane?.viewport.view;
  return (id === "viewer.sharpen" && !!view?.sharpen) || (id === "viewer.clahe" && !!view?.clahe);
}

interface ToolButtonProps extends ToolbarProps {
  readonly deed: Deed;
  readonly onAct: (id: string) => void;
}

function ToolButton({ deed, reading, onAct }: ToolButtonProps) {
  const { id, icon = "", label, tool } = deed;
  if (tool) return <Toggle icon={icon} label={label} deed={id} isOn={reading.state.tool === tool} onPress={() => onAct(id)} />;
  const { can } = reading.history;
  const isDisabled = (icon === "undo" && !can.undo) || (icon === "redo" && !can.redo);
  return <Control icon={icon} label={label} deed={id} isDisabled={isDisabled} onPress={() => onAct(id)} />;
}

/** Windows by their names, with the keys 1 to 9. */
function Presets({ reading, enhance }: ToolbarProps & { readonly enhance: readonly Line[] }) {
  const { pane } = reading;
  const presets = pane?.model?.kind === "grey" ? presetsOf(pane.model, t) : [];
  const view = pane?.viewport.view;
  const lines = presets.map(({ name, key, patch }, index): Line => ({
    id: `preset:${index}`,
    label: name,
    ...(key ? { key } : {}),
    isOn: view?.window
      ? patch.window?.centre === view.window.centre && patch.window?.width === view.window.width
      : patch.voi === view?.voi,
  }));
  const parts: Part[] = [
    { title: t("Windows"), lines },
    { title: t("Enhance"), lines: enhance },
  ];
  const act = (id: string): void => {
    if (id.startsWith("preset:")) preset(reading, Number(id.slice(7)));
    else run(reading, id);
  };
  return <ToolMenu icon="presets" label={t("Windows and enhancement")} parts={parts} onAction={act} />;
}

function Layouts({ reading }: ToolbarProps) {
  const { rows, columns } = reading.state;
  const lines = GRIDS.map(([r, c]): Line => ({
    id: `grid:${r}:${c}`,
    label: t("{rows} × {columns}", { rows: r, columns: c }),
    isOn: r === rows && c === columns,
  }));
  const act = (id: string): void => {
    if (id === "hang") return reading.hang();
    const [, r, c] = id.split(":").map(Number) as [number, number, number];
    reading.dispatch({ type: "grid", rows: r, columns: c });
  };
  return (
    <ToolMenu
      icon="grid"
      label={t("Layout")}
      parts={[
        { title: t("Rows × columns"), lines },
        { title: t("Hanging"), lines: [{ id: "hang", label: t("Hang again by protocol") }] },
      ]}
      onAction={act}
    />
  );
}

function Key({ reading }: ToolbarProps) {
  const seen = reading.pane?.seen;
  const isOn = !!seen && !!reading.notes.get(seen.study)?.isKey(seen.item.instance, seen.frame);
  return (
    <Toggle
      icon={isOn ? "starred" : "star"}
      label={t("Mark as key image")}
      deed="viewer.key_image"
      isOn={isOn}
      isDisabled={!seen}
      onPress={() => run(reading, "key_image")}
    />
  );
}
