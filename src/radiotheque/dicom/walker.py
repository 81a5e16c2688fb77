"""A walk over the elements of a data set: one pass, no recursion, nothing allocated that a length field asks for.

It reads every native encoding (PS3.5 7): Explicit and Implicit VR, little and big endian, sequences of defined and
undefined length, fragments. It is as lenient as modalities are careless, in ways that are said where they are done,
and it gives offsets, never copies, so that a 15 MB value costs as much as a short one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.dicom.dictionary import (
    ITEM,
    ITEM_END,
    LONG_FORM,
    PIXEL_DATA,
    SEQUENCE_END,
    VRS,
    vr_of,
)

UNDEFINED = 0xFFFFFFFF
WINDOW_BYTES = 64 << 10

type Read = Callable[[int, int], bytes]
"""Gives bytes [start, stop) of a file, cut at its end."""


class Truncated(Malformed):
    """The bytes at hand end before everything needed was found: more of the object may hold it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is encoded (PS3.5 10)."""

    implicit: bool = False
    big_endian: bool = False


EXPLICIT = Encoding()
IMPLICIT = Encoding(implicit=True)
BIG = Encoding(big_endian=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a data set may ask of us: levels of nested sequences, and elements in all."""

    depth: int = 64
    elements: int = 1_000_000


LIMITS = Limits()


class Source:
    """The bytes of a file, in memory or read by ranges through one small window."""

    __slots__ = ("_read", "_window", "base", "data", "size")

    def __init__(self, read: Read, size: int, window: int = WINDOW_BYTES) -> None:
        self._read, self._window = read, window
        self.data, self.base, self.size = b"", 0, size

    @classmethod
    def of(cls, data: bytes) -> "Source":
        """Give a source over bytes in memory."""
        source = cls(lambda start, stop: data[start:stop], len(data))
        source.data = data
        return source

    def fill(self, start: int, length: int) -> None:
        """Make bytes [start, start + length), cut at the end of the file, the window."""
        self.data, self.base = self._read(start, min(self.size, start + length)), start

    def index(self, start: int, need: int) -> int:
        """Give where byte `start` is in `data`, with at least `need` bytes from there unless the file ends."""
        at = start - self.base
        if at < 0 or at + need > len(self.data):
            if start + need > self.size and at >= 0 and self.base + len(self.data) == self.size:
                return at
            self.fill(start, max(need, self._window))
            return 0
        return at

    def take(self, start: int, stop: int) -> bytes:
        """Give bytes [start, stop), cut at the end of the file. The window stays for small pieces only."""
        stop = min(stop, self.size)
        at = start - self.base
        if at >= 0 and stop - self.base <= len(self.data):
            return self.data[at : stop - self.base]
        if stop - start > self._window:
            return self._read(start, stop)
        at = self.index(start, stop - start)
        return self.data[at : at + stop - start]


# What a walk yields: (kind, tag, VR, offset of the tag, offset of the value, offset behind the value). The last is
# -1 for what has undefined length, and may lie behind the end of the file, which then is cut. Of an END, the last
# two are where it ends. An ITEM's tag is that of its sequence.
type Token = tuple[int, int, str, int, int, int]

ELEMENT, SEQUENCE, END_SEQUENCE, OPEN_ITEM, CLOSE_ITEM, FRAGMENTS, FRAGMENT, END_FRAGMENTS = range(8)

_VR_OF_BYTES = {vr.encode(): vr for vr in VRS}
_SHORT = {vr.encode(): vr for vr in VRS if vr not in LONG_FORM}
_LITTLE = (Struct("<HH2sH").unpack_from, Struct("<I").unpack_from, Struct("<HHI").unpack_from)
_BIG = (Struct(">HH2sH").unpack_from, Struct(">I").unpack_from, Struct(">HHI").unpack_from)
_END_OF_STREAM = (-1, "", 0, 0)


class _Frame:
    """One open data set (or item), sequence, or run of fragments."""

    __slots__ = ("creators", "end", "implicit", "kind", "plain", "tag", "undefined")

    def __init__(self, kind: int, tag: int, end: int, *, undefined: bool, implicit: bool) -> None:
        self.kind, self.tag, self.end = kind, tag, end
        self.undefined, self.implicit = undefined, implicit
        self.plain = kind == OPEN_ITEM and not implicit
        self.creators: dict[int, str] | None = None


_CLOSING = {OPEN_ITEM: CLOSE_ITEM, SEQUENCE: END_SEQUENCE, FRAGMENTS: END_FRAGMENTS}


