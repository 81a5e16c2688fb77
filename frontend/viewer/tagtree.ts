/** DICOM JSON as lines to search (PS3.18 F.2): pure. */

import type { Attribute } from "./server.ts";

/** One attribute; `depth` counts the sequences around it. */
export interface TagLine {
  tag: string;
  vr: string;
  value: string;
  depth: number;
}

type Attributes = Readonly<Record<string, Attribute>>;

const LONGEST = 400;

/** Give all attributes in the order of their tags, those of sequence items beneath theirs. */
export function lines(attributes: Attributes, depth = 0): TagLine[] {
  return Object.keys(attributes).sort().flatMap((tag) => {
    const attribute = attributes[tag]!;
    const line: TagLine = { tag: `(${tag.slice(0, 4)},${tag.slice(4)})`, vr: attribute.vr, value: valueOf(attribute), depth };
    if (attribute.vr !== "SQ") return [line];
    const items = (attribute.Value ?? []) as Attributes[];
    return [line, ...items.flatMap((item) => lines(item ?? {}, depth + 1))];
  });
}

function valueOf({ vr, Value, BulkDataURI, InlineBinary }: Attribute): string {
  if (vr === "SQ") return String((Value ?? []).length);
  if (BulkDataURI !== undefined) return "…";
  if (InlineBinary !== undefined) return InlineBinary.slice(0, LONGEST);
  const text = (Value ?? []).map(oneValue).join("\\");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A person name is an object of up to three component groups (PS3.18 F.2.2). */
function oneValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "" : String(value);
  const { Alphabetic = "", Ideographic = "", Phonetic = "" } = value as Record<string, string>;
  return [Alphabetic, Ideographic, Phonetic].join("=").replace(/=+$/, "");
}

/** Give the lines that hold all words of a search, in the tag, its name, its VR or its value. */
export function matching(all: readonly TagLine[], search: string, nameOf: (tag: string) => string): TagLine[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [...all];
  return all.filter((line) => {
    const text = `${line.tag} ${line.tag.replace(/[(),]/g, "")} ${nameOf(line.tag)} ${line.vr} ${line.value}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
