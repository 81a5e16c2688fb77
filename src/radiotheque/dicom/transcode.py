"""A whole instance, or some of its frames, from one transfer syntax into another (PS3.5 8, 10, Annex A)."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from radiotheque.core.errors import Undecodable, Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import PixelInfo, decode_samples, pixel_info
from radiotheque.dicom.encode import LOSSLESS, Frame, encode_frame, photometric_of
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.overlays import has_embedded, overlays_of
from radiotheque.dicom.reading import FOREIGN, Bytes, frame_bytes, pixel_bytes, read_part10
from radiotheque.dicom.syntaxes import TransferSyntax, syntax

_BASIC_TABLE_LIMIT = (1 << 32) - (1 << 20)
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def transcode(data: Bytes, to_syntax: str) -> bytes:
    """Give a Part 10 file with the same content in another transfer syntax.

    Pixels are the same, bit by bit; what was lossy before is only ever decompressed, never compressed again, and keeps
    its Lossy Image Compression marks. Compressed colour comes out as RGB where its codec transforms colours, else in
    the colours that it had. Every frame is one fragment, with an offset table. Overlays in unused high bits are moved
    into Overlay Data before pixels are compressed (PS3.5 8.1.2).

    Raises `Unsupported` for a target that is not written here or does not fit the object, `Undecodable`, `TooLarge`.
    """
    target = syntax(to_syntax)
    ds, source = read_part10(data)
    if source == target.uid:
        return bytes(data)
    _check_target(ds, target)
    big_endian = syntax(source).big_endian
    if pixel_bytes(ds) is not None:
        _recode(ds, source, target)
    if big_endian != target.big_endian:
        ds.walk(_swap_words)
    return _written(ds, target)


def transcode_frames(head: Bytes, frames: Sequence[Bytes], to_syntax: str) -> list[bytes]:
    """Give frames of an instance in another transfer syntax, for a client that asked for just these.

    `head` is the Part 10 file up to its pixel data, `frames` the bytes of each wanted frame with fragments joined.
    Native frames come back little endian, colour by pixel. Raises as `transcode`.
    """
    target = syntax(to_syntax)
    ds, source = read_part10(head)
    info = pixel_info(ds, source)
    if source == target.uid:
        return [bytes(frame) for frame in frames]
    _check_lossless(info, source, target)
    out = []
    for frame in frames:
        out.append(_encoded(decode_samples(frame, info)[0], info, target))
    return out


def _check_target(ds: Dataset, target: TransferSyntax) -> None:
    if target.encapsulated and (pixel_bytes(ds) is None or "PixelData" not in ds):
        raise Unsupported(f"an object without integer pixel data cannot be given in {target.name}")


def _check_lossless(info: PixelInfo, source: str, target: TransferSyntax) -> None:
    if not target.encapsulated:
        return
    if target.uid not in LOSSLESS:
        raise Unsupported(f"images are not written in {target.name} here; ask for the stored or a lossless one")
    if info.syntax not in LOSSLESS_SOURCES:
        raise Unsupported("a lossy image is given as it is kept or uncompressed, never compressed again")


LOSSLESS_SOURCES = frozenset(row.uid for row in ts.SYNTAXES.values() if row.lossless)


def _recode(ds: Dataset, source: str, target: TransferSyntax) -> None:
    if syntax(source).video:
        raise Unsupported("a video is given only as it is kept")
    info = pixel_info(ds, source)
    if info.kind != "int":
        _swap_if(ds, source, target)
        return
    native_source = info.native and info.syntax != ts.ENCAPSULATED_UNCOMPRESSED
    if native_source and not target.encapsulated:
        _swap_if(ds, source, target)
        return
    _check_lossless(info, source, target)
    if native_source and has_embedded(ds):
        info = _lift_overlays(ds, info)
    pieces, photometric = [], info.photometric
    for data, bit in frame_bytes(ds, info):
        samples, photometric = decode_samples(data, info, bit=bit)
        pieces.append(_encoded(samples, info, target))
    _describe(ds, info, target, photometric)
    _set_pixels(ds, info, target, pieces)


def _encoded(samples: Frame, info: PixelInfo, target: TransferSyntax) -> bytes:
    if target.encapsulated:
        if info.bits_allocated == 1:
            raise Unsupported(f"pixels of one bit are not given in {target.name}; ask for an uncompressed syntax")
        return encode_frame(samples, target.uid, info.bits_stored)
    if info.bits_allocated == 1:
        return np.packbits(samples.ravel(), bitorder="little").tobytes()
    return samples.astype(samples.dtype.newbyteorder(">" if target.big_endian else "<"), copy=False).tobytes()


def _describe(ds: Dataset, info: PixelInfo, target: TransferSyntax, photometric: str) -> None:
    """Make the Image Pixel Module say what the frames now are (PS3.3 C.7.6.3)."""
    ds.PhotometricInterpretation = photometric_of(target.uid, photometric) if target.encapsulated else photometric
    if info.samples > 1:
        # PS3.5 8.2.2: RLE segments are by plane; everything else here is by pixel
        ds.PlanarConfiguration = 1 if target.uid == ts.RLE_LOSSLESS else 0
    ds.HighBit = info.bits_stored - 1


def _set_pixels(ds: Dataset, info: PixelInfo, target: TransferSyntax, pieces: Sequence[bytes]) -> None:
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        ds.pop(keyword, None)
    if not target.encapsulated:
        data = b"".join(pieces)
        ds.PixelData = data + b"\0" * (len(data) % 2)
        ds["PixelData"].VR = "OW" if info.bits_allocated > 8 or target.implicit else "OB"
        ds["PixelData"].is_undefined_length = False
        return
    if sum(map(len, pieces)) + 8 * len(pieces) > _BASIC_TABLE_LIMIT:  # PS3.5 A.4: beyond 32-bit offsets
        ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(list(pieces))
    else:
        ds.PixelData = encapsulate(list(pieces), has_bot=True)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True


def _lift_overlays(ds: Dataset, info: PixelInfo) -> PixelInfo:
    """Move overlays from the pixel data's unused bits into Overlay Data; codecs keep only the bits stored."""
    planes: dict[int, list[Frame]] = {}
    for number, (data, _) in enumerate(frame_bytes(ds, info)):
        order = info.dtype.newbyteorder(">" if info.syntax == ts.EXPLICIT_BE else "<")
        raw = np.frombuffer(data, order, info.pixels).reshape(info.rows, info.columns).astype(info.dtype)
        for overlay in overlays_of(ds, number, raw):
            if (overlay.group, 0x3000) not in ds:
                planes.setdefault(overlay.group, []).append(overlay.bits)
    for group, frames in planes.items():
        data = np.packbits(np.stack(frames).ravel(), bitorder="little").tobytes()
        ds.add_new((group, 0x3000), "OW", data + b"\0" * (len(data) % 2))
        ds.add_new((group, 0x0100), "US", 1)
        ds.add_new((group, 0x0102), "US", 0)
        if len(frames) > 1:
            ds.add_new((group, 0x0015), "IS", len(frames))
            ds.add_new((group, 0x0051), "US", 1)
    return info


