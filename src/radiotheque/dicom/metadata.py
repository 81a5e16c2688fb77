"""A data set as DICOM JSON, straight from its bytes (PS3.18 F.2)."""

import base64
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from radiotheque.dicom.charsets import UTF_8, Charset, charset, terms_of
from radiotheque.dicom.dictionary import (
    BINARY,
    DATA_SET_TRAILING_PADDING,
    PIXEL_REPRESENTATION,
    PIXELS,
    SPECIFIC_CHARACTER_SET,
    UNSPLIT,
    settled_vr,
)
from radiotheque.dicom.framing import DataSet, opened
from radiotheque.dicom.values import NUMERIC, numbers, tags, text
from radiotheque.dicom.walker import (
    CLOSE_ITEM,
    ELEMENT,
    END_SEQUENCE,
    FRAGMENTS,
    OPEN_ITEM,
    SEQUENCE,
    WINDOW_BYTES,
    Read,
    Token,
)

type Json = dict[str, Any]

LONG_VALUE_BYTES = 64 << 10
"""Values that are no binary ones stay inside the JSON up to this length; longer ones become bulk data."""

_BULK_VRS = frozenset(
    (
        "DS",
        "FD",
        "FL",
        "IS",
        "LT",
        "OB",
        "OD",
        "OF",
        "OL",
        "OV",
        "OW",
        "SL",
        "SS",
        "ST",
        "SV",
        "UC",
        "UL",
        "UN",
        "US",
        "UT",
        "UV",
    )
)  # PS3.18 F.2.2
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SHORT_BYTES = 64
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def to_json(
    read: Read,
    size: int,
    *,
    transfer_syntax: str,
    dataset_offset: int,
    bulk_over: int = 1024,
    default_charset: str = "",
    add: Mapping[str, Any] | None = None,
    first_bytes: int = WINDOW_BYTES,
) -> bytes:
    """Give the data set of a kept file as one DICOM JSON object, UTF-8 (PS3.18 F.2).

    `read` and `size` are of the Part 10 file; Pixel Data are not read. Binary values over `bulk_over` bytes and
    Pixel Data of any length are BulkDataURIs `bulkdata/<path>`, relative to the instance, where `bulk.bulk_data`
    finds them. Group 0002 and group lengths are left out; `add` is put on top, elements by 8-digit tag
    (`{"00083002": {"vr": "UI", "Value": [...]}}`). `first_bytes` of the data set are read at once. Raises `TooLarge` for nesting.
    """
    dataset = opened(
        read, size, transfer_syntax=transfer_syntax, dataset_offset=dataset_offset, first_bytes=first_bytes
    )
    made = to_dict(dataset, bulk_over=bulk_over, default_charset=default_charset)
    if add:
        made = dict(sorted((made | dict(add)).items()))
    return orjson.dumps(made)


def to_dict(dataset: DataSet, *, bulk_over: int = 1024, default_charset: str = "") -> Json:
    """Give the data set as DICOM JSON in Python's own types (PS3.18 F.2)."""
    builder = _Builder(dataset, bulk_over, default_charset)
    for token in dataset.walk():
        builder.take(token)
    return builder.finished()


class _Item:
    """One item being built: what its elements mean depends on its own character set and pixel sign."""

    __slots__ = ("elements", "path", "repertoire", "signed")

    def __init__(self, path: str, repertoire: Charset, *, signed: bool) -> None:
        self.elements: Json = {}
        self.path, self.repertoire, self.signed = path, repertoire, signed


