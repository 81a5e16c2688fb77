/** The controls of a stack: play, step, speed, and a slider over its frames. */
import { format, t } from "../locale/index.ts";
import { run } from "./commands.ts";
import { Control } from "./controls.tsx";
import type { Pane } from "./pane.ts";
import type { Reading } from "./reading.ts";

interface ControlsProps {
  readonly reading: Reading;
  readonly pane: Pane;
  /** From 1. */
  readonly position: number;
  readonly length: number;
}

/** The bar at the foot of a viewport with more than one frame. */
export function Controls({ reading, pane, position, length }: ControlsProps) {
  const { cine } = reading;
  const cell = reading.indexOf(pane);
  const step = (by: number) => reading.dispatch({ type: "step", cell, by });
  const activeDo = (id: string) => {
    reading.dispatch({ type: "activate", cell });
    run(reading, id);
  };
  const plays = cine.plays(pane);
  const canPlay = (pane.model?.frames ?? 1) > 1;
  return (
    <div className="viewer-cine">
      <Control icon="step_back" label={t("Previous image")} deed="viewer.previous_image" onPress={() => step(-1)} />
      {canPlay && (
        <Control
          icon={plays ? "pause" : "play"}
          label={plays ? t("Stop") : t("Play")}
          deed="viewer.play"
          onPress={() => activeDo("play")}
        />
      )}
      <Control icon="step_on" label={t("Next image")} deed="viewer.next_image" onPress={() => step(1)} />
      <input
        type="range"
        aria-label={t("Image in the stack")}
        min={1}
        max={length}
        value={position}
        onChange={(event) => step(Number(event.target.value) - position)}
      />
      <span className="numbers">{`${position}/${length}`}</span>
      {canPlay && (
        <button type="button" className="button" data-size="small" onClick={() => nextSpeed(reading)}>
          {t("{speed}× speed", { speed: format.number(cine.speed) })}
        </button>
      )}
      {canPlay && (
        <Control
          icon="subtract"
          label={t("Subtract the mask")}
          deed="viewer.subtract"
          onPress={() => activeDo("subtract")}
        />
      )}
    </div>
  );
}

/** Go through the speeds round and round. */
function nextSpeed({ cine }: Reading): void {
  if (cine.speed >= 2) cine.change(-10);
  else cine.change(1);
}
