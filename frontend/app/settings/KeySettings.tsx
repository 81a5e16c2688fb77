/** Which key does what: every action with its key, to be changed by pressing another. */
import { useEffect, useEffectEvent, useRef, useState } from "react";

import { Button, IconButton, ProblemNote, TextField } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import { deeds } from "../../viewer/tools.ts";
import { useLanguage } from "../appearance.ts";
import { Keys, scopeTitle } from "../KeySheet.tsx";
import { chordOf } from "../keys.ts";
import { usePreferences } from "../preferences.ts";
import { clashOf, describeActions, type Described, useDescribedActions } from "../shortcuts.ts";
import { worklistActions } from "../worklist/actions.ts";

/** Give the actions of every screen, those not opened yet included. */
export function useAllActions(): readonly Described[] {
  const language = useLanguage();
  useEffect(() => {
    describeActions("worklist", worklistActions());
    describeActions("viewer", deeds(t));
  }, [language]);
  return useDescribedActions();
}

/** The table of actions. */
export function KeySettings() {
  const [preferences, update] = usePreferences();
  const [filter, setFilter] = useState("");
  const all = useAllActions();
  const found = all.filter((one) =>
    one.label.toLocaleLowerCase().includes(filter.toLocaleLowerCase().trim()),
  );
  const scopes = [...new Set(found.map((one) => one.scope))];
  const isOwn = (id: string): boolean => preferences.shortcuts[id] !== undefined;
  const set = (id: string, chord: string | undefined): void => update({ shortcuts: { [id]: chord } });
  const dropAll = (): void =>
    update({
      shortcuts: Object.fromEntries(Object.keys(preferences.shortcuts).map((id) => [id, undefined])),
    });
  return (
    <div className="form-stack">
      <div className="key-tools">
        <TextField label={t("Find an action")} value={filter} onChange={setFilter} />
        <Button icon="reset" isDisabled={Object.keys(preferences.shortcuts).length === 0} onPress={dropAll}>
          {t("All keys as they were")}
        </Button>
      </div>
      {scopes.map((scope) => (
        <section key={scope} className="card">
          <h2>{scopeTitle(scope)}</h2>
          <ul className="key-rows">
            {found
              .filter((one) => one.scope === scope)
              .map((one) => (
                <KeyRow
                  key={one.id}
                  action={one}
                  isOwn={isOwn(one.id)}
                  onSet={(chord) => set(one.id, chord)}
                />
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface KeyRowProps {
  readonly action: Described;
  readonly isOwn: boolean;
  /** `undefined` gives the default keys back, "" takes the key away. */
  readonly onSet: (chord: string | undefined) => void;
}

function KeyRow({ action, isOwn, onSet }: KeyRowProps) {
  const [isRecording, setRecording] = useState(false);
  const [clash, setClash] = useState("");
  const record = (chord: string): void => {
    setRecording(false);
    const rival = clashOf(action.id, chord);
    setClash(
      rival
        ? t("{key} already does: {label}. Change that one first.", { key: chord, label: rival.label })
        : "",
    );
    if (rival === null) onSet(chord);
  };
  return (
    <li className="key-row">
      <span className="key-label">{action.label}</span>
      <span className="key-chords">
        {isRecording ? (
          <Recorder onChord={record} onCancel={() => setRecording(false)} />
        ) : (
          <Button
            size="small"
            aria-label={t("Change the key for: {label}", { label: action.label })}
            onPress={() => setRecording(true)}
          >
            {action.keys.length > 0
              ? action.keys.map((chord) => <Keys key={chord} chord={chord} />)
              : t("none")}
          </Button>
        )}
        <IconButton
          icon="close"
          size="small"
          label={t("No key for: {label}", { label: action.label })}
          isDisabled={action.keys.length === 0}
          onPress={() => onSet("")}
        />
        <IconButton
          icon="reset"
          size="small"
          label={t("As it was: {label}", { label: action.label })}
          isDisabled={!isOwn}
          onPress={() => onSet(undefined)}
        />
      </span>
      {clash && <ProblemNote title={clash} />}
    </li>
  );
}

/** Takes the next key that is pressed; Escape and leaving give up. */
function Recorder({
  onChord,
  onCancel,
}: {
  readonly onChord: (chord: string) => void;
  readonly onCancel: () => void;
}) {
  const field = useRef<HTMLSpanElement>(null);
  const hear = useEffectEvent((event: KeyboardEvent) => {
    const chord = chordOf(event);
    if (chord === "" || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (chord === "Escape") onCancel();
    else onChord(chord);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => hear(event);
    const element = field.current;
    element?.focus();
    element?.addEventListener("keydown", listener);
    return () => element?.removeEventListener("keydown", listener);
  }, []);
  return (
    <span
      ref={field}
      className="recorder"
      role="textbox"
      aria-readonly="true"
      aria-label={t("Press a key, Escape to leave it")}
      tabIndex={0}
      data-captures-keys=""
      onBlur={onCancel}
    >
      {t("Press a key…")}
    </span>
  );
}