class _Builder:
    def __init__(self, dataset: DataSet, bulk_over: int, default_charset: str) -> None:
        self._source, self._big = dataset.source, dataset.how.encoding.big_endian
        self._bulk_over, self._default_charset = bulk_over, default_charset
        self._items = [_Item("", charset((), default_charset), signed=False)]
        self._sequences: list[list[Json]] = []

    def finished(self) -> Json:
        """Give the whole, after the last token; items that were never closed are closed."""
        while len(self._items) > 1:
            self._close_item()
        return _ordered(self._items[0].elements)

    def take(self, token: Token) -> None:
        kind, tag, vr, _, value, stop = token
        if kind == ELEMENT:
            self._element(tag, vr, value, stop)
        elif kind == SEQUENCE:
            items: list[Json] = []
            self._items[-1].elements[f"{tag:08X}"] = {"vr": "SQ", "Value": items}
            self._sequences.append(items)
        elif kind == OPEN_ITEM:
            self._open_item(tag)
        elif kind == CLOSE_ITEM:
            self._close_item()
        elif kind == END_SEQUENCE:
            self._end_sequence(tag)
        elif kind == FRAGMENTS:
            # encapsulated Pixel Data are OB (PS3.5 A.4), though some write OW
            self._items[-1].elements[f"{tag:08X}"] = self._bulk(tag, vr if vr in BINARY else "OB")

    def _open_item(self, tag: int) -> None:
        outer = self._items[-1]
        path = f"{outer.path}{tag:08X}/{len(self._sequences[-1])}/"
        self._items.append(_Item(path, outer.repertoire, signed=outer.signed))

    def _close_item(self) -> None:
        self._sequences[-1].append(_ordered(self._items.pop().elements))

    def _end_sequence(self, tag: int) -> None:
        if not self._sequences.pop():
            self._items[-1].elements[f"{tag:08X}"] = {"vr": "SQ"}  # no items, no Value (PS3.18 F.2.5)

    def _element(self, tag: int, vr: str, value: int, stop: int) -> None:
        if not tag & 0xFFFF or tag == DATA_SET_TRAILING_PADDING:
            return  # lengths and padding of one encoding (PS3.18 F.2.2)
        item = self._items[-1]
        if tag == SPECIFIC_CHARACTER_SET:
            item.repertoire = charset(terms_of(self._source.take(value, stop)), self._default_charset)
            item.elements["00080005"] = {"vr": "CS", "Value": [UTF_8]}
            return
        if tag == PIXEL_REPRESENTATION:
            item.signed = self._source.take(value, stop)[: 2 if not self._big else None].strip(b"\0") == b"\1"
        vr = settled_vr(vr, signed=item.signed)
        item.elements[f"{tag:08X}"] = self._encoded(tag, vr, value, stop)

    def _encoded(self, tag: int, vr: str, value: int, stop: int) -> Json:
        length, item = stop - value, self._items[-1]
        if not length:
            return {"vr": vr}
        if tag in PIXELS or (length > (self._bulk_over if vr in BINARY else LONG_VALUE_BYTES) and vr in _BULK_VRS):
            return self._bulk(tag, vr)
        raw = self._source.take(value, stop)
        if vr in BINARY:
            return {"vr": vr, "InlineBinary": base64.b64encode(little_endian(vr, raw, big=self._big)).decode("ascii")}
        look = _lately if length <= _SHORT_BYTES else json_values
        values = look(vr, raw, item.repertoire, big=self._big)
        if values is None:
            return self._bulk(tag, vr)
        return {"vr": vr, "Value": values} if values else {"vr": vr}

    def _bulk(self, tag: int, vr: str) -> Json:
        return {"vr": vr, "BulkDataURI": f"bulkdata/{self._items[-1].path}{tag:08X}"}


def _ordered(elements: Json) -> Json:
    """Give the elements by ascending tag (PS3.18 F.2.2): most data sets have them so already."""
    names = list(elements)
    return elements if names == sorted(names) else {name: elements[name] for name in sorted(names)}


def little_endian(vr: str, raw: bytes, *, big: bool) -> bytes:
    """Give a binary value in little endian, the order of InlineBinary and bulk data (PS3.18 F.2.7, 8.7.3.3.1)."""
    width = _WORDS.get(vr, 1)
    if not big or width == 1:
        return raw
    swapped = bytearray(len(raw) // width * width)
    for at in range(width):
        swapped[at::width] = raw[width - 1 - at : len(swapped) : width]
    return bytes(swapped)


def json_values(vr: str, raw: bytes, repertoire: Charset, *, big: bool = False) -> list[Any] | None:
    """Give the Value array of a VR that is not binary (PS3.18 F.2.3 to F.2.5), None when JSON has no word for it.

    None is NaN or Infinity in FL and FD; a DS or IS that is no number is a string.
    """
    if vr in NUMERIC:
        found = numbers(vr, raw, big=big)
        return list(found) if vr[0] != "F" or all(map(math.isfinite, found)) else None
    if vr == "AT":
        return list(tags(raw, big=big))
    whole = text(vr, raw, repertoire).rstrip(" \0")
    if not whole:
        return []
    parts = [whole] if vr in UNSPLIT else whole.split("\\")
    if vr == "PN":
        return [_name(part) for part in parts]
    if vr in ("DS", "IS"):
        return [_number(vr, part.strip(" \0")) for part in parts]
    return [part.rstrip(" \0") or None for part in parts]


_lately = lru_cache(4096)(json_values)
"""Most short values come again with the next image of the series. Who is given one may not change it."""


def _name(part: str) -> Json | None:
    """Give the component groups of a name that are not empty (PS3.18 F.2.2)."""
    groups = (group.rstrip(" \0") for group in part.split("=", 2))
    return {name: group for name, group in zip(_GROUPS, groups, strict=False) if group} or None


def _number(vr: str, part: str) -> int | float | str | None:
    if not part:
        return None
    if _INTEGER.fullmatch(part):
        return int(part)
    if not _DECIMAL.fullmatch(part):
        return part
    number = float(part)
    if vr == "IS":
        return int(number) if number.is_integer() and abs(number) < 1 << 53 else part
    return number if math.isfinite(number) else part
