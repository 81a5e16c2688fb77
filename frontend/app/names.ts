/**
 * Person names as people read them.
 *
 * The Value Representation PN has up to three component groups parted by "=": alphabetic, ideographic, phonetic; each
 * has five components parted by "^": family, given, middle, prefix, suffix (PS3.5 6.2.1.1).
 */

/** One component group of a person name. */
export interface NameGroup {
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** A person name as it is shown: the first group that says anything, and the others beside it. */
export interface PersonName {
  /** "Family, Given Middle", "" when there is no name at all. */
  readonly main: string;
  /** The ideographic group when it is not the main one, "山田 太郎". */
  readonly ideographic: string;
  /** The phonetic group, "やまだ たろう". */
  readonly phonetic: string;
}

/** Give the five components of one group; what is missing is "". */
export function nameGroup(group: string): NameGroup {
  const [family = "", given = "", middle = "", prefix = "", suffix = ""] = group
    .split("^")
    .map((part) => part.trim());
  return { family, given, middle, prefix, suffix };
}

/** Write an alphabetic group: "Family, Prefix Given Middle, Suffix". */
function writeAlphabetic({ family, given, middle, prefix, suffix }: NameGroup): string {
  const first = [prefix, given, middle].filter(Boolean).join(" ");
  return [family, first, suffix].filter(Boolean).join(", ");
}

/** Write an ideographic or phonetic group: family before given, without a comma. */
function writeEastern({ family, given, middle, prefix, suffix }: NameGroup): string {
  return [prefix, family, given, middle, suffix].filter(Boolean).join(" ");
}

/** Take a PN value apart for showing. */
export function personName(value: string): PersonName {
  const [alphabetic = "", ideographic = "", phonetic = ""] = value.split("=");
  const western = writeAlphabetic(nameGroup(alphabetic));
  const written = writeEastern(nameGroup(ideographic));
  const spoken = writeEastern(nameGroup(phonetic));
  const main = western || written || spoken;
  return { main, ideographic: western ? written : "", phonetic: western || written ? spoken : "" };
}

/** Give the up to two letters that stand for a person in a small round badge, "" without a name. */
export function initials(value: string): string {
  const { family, given } = nameGroup(value.split("=")[0] ?? "");
  return [given, family]
    .map((part) => [...part][0] ?? "")
    .join("")
    .toUpperCase();
}
