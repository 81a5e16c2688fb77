/**
 * What the screens say, in the language of the person who reads them.
 *
 * The English text in the code is the key; `src/radiotheque/locale/fr/LC_MESSAGES/radiotheque.po` holds the French.
 * `python -m tools.messages extract` finds the calls of `t`, `tn` and `msg` by their first arguments, so these are
 * string literals. Dates, decimals and plural forms come from `Intl`.
 */

/** A language that every screen is complete in. */
export type Language = "en" | "fr";

/** Every language, the one of the source texts first. */
export const LANGUAGES: readonly Language[] = ["en", "fr"];

/** The values that stand for `{name}` in a text. */
export type Values = Readonly<Record<string, string | number>>;

/** Texts by their English; of a plural text, its forms: one, then many. */
export type Catalogue = Readonly<Record<string, string | readonly string[]>>;

let current: Language = "en";
let catalogue: Catalogue = {};
let wanted = 0;
const listeners = new Set<() => void>();

/** Give the language that the screens are in. */
export function language(): Language {
  return current;
}

/** Be told whenever the language has changed; give the function that ends this. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Show everything in another language, without a reload. The last call wins, however long a catalogue takes to come. */
export async function setLanguage(next: Language): Promise<void> {
  const mine = ++wanted;
  const texts = next === "fr" ? await french() : {};
  if (mine === wanted) useCatalogue(next, texts);
}

/** Show everything in a language by these texts. */
export function useCatalogue(next: Language, texts: Catalogue): void {
  current = next;
  catalogue = texts;
  if (typeof document !== "undefined") document.documentElement.lang = next;
  for (const listener of [...listeners]) listener();
}

/** Give the language that a list of preferred ones (`navigator.languages`) asks for first, English for none of ours. */
export function preferredLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const known = LANGUAGES.find((one) => tag.toLowerCase().split("-")[0] === one);
    if (known) return known;
  }
  return "en";
}

/** Give the text in the language of the screens, with `values` in place of `{name}`. Numbers are written as there. */
export function t(text: string, values?: Values): string {
  const found = catalogue[text];
  return filled((typeof found === "string" ? found : found?.[0]) || text, values);
}

/** Give the text for so many things: `one` or `many` by the rules of the language; `{count}` is the number. */
export function tn(one: string, many: string, count: number, values?: Values): string {
  const found = catalogue[one];
  const forms = Array.isArray(found) && found.length === 2 ? (found as string[]) : [one, many];
  const form = new Intl.PluralRules(current).select(count) === "one" ? forms[0] : forms[1];
  return filled(form ?? many, { count, ...values });
}

/** Mark a text for translation where it is written; `t` gives it later: `const LABELS = [msg("Zoom")]`. */
export function msg(text: string): string {
  return text;
}

/** The type of `t`, for parts that are given it. */
export type Translate = typeof t;

function filled(text: string, values: Values | undefined): string {
  if (values === undefined) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? format.number(value) : value;
  });
}

async function french(): Promise<Catalogue> {
  const loaded = (await import("./generated/fr.json", { with: { type: "json" } })) as { default: Catalogue };
  return loaded.default;
}

/** Give the locale for `Intl`: the browser's own variant of the language (en-GB), else the language. */
function locale(): string {
  const variants = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
  return variants.find((tag) => tag.split("-")[0] === current) ?? current;
}

const SHORT_DATE = { day: "2-digit", month: "short", year: "numeric" } as const;
const SHORT_TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** How dates, times and numbers are written in the language of the screens. Months are words: 03/04 has two readings. */
export const format = {
  /** Give a number with as many decimals as it has, three at most; or with exactly `digits`. */
  number(value: number, digits?: number): string {
    const exactly = digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(locale(), exactly).format(value);
  },

  /** Give a DICOM date (PS3.5 6.2 DA: YYYYMMDD, or only YYYY or YYYYMM); one that is none as it stands. */
  date(text: string): string {
    const parts = /^(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?/.exec(text);
    if (!parts) return text;
    const [, year, month, day] = parts;
    if (month === undefined) return year ?? text;
    const moment = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day ?? "1")));
    if (moment.getUTCMonth() !== Number(month) - 1 || Number(day ?? "1") !== moment.getUTCDate()) return text;
    const shown = day === undefined ? { month: "short", year: "numeric" } as const : SHORT_DATE;
    return new Intl.DateTimeFormat(locale(), { ...shown, timeZone: "UTC" }).format(moment);
  },

  /** Give a DICOM time (PS3.5 6.2 TM: HHMMSS.FFFFFF) to the minute; one that is none as it stands. */
  time(text: string): string {
    const parts = /^(\d{2}):?(\d{2})/.exec(text);
    if (!parts) return text;
    const moment = new Date(Date.UTC(2000, 0, 1, Number(parts[1]), Number(parts[2])));
    return new Intl.DateTimeFormat(locale(), { ...SHORT_TIME, timeZone: "UTC" }).format(moment);
  },

  /** Give a DICOM date and time (PS3.5 6.2 DT: YYYYMMDDHHMMSS) to the minute. */
  dateTime(text: string): string {
    const day = this.date(text.slice(0, 8));
    return text.length >= 12 ? `${day} ${this.time(text.slice(8))}` : day;
  },

  /** Give seconds since the epoch as date and time here, to the minute. */
  moment(seconds: number): string {
    return new Intl.DateTimeFormat(locale(), { ...SHORT_DATE, ...SHORT_TIME }).format(new Date(seconds * 1000));
  },

  /** Give how long ago, or in how long, a moment is (seconds since the epoch): "5 minutes ago", "il y a 5 minutes". */
  ago(seconds: number, now: number = Date.now() / 1000): string {
    const apart = seconds - now;
    const words = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
    for (const [unit, length] of UNITS) {
      if (Math.abs(apart) >= length) return words.format(Math.trunc(apart / length), unit);
    }
    return words.format(Math.trunc(apart), "second");
  },

  /** Give several words as one list: "CR, DX and MG", "CR, DX et MG". */
  list(words: readonly string[]): string {
    return new Intl.ListFormat(locale(), { style: "long", type: "conjunction" }).format(words);
  },
};

/** The type of `format`, for parts that are given it. */
export type Format = typeof format;

const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;
