/** The one search box, and the language that it understands. */
import { type RefObject, useEffect, useEffectEvent, useState } from "react";
import {
  Button as AriaButton,
  Dialog,
  DialogTrigger,
  Heading,
  Input,
  Popover,
  SearchField,
} from "react-aria-components";

import { Icon, IconButton } from "../../design/index.ts";
import { t } from "../../locale/index.ts";

/** How long typing must rest before it is asked, ms. */
const REST_MS = 220;

/** Give the search language as examples: what to type, what it finds. */
export function searchExamples(): readonly (readonly [string, string])[] {
  return [
    [
      "muller anna",
      t(
        "Names in any order, without accents, even with a typing error; of the last one the beginning is enough",
      ),
    ],
    ["20261234", t("An accession number or a patient ID; from three characters on, the beginning of one")],
    [t("today"), t("Studies of one day: also yesterday, or a date as 2026-11-24 or 24/11/2026")],
    [t("7d"), t("Studies of the last seven days; 2w for two weeks")],
    ["2026-01-01..2026-03-31", t("Studies between two days")],
    ["CR thorax", t("A modality and a part of the body")],
    ["id:4711", t("Only a patient ID; acc: and name: do the same for accession numbers and names")],
  ];
}

export interface SearchBoxProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** Enter or arrow down: on to the list. */
  readonly onLeave: () => void;
  readonly input: RefObject<HTMLInputElement | null>;
}

/** The box; what is typed is asked once the typing rests, at once by Enter. */
export function SearchBox({ text, onChange, onLeave, input }: SearchBoxProps) {
  const [typed, setTyped] = useState(text);
  const [known, setKnown] = useState(text);
  if (known !== text) {
    setKnown(text);
    setTyped(text);
  }
  const ask = useEffectEvent(() => typed !== text && onChange(typed));
  useEffect(() => {
    const timer = setTimeout(() => ask(), REST_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const now = (next: string): void => {
    setTyped(next);
    if (next !== text) onChange(next);
  };
  return (
    <div className="search" role="search">
      <SearchField
        className="search-field"
        aria-label={t("Search studies")}
        value={typed}
        onChange={setTyped}
        onSubmit={(value) => {
          now(value);
          onLeave();
        }}
        onClear={() => now("")}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") onLeave();
          else event.continuePropagation();
        }}
      >
        <Icon name="search" />
        <Input
          ref={input}
          className="search-input"
          placeholder={t("Name, ID, accession, today, 7d, CR thorax")}
          maxLength={200}
        />
        {typed !== "" && (
          <AriaButton
            className="button search-clear"
            data-icon-only=""
            data-size="small"
            aria-label={t("Clear the search")}
          >
            <Icon name="close" />
          </AriaButton>
        )}
        {typed === "" && (
          <kbd className="search-key" aria-hidden="true">
            /
          </kbd>
        )}
      </SearchField>
      <SearchHelp onTry={now} />
    </div>
  );
}

function SearchHelp({ onTry }: { readonly onTry: (text: string) => void }) {
  return (
    <DialogTrigger>
      <IconButton icon="info" label={t("What the search understands")} />
      <Popover className="popover search-help" placement="bottom start">
        <Dialog className="search-help-body">
          {({ close }) => (
            <>
              <Heading slot="title" level={2}>
                {t("What the search understands")}
              </Heading>
              <dl className="examples">
                {searchExamples().map(([example, meaning]) => (
                  <div key={example}>
                    <dt>
                      <AriaButton
                        className="example"
                        onPress={() => {
                          onTry(example);
                          close();
                        }}
                      >
                        {example}
                      </AriaButton>
                    </dt>
                    <dd>{meaning}</dd>
                  </div>
                ))}
              </dl>
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
