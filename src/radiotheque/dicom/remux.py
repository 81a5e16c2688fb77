"""H.264 out of a transport stream into an MP4 file (ISO/IEC 14496-12, 14496-15): the same pictures in a box that browsers open.

Nothing is decoded. Sound is left out.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from struct import pack

from radiotheque.core.errors import Undecodable, Unsupported
from radiotheque.dicom import h264
from radiotheque.dicom.reading import Bytes
from radiotheque.dicom.transportstream import CLOCK_HZ, Access, accesses

PIECE_BYTES = 4 << 20
_WRAP = 1 << 33
_MAX_SAMPLES = 1 << 18
_ONE_FRAME = CLOCK_HZ // 25
_MATRIX = pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture: its bytes, when it is decoded and how much later it is shown (1/90,000 s), whether decoding may begin here."""

    data: bytes
    decoded: int
    later: int
    key: bool


def to_mp4(stream: Bytes) -> list[bytes]:
    """Give an MP4 file of the H.264 video in a transport stream, in pieces of about 4 MiB.

    Raises `Undecodable`, and `Unsupported` for what such a file cannot say: parameters that change on the way, several
    pictures in one packet.
    """
    film = _Film()
    try:
        samples = list(film.samples(accesses(stream)))
        return list(_pieces(_head(film, samples), samples))
    except (IndexError, struct.error) as error:
        raise Undecodable("the transport stream is damaged; the video is kept as it came") from error


class _Film:
    """The parameters of a film, gathered while its samples go by."""

    def __init__(self) -> None:
        self._sequence: h264.Sequence | None = None
        self.pictures: dict[int, bytes] = {}

    @property
    def sequence(self) -> h264.Sequence:
        if self._sequence is None or not self.pictures:
            raise Undecodable("the video does not say its parameters; it is kept as it came")
        return self._sequence

    def samples(self, units: Iterable[Access]) -> Iterator[Sample]:
        """Yield the samples from the first at which decoding may begin."""
        first = -1
        for access in units:
            nals = h264.nal_units(access.data)
            self._take(nals)
            key = h264.is_key(nals)
            if first < 0 and not (key and self._sequence):
                continue
            first = access.decoded if first < 0 else first
            sample = self._sample(access, nals, first, key)
            if sample is not None:
                yield sample

    def _sample(self, access: Access, nals: list[bytes], first: int, key: bool) -> Sample | None:
        count = h264.pictures_in(nals)
        if count > (1 if self.sequence.frames_only else 2):
            raise Unsupported(
                "several pictures lie in one packet of the transport stream; the video is not put into MP4"
            )
        data = b"".join(pack(">I", len(nal)) + nal for nal in h264.picture_units(nals))
        later = (access.shown - access.decoded) % _WRAP
        if later >= _WRAP >> 1:
            raise Undecodable("a picture of the video is shown before it is decoded; it is kept as it came")
        return Sample(data, (access.decoded - first) % _WRAP, later, key) if count else None

    def _take(self, nals: list[bytes]) -> None:
        for nal in nals:
            kind = h264.kind_of(nal)
            if kind == h264.SEQUENCE:
                self._sequence = self._sequence or h264.sequence_of(nal)
                same = self._sequence.unit == nal
            elif kind == h264.PICTURE:
                same = self.pictures.setdefault(h264.picture_set_id(nal), nal) == nal
            else:
                continue
            if not same or len(self.pictures) > 255:
                raise Unsupported("the video changes its parameters on the way; it is not put into MP4")


def _pieces(head: bytes, samples: Sequence[Sample]) -> Iterator[bytes]:
    parts, size = [head], len(head)
    for sample in samples:
        parts.append(sample.data)
        size += len(sample.data)
        if size >= PIECE_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _head(film: _Film, samples: Sequence[Sample]) -> bytes:
    """Give everything before the pictures: the type of the file, what is where in it, and the head of their box."""
    if not samples or len(samples) > _MAX_SAMPLES:
        raise Undecodable("the video holds no picture at which decoding may begin; it is kept as it came")
    kind = _box(b"ftyp", b"isom", pack(">I", 512), b"isomiso2avc1mp41")
    size = sum(len(sample.data) for sample in samples)
    without = len(kind) + len(_movie(film, samples, 0)) + 8
    movie = _movie(film, samples, without)
    return kind + movie + pack(">I4s", size + 8, b"mdat")


