"""Person names, split and folded for search (PS3.5 6.2.1)."""

import unicodedata
from dataclasses import dataclass

FIRST_WITHOUT_ACCENTS = "\u0530"
"""Latin, Greek and Cyrillic stand before, decomposed letters of their extensions too; Armenian begins here."""

GROUPS = ("alphabetic", "ideographic", "phonetic")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in its three groups, each `Family^Given^Middle^Prefix^Suffix` (PS3.5 6.2.1.2)."""

    alphabetic: str = ""
    ideographic: str = ""
    phonetic: str = ""

    def __str__(self) -> str:
        return "=".join((self.alphabetic, self.ideographic, self.phonetic)).rstrip("=")


def parse_name(text: str) -> PersonName:
    """Give the groups of a PN value, trailing empty components dropped (PS3.5 6.2.1.2)."""
    groups = [group.strip(" ").rstrip("^ ") for group in text.split("=", 2)]
    return PersonName(*groups)


def fold(text: str) -> str:
    """Give `text` without case and accents: what plain PN matching compares (PS3.4 C.2.2.2.1).

    An accent is a mark on a Latin, Greek or Cyrillic letter. On any other it makes another letter: だ is no accented た.
    """
    # Compatibility forms are one spelling of the same letter: a half-width ﾔﾏﾀﾞ in ISO_IR 13 is the name ヤマダ in ISO 2022 IR 87,
    # which is why they are folded as case is; PS3.4 leaves it to the SCP which spellings match beside the literal one
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    if decomposed.isascii():
        return decomposed
    kept: list[str] = []
    base = ""
    for letter in decomposed:
        if not unicodedata.combining(letter):
            base = letter
        elif base < FIRST_WITHOUT_ACCENTS:
            continue
        kept.append(letter)
    # the ligatures that NFKD leaves alone, and that French names hold
    bare = unicodedata.normalize("NFC", "".join(kept))
    return bare.replace("œ", "oe").replace("æ", "ae").replace("ø", "o").replace("ł", "l").replace("đ", "d")


def words(text: str) -> tuple[str, ...]:
    """Give the folded words of a name in any of its groups, without marks of punctuation.

    Hyphens, apostrophes, carets and group marks all separate: `LE-GOFF^Anne-Marie` has the
    words `le`, `goff`, `anne`, `marie`.
    """
    marks = (letter if letter.isalnum() else " " for letter in fold(text))
    return tuple("".join(marks).split())
