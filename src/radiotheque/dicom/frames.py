"""Where the frames of Pixel Data are in a kept file, so that giving one is one range read (PS3.5 8.2, A.4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import unpack_from

from radiotheque.core.errors import NotFound, Undecodable, Unsupported
from radiotheque.dicom.charsets import charset
from radiotheque.dicom.dictionary import PIXELS
from radiotheque.dicom.framing import DataSet, opened
from radiotheque.dicom.syntaxes import syntax
from radiotheque.dicom.values import strings
from radiotheque.dicom.walker import ELEMENT, END_FRAGMENTS, FRAGMENT, FRAGMENTS, Read, Token, Walk

type Span = tuple[int, int]

_EXTENDED_OFFSETS, _EXTENDED_LENGTHS = 0x7FE00001, 0x7FE00002
_DESCRIBING = {
    0x00280002: "samples",
    0x00280004: "photometric",
    0x00280008: "frames",
    0x00280010: "rows",
    0x00280011: "columns",
    0x00280100: "bits",
}
# How the codestream of a frame begins, for telling frames apart where no offset table does: JPEG and JPEG-LS,
# JPEG 2000 and HTJ2K, JPEG XL
_CODESTREAM_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\xff\x0a", b"\0\0\0\x0cJXL ")


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """Where Pixel Data are. `spans` holds for every frame the byte ranges [start, stop) that make it.

    Native frames have one range, encapsulated ones a range for each fragment, delimiters left out. Ranges are of the
    bytes that `read` gives: the kept file, or what a deflated data set inflates to. A native frame of
    1-bit pixels whose size is no whole number of bytes shares its first and last byte with its neighbours.
    """

    read: Read
    encapsulated: bool
    spans: Sequence[tuple[Span, ...]]
    big_endian: bool = False
    sample_bytes: int = 1
    offset: int = -1

    def frame(self, number: int) -> bytes:
        """Give the bytes of frame `number`, 1-based, as they are encoded. Raises `NotFound`, `Undecodable` when cut."""
        if not 1 <= number <= len(self.spans):
            raise NotFound("there is no frame {number}: the instance has {count}", number=number, count=len(self.spans))
        spans = self.spans[number - 1]
        data = b"".join(self.read(start, stop) for start, stop in spans)
        if len(data) != sum(stop - start for start, stop in spans):
            raise Undecodable("frame {number} is cut short in the bytes as received", number=number)
        return data


class _Native(Sequence[tuple[Span, ...]]):
    """The spans of native frames, reckoned when asked for."""

    def __init__(self, start: int, bits: int, count: int) -> None:
        self._start, self._bits, self._count = start, bits, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        first, last = index * self._bits, (index + 1) * self._bits
        return ((self._start + first // 8, self._start + (last + 7) // 8),)


@dataclass(slots=True)
class _Described:
    """What the elements before Pixel Data say of them."""

    texts: dict[str, str] = field(default_factory=dict)
    tables: dict[int, bytes] = field(default_factory=dict)

    def number(self, name: str, default: int) -> int:
        text = self.texts.get(name, "")
        return int(text) if text.isdigit() and len(text) <= 10 else default

    @property
    def frames(self) -> int:
        return max(self.number("frames", 1), 1)

    @property
    def frame_bits(self) -> int:
        samples = 2 if self.texts.get("photometric") == "YBR_FULL_422" else self.number("samples", 1)
        return self.number("rows", 0) * self.number("columns", 0) * samples * self.number("bits", 8)


def pixel_layout(read: Read, size: int, *, transfer_syntax: str, dataset_offset: int) -> PixelLayout:
    """Find the frames of a kept file; Pixel Data themselves are not read, of fragments only the item headers.

    Raises `NotFound` when there are no Pixel Data or nothing in them, `Unsupported` when frames cannot be told apart.
    """
    dataset = opened(read, size, transfer_syntax=transfer_syntax, dataset_offset=dataset_offset)
    described = _Described()
    walk = dataset.walk()
    for token in walk:
        kind, tag, vr, start, value, stop = token
        if walk.depth or tag < 0x00280000:
            continue
        if kind == FRAGMENTS and tag in PIXELS:
            return _encapsulated(dataset, walk, start, described)
        if kind != ELEMENT:
            continue
        if tag in _DESCRIBING:
            raw = dataset.source.take(value, stop)
            described.texts[_DESCRIBING[tag]] = next(iter(strings(vr, raw, charset(()), big=walk.big_endian)), "")
        elif tag in (_EXTENDED_OFFSETS, _EXTENDED_LENGTHS):
            described.tables[tag] = dataset.source.take(value, stop)
        elif tag in PIXELS:
            return _native(dataset, token, described)
    raise NotFound("the instance has no Pixel Data")


def _native(dataset: DataSet, token: Token, described: _Described) -> PixelLayout:
    _, _, _, start, value, stop = token
    if value == stop:
        raise NotFound("the instance has no frames: its Pixel Data are empty")
    frame_bits = described.frame_bits
    if not frame_bits:
        raise Unsupported("Rows or Columns are missing or 0, so frames cannot be told apart")
    # A header may claim more frames than there are bytes for: those that are there are given
    count = max(1, min(described.frames, (stop - value) * 8 // frame_bits))
    return PixelLayout(
        dataset.source.take,
        encapsulated=False,
        spans=_Native(value, frame_bits, count),
        big_endian=dataset.how.encoding.big_endian,
        sample_bytes=max(described.number("bits", 8) // 8, 1),
        offset=start,
    )


def _encapsulated(dataset: DataSet, walk: Walk, start: int, described: _Described) -> PixelLayout:
    fragments: list[Span] = []
    for kind, _, _, _, value, stop in walk:
        if kind == FRAGMENT:
            fragments.append((value, stop))
        elif kind == END_FRAGMENTS:
            break
    offsets, *fragments = fragments or [(0, 0)]
    count = 1 if syntax(dataset.how.transfer_syntax).video else described.frames
    extended = described.tables.get(_EXTENDED_OFFSETS, b"")
    table = _unpacked("Q", 8, extended) or _unpacked("I", 4, dataset.source.take(*offsets))
    spans = _told_apart(dataset, fragments, count, table)
    return PixelLayout(dataset.source.take, encapsulated=True, spans=spans, offset=start)


def _unpacked(code: str, width: int, table: bytes) -> tuple[int, ...]:
    return unpack_from(f"<{len(table) // width}{code}", table)


def _told_apart(
    dataset: DataSet, fragments: list[Span], count: int, table: tuple[int, ...]
) -> Sequence[tuple[Span, ...]]:
    """Share the fragments out to the frames: by count, by an offset table, else by how codestreams begin (PS3.5 A.4)."""
    if count == 1:
        return (tuple(fragments),) if fragments else ()
    if len(fragments) == count:
        return [(span,) for span in fragments]
    if len(table) == count and fragments:
        first = fragments[0][0] - 8
        return _grouped(fragments, {first + offset for offset in table})
    heads = {
        value - 8
        for value, stop in fragments
        if dataset.source.take(value, min(stop, value + 8)).startswith(_CODESTREAM_STARTS)
    }
    if len(heads) == count:
        return _grouped(fragments, heads)
    raise Unsupported(
        "{count} fragments hold {count_2} frames, and no offset table says which", count=len(fragments), count_2=count
    )


def _grouped(fragments: list[Span], starts: set[int]) -> Sequence[tuple[Span, ...]]:
    frames: list[list[Span]] = []
    for span in fragments:
        if span[0] - 8 in starts or not frames:
            frames.append([])
        frames[-1].append(span)
    return [tuple(frame) for frame in frames]