def _durations(samples: Sequence[Sample]) -> list[int]:
    """Give how long each sample lasts until the next is decoded; the last as long as the one before it."""
    found = [after.decoded - sample.decoded for sample, after in pairwise(samples)]
    if any(not 0 < duration < _WRAP >> 1 for duration in found):
        raise Undecodable("the pictures of the video are out of order; it is kept as it came")
    return [*found, found[-1] if found else _ONE_FRAME]


def _movie(film: _Film, samples: Sequence[Sample], data_at: int) -> bytes:
    durations = _durations(samples)
    sequence, length = film.sequence, sum(durations)
    delay = min(sample.decoded + sample.later for sample in samples)
    table = _box(
        b"stbl",
        _full(b"stsd", 0, pack(">I", 1), _entry(sequence, list(film.pictures.values()))),
        _full(b"stts", 0, _runs(durations)),
        _full(b"ctts", 0, _runs([sample.later for sample in samples])),
        _full(b"stss", 0, _counted([number for number, sample in enumerate(samples, 1) if sample.key])),
        _full(b"stsc", 0, pack(">4I", 1, 1, len(samples), 1)),
        _full(b"stsz", 0, pack(">I", 0), _counted([len(sample.data) for sample in samples])),
        _full(b"stco", 0, pack(">2I", 1, data_at)),
    )
    place = _box(b"dinf", _full(b"dref", 0, pack(">I", 1), _full(b"url ", 1)))
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, pack(">4I2H", 0, 0, CLOCK_HZ, length, 0x55C4, 0)),  # 0x55C4: language undetermined
        _full(b"hdlr", 0, pack(">I4s12x", 0, b"vide"), b"video\0"),
        _box(b"minf", _full(b"vmhd", 1, bytes(8)), place, table),
    )
    shown_from = _box(b"edts", _full(b"elst", 0, pack(">3IHH", 1, length, delay, 1, 0))) if delay else b""
    track = _box(b"trak", _track_head(sequence, length), shown_from, media)
    head = pack(">4I", 0, 0, CLOCK_HZ, length) + pack(">IH10x", 1 << 16, 1 << 8) + _MATRIX + bytes(24) + pack(">I", 2)
    return _box(b"moov", _full(b"mvhd", 0, head), track)


def _track_head(sequence: h264.Sequence, length: int) -> bytes:
    size = pack(">2I", sequence.columns << 16, sequence.rows << 16)
    return _full(b"tkhd", 3, pack(">5I", 0, 0, 1, 0, length), bytes(16), _MATRIX, size)


def _entry(sequence: h264.Sequence, pictures: Sequence[bytes]) -> bytes:
    """Give the sample entry with the decoder's configuration (ISO/IEC 14496-15 5.3.3.1, 5.4.2.1)."""
    sets = pack(">BH", 0xE1, len(sequence.unit)) + sequence.unit + pack(">B", len(pictures))
    sets += b"".join(pack(">H", len(each)) + each for each in pictures)
    if sequence.profile[0] in (100, 110, 122, 144):
        luma, chroma = sequence.bits
        sets += bytes((0xFC | sequence.chroma_format, 0xF8 | luma - 8, 0xF8 | chroma - 8, 0))
    size = pack(">2H", sequence.columns, sequence.rows)
    look = bytes(6) + pack(">H", 1) + bytes(16) + size + pack(">3IH32x2H", 72 << 16, 72 << 16, 0, 1, 24, 0xFFFF)
    return _box(b"avc1", look, _box(b"avcC", b"\1" + sequence.profile + b"\xff", sets))


def _runs(values: Sequence[int]) -> bytes:
    """Give equal values in a row as how many and which."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][1] == value:
            runs[-1][0] += 1
        else:
            runs.append([1, value])
    return pack(f">I{2 * len(runs)}I", len(runs), *(number for run in runs for number in run))


def _counted(values: Sequence[int]) -> bytes:
    return pack(f">{1 + len(values)}I", len(values), *values)


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return pack(">I4s", len(body) + 8, kind) + body


def _full(kind: bytes, flags: int, *content: bytes) -> bytes:
    """Give a box of version 0 with flags (ISO/IEC 14496-12 4.2)."""
    return _box(kind, pack(">I", flags), *content)
