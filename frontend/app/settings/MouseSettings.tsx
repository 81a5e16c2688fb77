/** What buttons and wheel do over an image. */
import { Button, type Choice, Select } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import { type Deed, MOUSE } from "../../viewer/mouse.ts";
import { usePreferences } from "../preferences.ts";

function gestureWords(): Readonly<Record<string, string>> {
  return {
    left: t("Left button, drag"),
    middle: t("Middle button, drag"),
    right: t("Right button, drag"),
    "shift+left": t("Shift and left button, drag"),
    "ctrl+left": t("Ctrl and left button, drag"),
    wheel: t("Wheel"),
    "ctrl+wheel": t("Ctrl and wheel"),
    "shift+wheel": t("Shift and wheel"),
  };
}

function deeds(): readonly Choice<Deed>[] {
  return [
    { id: "tool", label: t("The chosen tool") },
    { id: "window", label: t("Window: brightness and contrast") },
    { id: "zoom", label: t("Zoom") },
    { id: "pan", label: t("Move the image") },
    { id: "stack", label: t("Through the images") },
    { id: "none", label: t("Nothing") },
  ];
}

/** The map of the mouse. */
export function MouseSettings() {
  const [preferences, update] = usePreferences();
  const words = gestureWords();
  const isOwn = Object.keys(preferences.mouse).length > 0;
  const dropAll = (): void =>
    update({ mouse: Object.fromEntries(Object.keys(preferences.mouse).map((id) => [id, undefined])) });
  return (
    <div className="form-stack">
      <p className="quiet">{t("What buttons and wheel do over an image in the viewer.")}</p>
      <div className="card mouse-map">
        {Object.entries(MOUSE).map(([gesture, usual]) => (
          <Select<Deed>
            key={gesture}
            label={words[gesture] ?? gesture}
            choices={deeds()}
            value={(preferences.mouse[gesture] as Deed | undefined) ?? usual}
            onChange={(deed) => update({ mouse: { [gesture]: deed === usual ? undefined : deed } })}
          />
        ))}
      </div>
      <div>
        <Button icon="reset" isDisabled={!isOwn} onPress={dropAll}>
          {t("All as it was")}
        </Button>
      </div>
    </div>
  );
}