class Walk:
    """Iterates over the tokens of one data set from `start` on; with `single`, of its first element only."""

    def __init__(
        self,
        source: Source,
        start: int,
        encoding: Encoding,
        *,
        stop: int | None = None,
        single: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        self.position, self.big_endian = start, encoding.big_endian
        self._source, self._single, self._limits = source, single, limits
        self._short, self._long, self._implicit_header = _BIG if encoding.big_endian else _LITTLE
        end = source.size if stop is None else min(stop, source.size)
        self._frames = [_Frame(OPEN_ITEM, 0, end, undefined=False, implicit=encoding.implicit)]

    @property
    def depth(self) -> int:
        """How many items the position is inside of."""
        return (len(self._frames) - 1) // 2

    @property
    def level(self) -> int:
        """How many sequences, items and runs of fragments are open at the position."""
        return len(self._frames) - 1

    def __iter__(self) -> Iterator[Token]:
        frames, source, count = self._frames, self._source, 0
        while frames:
            frame = frames[-1]
            position = self.position
            if position + 8 > frame.end:
                if len(frames) == 1:
                    return
                yield self._close(frame.end if not frame.undefined else position)
            else:
                count += 1
                if count > self._limits.elements:
                    raise TooLarge(f"more than {self._limits.elements} elements in one data set")
                # The quick way for most elements: a standard one with a 16-bit length, well inside the window
                at = position - source.base
                if frame.plain and at >= 0 and at + 12 <= len(source.data):
                    group, number, raw, length = self._short(source.data, at)
                    vr = _SHORT.get(raw)
                    if vr is not None and not group & 1:
                        self.position = stop = position + 8 + length
                        yield (ELEMENT, group << 16 | number, vr, position, position + 8, stop)
                        if self._single and len(frames) == 1:
                            return
                        continue
                token = self._step(frame)
                if token is None:
                    return
                if token[0] >= 0:
                    yield token
            if self._single and len(frames) == 1:
                return

    def _step(self, frame: _Frame) -> Token | None:
        """Give the next token; kind -1 says nothing, None that what follows is no element."""
        found = self._header(frame)
        tag, _, value, length = found
        if tag == -1:
            return self._garbage()
        if frame.kind == OPEN_ITEM and tag < ITEM:
            return self._element(frame, found)
        if frame.kind == OPEN_ITEM:
            return self._delimiter(tag, value)
        if tag == SEQUENCE_END:
            return self._close(value) if frame.undefined else self._skip(value)
        if tag != ITEM:
            # Items end here although neither a length nor a delimiter says so: what follows is read as elements of
            # the enclosing data set, which is how such files were meant.
            return self._close(self.position)
        if frame.kind == FRAGMENTS:
            return self._fragment(frame, value, length)
        return self._open_item(frame, value, length)

    def _garbage(self) -> Token | None:
        if len(self._frames) == 1:
            return None  # rubbish behind the last element
        return self._close(self._frames[-1].end)

    def _skip(self, position: int) -> Token:
        self.position = position
        return (-1, 0, "", 0, 0, 0)

    def _close(self, position: int) -> Token:
        frame = self._frames.pop()
        start, self.position = self.position, position
        return (_CLOSING[frame.kind], frame.tag, "", start, position, position)

    def _delimiter(self, tag: int, value: int) -> Token:
        """Handle FFFE,xxxx where an element is due."""
        frame = self._frames[-1]
        if len(self._frames) == 1 or (tag == ITEM_END and not frame.undefined):
            return self._skip(value)  # a stray delimiter
        # anything but an Item Delimitation Item ends an item that forgot its own
        return self._close(value if tag == ITEM_END else self.position)

    def _fragment(self, frame: _Frame, value: int, length: int) -> Token:
        if length == UNDEFINED:
            return self._close(self.position)
        start, self.position = self.position, value + length
        return (FRAGMENT, frame.tag, "", start, value, value + length)

    def _open_item(self, frame: _Frame, value: int, length: int) -> Token:
        undefined = length == UNDEFINED
        end = frame.end if undefined else min(value + length, frame.end)
        self._push(_Frame(OPEN_ITEM, frame.tag, end, undefined=undefined, implicit=frame.implicit))
        start, self.position = self.position, value
        return (OPEN_ITEM, frame.tag, "", start, value, -1 if undefined else value + length)

    def _push(self, frame: _Frame) -> None:
        self._frames.append(frame)
        if len(self._frames) > 2 * self._limits.depth + 1:
            raise TooLarge(f"sequences are nested more than {self._limits.depth} levels deep")

    def _element(self, frame: _Frame, found: tuple[int, str, int, int]) -> Token:
        tag, vr, value, length = found
        start, implicit = self.position, frame.implicit
        if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF:
            self._note_creator(frame, tag, value, length)
        if vr == "UN" and not implicit:
            vr, implicit = self._unknown(frame, tag, value, length)
        if length == UNDEFINED:
            fragments = tag == PIXEL_DATA or (vr[0] == "O" and not implicit)
            kind, end, stop = FRAGMENTS if fragments else SEQUENCE, frame.end, -1
        elif vr == "SQ":
            kind, stop = SEQUENCE, value + length
            end = min(stop, frame.end)
        else:
            self.position = value + length
            return (ELEMENT, tag, vr, start, value, value + length)
        self._push(_Frame(kind, tag, end, undefined=stop < 0, implicit=implicit))
        self.position = value
        return (kind, tag, vr if kind == FRAGMENTS else "SQ", start, value, stop)

    def _note_creator(self, frame: _Frame, tag: int, value: int, length: int) -> None:
        if frame.creators is None:
            frame.creators = {}
        text = self._source.take(value, value + min(length, 64)).decode("latin-1").strip(" \0")
        frame.creators[tag >> 16 << 8 | tag & 0xFF] = text

    def creator(self, frame: _Frame, tag: int) -> str:
        """Give the Private Creator of a private element's block, "" when none was said (PS3.5 7.8.1)."""
        if frame.creators is None:
            return ""
        return frame.creators.get(tag >> 16 << 8 | tag >> 8 & 0xFF, "")

    def _unknown(self, frame: _Frame, tag: int, value: int, length: int) -> tuple[str, bool]:
        """Give VR and encoding of what is inside an element that was written as UN."""
        if length == UNDEFINED:
            return "SQ", True  # PS3.5 6.2.2 Note 2: Implicit VR Little Endian
        known = vr_of(tag, self.creator(frame, tag) if tag >> 16 & 1 else "")
        if known != "SQ":
            return known, False
        at = self._source.index(value, 16)
        inside = self._source.data[at : at + 16]
        if length and inside[:4] != b"\xfe\xff\x00\xe0":
            return "UN", False
        return "SQ", inside[12:14] not in _VR_OF_BYTES

    def _header(self, frame: _Frame) -> tuple[int, str, int, int]:
        """Give tag, VR, offset of the value and length of what is at the position; tag -1 when it is no element."""
        source, position = self._source, self.position
        at = source.index(position, 12)
        data = source.data
        if len(data) - at < 8:
            return _END_OF_STREAM
        if frame.implicit:
            group, element, length = self._implicit_header(data, at)
            tag = group << 16 | element
            creator = self.creator(frame, tag) if group & 1 else ""
            return tag, vr_of(tag, creator), position + 8, length
        group, element, raw, length = self._short(data, at)
        tag = group << 16 | element
        vr = _SHORT.get(raw)
        if vr is not None:
            return tag, vr, position + 8, length
        return self._odd_header(frame, at, tag, raw)

    def _odd_header(self, frame: _Frame, at: int, tag: int, raw: bytes) -> tuple[int, str, int, int]:
        data, position = self._source.data, self.position
        if tag in (ITEM, ITEM_END, SEQUENCE_END):
            return tag, "", position + 8, self._long(data, at + 4)[0]
        if len(data) - at < 12:
            return _END_OF_STREAM
        vr = _VR_OF_BYTES.get(raw)
        if vr is not None:
            return tag, vr, position + 12, self._long(data, at + 8)[0]
        if raw.isalpha() and raw.isupper():
            return self._foreign_vr(frame, at, tag)
        length = self._long(data, at + 4)[0]
        if length != UNDEFINED and (position + 8 + length > frame.end or not tag):
            return _END_OF_STREAM
        # an element in Implicit VR among explicit ones, as some private elements come
        return tag, vr_of(tag, self.creator(frame, tag) if tag >> 16 & 1 else ""), position + 8, length

    def _foreign_vr(self, frame: _Frame, at: int, tag: int) -> tuple[int, str, int, int]:
        """Handle a VR that PS3.5 does not know: new ones have a 32-bit length (PS3.5 7.1.2), misspelt ones mostly 16."""
        data, position = self._source.data, self.position
        short, reserved = self._short(data, at)[3], data[at + 6 : at + 8]
        long = self._long(data, at + 8)[0]
        if reserved == b"\0\0" and position + 12 + long <= frame.end:
            return tag, "UN", position + 12, long
        if position + 8 + short > frame.end:
            return _END_OF_STREAM
        return tag, "UN", position + 8, short
