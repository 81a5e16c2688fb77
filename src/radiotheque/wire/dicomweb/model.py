"""`Found` → DICOM JSON Model (PS3.18 Annex F), fast: the dictionary is looked up once a keyword."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from radiotheque.core.query import Found, Level
from radiotheque.dicom.dictionary import tag_named
from radiotheque.dicom.matching import attribute_named
from radiotheque.wire.dicomweb.levels import IF_KNOWN
from radiotheque.wire.dicomweb.urls import ServiceRoot

type Values = tuple[str, ...]
type Element = dict[str, Any]

UTF8 = {"vr": "CS", "Value": ["ISO_IR 192"]}
"""Whatever an object was written in, JSON is UTF-8 (PS3.18 F.2.1)."""

_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def _name(value: str) -> dict[str, str] | None:
    """A person's name in its groups (PS3.18 F.2.2); an empty value of several is null (F.2.5)."""
    groups = {group: text for group, text in zip(_GROUPS, value.split("=", 2), strict=False) if text}
    return groups or None


def _number(value: str) -> float | int | str | None:
    """A number where it is one; what a device wrote instead is given as it is, text is allowed (PS3.18 F.2.3.1)."""
    if not value:
        return None
    with suppress(ValueError):
        return int(value)
    try:
        number = float(value)
    except ValueError:
        return value
    return number if number - number == 0 else value  # NaN and infinities are no JSON


def _text(value: str) -> str | None:
    return value or None


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "PN": _name,
    **dict.fromkeys(("IS", "DS", "US", "UL", "SS", "SL", "SV", "UV", "FL", "FD"), _number),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute of an answer: where it goes, and how its values are written."""

    keyword: str
    tag: str
    vr: str
    convert: Callable[[str], Any]
    empty: bool

    def element(self, values: Values) -> Element:
        if not values or values == ("",):
            return {"vr": self.vr}
        return {"vr": self.vr, "Value": [self.convert(value) for value in values]}


@cache
def column(attribute: str) -> Column:
    """Give the column of a keyword or an 8-digit tag."""
    name, vr = attribute_named(attribute)
    tag = tag_named(name)
    tag8 = name if tag is None else f"{tag:08X}"
    return Column(name, tag8, vr, _CONVERTERS.get(vr, _text), name not in IF_KNOWN)


@cache
def columns(wanted: tuple[str, ...]) -> tuple[Column, ...]:
    """Give the columns of an answer by ascending tag."""
    return tuple(sorted((column(each) for each in wanted), key=lambda each: each.tag))


def encode(found: Found, wanted: tuple[str, ...], base: ServiceRoot, *, everything: bool = False) -> dict[str, Element]:
    """Give one match as a DICOM JSON object: the wanted attributes, all that are known with `everything`."""
    known, inside = found.attributes, found.sequences or {}
    if everything:
        wanted = (*wanted, *(name for name in dict.fromkeys((*known, *inside, *found.elements)) if name not in wanted))
    out: dict[str, Element] = {}
    for each in columns(wanted) if not everything else sorted(map(column, wanted), key=lambda each: each.tag):
        if (read := found.elements.get(each.keyword)) is not None:
            out[each.tag] = dict(read)  # as the instance's metadata have it
            continue
        if each.vr == "SQ":
            _put_sequence(out, each, inside.get(each.keyword))
            continue
        values = known.get(each.keyword)
        if values or each.empty:
            out[each.tag] = each.element(values or ())
    out["00080005"] = UTF8
    _put_access(out, found, base)
    return out


def _put_sequence(out: dict[str, Element], each: Column, items: tuple[Mapping[str, Values], ...] | None) -> None:
    if items:
        out[each.tag] = {"vr": "SQ", "Value": [_item(item) for item in items]}
    elif each.empty:
        out[each.tag] = {"vr": "SQ"}


def _item(item: Mapping[str, Values]) -> dict[str, Element]:
    members = sorted(((column(name), values) for name, values in item.items()), key=lambda member: member[0].tag)
    return {each.tag: each.element(values) for each, values in members}


def _put_access(out: dict[str, Element], found: Found, base: ServiceRoot) -> None:
    known = found.attributes
    study = known.get("StudyInstanceUID", ("",))[0]
    if found.level is Level.STUDY:
        url = base.study(study)
    elif found.level is Level.SERIES:
        url = base.series(study, known.get("SeriesInstanceUID", ("",))[0])
    else:
        url = base.instance(study, known.get("SeriesInstanceUID", ("",))[0], known.get("SOPInstanceUID", ("",))[0])
    out["00081190"] = {"vr": "UR", "Value": [url]}
    if "00080056" in out and "Value" not in out["00080056"]:
        out["00080056"] = {"vr": "CS", "Value": ["ONLINE"]}
