"""The language of the search box: words in any order become the questions to try, the likeliest first.

    dupont marie      a name, its parts in any order, without accents, with typing errors
    12345             an accession number or a Patient ID, then the beginning of one
    CR thorax         a modality and a part of the body
    today, yesterday, 7d, 2w, 2024-03-31, 31/03/2024, 2024-03-01..2024-03-31
    id:… acc:… name:…   what a word is, where it could be something else

The French words (aujourd'hui, hier, 7j) mean the same.
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from radiotheque.core.names import fold
from radiotheque.core.query import Key, Level, ListOf, Match, Query, Range, Single, Wildcard
from radiotheque.reading.regions import list_of, region_of

MODALITIES = frozenset(
    [
        "BI",
        "BMD",
        "CD",
        "CR",
        "CT",
        "DG",
        "DX",
        "ECG",
        "EPS",
        "ES",
        "GM",
        "HC",
        "IO",
        "IVUS",
        "KO",
        "LS",
        "MG",
        "MR",
        "NM",
        "OCT",
        "OP",
        "OT",
        "PR",
        "PT",
        "PX",
        "RF",
        "RG",
        "RTIMAGE",
        "SC",
        "SM",
        "SR",
        "TG",
        "US",
        "XA",
        "XC",
    ]
)
"""Modality (0008,0060), the defined terms that a person types (PS3.3 C.7.3.1.1.1)."""
_SHORT_ONES = frozenset(["CR", "CT", "DX", "IO", "MG", "MR", "NM", "PT", "PX", "RF", "RG", "SC", "SR", "US", "XA"])
"""Those that are meant even in small letters: fewer names are spelt so."""

_DAYS = {"today": 0, "aujourd'hui": 0, "aujourdhui": 0, "yesterday": 1, "hier": 1}
_UNITS = {"d": 1, "j": 1, "w": 7}
_BACK = re.compile(r"(\d{1,4})([djw])")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_EUROPEAN = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_UID = re.compile(r"[0-2](\.(0|[1-9]\d*)){4,}")
_PREFIXES = {"id": "PatientID", "acc": "AccessionNumber", "accession": "AccessionNumber", "name": "PatientName"}
_LEAST_PREFIX = 3
"""The beginning of a number is looked for from so many characters on."""
MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Question:
    """One way to understand what was typed."""

    keys: tuple[Key, ...] = ()
    listed: tuple[tuple[str, ...], ...] = ()
    fuzzy: bool = False

    def query(self) -> Query:
        """Give it as a query for studies."""
        return Query(Level.STUDY, self.keys, fuzzy=self.fuzzy, listed=self.listed, own=False)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was typed, sorted by what each word can only be; `rest` may be a name, a number or a part of the body."""

    study: str = ""
    since: str = ""
    until: str = ""
    modalities: tuple[str, ...] = ()
    stated: tuple[Key, ...] = ()
    rest: tuple[str, ...] = ()


def questions(text: str, today: datetime.date) -> Sequence[Question]:
    """Give the ways to understand a search, each to be tried when the one before finds nothing; one for an empty search."""
    parts = _parts(text, today)
    if parts.study:
        return (Question((Key("StudyInstanceUID", Single(parts.study)),)),)
    base = Question(_base_keys(parts))
    found = [_joined(base, reading) for reading in _readings(parts.rest)]
    return tuple(dict.fromkeys(found))


def _parts(text: str, today: datetime.date) -> _Parts:
    parts = _Parts()
    for word in text.split()[:MOST_WORDS]:
        parts = _sorted_in(parts, word, today)
    return parts


def _sorted_in(parts: _Parts, word: str, today: datetime.date) -> _Parts:
    period = period_of(word, today)
    if period:
        return replace(parts, since=period[0], until=period[1])
    if is_modality(word):
        return replace(parts, modalities=(*parts.modalities, word.upper()))
    if _UID.fullmatch(word) and len(word) <= 64:
        return replace(parts, study=word)
    prefix, colon, value = word.partition(":")
    if colon and value and prefix.lower() in _PREFIXES:
        return replace(parts, stated=(*parts.stated, Key(_PREFIXES[prefix.lower()], _match(value))))
    return replace(parts, rest=(*parts.rest, word))


def _match(value: str) -> Match:
    return Wildcard(value) if "*" in value or "?" in value else Single(value)


def is_modality(word: str) -> bool:
    """Say whether a word is a modality: any in capitals, the usual ones of X-ray and its neighbours in any case."""
    return word in MODALITIES or word.upper() in _SHORT_ONES


