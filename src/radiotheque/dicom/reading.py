"""Whole data sets through pydicom, for the work that is done in a child process: rendering and transcoding."""

import struct
import warnings
from io import BytesIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.errors import BytesLengthException, InvalidDicomError

from radiotheque.core.errors import Undecodable
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import PixelInfo

type Bytes = bytes | memoryview

FOREIGN = (
    InvalidDicomError,
    BytesLengthException,
    struct.error,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    NotImplementedError,
    RecursionError,
    OSError,
)
"""What pydicom raises at bytes that it does not understand."""

_PIXELS = (("PixelData", "int"), ("FloatPixelData", "float"), ("DoubleFloatPixelData", "double"))


def read_part10(data: Bytes) -> tuple[Dataset, str]:
    """Give the data set of a Part 10 file (or of its first part, up to the pixel data), and its transfer syntax.

    Without group 0002 Explicit or Implicit VR is guessed. Raises `Undecodable`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd values are no news: what is wrong is said where it matters
            ds = dcmread(BytesIO(data), force=True)
    except FOREIGN as error:
        raise Undecodable(
            "the object cannot be parsed ({name}); it is kept as it came", name=type(error).__name__
        ) from error
    implicit, _ = ds.original_encoding
    syntax = str(ds.file_meta.get("TransferSyntaxUID", "")) if hasattr(ds, "file_meta") else ""
    if (
        syntax == ts.EXPLICIT_BE
        and "PixelData" in ds
        and ds["PixelData"].VR == "OW"
        and ds.get("BitsAllocated", 0) <= 8
    ):
        _unswap(ds)
    return ds, syntax or (ts.IMPLICIT_LE if implicit else ts.EXPLICIT_LE)


def _unswap(ds: Dataset) -> None:
    """Put bytes that were written as big endian words (PS3.5 8.1.1) into their own order."""
    data = bytes(ds.PixelData)
    ds.PixelData = np.frombuffer(data[: len(data) & ~1], "u2").byteswap().tobytes() + data[len(data) & ~1 :]
    ds["PixelData"].VR = "OB"


def pixel_bytes(ds: Dataset) -> bytes | None:
    """Give the value of whichever element holds the pixels, None when none does."""
    for keyword, _ in _PIXELS:
        if keyword in ds:
            return bytes(ds[keyword].value or b"")
    return None


def frame_bytes(ds: Dataset, info: PixelInfo) -> list[tuple[Bytes, int]]:
    """Give the bytes of every frame and the bit at which it begins in them (0 but for frames of single bits).

    Fragments of one frame are joined, by the offset tables or by the end markers (PS3.5 A.4). Raises `Undecodable`.
    """
    data = pixel_bytes(ds)
    if not data:
        raise Undecodable("the object has no pixel data; it is kept as it came")
    if info.native and info.syntax != ts.ENCAPSULATED_UNCOMPRESSED:
        return native_frames(memoryview(data), info)
    try:
        table = ds.get("ExtendedOffsetTable"), ds.get("ExtendedOffsetTableLengths")
        extended = (table[0], table[1]) if table[0] and table[1] else None
        found = list(generate_frames(data, number_of_frames=info.frames, extended_offsets=extended))
    except FOREIGN as error:
        raise Undecodable(
            "the fragments of the pixel data do not hold together; the object is kept as it came"
        ) from error
    if len(found) < info.frames:
        raise Undecodable(
            "the pixel data hold {count} frames of {frames}; the object is kept as it came",
            count=len(found),
            frames=info.frames,
        )
    return [(frame, 0) for frame in found]


def native_frames(data: memoryview, info: PixelInfo) -> list[tuple[Bytes, int]]:
    """Cut native pixel data into frames. Raises `Undecodable` when it is too short for all of them."""
    size = info.frame_bits
    if len(data) * 8 < size * info.frames:
        raise Undecodable(
            "the pixel data have {count} bytes where {need} are needed; the object is kept",
            count=len(data),
            need=-(-size * info.frames // 8),
        )
    starts = range(0, size * info.frames, size)
    return [(data[start // 8 : -(-(start + size) // 8)], start % 8) for start in starts]
