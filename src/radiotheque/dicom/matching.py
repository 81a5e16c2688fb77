"""A key's text → how it matches, by Value Representation (PS3.4 C.2.2.2): the same for C-FIND and QIDO-RS."""

import re
from functools import cache

from radiotheque.core.errors import Malformed
from radiotheque.core.query import Empty, ListOf, Match, Range, Single, Wildcard
from radiotheque.core.uid import parse_uid
from radiotheque.dicom.dictionary import keyword_known, tag_named, vr_of

WILDCARD_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
"""Where `*` and `?` are wild cards (PS3.4 C.2.2.2.4); elsewhere they are letters."""

EMPTY_TEXT = '""'
"""Two quotation marks ask for an attribute without a value (PS3.4 C.2.2.2.7)."""

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_DATE = re.compile(r"\d{8}")
_TIME = re.compile(r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d(?:\.\d{1,6})?|60(?:\.\d{1,6})?)?)?")
_MOMENT = re.compile(r"\d{4}(?:\d{2}(?:\d{2}(?:\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?)?)?(?:[+-]\d{4})?")
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d{1,12}")
_DECIMAL_VRS = frozenset({"DS", "FL", "FD"})
_INTEGER_VRS = frozenset({"IS", "SL", "SS", "US", "UL", "SV", "UV"})


def match_for(attribute: str, vr: str, text: str, *, multiple: bool = False, empty: bool = False) -> Match | None:
    """Give how `text` matches an attribute of this VR; None when it matches everything (PS3.4 C.2.2.2.3).

    `multiple` lets the values of any VR be a list (PS3.4 C.2.2.2.8); UIDs always may be, and ModalitiesInStudy, since a
    Code String holds neither comma nor backslash. `empty` lets `""` ask for no value (C.2.2.2.7).
    Raises `Malformed` when the text is no value of the VR.
    """
    bare = text.strip(" \0")
    if not bare:
        return None
    if empty and bare == EMPTY_TEXT:
        return Empty()
    if vr == "UI":
        return _one_or_list(tuple(parse_uid(part) for part in re.split(r"[\\,]", bare) if part.strip(" \0")))
    if multiple or attribute == "ModalitiesInStudy":
        parts = tuple(part.strip(" ") for part in re.split(r"[\\,]", bare))
        if len(parts) > 1:
            return _one_or_list(tuple(_plain(attribute, vr, part) for part in parts if part))
    if vr in ("DA", "TM", "DT"):
        return _MOMENTS[vr](attribute, bare)
    if vr in WILDCARD_VRS and ("*" in bare or "?" in bare):
        return None if not bare.strip("*") else Wildcard(bare)
    return Single(_plain(attribute, vr, bare))


def _one_or_list(values: tuple[str, ...]) -> Match | None:
    if not values:
        return None
    return Single(values[0]) if len(values) == 1 else ListOf(values)


def _plain(attribute: str, vr: str, text: str) -> str:
    if (vr in _INTEGER_VRS and not _INTEGER.fullmatch(text)) or (vr in _DECIMAL_VRS and not _DECIMAL.fullmatch(text)):
        raise Malformed(f"{attribute} ({vr}) is a number, not {text[:40]!r}")
    if vr == "DA":
        return _date(attribute, text)
    return text


def _date(attribute: str, text: str) -> str:
    bare = (
        text.strip(" ").replace(".", "") if text.count(".") == 2 else text.strip(" ")
    )  # ACR-NEMA 2.0 wrote YYYY.MM.DD
    month_day = bare[4:]
    if not _DATE.fullmatch(bare) or not "0101" <= month_day <= "1231" or not "01" <= month_day[2:] <= "31":
        raise Malformed(f"{attribute} is a date YYYYMMDD or a range of them, not {text[:40]!r}")
    return bare


def _dates(attribute: str, text: str) -> Match | None:
    if "-" not in text:
        return Single(_date(attribute, text))
    start, _, end = text.partition("-")
    return _range(*(_date(attribute, part) if part.strip(" ") else "" for part in (start, end)))


