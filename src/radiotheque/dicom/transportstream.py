"""The pictures in an MPEG-2 transport stream (ISO/IEC 13818-1): found by its tables, put together from its packets."""

from collections.abc import Iterator
from dataclasses import dataclass

from radiotheque.core.errors import Undecodable, Unsupported
from radiotheque.dicom.containers import HEAD_BYTES, SYNC, packets_of
from radiotheque.dicom.reading import Bytes

H264 = 0x1B
"""The stream type of H.264 (Table 2-34)."""
CLOCK_HZ = 90_000
"""Of the times of a stream."""

_PACKET = 188
_PROGRAMS = 0
_TABLE_OF_PROGRAMS, _TABLE_OF_STREAMS = 0, 2
_MAX_PICTURE_BYTES = 32 << 20

type Layout = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Access:
    """What one packet of the elementary stream holds, and when it is shown and decoded, in units of 1/90,000 s."""

    data: bytes
    shown: int
    decoded: int


def accesses(stream: Bytes, stream_type: int = H264) -> Iterator[Access]:
    """Yield the video of the first program, in order. Raises `Undecodable`, `Unsupported` when there is none of the type."""
    layout = packets_of(bytes(stream[:HEAD_BYTES]))
    if layout is None:
        raise Undecodable("the video is no MPEG transport stream; it is kept as it came")
    place = _place(stream, layout, stream_type)
    parts: list[Bytes] = []
    size = 0
    for starts, payload in _payloads(stream, layout, place):
        if starts and parts:
            yield _access(b"".join(parts))
            parts, size = [], 0
        if starts or parts:  # what comes before the first beginning belongs to a picture that was cut off
            parts.append(payload)
            size += len(payload)
            if size > _MAX_PICTURE_BYTES:
                raise Undecodable("a picture of the video has no end; it is kept as it came")
    if parts:
        yield _access(b"".join(parts))


def _place(stream: Bytes, layout: Layout, stream_type: int) -> int:
    """Give the packet identifier of the first stream of a type (2.4.4.3, 2.4.4.8)."""
    programs = _section(stream, layout, _PROGRAMS, _TABLE_OF_PROGRAMS)
    table = next(
        (_identifier(programs, at + 2) for at in range(8, len(programs) - 3, 4) if programs[at] or programs[at + 1]), 0
    )
    streams = _section(stream, layout, table, _TABLE_OF_STREAMS)
    at = 12 + ((streams[10] & 0x0F) << 8 | streams[11])
    while at + 5 <= len(streams):
        if streams[at] == stream_type:
            return _identifier(streams, at + 1)
        at += 5 + ((streams[at + 3] & 0x0F) << 8 | streams[at + 4])
    raise Unsupported("the transport stream holds no video of the kind that its transfer syntax says")


def _identifier(data: Bytes, at: int) -> int:
    return (data[at] & 0x1F) << 8 | data[at + 1]


def _section(stream: Bytes, layout: Layout, place: int, table: int) -> Bytes:
    """Give a table, its check left out, of those that lie in one packet (2.4.4)."""
    for starts, payload in _payloads(stream, layout, place):
        section = payload[1 + payload[0] :] if starts else b""
        if len(section) >= 3 and section[0] == table:
            end = 3 + ((section[1] & 0x0F) << 8 | section[2])
            if 16 <= end <= len(section):
                return section[: end - 4]
    raise Undecodable("the transport stream has no table of what is in it; the video is kept as it came")


def _payloads(stream: Bytes, layout: Layout, place: int) -> Iterator[tuple[bool, Bytes]]:
    """Yield the payloads of the packets with an identifier, and whether something begins there (2.4.3.2)."""
    size, offset = layout
    counter = -1
    for at in range(offset, len(stream) - _PACKET + 1, size):
        flags, control = stream[at + 1], stream[at + 3]
        if stream[at] != SYNC or flags & 0x80:
            raise Undecodable("the transport stream is damaged; the video is kept as it came")
        if (flags & 0x1F) << 8 | stream[at + 2] != place or not control & 0x10:
            continue
        if control & 0xC0:
            raise Unsupported("the transport stream is scrambled")
        repeated, counter = control & 0x0F == counter, control & 0x0F
        start = at + 4 + (1 + stream[at + 4] if control & 0x20 else 0)
        if start < at + _PACKET and not repeated:  # a packet may be sent twice (2.4.3.3)
            yield bool(flags & 0x40), stream[start : at + _PACKET]


def _access(packet: bytes) -> Access:
    """Read the head of a packet of the elementary stream (2.4.3.6)."""
    times = packet[7] >> 6 if len(packet) >= 19 else 0
    if not packet.startswith(b"\0\0\1") or times < 2:
        raise Undecodable("a picture of the transport stream has no time; the video is kept as it came")
    shown = _time(packet[9:14])
    return Access(packet[9 + packet[8] :], shown, _time(packet[14:19]) if times == 3 else shown)


def _time(data: bytes) -> int:
    """Give a time of 33 bits, of which three are followed by a marker bit (2.4.3.7)."""
    return (data[0] >> 1 & 7) << 30 | data[1] << 22 | data[2] >> 1 << 15 | data[3] << 7 | data[4] >> 1
