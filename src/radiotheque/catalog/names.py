"""Fuzzy matching of names: any word order, particles, hyphens, all groups, typing errors.

All distinct words of all names are held in memory with a bit for each letter in them: words within two edits of each
other differ in at most four of these bits, which leaves few to be compared letter by letter. Filtering 300,000 words takes
about a millisecond.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from itertools import pairwise
from typing import TYPE_CHECKING

from radiotheque.core.names import fold
from radiotheque.database.session import Row, Session

if TYPE_CHECKING:
    import numpy as np

PARTICLES = frozenset(
    [
        "al",
        "d",
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "des",
        "di",
        "do",
        "dos",
        "du",
        "el",
        "l",
        "la",
        "las",
        "le",
        "les",
        "lo",
        "los",
        "of",
        "the",
        "van",
        "ver",
        "von",
        "y",
        "zu",
        "zum",
        "zur",
    ]
)
"""Words of names that are often left out or written together with the next."""

RUN = 3
"""So many words of a key may be written together in the name."""

OVERLAP = 2000
"""Row numbers may be committed out of order on PostgreSQL: the last ones are read again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of a key: a run of its words written together. `open_start`, `open_end`: any letters may precede, follow."""

    text: str
    open_start: bool = False
    open_end: bool = False


def edits_allowed(length: int) -> int:
    """Give how many typing errors a word of this length may have."""
    return 0 if length < 4 else 1 if length < 8 else 2


def distance_within(a: str, b: str, most: int) -> bool:
    """Say whether two words are at most so many insertions, deletions and replacements apart."""
    at, end = 0, min(len(a), len(b))
    while at < end and a[at] == b[at]:
        at += 1
    a, b = a[at:], b[at:]
    if not a or not b:
        return len(a) + len(b) <= most
    if most == 0:
        return False
    return (
        distance_within(a[1:], b[1:], most - 1)
        or distance_within(a[1:], b, most - 1)
        or distance_within(a, b[1:], most - 1)
    )


def readings(key: str) -> list[list[Wanted]]:
    """Give the ways to read a key: each a list of parts that the name must all hold.

    A particle may be left out where other words are left; up to three neighbours may be written together.
    """
    parts = [_wanted(word, key) for word in _key_words(key)]
    strong = [part for part in parts if part.text not in PARTICLES]
    found: list[list[Wanted]] = []
    for choice in (parts, strong) if strong and len(strong) < len(parts) else (parts,):
        found.extend(list(one) for one in _joinings(choice[:6]))
    return [list(one) for one in dict.fromkeys(tuple(one) for one in found)]


def _key_words(key: str) -> list[str]:
    marked = "".join(letter if letter.isalnum() or letter in "*?" else " " for letter in fold(key))
    return [word for word in marked.split() if word.strip("*")]


def _wanted(word: str, key: str) -> Wanted:
    # a search box puts a star at both ends of all that was typed: then each word may stand anywhere
    everywhere = key.startswith("*") and key.endswith("*")
    return Wanted(word.strip("*"), everywhere or word.startswith("*"), everywhere or word.endswith("*"))


def _joinings(parts: Sequence[Wanted]) -> Iterator[tuple[Wanted, ...]]:
    if not parts:
        yield ()
        return
    for size in range(1, min(RUN, len(parts)) + 1):
        run = parts[:size]
        joined = Wanted("".join(part.text for part in run), run[0].open_start, run[-1].open_end)
        for rest in _joinings(parts[size:]):
            yield (joined, *rest)


class WordIndex:
    """The distinct words of all names, read when first asked and brought up to date each time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: list[str] = []
        self._ids: list[int] = []
        self._recent: set[int] = set()
        self._last = 0
        self._sets: tuple[np.ndarray, np.ndarray] | None = None

    def rows(self, session: Session, wanted: Wanted) -> list[int]:
        """Give the rows of `name_word` that a part of a key matches."""
        with self._lock:
            self._refresh(session)
            known, ids, sets = self._words, self._ids, self._sets
        found = {ids[at] for at in _within_edits(wanted.text, known, *sets)} if sets is not None else set()
        if wanted.open_start or wanted.open_end or "*" in wanted.text or "?" in wanted.text:
            pattern = f"{'*' * wanted.open_start}{wanted.text}{'*' * wanted.open_end}".replace("[", "[[]")
            match = re.compile(translate(pattern)).match
            found.update(number for word, number in zip(known, ids, strict=True) if match(word))
        return sorted(found)

    def _refresh(self, session: Session) -> None:
        rows = session.all("SELECT id, word FROM name_word WHERE id > ? ORDER BY id", (self._last - OVERLAP,))
        fresh = [row for row in rows if row[0] not in self._recent]
        self._recent = {row[0] for row in rows[-OVERLAP * 2 :]}
        if not fresh:
            return
        self._last = max(self._last, fresh[-1][0])
        # new lists and arrays: another thread may still be reading the old ones
        self._ids = [*self._ids, *(row[0] for row in fresh)]
        self._words = [*self._words, *(row[1] for row in fresh)]
        self._add_sets(fresh)

    def _add_sets(self, fresh: Sequence[Row]) -> None:
        import numpy as np  # by the first name that is asked for: many a process is never asked

        letters = np.array([[letters_of(row[1]) for row in fresh], [pairs_of(row[1]) for row in fresh]], np.uint64)
        lengths = np.array([len(row[1]) for row in fresh], np.uint8)
        if self._sets is not None:
            letters = np.concatenate([self._sets[0], letters], axis=1)
            lengths = np.append(self._sets[1], lengths)
        self._sets = letters, lengths


def letters_of(word: str) -> int:
    """Give a 64-bit set of the letters in a word."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def pairs_of(word: str) -> int:
    """Give a 64-bit set of the pairs of neighbours in a word."""
    bits = 0
    for first, second in pairwise(word):
        bits |= 1 << ((ord(first) * 31 + ord(second)) & 63)
    return bits


def _within_edits(text: str, known: list[str], letters: "np.ndarray", lengths: "np.ndarray") -> Iterator[int]:
    """Give the places of the words within the edits that a word of this length may have.

    An edit changes at most one letter for another, two bits of the set of letters, and two pairs for two others.
    """
    import numpy as np

    most = edits_allowed(len(text))
    near = np.abs(lengths.astype(np.int16) - len(text)) <= most
    near &= np.bitwise_count(letters[0] ^ np.uint64(letters_of(text))) <= 2 * most
    near &= np.bitwise_count(letters[1] ^ np.uint64(pairs_of(text))) <= 4 * most
    for at in np.flatnonzero(near):
        if distance_within(known[at], text, most):
            yield int(at)