def _range(start: str, end: str) -> Match | None:
    return Range(start, end) if start or end else None


def _time(attribute: str, text: str) -> str:
    bare = text.strip(" ").replace(":", "")  # ACR-NEMA 2.0 wrote HH:MM:SS
    if not _TIME.fullmatch(bare):
        raise Malformed(f"{attribute} is a time HHMMSS.FFFFFF or a range of them, not {text[:40]!r}")
    return bare


def _times(attribute: str, text: str) -> Match | None:
    """Missing parts of a time are an interval: `10` is from 10:00:00 to 10:59:59.999999 (PS3.5 6.2, VR TM)."""
    if "-" not in text:
        bare = _time(attribute, text)
        return Range(bare, _last_moment(bare)) if "." not in bare else Single(bare)
    start, _, end = text.partition("-")
    first = _time(attribute, start) if start.strip(" ") else ""
    last = _last_moment(_time(attribute, end)) if end.strip(" ") else ""
    return _range(first, last)


def _last_moment(time: str) -> str:
    return time if "." in time else time + "595959"[len(time) :][: 6 - len(time)] + ".999999"


def _moments(attribute: str, text: str) -> Match | None:
    """A hyphen before four digits up to 1200 at the end of a moment is its offset from UTC (PS3.5 6.2, VR DT)."""
    cuts = [at for at, letter in enumerate(text) if letter == "-" and not _is_offset(text, at)]
    if not cuts:
        return Single(_moment(attribute, text))
    if len(cuts) > 1:
        raise Malformed(f"{attribute} is a date-time or a range of two, not {text[:60]!r}")
    start, end = text[: cuts[0]], text[cuts[0] + 1 :]
    return _range(*(_moment(attribute, part) if part.strip(" ") else "" for part in (start, end)))


def _is_offset(text: str, at: int) -> bool:
    digits, after = text[at + 1 : at + 5], text[at + 5 : at + 6]
    return at > 0 and len(digits) == 4 and digits.isdecimal() and digits <= "1200" and after in ("", "-", " ")


def _moment(attribute: str, text: str) -> str:
    bare = text.strip(" ")
    if not _MOMENT.fullmatch(bare):
        raise Malformed(f"{attribute} is a date-time YYYYMMDDHHMMSS.FFFFFF&ZZXX, not {text[:60]!r}")
    return bare


_MOMENTS = {"DA": _dates, "TM": _times, "DT": _moments}


@cache
def attribute_named(name: str) -> tuple[str, str]:
    """Give (attribute, VR) of a keyword, an 8-digit tag or a dotted path of them, as `Key.attribute` writes it.

    A tag of the dictionary becomes its keyword; a private or unknown one stays 8 upper-case digits, with VR "UN".
    Raises `Malformed` when a part is neither, or one before a dot is no sequence.
    """
    parts = [_part_named(part, name) for part in name.split(".")]
    for part, vr in parts[:-1]:
        if vr not in ("SQ", "UN"):
            raise Malformed(f"{part} in {name[:120]!r} is no sequence: nothing can lie inside it")
    return ".".join(part for part, _ in parts), parts[-1][1]


def _part_named(part: str, name: str) -> tuple[str, str]:
    tag = int(part, 16) if _TAG.fullmatch(part) else tag_named(part) if part else None
    if tag is None:
        raise Malformed(f"{part[:64]!r} in {name[:120]!r} is neither the keyword nor the 8-digit tag of an attribute")
    keyword = keyword_known(tag)
    if not keyword:
        return f"{tag:08X}", "LO" if _is_creator(tag) else "UN"
    return keyword, vr_of(tag).split(" ")[0]  # "US or SS": either is matched as a number


def _is_creator(tag: int) -> bool:
    """A private creator is (gggg,0010) to (gggg,00FF), gggg odd (PS3.5 7.8.1)."""
    return bool(tag >> 16 & 1) and 0x10 <= tag & 0xFFFF <= 0xFF
