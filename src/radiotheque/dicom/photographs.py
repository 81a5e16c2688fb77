"""Pictures and films of the world outside → how DICOM describes them (PS3.18 8.7.3.3, 10.5.2; PS3.5 8.2).

JPEG, JPEG 2000, JPEG XL and H.26x streams are kept unchanged and described from their headers; PNG and GIF are
decoded without loss, for DICOM has no transfer syntax for them.
"""

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from radiotheque.core.errors import Damaged, Malformed, TooLarge, Unsupported
from radiotheque.core.uid import UID
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.codestream import shape_of

if TYPE_CHECKING:
    import numpy as np

MAX_PIXELS = 1 << 27
MAX_DECODED_BYTES = 384 << 20
HEADER_BYTES = 1 << 20

_START_OF_FRAME = {0xC0: ts.JPEG_BASELINE, 0xC1: ts.JPEG_EXTENDED, 0xC3: ts.JPEG_LOSSLESS, 0xF7: ts.JPEG_LS_LOSSLESS}
_LOSSY_METHODS = {
    ts.JPEG_BASELINE: "ISO_10918_1",
    ts.JPEG_EXTENDED: "ISO_10918_1",
    ts.JPEG_LS_NEAR: "ISO_14495_1",
    ts.JPEG_2000: "ISO_15444_1",
    ts.HTJ2K: "ISO_15444_15",
    ts.JPEG_XL: "ISO_18181_1",
    ts.JPEG_XL_RECOMPRESSION: "ISO_18181_1",
}
"""Lossy Image Compression Method (0028,2114) (PS3.3 C.7.6.1.1.5.1)."""


