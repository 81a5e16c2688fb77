/**
 * Days and ages of DICOM in the reader's language; whole dates and times are written by `locale/`'s `format`.
 *
 * DA is "YYYYMMDD" in the local time of where the image was made (PS3.5 6.2), so days are counted as they stand, never
 * moved between time zones.
 */
import { format, language } from "../locale/index.ts";

const DAY_MS = 86_400_000;

/** Give midnight of a DA value as milliseconds in UTC, `null` when it is no date. "YYYY.MM.DD" of ACR-NEMA is read, too. */
export function parseDate(value: string): number | null {
  const match = /^(\d{4})[.-]?(\d{2})[.-]?(\d{2})/.exec(value);
  if (match === null) return null;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const at = Date.UTC(year, month - 1, day);
  const back = new Date(at);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? at : null;
}

/** Write a DA value of today or yesterday as a word, all others as a date. `today` is a DA value. */
export function formatDay(value: string, today: string = todayDate()): string {
  const [at, now] = [parseDate(value), parseDate(today)];
  if (at === null || now === null) return value;
  const days = Math.round((at - now) / DAY_MS);
  if (days > 0 || days < -1) return format.date(value);
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(days, "day");
}

/** Write a moment of this machine, epoch seconds or ISO 8601, as the clock shows it here. */
export function formatClock(moment: number | string): string {
  const at = typeof moment === "number" ? moment * 1000 : Date.parse(moment);
  if (Number.isNaN(at)) return "";
  return new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    at,
  );
}

/** Give this machine's local date as a DA value. */
export function todayDate(now: Date = new Date()): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
}

/** Give the DA value `days` days before another. */
export function daysBefore(value: string, days: number): string {
  const at = parseDate(value);
  if (at === null) return value;
  return new Date(at - days * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
}

const AGE_UNITS: Readonly<Record<string, string>> = { D: "day", W: "week", M: "month", Y: "year" };

/** Write an age string AS, "042Y" (PS3.5 6.2): "42 yrs", "42 ans"; what is none is "". */
export function formatAge(value: string): string {
  const match = /^(\d{3})([DWMY])$/.exec(value);
  if (match === null) return "";
  const unit = AGE_UNITS[match[2] ?? ""] ?? "year";
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "short" }).format(
    Number(match[1]),
  );
}

/** Give the year of a DA value, "" when there is none: what a timeline groups by. */
export function yearOf(value: string): string {
  return parseDate(value.slice(0, 10)) === null ? "" : value.slice(0, 4);
}
