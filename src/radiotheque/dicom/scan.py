"""One pass over a head: raw values of the attributes that are wanted, and where Pixel Data begin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from struct import Struct

from radiotheque.dicom.charsets import terms_of
from radiotheque.dicom.dictionary import LONG_FORM, PIXELS, SPECIFIC_CHARACTER_SET, VRS, settled_vr
from radiotheque.dicom.indexed import Wanted, wanted, wanted_as_read
from radiotheque.dicom.walker import (
    BIG,
    CLOSE_ITEM,
    ELEMENT,
    END_SEQUENCE,
    FRAGMENTS,
    OPEN_ITEM,
    SEQUENCE,
    UNDEFINED,
    Encoding,
    Source,
    Token,
    Walk,
)

WORDS = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "SH", "TM", "UI"))
"""The VRs of most indexed attributes, all read alike: padded on both sides, values set apart by a backslash."""

type Piece = tuple[str, bytes, tuple[str, ...] | None]


@dataclass(slots=True)
class Found:
    """Raw values: of the first level by attribute, those of VRs that are read as words apart; and of items, in order.

    Those of items have the character set that their item declares for itself, None where it does not.
    """

    words: dict[str, bytes] = field(default_factory=dict)
    others: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    nested: dict[str, list[Piece]] = field(default_factory=dict)
    charset: tuple[str, ...] = ()
    pixel_offset: int = -1
    last_tag: int = 0
    cut: bool = False
    overrun: int = 0


def scan(data: bytes, start: int, encoding: Encoding, extra: tuple[str, ...]) -> Found:
    """Collect the wanted values of the data set that begins at `start`. Raises `TooLarge` for nesting."""
    found = Found()
    source = Source.of(data)
    position = start
    if encoding is not BIG:
        scan = _scan_implicit if encoding.implicit else _scan_explicit
        position = scan(source, start, found, extra)
    if position >= 0:
        _Collector(source, found).take(Walk(source, position, encoding), wanted(extra))
    return found


# The two loops below are the quick way for nearly all objects: one unpack and one look-up an element. A tag read as
# one little endian word has its element number first, which is how `wanted_as_read` keys it.
_explicit_header = Struct("<I2sH").unpack_from
_implicit_header = Struct("<II").unpack_from
_long_length = Struct("<I").unpack_from
_SHORT_VRS = {vr.encode(): vr for vr in VRS if vr not in LONG_FORM}
_LONG_VRS = {vr.encode(): vr for vr in LONG_FORM}
_PIXELS_AS_READ = frozenset((tag & 0xFFFF) << 16 | tag >> 16 for tag in PIXELS)
_DELIMITERS_AS_READ = frozenset((0xE000FFFE, 0xE00DFFFE, 0xE0DDFFFE))
_CHARSET_AS_READ, _ITEM_AS_READ = 0x00050008, 0xE000FFFE


def _scan_explicit(source: Source, position: int, found: Found, extra: tuple[str, ...]) -> int:
    """Collect from Explicit VR Little Endian; give -1 at the end, else where the general walk must take over."""
    data, size, plan, values = source.data, source.size, wanted_as_read(extra), found.words
    key = 0
    while position + 8 <= size:
        before, (key, raw_vr, length) = key, _explicit_header(data, position)
        vr = _SHORT_VRS.get(raw_vr)
        value = position + 8
        if vr is None:
            if raw_vr not in _LONG_VRS or position + 12 > size:
                return position
            vr, value, length = _LONG_VRS[raw_vr], position + 12, _long_length(data, position + 8)[0]
        if key in _PIXELS_AS_READ:
            found.pixel_offset, found.cut = position, False
            return -1
        node = plan.get(key)
        if length == UNDEFINED or (node is not None and (node.inside or vr == "UN")):
            if node is not None and length != UNDEFINED and vr == "SQ":
                behind = value + length
                if behind <= size and _quick_items(data, value, behind, node, found=found, implicit=False):
                    position = behind
                    continue
            position = _one(source, position, found, extra, implicit=False)
            continue
        position = value + length
        if position > size:
            return _ran_out(found, before, key)
        if node is not None:
            raw = data[value:position]
            if vr in WORDS:
                values[node.name] = raw
            else:
                found.others[node.name] = (vr, raw)
            if key == _CHARSET_AS_READ:
                found.charset = terms_of(raw)
    return _ran_out(found, key)


def _quick_items(data: bytes, position: int, stop: int, sequence: Wanted, *, found: Found, implicit: bool) -> bool:
    """Collect from items of plain elements, all of defined length; give False, nothing collected, for any others."""
    pieces: list[tuple[str, Piece]] = []
    inside = sequence.inside
    while position + 8 <= stop:
        key, length = _implicit_header(data, position)
        end = position + 8 + length
        if key != _ITEM_AS_READ or end > stop:
            return False
        position += 8
        while position + 8 <= end:
            value = position + 8
            if implicit:
                key, length = _implicit_header(data, position)
                vr: str | None = ""
            else:
                key, raw_vr, length = _explicit_header(data, position)
                vr = _SHORT_VRS.get(raw_vr)
            position = value + length
            if vr is None or position > end or key == _CHARSET_AS_READ:
                return False
            node = inside.get((key & 0xFFFF) << 16 | key >> 16)
            if node is not None:
                if node.inside:
                    return False
                pieces.append((node.name, (vr or node.vr, data[value:position], None)))
        position = end
    _forget(sequence, found)
    for name, piece in pieces:
        found.nested.setdefault(name, []).append(piece)
    return True


def _forget(sequence: Wanted, found: Found) -> None:
    """Drop what an earlier sequence of the same tag gave: of what is there twice the last counts."""
    for inner in sequence.inside.values():
        found.nested.pop(inner.name, None)
        _forget(inner, found)


def _scan_implicit(source: Source, position: int, found: Found, extra: tuple[str, ...]) -> int:
    """Collect from Implicit VR Little Endian; give -1 at the end, else where the general walk must take over."""
    data, size, plan, values = source.data, source.size, wanted_as_read(extra), found.words
    key = 0
    while position + 8 <= size:
        before, (key, length) = key, _implicit_header(data, position)
        if key in _PIXELS_AS_READ:
            found.pixel_offset, found.cut = position, False
            return -1
        node = plan.get(key)
        if length == UNDEFINED or (node is not None and node.inside) or key in _DELIMITERS_AS_READ:
            behind = position + 8 + length
            if (
                node is not None
                and behind <= size
                and _quick_items(data, position + 8, behind, node, found=found, implicit=True)
            ):
                position = behind
                continue
            position = _one(source, position, found, extra, implicit=True)
            continue
        start, position = position + 8, position + 8 + length
        if position > size:
            return _ran_out(found, before, key)
        if node is not None:
            raw = data[start:position]
            vr = node.vr
            if vr in WORDS:
                values[node.name] = raw
            else:
                found.others[node.name] = (vr, raw)
            if key == _CHARSET_AS_READ:
                found.charset = terms_of(raw)
    return _ran_out(found, key)


def _ran_out(found: Found, key: int, overrun: int = 0) -> int:
    """Note that the bytes ended before any Pixel Data, behind the element read as `key`, maybe inside another."""
    found.cut, found.last_tag = True, (key & 0xFFFF) << 16 | key >> 16
    found.overrun = (overrun & 0xFFFF) << 16 | overrun >> 16
    return -1


def _one(source: Source, position: int, found: Found, extra: tuple[str, ...], *, implicit: bool) -> int:
    """Collect from one element by the general walk; give where it ends."""
    walk = Walk(source, position, Encoding(implicit=implicit), single=True)
    _Collector(source, found).take(walk, wanted(extra))
    return walk.position if walk.position > position else source.size


class _Collector:
    """Collects wanted values from the tokens of a walk; those inside items count for all items together."""

    def __init__(self, source: Source, found: Found) -> None:
        self._source, self._found = source, found
        self._plans: list[Mapping[int, Wanted]] = []
        self._charsets: list[tuple[str, ...] | None] = [None]

    def take(self, walk: Walk, plan: Mapping[int, Wanted]) -> None:
        """Collect up to Pixel Data or the end of the walk."""
        self._plans = [plan]
        found, size = self._found, self._source.size
        for kind, tag, vr, start, value, stop in walk:
            if len(self._plans) == 1 and kind in (ELEMENT, SEQUENCE, FRAGMENTS):
                if tag in PIXELS:
                    found.pixel_offset, found.cut = start, False
                    return
                found.cut = stop > size
                if found.cut:
                    found.overrun = tag
                    return
                found.last_tag = tag
            self._take((kind, tag, vr, start, value, stop))
        found.cut = True

    def _take(self, token: Token) -> None:
        kind, tag, vr, _, value, stop = token
        if kind == ELEMENT:
            self._element(tag, vr, value, stop)
        elif kind == SEQUENCE:
            node = self._plans[-1].get(tag)
            if node is not None and len(self._plans) == 1:
                _forget(node, self._found)
            self._plans.append(node.inside if node is not None else {})
        elif kind == END_SEQUENCE:
            self._plans.pop()
        elif kind == OPEN_ITEM:
            self._charsets.append(self._charsets[-1])
        elif kind == CLOSE_ITEM:
            self._charsets.pop()

    def _element(self, tag: int, vr: str, value: int, stop: int) -> None:
        nested = len(self._plans) > 1
        node = self._plans[-1].get(tag)
        if tag == SPECIFIC_CHARACTER_SET:
            terms = terms_of(self._source.take(value, stop))
            if nested:
                self._charsets[-1] = terms
            else:
                self._found.charset = terms
        if node is None or not node.name:
            return
        vr, raw = settled_vr(vr, signed=False), self._source.take(value, stop)
        if nested:
            self._found.nested.setdefault(node.name, []).append((vr, raw, self._charsets[-1]))
        else:
            self._found.others[node.name] = (vr, raw)
