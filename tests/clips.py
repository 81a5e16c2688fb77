"""Little real films, made bit by bit: H.264 whose pictures are written out uncoded, so that everybody's decoder agrees.

Every second picture is an IDR of I_PCM macroblocks (ITU-T H.264 7.3.5, mb_type 25) of one grey; the one behind it skips all
macroblocks, so it shows the same.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import pack

import cv2
import numpy as np
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from phantoms import part10, phantom_dataset
from radiotheque.dicom.remux import to_mp4

VIDEO_PHOTOGRAPHIC = "1.2.840.10008.5.1.4.1.1.77.1.4.1"
MPEG2, H264, HEVC = "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.107"
COLUMNS, ROWS, FRAMES = 96, 64, 25
FRAME_TICKS = 3600
"""Of a picture, in 1/90,000 s: 25 a second."""

_ACROSS, _DOWN = COLUMNS // 16, ROWS // 16
_CLOCK_0 = 90_000
_PID_OF_TABLE, _PID_OF_VIDEO = 0x1000, 0x0100


def luma(number: int) -> int:
    """The Y of picture `number`, from 0."""
    return 40 + 6 * ((number - number % 2) % 32)


def grey(number: int) -> int:
    """The grey that the Y of picture `number` stands for, black being 16 and white 235 (ITU-R BT.601)."""
    return round((luma(number) - 16) * 255 / 219)


class Bits:
    """Bits from the most significant one on."""

    def __init__(self) -> None:
        self._bits = ""

    def u(self, value: int, count: int) -> "Bits":
        self._bits += f"{value:0{count}b}"
        return self

    def ue(self, *values: int) -> "Bits":
        """Exp-Golomb codes (9.1); those of the signed 0 are the same."""
        for value in values:
            code = f"{value + 1:b}"
            self._bits += "0" * (len(code) - 1) + code
        return self

    def aligned(self) -> "Bits":
        self._bits += "0" * (-len(self._bits) % 8)
        return self

    def raw(self, data: bytes) -> "Bits":
        self._bits += "".join(f"{byte:08b}" for byte in data)
        return self

    def ended(self) -> bytes:
        """The bytes with the stop bit (7.3.2.11), zeros broken by emulation prevention (7.4.1)."""
        self.u(1, 1).aligned()
        data, out = int(self._bits, 2).to_bytes(len(self._bits) // 8), bytearray()
        for byte in data:
            if byte <= 3 and out[-2:] == b"\0\0":
                out.append(3)
            out.append(byte)
        return bytes(out)


def sequence_set(columns: int = COLUMNS, rows: int = ROWS) -> bytes:
    """Baseline, level 3.0, one reference, output in the order of decoding; cropped to the size."""
    across, down = -(-columns // 16), -(-rows // 16)
    bits = Bits().u(66, 8).u(0xC0, 8).u(30, 8).ue(0, 0, 2, 1).u(0, 1).ue(across - 1, down - 1).u(0b11, 2)
    crop = (16 * across - columns) // 2, (16 * down - rows) // 2
    if any(crop):
        bits.u(1, 1).ue(0, crop[0], 0, crop[1])
    else:
        bits.u(0, 1)
    return b"\x67" + bits.u(0, 1).ended()


def picture_set() -> bytes:
    """CAVLC, no groups, deblocking said by each slice."""
    return b"\x68" + Bits().ue(0, 0).u(0, 2).ue(0, 0, 0).u(0, 3).ue(0, 0, 0).u(0b100, 3).ended()


def picture(number: int) -> list[bytes]:
    """The NAL units of a picture."""
    if number % 2:
        bits = Bits().ue(0, 5, 0).u(1, 4).u(0, 3).ue(0, 1, _ACROSS * _DOWN)
        return [b"\x09\xf0", b"\x41" + bits.ended()]
    bits = Bits().ue(0, 7, 0).u(0, 4).ue(number // 2 % 2).u(0, 2).ue(0, 1)
    block = bytes([luma(number)]) * 256 + bytes([128]) * 128
    for _ in range(_ACROSS * _DOWN):
        bits.ue(25).aligned().raw(block)
    return [b"\x09\xf0", sequence_set(), picture_set(), b"\x65" + bits.ended()]


def elementary_stream(frames: int = FRAMES) -> bytes:
    """Annex B: units behind start codes."""
    return b"".join(b"\0\0\0\1" + unit for number in range(frames) for unit in picture(number))


def transport_stream(frames: int = FRAMES, *, packet: int = 188, stream_type: int = 0x1B) -> bytes:
    """The film in packets of 188 bytes, 192 with a time before each, or 204 (ISO/IEC 13818-1)."""
    parts = [_table(0, 0, pack(">HH", 1, 0xE000 | _PID_OF_TABLE))]
    streams = pack(">HHBHH", 0xE000 | _PID_OF_VIDEO, 0xF000, stream_type, 0xE000 | _PID_OF_VIDEO, 0xF000)
    parts.append(_table(_PID_OF_TABLE, 2, streams))
    counter = 0
    for number in range(frames):
        for each in _timed(number, counter):
            parts.append(each)
            counter += 1
    before, behind = (4, 0) if packet == 192 else (0, packet - 188)
    return b"".join(bytes(before) + part + bytes(behind) for part in parts)


def _timed(number: int, counter: int) -> Iterator[bytes]:
    """One picture as a packet of the elementary stream, cut into packets of the transport stream."""
    time = _CLOCK_0 + number * FRAME_TICKS
    data = b"".join(b"\0\0\0\1" + unit for unit in picture(number))
    rest = b"\0\0\1\xe0\0\0\x80\x80\x05" + _stamp(time) + data
    first = True
    while rest:
        clock = pack(">B", 0x10) + (time << 15 | 0x7E00).to_bytes(6) if first else b""
        room = 184 - (1 + len(clock) if clock else 0)
        taken, rest = rest[:room], rest[room:]
        stuffing = room - len(taken)
        field = b""
        if clock:
            field = pack(">B", len(clock) + stuffing) + clock + b"\xff" * stuffing
        elif stuffing:
            field = pack(">B", stuffing - 1) + (b"\0" + b"\xff" * (stuffing - 2) if stuffing > 1 else b"")
        flags = (0x4000 if first else 0) | _PID_OF_VIDEO
        yield pack(">BHB", 0x47, flags, (0x30 if field else 0x10) | counter % 16) + field + taken
        counter, first = counter + 1, False


def _stamp(time: int) -> bytes:
    return bytes(
        (0x21 | time >> 29 & 0x0E, time >> 22 & 0xFF, 1 | time >> 14 & 0xFE, time >> 7 & 0xFF, 1 | time << 1 & 0xFE)
    )


def _table(place: int, kind: int, content: bytes) -> bytes:
    section = pack(">BHHBBB", kind, 0xB000 | len(content) + 9, 1, 0xC1, 0, 0) + content
    section += pack(">I", _check(section))
    return (pack(">BHBB", 0x47, 0x4000 | place, 0x10, 0) + section).ljust(188, b"\xff")


def _check(data: bytes) -> int:
    """CRC_32 (ISO/IEC 13818-1 Annex A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


def mp4(frames: int = FRAMES) -> bytes:
    """The film in an MP4 file."""
    return b"".join(to_mp4(transport_stream(frames)))


def mpeg2(place: Path, frames: int = FRAMES) -> bytes:
    """A film of greys in MPEG-2, encoded by FFmpeg in OpenCV."""
    path = place / "film.mpg"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mpg2"), 25.0, (COLUMNS, ROWS))
    for number in range(frames):
        writer.write(np.full((ROWS, COLUMNS, 3), grey(number), np.uint8))
    writer.release()
    return path.read_bytes()


def video(
    stream: bytes,
    syntax: str = H264,
    *,
    frames: int = FRAMES,
    name: str = "film",
    fragments: Sequence[bytes] = (),
    **wishes: object,
) -> bytes:
    """A bit stream as a DICOM object, in one fragment (PS3.5 8.2.5) unless `fragments` are given."""
    ds = phantom_dataset(
        modality="XC", photometric="RGB", bits_stored=8, study=name, rows=ROWS, columns=COLUMNS, **wishes
    )  # type: ignore[arg-type]
    ds.SOPClassUID = UID(VIDEO_PHOTOGRAPHIC)
    ds.PhotometricInterpretation = "YBR_PARTIAL_420"
    ds.NumberOfFrames, ds.CineRate, ds.FrameTime = frames, 25, "40"
    ds.FrameIncrementPointer = 0x00181063
    ds.PixelData = encapsulate(list(fragments) or [stream], has_bot=False)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    return part10(ds, syntax)
