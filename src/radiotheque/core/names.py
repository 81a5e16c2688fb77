"""Person names, split and folded for search (PS3.5 6.2.1)."""

import unicodedata
from dataclasses import dataclass

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
    """Give `text` without case and accents: what plain PN matching compares (PS3.4 C.2.2.2.1)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    # the ligatures that NFKD leaves alone, and that French names hold
    return bare.replace("œ", "oe").replace("æ", "ae").replace("ø", "o").replace("ł", "l").replace("đ", "d")


def words(text: str) -> tuple[str, ...]:
    """Give the folded words of a name in any of its groups, without marks of punctuation.

    Hyphens, apostrophes, carets and group marks all separate: `LE-GOFF^Anne-Marie` has the
    words `le`, `goff`, `anne`, `marie`.
    """
    marks = (letter if letter.isalnum() else " " for letter in fold(text))
    return tuple("".join(marks).split())
