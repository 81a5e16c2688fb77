"""A ZIP as it is sent (PKWARE APPNOTE 6.3): stored, not deflated, so its exact size is known before its first byte.

Images are compressed already or must start at once; what a member's CRC-32 is becomes known as it passes, so it
follows in a data descriptor. ZIP64 where a size, an offset or the number of members asks for it.
"""

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from struct import pack

_LOCAL, _DESCRIPTOR, _CENTRAL = 0x04034B50, 0x08074B50, 0x02014B50
_END, _END_64, _LOCATOR_64 = 0x06054B50, 0x06064B50, 0x07064B50
_FULL, _FULL_COUNT = 0xFFFFFFFF, 0xFFFF
_PLAIN_VERSION, _ZIP64_VERSION = 20, 45
_CRC_FOLLOWS = 0x0008
_UNIX = 3 << 8
_READABLE_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the ZIP: its name in ASCII, its exact size, and its bytes, asked for once in its turn."""

    name: str
    size_bytes: int
    chunks: Callable[[], Iterator[bytes]]

    @property
    def large(self) -> bool:
        return self.size_bytes >= _FULL


def zip_size(members: Sequence[Member]) -> int:
    """Give the exact size in bytes of the ZIP of these members."""
    offset, directory = 0, 0
    for member in members:
        directory += 46 + len(member.name) + _central_extra(member, offset)
        offset += _local_size(member) + member.size_bytes + (24 if member.large else 16)
    ends = 22 + (76 if _needs_64(len(members), offset, directory) else 0)
    return offset + directory + ends


def zip_chunks(members: Sequence[Member], *, modified_at: float) -> Iterator[bytes]:
    """Yield the ZIP; a member that gives another size than it said ends it with `ValueError`."""
    stamp = _dos_time(modified_at)
    offset = 0
    entries: list[bytes] = []
    for member in members:
        yield _local(member, stamp)
        crc, size = 0, 0
        for piece in member.chunks():
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            yield piece
        if size != member.size_bytes:
            raise ValueError(f"{member.name} has {size} bytes and was said to have {member.size_bytes}")
        yield pack("<IIQQ" if member.large else "<IIII", _DESCRIPTOR, crc, size, size)
        entries.append(_central(member, stamp, crc, offset))
        offset += _local_size(member) + size + (24 if member.large else 16)
    directory = b"".join(entries)
    yield directory + _ends(len(members), offset, len(directory))


def _local_size(member: Member) -> int:
    return 30 + len(member.name) + (20 if member.large else 0)


def _local(member: Member, stamp: tuple[int, int]) -> bytes:
    """The sizes are zero since a descriptor follows; a ZIP64 field says that its sizes are of 8 bytes (4.3.9.2)."""
    large = member.large
    extra = pack("<HHQQ", 1, 16, 0, 0) if large else b""
    version, size = (_ZIP64_VERSION, _FULL) if large else (_PLAIN_VERSION, 0)
    name = member.name.encode("ascii")
    head = pack("<IHHHHHIIIHH", _LOCAL, version, _CRC_FOLLOWS, 0, *stamp, 0, size, size, len(name), len(extra))
    return head + name + extra


def _central_extra(member: Member, offset: int) -> int:
    words = (2 if member.large else 0) + (1 if offset >= _FULL else 0)
    return 4 + 8 * words if words else 0


def _central(member: Member, stamp: tuple[int, int], crc: int, offset: int) -> bytes:
    large, far = member.large, offset >= _FULL
    wide = [*((member.size_bytes, member.size_bytes) if large else ()), *((offset,) if far else ())]
    extra = pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = _ZIP64_VERSION if wide else _PLAIN_VERSION
    size = _FULL if large else member.size_bytes
    name = member.name.encode("ascii")
    head = pack(
        "<IHHHHHHIIIHHHHHII",
        *(_CENTRAL, _UNIX | version, version, _CRC_FOLLOWS, 0, *stamp, crc, size, size),
        *(len(name), len(extra), 0, 0, 0, _READABLE_FILE, _FULL if far else offset),
    )
    return head + name + extra


def _needs_64(count: int, offset: int, directory: int) -> bool:
    return count >= _FULL_COUNT or offset >= _FULL or directory >= _FULL


def _ends(count: int, offset: int, directory: int) -> bytes:
    wide = b""
    if _needs_64(count, offset, directory):
        record = pack(
            "<IQHHIIQQQQ", _END_64, 44, _UNIX | _ZIP64_VERSION, _ZIP64_VERSION, 0, 0, count, count, directory, offset
        )
        wide = record + pack("<IIQI", _LOCATOR_64, 0, offset + directory, 1)
    few = min(count, _FULL_COUNT)
    return wide + pack("<IHHHHIIH", _END, 0, 0, few, few, min(directory, _FULL), min(offset, _FULL), 0)


def _dos_time(moment: float) -> tuple[int, int]:
    at = time.gmtime(max(moment, 315532800))  # MS-DOS knows no time before 1980
    return at.tm_hour << 11 | at.tm_min << 5 | at.tm_sec // 2, (at.tm_year - 1980) << 9 | at.tm_mon << 5 | at.tm_mday
