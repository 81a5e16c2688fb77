"""The pictures in an MPEG-2 transport stream (ISO/IEC 13818-1): found by its tables, put together from its packets."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

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
_MAX_PACKETS = (32 << 20) // 184
"""Of one picture."""
_COLUMNS = np.arange(_PACKET)

type Table = np.ndarray[Any, Any]
"""(packets, 188) uint8: the packets of a stream, a view on its bytes."""


@dataclass(frozen=True, slots=True)
class Access:
    """What one packet of the elementary stream holds, and when it is shown and decoded, in units of 1/90,000 s."""

    data: bytes
    shown: int
    decoded: int


def accesses(stream: Bytes, stream_type: int = H264) -> Iterator[Access]:
    """Yield the video of the first program, in order. Raises `Undecodable`, `Unsupported` when there is none of the type."""
    table = _table(stream)
    packets, starts, begins = _packets(table, _place(table, stream_type))
    # what comes before the first beginning belongs to a picture that was cut off
    for first, last in pairwise((*np.flatnonzero(begins), len(packets))):
        if last - first > _MAX_PACKETS:
            raise Undecodable("a picture of the video has no end; it is kept as it came")
        yield _access(table[packets[first:last]][starts[first:last, None] <= _COLUMNS].tobytes())


def _table(stream: Bytes) -> Table:
    layout = packets_of(bytes(stream[:HEAD_BYTES]))
    if layout is None:
        raise Undecodable("the video is no MPEG transport stream; it is kept as it came")
    size, offset = layout
    count = (len(stream) - offset - _PACKET) // size + 1
    data = np.frombuffer(stream, np.uint8)
    table = np.lib.stride_tricks.as_strided(data[offset:], (count, _PACKET), (size, 1), writeable=False)
    if (table[:, 0] != SYNC).any() or (table[:, 1] & 0x80).any():
        raise Undecodable("the transport stream is damaged; the video is kept as it came")
    return table


def _place(table: Table, stream_type: int) -> int:
    """Give the packet identifier of the first stream of a type (2.4.4.3, 2.4.4.8)."""
    programs = _section(table, _PROGRAMS, _TABLE_OF_PROGRAMS)
    place = next(
        (_identifier(programs, at + 2) for at in range(8, len(programs) - 3, 4) if programs[at] or programs[at + 1]), 0
    )
    streams = _section(table, place, _TABLE_OF_STREAMS)
    at = 12 + ((streams[10] & 0x0F) << 8 | streams[11])
    while at + 5 <= len(streams):
        if streams[at] == stream_type:
            return _identifier(streams, at + 1)
        at += 5 + ((streams[at + 3] & 0x0F) << 8 | streams[at + 4])
    raise Unsupported("the transport stream holds no video of the kind that its transfer syntax says")


def _identifier(data: bytes, at: int) -> int:
    return (data[at] & 0x1F) << 8 | data[at + 1]


def _section(table: Table, place: int, kind: int) -> bytes:
    """Give a table, its check left out, of those that lie in one packet (2.4.4)."""
    packets, starts, begins = _packets(table, place)
    for packet, start in zip(packets[begins], starts[begins], strict=True):
        payload = table[packet, start:].tobytes()
        section = payload[1 + payload[0] :]
        if len(section) >= 3 and section[0] == kind:
            end = 3 + ((section[1] & 0x0F) << 8 | section[2])
            if 16 <= end <= len(section):
                return section[: end - 4]
    raise Undecodable("the transport stream has no table of what is in it; the video is kept as it came")


def _packets(table: Table, place: int) -> tuple[Table, Table, Table]:
    """Give the packets with an identifier that bring something: which, where it starts, and whether a unit begins there.

    A packet may be sent twice (2.4.3.3): the second counts for nothing. Raises `Unsupported` when they are scrambled.
    """
    identifiers = (table[:, 1].astype(np.uint16) & 0x1F) << 8 | table[:, 2]
    packets = np.flatnonzero((identifiers == place) & (table[:, 3] & 0x10 != 0))
    control = table[packets, 3]
    if (control & 0xC0).any():
        raise Unsupported("the transport stream is scrambled")
    starts = np.where(control & 0x20, 5 + table[packets, 4].astype(np.int64), 4)
    counters = control & 0x0F
    new = np.ones(len(packets), bool)
    new[1:] = counters[1:] != counters[:-1]
    kept = new & (starts < _PACKET)
    return packets[kept], starts[kept], table[packets[kept], 1] & 0x40 != 0


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
