"""What an MP4 file says of the film in it (ISO 14496-12): enough for its transfer syntax and pixel description."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from radiotheque.core.errors import Malformed, Unsupported
from radiotheque.core.uid import UID
from radiotheque.dicom.photographs import Description
from radiotheque.dicom.walker import Read

_MP4_HIGH_41, _MP4_HIGH_42 = UID("1.2.840.10008.1.2.4.102"), UID("1.2.840.10008.1.2.4.104")
_HEVC_MAIN, _HEVC_MAIN_10 = UID("1.2.840.10008.1.2.4.107"), UID("1.2.840.10008.1.2.4.108")
_MAX_MOVIE_BYTES = 64 << 20
_CONTAINERS = frozenset({b"trak", b"mdia", b"minf", b"stbl"})
_FRAME_TIME_POINTER = 0x00181063


@dataclass(slots=True)
class _Track:
    kind: bytes = b""
    timescale: int = 0
    duration: int = 0
    frames: int = 0
    entry: bytes = b""


def describe_film(read: Read, size: int) -> Description:
    """Describe an MP4 file; `read(start, stop)` gives its bytes.

    Raises `Malformed`, and `Unsupported` for a codec, profile or level without a transfer syntax (PS3.5 8.2.7, 8.2.8).
    """
    for kind, start, stop in _boxes(read, 0, size):
        if kind == b"moov":
            if stop - start > _MAX_MOVIE_BYTES:
                break
            return _described(_video_track(read(start, stop)))
    raise Malformed("an MP4 file without a movie box; nothing was kept of it")


def _boxes(read: Read, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end:
        head = read(at, min(at + 16, end))
        length, kind, start = int.from_bytes(head[:4]), bytes(head[4:8]), at + 8
        if length == 1 and len(head) == 16:
            length, start = int.from_bytes(head[8:16]), at + 16
        stop = at + length if length else end
        if stop > end or stop < start:
            raise Malformed("an MP4 file is cut short or its boxes do not fit; nothing was kept of it")
        yield kind, start, stop
        at = stop


def _video_track(movie: bytes) -> _Track:
    def read(start: int, stop: int) -> bytes:
        return movie[start:stop]

    for kind, start, stop in _boxes(read, 0, len(movie)):
        if kind == b"trak":
            track = _Track()
            _collect(read, start, stop, track)
            if track.kind == b"vide":
                return track
    raise Malformed("an MP4 file without a video track; nothing was kept of it")


def _collect(read: Read, at: int, end: int, track: _Track) -> None:
    for kind, start, stop in _boxes(read, at, end):
        body = read(start, stop)
        if kind in _CONTAINERS:
            _collect(read, start, stop, track)
        elif kind == b"hdlr":
            track.kind = bytes(body[8:12])
        elif kind == b"mdhd":
            wide = body[:1] == b"\1"
            track.timescale = int.from_bytes(body[20:24] if wide else body[12:16])
            track.duration = int.from_bytes(body[24:32] if wide else body[16:20])
        elif kind == b"stsz":
            track.frames = int.from_bytes(body[8:12])
        elif kind == b"stsd":
            track.entry = bytes(body[8:])


def _described(track: _Track) -> Description:
    rows, columns = int.from_bytes(track.entry[34:36]), int.from_bytes(track.entry[32:34])
    if not (rows and columns and track.frames and track.timescale and track.duration):
        raise Malformed("an MP4 file does not say the size, number and time of its frames; nothing was kept of it")
    frame_ms = 1000 * track.duration / track.timescale / track.frames
    return Description(_syntax(track.entry), {**_attributes(rows, columns), **_timing(track.frames, frame_ms)})


def _attributes(rows: int, columns: int) -> Mapping[str, Any]:
    return {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "YBR_PARTIAL_420",
        "PlanarConfiguration": 0,
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "LossyImageCompression": "01",
    }


def _timing(frames: int, frame_ms: float) -> Mapping[str, Any]:
    rate = round(1000 / frame_ms)
    return {
        "NumberOfFrames": frames,
        "FrameIncrementPointer": _FRAME_TIME_POINTER,
        "FrameTime": f"{frame_ms:.6g}",
        "CineRate": rate,
        "RecommendedDisplayFrameRate": rate,
    }


def _syntax(entry: bytes) -> UID:
    """Tell the transfer syntax by codec, profile and level."""
    codec = entry[4:8]
    if codec in (b"avc1", b"avc3"):
        at = entry.find(b"avcC")
        profile, level = entry[at + 5], entry[at + 7]
        # a High Profile decoder decodes Baseline and Main too, up to the same level (ISO 14496-10 A.2.4)
        if at > 0 and profile in (66, 77, 100) and level <= 42:
            return _MP4_HIGH_41 if level <= 41 else _MP4_HIGH_42
    if codec in (b"hvc1", b"hev1"):
        at = entry.find(b"hvcC")
        profile, level = entry[at + 5] & 0x1F, entry[at + 16]
        if at > 0 and profile in (1, 2) and level <= 153:
            return _HEVC_MAIN if profile == 1 else _HEVC_MAIN_10
    raise Unsupported(
        f"a film in {codec.decode('latin-1')!r} of this profile and level has no transfer syntax in DICOM"
    )
