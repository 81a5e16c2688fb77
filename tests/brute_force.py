"""Matching as PS3.4 C.2.2.2 says it, one object after the other and without any index: what the catalog must agree with.

Written from the standard's text, not from the catalog: it shares no code with it but the nouns of a query.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from radiotheque.core.query import Empty, Key, Level, ListOf, Match, Query, Range, Single, Wildcard

NAMES = ("PatientName", "ReferringPhysicianName", "PerformingPhysicianName")
UPPER = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientComments",
         "OtherPatientIDs", "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID",
         "StudyDescription", "ReferringPhysicianName")  # fmt: skip
OF_SERIES = ("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "BodyPartExamined")
NUMBERS = ("SeriesNumber", "InstanceNumber", "Rows", "Columns")
ITEM = "RequestAttributesSequence."


@dataclass(frozen=True)
class Thing:
    """An instance with all its attributes; series and studies are what shares their UIDs. `row` orders arrivals."""

    attributes: Mapping[str, tuple[str, ...]]

    def one(self, keyword: str) -> str:
        values = self.attributes.get(keyword, ())
        return values[0] if values else ""


def find(things: Sequence[Thing], query: Query) -> list[str]:
    """Give the unique keys (UID; at patient level the identifier) of what matches, in no order."""
    name = {Level.STUDY: "StudyInstanceUID", Level.SERIES: "SeriesInstanceUID", Level.IMAGE: "SOPInstanceUID"}[
        query.level
    ]
    groups: dict[str, list[Thing]] = {}
    for thing in things:
        groups.setdefault(thing.one(name), []).append(thing)
    return [uid for uid, group in groups.items() if _matches(group, things, query)]


def _matches(group: list[Thing], things: Sequence[Thing], query: Query) -> bool:
    """Keys of a level below the query's are met by one object that is there, all of them together."""
    study = [thing for thing in things if thing.one("StudyInstanceUID") == group[0].one("StudyInstanceUID")]
    items = [key for key in query.keys if key.attribute.startswith(ITEM)]
    rest = [key for key in query.keys if key not in items]
    for thing in group:
        series = next(one for one in study if one.one("SeriesInstanceUID") == thing.one("SeriesInstanceUID"))
        if all(_key(key, thing, study, series) for key in rest) and (not items or _item(items, series)):
            return True
    return False


def _key(key: Key, thing: Thing, study: list[Thing], series: Thing) -> bool:
    if key.attribute == "ModalitiesInStudy":
        firsts = {one.one("SeriesInstanceUID"): one for one in reversed(study)}
        return _list(key.match, [one.one("Modality") for one in firsts.values()])
    if key.attribute == "SOPClassesInStudy":
        return _list(key.match, [one.one("SOPClassUID") for one in study])
    if key.attribute in UPPER:  # the first object of a study says what the study is, of a series what the series is
        return _value(key, study[0])
    return _value(key, series if key.attribute in OF_SERIES else thing)


def _list(match: Match, values: Iterable[str]) -> bool:
    present = {value for value in values if value}
    if isinstance(match, Empty):
        return not present
    return any(_text(match, value) for value in present)


def _value(key: Key, thing: Thing) -> bool:
    values = thing.attributes.get(key.attribute, ())
    if key.attribute == "OtherPatientIDs":
        return _list(key.match, values)
    value = values[0] if values else ""
    if key.attribute in NAMES:
        return _name(key.match, value)
    if key.attribute in NUMBERS:
        return _number(key.match, value)
    if key.attribute.endswith("Time"):
        return _time(key.match, value)
    return _text(key.match, value)


def _item(keys: list[Key], thing: Thing) -> bool:
    """PS3.4 C.2.2.2.6: an item matches when it meets every key in it."""
    count = max((len(thing.attributes.get(key.attribute, ())) for key in keys), default=0)

    def at(key: Key, number: int) -> str:
        values = thing.attributes.get(key.attribute, ())
        return values[number] if number < len(values) else ""

    return any(all(_text(key.match, at(key, number)) for key in keys) for number in range(count))


def _text(match: Match, value: str) -> bool:
    match match:
        case Single(wanted):
            return value == wanted
        case ListOf(wanted_values):
            return value in wanted_values
        case Wildcard(pattern):
            return _wild(pattern.strip(" "), value)  # padding is not part of a key (PS3.5 6.2)
        case Range(start, end):
            return value != "" and (not start or value >= start) and (not end or value <= end)
        case Empty():
            return value == ""


def _wild(pattern: str, value: str) -> bool:
    """PS3.4 C.2.2.2.4: `*` is any run of characters, also none, `?` is one."""
    parts = [".*" if letter == "*" else "." if letter == "?" else re.escape(letter) for letter in pattern]
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def bare(text: str) -> str:
    """A name without case and accents: marks on Latin, Greek and Cyrillic letters, by the letters' Unicode names."""
    kept, accented = [], True
    for letter in unicodedata.normalize("NFKD", text.casefold()):
        if unicodedata.combining(letter) == 0:
            accented = unicodedata.name(letter, "").split(" ")[0] in ("LATIN", "GREEK", "CYRILLIC")
        elif accented:
            continue
        kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept))


def _groups(text: str) -> list[str]:
    groups = [group.strip(" ").rstrip("^ ") for group in text.split("=", 2)]
    return [bare(group) for group in groups] + [""] * (3 - len(groups))


def _name(match: Match, value: str) -> bool:
    if isinstance(match, Empty):
        return value == ""
    if isinstance(match, ListOf):
        return any(_name(Single(wanted), value) for wanted in match.values)
    text = match.value if isinstance(match, Single) else match.pattern if isinstance(match, Wildcard) else ""
    wanted, held = _groups(text), _groups(value)
    if "=" in text:
        return all(_wild(key, group) for key, group in zip(wanted, held, strict=True) if key.strip("*"))
    if any(letter >= "\u1100" for letter in wanted[0]):
        return any(_wild(wanted[0], group) for group in held)
    return _wild(wanted[0], held[0])


def _number(match: Match, value: str) -> bool:
    wanted = (match.value,) if isinstance(match, Single) else match.values if isinstance(match, ListOf) else ()
    if isinstance(match, Empty):
        return value == ""
    return value != "" and int(value) in [int(one) for one in wanted]


def _seconds(time: str, *, last: bool = False) -> float:
    """A time in seconds; missing parts are the first or the last moment of what is given (PS3.5 6.2, VR TM)."""
    whole, _, fraction = time.partition(".")
    full = whole + ("235959" if last else "000000")[len(whole) :]
    seconds = int(full[:2]) * 3600 + int(full[2:4]) * 60 + int(full[4:6])
    rest = float(f"0.{fraction}") if fraction else 0.999999 if last and not fraction else 0.0
    return round(seconds + rest, 6)


def _time(match: Match, value: str) -> bool:
    if isinstance(match, Empty):
        return value == ""
    if not value:
        return False
    at = _seconds(value)
    match match:
        case Range(start, end):
            return (not start or at >= _seconds(start)) and (not end or at <= _seconds(end, last=True))
        case Single(wanted):
            return at == _seconds(wanted)
        case _:
            return _text(match, value)