@dataclass(frozen=True, slots=True)
class Description:
    """What the Image Pixel Module must say of a picture (PS3.3 C.7.6.3), by keyword, and its transfer syntax."""

    transfer_syntax: UID
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture decoded without loss: native pixels, little endian, frame after frame, colour by pixel."""

    description: Description
    pixels: bytes


def describe(data: bytes, media_type: str, declared: str = "") -> Description:
    """Describe a compressed picture by its first bytes (up to 1 MiB are enough).

    `declared` is the transfer syntax that came with it; a stream that is another is believed over it.
    Raises `Malformed` when it is no such stream, `Unsupported` for one without a transfer syntax.
    """
    try:
        syntax = UID(declared) if declared else _syntax_of(data, media_type)
        shape = shape_of(data, syntax)
    except Damaged as error:
        raise Malformed(f"a part of type {media_type} is no such stream; nothing was kept of it") from error
    if shape is None:
        raise Unsupported(f"{media_type} has no transfer syntax here; nothing was kept of it")
    bits = shape.precision or 8
    samples = shape.samples or 3
    attributes = _pixel_attributes(shape.rows, shape.columns, samples, bits)
    attributes["PixelRepresentation"] = int(shape.signed)
    if samples > 1:
        attributes["PhotometricInterpretation"] = _colours(data, syntax, shape.ycc)
    if syntax in _LOSSY_METHODS:
        attributes |= {"LossyImageCompression": "01", "LossyImageCompressionMethod": _LOSSY_METHODS[syntax]}
    return Description(syntax, attributes)


def _pixel_attributes(rows: int, columns: int, samples: int, bits: int) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "SamplesPerPixel": samples,
        "PhotometricInterpretation": "RGB" if samples > 1 else "MONOCHROME2",
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 8 if bits <= 8 else 16,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
    }
    if samples > 1:
        attributes["PlanarConfiguration"] = 0
    return attributes


def _syntax_of(data: bytes, media_type: str) -> UID:
    if media_type in ("image/jpeg", "image/jls"):
        return _jpeg_syntax(data)
    if media_type in ("image/jp2", "image/jpx", "image/jphc"):
        return _jpeg_2000_syntax(data, media_type)
    if media_type == "image/jxl":
        return ts.JPEG_XL  # its header does not say whether a loss went before
    if media_type == "image/dicom-rle":
        return ts.RLE_LOSSLESS
    raise Unsupported(f"{media_type} is not taken as pixel data; nothing was kept of it")


def _jpeg_syntax(data: bytes) -> UID:
    """Tell the process by the frame header (ISO 10918-1 Table B.1), and the selection value by the scan header."""
    at, found = 2, UID("")
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in _START_OF_FRAME:
            found = _START_OF_FRAME[marker]
            if marker == 0xC0 and data[at + 4] != 8:
                found = ts.JPEG_EXTENDED
        elif marker in (0xC2, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF):
            raise Unsupported(
                "a progressive, hierarchical or arithmetic JPEG has no transfer syntax in DICOM (PS3.5 8.2.1)"
            )
        elif marker == 0xDA and found:
            return _by_scan(found, data[at + 5 + 2 * data[at + 4] :])
        at += 1 if marker == 0xFF else length + 2
    raise Malformed("a part of type image/jpeg is no JPEG stream; nothing was kept of it")


def _by_scan(syntax: UID, behind_components: bytes) -> UID:
    first = behind_components[:1]
    if syntax == ts.JPEG_LOSSLESS and first == b"\1":
        return ts.JPEG_LOSSLESS_SV1
    if syntax == ts.JPEG_LS_LOSSLESS and first != b"\0":  # NEAR (ISO 14495-1 C.2.3)
        return ts.JPEG_LS_NEAR
    return syntax


def _jpeg_2000_syntax(data: bytes, media_type: str) -> UID:
    """Lossless is the reversible 5-3 transform, named in the COD marker (ISO 15444-1 A.6.1); else possibly lossy."""
    code = data.find(b"\xff\x52", 0, 1 << 16)
    reversible = code >= 0 and data[code + 13 : code + 14] == b"\1"
    capabilities = data.find(b"\xff\x50", 0, 1 << 16)
    if media_type == "image/jphc" or 0 <= capabilities < code:
        return ts.HTJ2K_LOSSLESS if reversible else ts.HTJ2K
    return ts.JPEG_2000_LOSSLESS if reversible else ts.JPEG_2000


def _colours(data: bytes, syntax: UID, ycc: bool | None) -> str:
    if syntax in (ts.JPEG_BASELINE, ts.JPEG_EXTENDED):
        # three components that nobody says are RGB are YCbCr by custom (JFIF); 4:2:0 is written as 4:2:2 (PS3.5 8.2.1)
        return "RGB" if ycc is False else "YBR_FULL" if _unsampled(data) else "YBR_FULL_422"
    if syntax in (ts.JPEG_2000, ts.JPEG_2000_LOSSLESS, ts.HTJ2K, ts.HTJ2K_LOSSLESS):
        code = data.find(b"\xff\x52", 0, 1 << 16)
        transformed = data[code + 8 : code + 9] == b"\1"
        reversible = syntax in (ts.JPEG_2000_LOSSLESS, ts.HTJ2K_LOSSLESS)
        return ("YBR_RCT" if reversible else "YBR_ICT") if transformed else "RGB"
    return "RGB"


def _unsampled(data: bytes) -> bool:
    for marker in (b"\xff\xc0\x00\x11", b"\xff\xc1\x00\x11"):
        at = data.find(marker)
        if at >= 0:
            return data[at + 11] == 0x11
    return False


def bare_codestream(data: bytes) -> tuple[int, int]:
    """Give bytes [start, stop) of the JPEG 2000 codestream in JP2 boxes: DICOM keeps it bare (PS3.5 8.2.4).

    `data` are the file's first bytes; stop 0 is its end.
    """
    if data[4:8] != b"jP  ":
        return 0, 0
    at = 0
    while at + 16 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        head = 16 if length == 1 else 8
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16])
        if kind == b"jp2c":
            return at + head, at + length if length else 0
        if length < 8:
            break
        at += length
    raise Malformed("a JP2 file without a codestream in its first part; nothing was kept of it")


def decode_picture(data: bytes) -> Decoded:
    """Decode a PNG or GIF without loss: for the workbench. Transparency is laid over white.

    Raises `Malformed`, `TooLarge`, `Unsupported`.
    """
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=("PNG", "GIF")) as picture:
                _bounded(picture.width, picture.height, getattr(picture, "n_frames", 1))
                frames = [_samples(frame, data) for frame in ImageSequence.Iterator(picture)]
    except UnidentifiedImageError as error:
        raise Malformed("a part is neither PNG nor GIF; nothing was kept of it") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Malformed("a PNG or GIF cannot be decoded; nothing was kept of it") from error
    return _described(frames)


def _bounded(width: int, height: int, frames: int) -> None:
    if width > 0xFFFF or height > 0xFFFF or width * height > MAX_PIXELS:
        raise TooLarge(f"a picture of {width} × {height} pixels; nothing was kept of it")
    if width * height * 3 * frames > MAX_DECODED_BYTES:
        raise TooLarge(f"a moving picture of {frames} frames, {width} × {height}; nothing was kept of it")


def _samples(frame: Any, data: bytes) -> "np.ndarray[Any, np.dtype[Any]]":
    """Give (rows, columns) or (rows, columns, 3) of uint8 or uint16."""
    import numpy as np
    from PIL import Image

    if frame.mode in ("I;16", "I;16B", "I"):
        return np.asarray(frame, dtype=np.uint16)
    if data[:4] == b"\x89PNG" and data[24] == 16 and frame.mode in ("RGB", "RGBA"):
        return _deep_colour(data)
    if "transparency" in frame.info or frame.mode in ("RGBA", "LA", "PA"):
        over = frame.convert("RGBA")
        frame = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    if frame.mode in ("1", "L"):
        return np.asarray(frame.convert("L"))
    return np.asarray(frame.convert("RGB"))


def _deep_colour(data: bytes) -> "np.ndarray[Any, np.dtype[Any]]":
    """Decode 16-bit colour, which Pillow would cut to 8 bits; an alpha channel is left out."""
    import cv2
    import numpy as np

    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.ndim != 3:
        raise Malformed("a PNG cannot be decoded; nothing was kept of it")
    return np.ascontiguousarray(decoded[:, :, 2::-1])


def _described(frames: "list[np.ndarray[Any, np.dtype[Any]]]") -> Decoded:
    import numpy as np

    if len({(frame.shape, frame.dtype) for frame in frames}) > 1:
        frames = [frame if frame.ndim == 3 else np.repeat(frame[:, :, None], 3, axis=2) for frame in frames]
    first = frames[0]
    samples = 3 if first.ndim == 3 else 1
    attributes = _pixel_attributes(first.shape[0], first.shape[1], samples, first.dtype.itemsize * 8)
    if len(frames) > 1:
        attributes["NumberOfFrames"] = len(frames)
    pixels = b"".join(frame.astype(first.dtype.newbyteorder("<")).tobytes() for frame in frames)
    return Decoded(Description(ts.EXPLICIT_LE, attributes), pixels)
