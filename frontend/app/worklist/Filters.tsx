/** Filter chips: status, period, modality, priority, mine. */
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";

import {
  Button,
  Chip,
  Dialog,
  Menu,
  MenuChip,
  MenuItem,
  MenuSection,
  TextField,
} from "../../design/index.ts";
import { format, t } from "../../locale/index.ts";
import { todayDate } from "../dates.ts";
import type { Priority, Query, Status } from "../model.ts";
import { MODALITIES, PRIORITIES, priorityWord, STATUSES, statusIcon, statusWord } from "./labels.tsx";
import { clean, dateOf, filterCount, listed, toggled } from "./query.ts";

export interface FiltersProps {
  readonly query: Query;
  readonly onChange: (query: Query) => void;
}

/** The row of chips. */
export function Filters({ query, onChange }: FiltersProps) {
  const statuses = query.status ?? [];
  return (
    <div className="chips filters" role="group" aria-label={t("Filters")}>
      {STATUSES.map((status: Status) => (
        <Chip
          key={status}
          icon={statusIcon(status)}
          isSelected={statuses.includes(status)}
          onChange={() => onChange(toggled(query, "status", status))}
        >
          {statusWord(status)}
        </Chip>
      ))}
      <PeriodChip query={query} onChange={onChange} />
      <ListChip
        query={query}
        onChange={onChange}
        filter="modality"
        title={t("Modality")}
        values={MODALITIES}
        word={(code) => code}
      />
      <ListChip
        query={query}
        onChange={onChange}
        filter="priority"
        title={t("Priority")}
        values={PRIORITIES}
        word={(id) => priorityWord(id as Priority)}
      />
      <Chip
        icon="eye"
        isSelected={query.mine ?? false}
        onChange={(mine) => onChange(clean({ ...query, mine }))}
      >
        {t("Read by me")}
      </Chip>
      {filterCount(query) > 0 && (
        <Button
          variant="plain"
          size="small"
          icon="close"
          onPress={() => onChange(clean({ q: query.q ?? "" }))}
        >
          {t("No filters")}
        </Button>
      )}
    </div>
  );
}

interface ListChipProps extends FiltersProps {
  readonly filter: "modality" | "priority";
  readonly title: string;
  readonly values: readonly string[];
  readonly word: (value: string) => string;
}

/** A chip for several values of one attribute. */
function ListChip({ query, onChange, filter, title, values, word }: ListChipProps) {
  const chosen = query[filter] ?? [];
  const text = chosen.length === 0 ? title : chosen.map(word).join(", ");
  const offered = [...new Set([...values, ...chosen])];
  return (
    <Menu trigger={<MenuChip isOn={chosen.length > 0}>{text}</MenuChip>} label={title}>
      <MenuSection
        title={title}
        mode="multiple"
        isFree
        keepOpen
        selected={chosen}
        onSelect={(keys) => onChange(listed(query, filter, [...keys]))}
      >
        {offered.map((value) => (
          <MenuItem key={value} id={value}>
            {word(value)}
          </MenuItem>
        ))}
      </MenuSection>
    </Menu>
  );
}

/** Give the words for a period. */
export function periodWords({ since, until }: Pick<Query, "since" | "until">): string {
  if (!since && !until) return t("Any time");
  if (since === "today" && !until) return t("Today");
  const days = /^(\d+)d$/.exec(since ?? "");
  if (days && !until) return t("Last {count} days", { count: Number(days[1]) });
  const [from, to] = [since ?? "", until ?? ""].map((date) => date && format.date(dateOf(date, todayDate())));
  if (from && to) return `${from} – ${to}`;
  return from ? t("Since {date}", { date: from }) : t("Until {date}", { date: to ?? "" });
}

const PERIODS = ["", "today", "1d", "7d", "30d", "365d"];

function PeriodChip({ query, onChange }: FiltersProps) {
  const [isAsking, setAsking] = useState(false);
  const { since = "", until = "" } = query;
  const selected = until || !PERIODS.includes(since) ? "other" : since || "any";
  const choose = (keys: ReadonlySet<string>): void => {
    const [id = selected] = keys; // the chosen one, pressed again
    if (id === "other") setAsking(true);
    else onChange(clean({ ...query, since: id === "any" ? "" : id, until: "" }));
  };
  return (
    <>
      <Menu
        label={t("Period")}
        trigger={
          <MenuChip icon="clock" isOn={Boolean(since || until)}>
            {periodWords(query)}
          </MenuChip>
        }
      >
        <MenuSection title={t("Period")} mode="single" isFree selected={[selected]} onSelect={choose}>
          {PERIODS.map((id) => (
            <MenuItem key={id} id={id || "any"}>
              {periodWords({ since: id })}
            </MenuItem>
          ))}
          <MenuItem id="other">{t("Other dates…")}</MenuItem>
        </MenuSection>
      </Menu>
      {isAsking && <PeriodDialog query={query} onChange={onChange} onClose={() => setAsking(false)} />}
    </>
  );
}

/** "2026-11-24" of a date field and "20261124" of DICOM. */
const dashed = (date: string): string => date.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
const plain = (date: string): string => date.replaceAll("-", "");

function PeriodDialog({ query, onChange, onClose }: FiltersProps & { readonly onClose: () => void }) {
  const day = (text: string | undefined): string => (text ? dashed(dateOf(text, todayDate())) : "");
  const [since, setSince] = useState(day(query.since));
  const [until, setUntil] = useState(day(query.until));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onChange(clean({ ...query, since: plain(since), until: plain(until) }));
    onClose();
  };
  return (
    <Dialog title={t("Period")} isOpen onClose={onClose} closeLabel={t("Close")}>
      <Form className="form-stack" onSubmit={submit}>
        <TextField type="date" label={t("From")} value={since} onChange={setSince} autoFocus />
        <TextField type="date" label={t("To")} value={until} onChange={setUntil} />
        <div className="form-buttons">
          <Button type="submit" variant="primary">
            {t("Show")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