def period_of(word: str, today: datetime.date) -> tuple[str, str] | None:
    """Give the first and the last study date that a word means, None for none; "" is open."""
    bare = fold(word).replace("’", "'")
    if bare in _DAYS:
        day = _text(today - datetime.timedelta(days=_DAYS[bare]))
        return day, day
    if back := _BACK.fullmatch(bare):
        days = datetime.timedelta(days=int(back[1]) * _UNITS[back[2]])
        return _text(today - days), ""
    for sign in ("..", "-"):
        first, found, last = word.partition(sign)
        ends = (_date(first, compact=True), _date(last, compact=True)) if found else ("", "")
        if all(ends):
            return ends
    day = _date(word)
    return (day, day) if day else None


def _date(word: str, *, compact: bool = False) -> str:
    """Give a date as YYYYMMDD, "" when a word is none. Eight digits alone are a number rather than a date."""
    parts: tuple[str, ...] | None = None
    if found := _ISO.fullmatch(word) or (_COMPACT.fullmatch(word) if compact else None):
        parts = found.groups()
    elif found := _EUROPEAN.fullmatch(word):
        parts = found.groups()[::-1]
    if parts is None:
        return ""
    try:
        return _text(datetime.date(*map(int, parts)))
    except ValueError:
        return ""


def _text(day: datetime.date) -> str:
    return f"{day:%Y%m%d}"


def _base_keys(parts: _Parts) -> tuple[Key, ...]:
    keys = list(parts.stated)
    if parts.since or parts.until:
        keys.append(Key("StudyDate", Range(parts.since, parts.until)))
    if parts.modalities:
        keys.append(Key("ModalitiesInStudy", one_of(parts.modalities)))
    return tuple(keys)


def one_of(values: Sequence[str]) -> Match:
    """Give the matching for any of these values."""
    return Single(values[0]) if len(values) == 1 else ListOf(tuple(values))


def _joined(base: Question, reading: Question) -> Question:
    fuzzy = reading.fuzzy and all(key.attribute != "PatientName" for key in base.keys)
    return Question((*base.keys, *reading.keys), reading.listed, fuzzy)


def _readings(rest: Sequence[str]) -> Iterator[Question]:
    """Yield what words may mean: a part of the body and a number and a name, then all of them a name."""
    if not rest:
        yield Question()
        return
    bodies = [word for word in rest if region_of(word)]
    if bodies:
        listed = tuple((list_of(region),) for region in dict.fromkeys(map(region_of, bodies)))
        for reading in _numbers_and_names([word for word in rest if word not in bodies]):
            yield replace(reading, listed=listed)
    yield from _numbers_and_names(rest)


def _numbers_and_names(rest: Sequence[str]) -> Iterator[Question]:
    if not rest:
        yield Question()
        return
    numbers = [word for word in rest if any(sign.isdigit() for sign in word)]
    if len(numbers) == 1:
        names = " ".join(word for word in rest if word not in numbers)
        named = (Key("PatientName", Single(names)),) if names else ()
        for key in _number_keys(numbers[0]):
            yield Question((key, *named), fuzzy=bool(named))
    if len(numbers) == len(rest) == 1:  # a name with digits in it is nobody's: no typing errors are looked for
        yield Question((Key("PatientName", Wildcard(f"{rest[0].rstrip('*')}*")),))
    else:
        yield from _names(rest)
    if len(numbers) == 1 and (day := _date(numbers[0], compact=True)):
        yield Question((Key("StudyDate", Single(day)),))


def _number_keys(word: str) -> Iterator[Key]:
    if "*" in word or "?" in word:
        yield from (Key(name, Wildcard(word)) for name in ("AccessionNumber", "PatientID"))
        return
    yield from (Key(name, Single(word)) for name in ("AccessionNumber", "PatientID", "StudyID"))
    if len(word) >= _LEAST_PREFIX:
        yield from (Key(name, Wildcard(f"{word}*")) for name in ("AccessionNumber", "PatientID"))


def _names(names: Sequence[str]) -> Iterator[Question]:
    """Yield questions for a name: whole words with typing errors; then the last word as the beginning of one.

    First at the beginning of the whole name, by its index; any other word is looked for from three letters on.
    """
    text = " ".join(names)
    yield Question((Key("PatientName", Single(text)),), fuzzy=True)
    if text.endswith("*"):
        return
    family, *given = names
    begun = f"{family}^{' '.join(given)}*" if given else f"{family}*"
    yield Question((Key("PatientName", Wildcard(begun)),))
    if len(names[-1]) >= _LEAST_PREFIX:
        yield Question((Key("PatientName", Wildcard(f"{text}*")),), fuzzy=True)