def _swap_if(ds: Dataset, source: str, target: TransferSyntax) -> None:
    if syntax(source).big_endian == target.big_endian:
        return
    element = next(ds[name] for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if name in ds)
    size = max(int(ds.get("BitsAllocated", 16)) // 8, 1)
    if size == 1:
        element.VR = "OB"  # single bytes have no order
    element.value = _swapped(bytes(element.value), size)


def _swapped(data: bytes, size: int) -> bytes:
    if size == 1:
        return data
    whole = len(data) - len(data) % size
    return np.frombuffer(data[:whole], f"u{size}").byteswap().tobytes() + data[whole:]


def _swap_words(ds: Dataset, element: Any) -> None:
    """Swap the bytes of words that pydicom leaves as they lie; the pixel data is done apart."""
    size = _WORDS.get(element.VR)
    if size and isinstance(element.value, bytes) and element.tag.group != 0x7FE0:
        element.value = _swapped(element.value, size)


def _written(ds: Dataset, target: TransferSyntax) -> bytes:
    body = DicomBytesIO()
    body.is_implicit_VR, body.is_little_endian = target.implicit, not target.big_endian
    ds.pop("DataSetTrailingPadding", None)
    try:
        write_dataset(body, ds)
    except FOREIGN as error:
        raise Undecodable(
            f"the object cannot be written in {target.name} ({type(error).__name__}); it is kept as it came"
        ) from error
    data = body.getvalue()
    if target.deflated:
        data = _deflated(data)
    meta = file_meta(str(ds.get("SOPClassUID", "")), str(ds.get("SOPInstanceUID", "")), target.uid)
    return meta + data


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(data) + packer.flush()
    return packed + b"\0" * (len(packed) % 2)  # PS3.5 A.5
