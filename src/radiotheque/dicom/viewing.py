"""One frame as a viewer takes it: grey ones as HTJ2K, read from the smallest size to the largest; colours as a browser draws them.

Grey frames are bit exact: reversible, of Bits Stored and the sign that the header says, in RPCL order with tile-part
lengths (PS3.5 10.18, `encode`); a frame that is stored so is given as it is, decoded only for its range. What no 16 bits
hold is given as a copy that is rescaled to them, and its facts say so.
"""

from typing import Any

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset

from radiotheque.core.errors import Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.codestream import shape_of
from radiotheque.dicom.colour import rgb_of
from radiotheque.dicom.decode import PixelInfo, decode_samples, pixel_info
from radiotheque.dicom.encode import encode_frame
from radiotheque.dicom.grey import after_modality, chain_of, extent
from radiotheque.dicom.overlays import has_embedded, overlays_of
from radiotheque.dicom.pictures import raw_of
from radiotheque.dicom.progressive import is_progressive
from radiotheque.dicom.reading import Bytes, read_part10
from radiotheque.dicom.rendermodel import Facts, is_colour, overlay_model
from radiotheque.dicom.rendertypes import OverlayModel

type Frame = np.ndarray[Any, Any]

_TOP = (1 << 16) - 1
_START_OF_SCAN = b"\xff\xda"


def frame_to_view(head: Bytes, frame: Bytes, number: int) -> list[bytes]:
    """Give the facts of a frame, counted from 0, as JSON, and its bytes for the viewer.

    `head` is the Part 10 file up to the pixel data, `frame` the frame's bytes. Raises `Undecodable`, `Unsupported`,
    `TooLarge`.
    """
    ds, syntax = read_part10(head)
    info = pixel_info(ds, syntax)
    facts, body = _colour(ds, info, frame) if is_colour(info) else _grey(ds, info, frame, number)
    return [facts.as_json(), body]


def _colour(ds: Dataset, info: PixelInfo, data: Bytes) -> tuple[Facts, bytes]:
    stream = bytes(data)
    if drawn_by_browsers(stream, info):
        return Facts("jpeg", 8, False, len(stream)), stream
    samples, photometric = decode_samples(data, info)
    rgb = rgb_of(ds, samples, photometric, info.bits_stored)
    body = bytes(imagecodecs.spng_encode(np.ascontiguousarray(rgb), level=1))
    return Facts("png", 8, False, len(body), lossless=info.bits_stored <= 8), body


def drawn_by_browsers(stream: bytes, info: PixelInfo) -> bool:
    """Whether a browser shows a stored JPEG in its right colours and the right way up, as it is.

    Browsers go by JFIF, then by Adobe's marker, then by the components' names, and take everything else for YCbCr; they
    know nothing of a Photometric Interpretation. And they turn a picture as Exif says, of which DICOM knows nothing.
    """
    if info.syntax != ts.JPEG_BASELINE or info.samples != 3 or info.bits_stored != 8 or b"\xff\xd9" not in stream[-64:]:
        return False
    shape = shape_of(stream, info.syntax)
    if shape is None or (shape.rows, shape.columns, shape.samples) != (info.rows, info.columns, 3):
        return False
    header = stream[: max(stream.find(_START_OF_SCAN), 0)]
    if shape.precision != 8 or b"Exif\0" in header:
        return False
    if shape.ycc is None:
        return info.photometric != "RGB"
    return shape.ycc or b"JFIF\0" not in header


def _grey(ds: Dataset, info: PixelInfo, data: Bytes, number: int) -> tuple[Facts, bytes]:
    bit = number * info.frame_bits % 8 if info.native and info.bits_allocated == 1 else 0
    samples, _ = decode_samples(data, info, bit=bit)
    if info.kind != "int" or info.bits_stored > 16:
        return _copied(ds, info, samples, number)
    low, high = extent(samples, chain_of(ds, info, number).padding)
    if samples.dtype.itemsize > 2:
        samples = samples.astype(f"{samples.dtype.kind}2")
    stored = bytes(data) if info.syntax == ts.HTJ2K_LOSSLESS_RPCL else b""
    codec: Any
    codec, body = ("htj2k", stored) if is_progressive(stored, info) else _encoded(samples, info.bits_stored)
    overlays = tuple(_embedded(ds, info, data, number))
    size = len(body)
    return Facts(codec, info.bits_stored, info.signed, size, low=low, high=high, overlays=overlays), body


def _encoded(samples: Frame, bits: int) -> tuple[Any, bytes]:
    """Give a frame as HTJ2K, or as bare little endian cells where the codec cannot hold it."""
    try:
        return "htj2k", encode_frame(samples, ts.HTJ2K_LOSSLESS_RPCL, bits)
    except Unsupported:
        return "raw", samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes()


def _copied(ds: Dataset, info: PixelInfo, samples: Frame, number: int) -> tuple[Facts, bytes]:
    """Give a frame of floats or deep integers as 16 bits over the range that it uses, after the Modality LUT.

    What is padding becomes 0, and nothing else does.
    """
    chain = chain_of(ds, info, number)
    values = after_modality(chain, np.nan_to_num(samples.astype(np.float64)))
    image = np.isfinite(samples)
    if chain.padding is not None:
        image &= (samples < chain.padding[0]) | (samples > chain.padding[1])
    low, high = (float(values[image].min()), float(values[image].max())) if image.any() else (0.0, 1.0)
    bottom = 0 if chain.padding is None else 1
    step = max(high - low, np.finfo(np.float64).tiny) / (_TOP - bottom)
    copy = np.clip(np.rint((values - low) / step), 0, _TOP - bottom).astype(np.uint16) + np.uint16(bottom)
    if chain.padding is not None:
        copy[(samples >= chain.padding[0]) & (samples <= chain.padding[1])] = 0
    codec, body = _encoded(copy, 16)
    scale = (step, low - bottom * step)
    return Facts(codec, 16, False, len(body), lossless=False, low=float(bottom), high=float(_TOP), scale=scale), body


def _embedded(ds: Dataset, info: PixelInfo, data: Bytes, number: int) -> list[OverlayModel]:
    """Give the overlays that lie in the pixel data's unused bits (PS3.5 8.1.2)."""
    if not info.native or not has_embedded(ds):
        return []
    raw = raw_of(data, info)
    planes = overlays_of(ds, number, raw) if raw is not None else []
    apart = {overlay.group for overlay in overlays_of(ds, number)}
    models = [overlay_model(ds, plane) for plane in planes if plane.group not in apart]
    return [model for model in models if model is not None]
