"""How a video lies in its Pixel Data: which container, told by its first bytes (PS3.5 8.2.5 to 8.2.11), and which codec."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from radiotheque.core.uid import UID
from radiotheque.dicom.syntaxes import SYNTAXES

HEAD_BYTES = 1024
"""So much of a stream is enough to tell its container."""

SYNC = 0x47
_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Size of a packet and where its sync byte stands: plain, with a time before it, with a check behind it."""
_MP4 = (b"ftyp", b"styp", b"moov")


class Container(StrEnum):
    """What a bit stream is wrapped in."""

    MP4 = "mp4"  # ISO/IEC 14496-12
    TRANSPORT_STREAM = "mpeg-ts"  # ISO/IEC 13818-1 2.4
    PROGRAM_STREAM = "mpeg-ps"  # ISO/IEC 13818-1 2.5
    ELEMENTARY_STREAM = "elementary"  # nothing
    OTHER = "unknown"


SUFFIXES = {
    Container.MP4: ".mp4",
    Container.TRANSPORT_STREAM: ".ts",
    Container.PROGRAM_STREAM: ".mpg",
    Container.ELEMENTARY_STREAM: ".bin",
    Container.OTHER: ".bin",
}
"""How the name of a file ends that holds such a stream."""

type Codec = Literal["mpeg2", "h264", "hevc"]
"""What a video is encoded in: ISO/IEC 13818-2, ITU-T H.264 or H.265."""

_CODECS: Mapping[str, Codec] = {"video/mpeg": "mpeg2", "video/mp4": "h264", "video/H265": "hevc"}


def is_video(transfer_syntax: UID) -> bool:
    """Say whether Pixel Data in a transfer syntax are one video."""
    row = SYNTAXES.get(transfer_syntax)
    return row is not None and row.video


def codec_of(transfer_syntax: UID) -> Codec:
    """Give the codec of a transfer syntax of video."""
    return _CODECS[SYNTAXES[transfer_syntax].media_type]


def container_of(head: bytes) -> Container:
    """Tell the container by the first `HEAD_BYTES` of a stream."""
    if head[4:8] in _MP4:
        return Container.MP4
    if packets_of(head) is not None:
        return Container.TRANSPORT_STREAM
    if head.startswith(b"\0\0\1\xba"):
        return Container.PROGRAM_STREAM
    if head.startswith((b"\0\0\1", b"\0\0\0\1")):
        return Container.ELEMENTARY_STREAM
    return Container.OTHER


def packets_of(head: bytes) -> tuple[int, int] | None:
    """Give the size of a transport stream's packets and the place of their sync byte; None when it is no such stream."""
    for size, at in _PACKETS:
        signs = head[at::size]
        if len(head) >= size and all(sign == SYNC for sign in signs):
            return size, at
    return None
