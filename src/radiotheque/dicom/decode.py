"""Frames out of bytes: stored values from every transfer syntax that a kept-up codec reads (PS3.5 8, Annex A)."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset

from radiotheque.core.errors import RadiothequeError, TooLarge, Undecodable, Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.codestream import Shape, shape_of
from radiotheque.dicom.colour import to_rgb

type Frame = np.ndarray[Any, Any]

MAX_FRAME_PIXELS = 1 << 28
MAX_FRAME_BYTES = 512 << 20
MAX_FRAMES = 1 << 24

NATIVE = frozenset({ts.IMPLICIT_LE, ts.EXPLICIT_LE, ts.EXPLICIT_BE, ts.DEFLATED_LE, ts.ENCAPSULATED_UNCOMPRESSED})
_LOSSY_JPEG = frozenset({ts.JPEG_BASELINE, ts.JPEG_EXTENDED})
_KEPT = "the object is kept as it came"


@dataclass(frozen=True, slots=True)
class PixelInfo:
    """How pixel data is laid out (PS3.3 C.7.6.3). `kind` is "int", "float" or "double", by the element that holds it."""

    syntax: str
    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    planar: int
    frames: int
    kind: str = "int"

    @property
    def native(self) -> bool:
        """Whether frames lie one after the other, uncompressed."""
        return self.syntax in NATIVE

    @property
    def pixels(self) -> int:
        """Pixels in one frame."""
        return self.rows * self.columns

    @property
    def frame_bits(self) -> int:
        """Bits of one native frame; a frame of single bits need not end on a byte (PS3.5 8.1.1)."""
        samples = 2 if self.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422") else self.samples
        return self.pixels * samples * self.bits_allocated

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a stored value, in the machine's order."""
        if self.kind != "int":
            return np.dtype(np.float32 if self.kind == "float" else np.float64)
        return np.dtype(f"{'i' if self.signed else 'u'}{max(self.bits_allocated // 8, 1)}")


def pixel_info(source: Dataset | Mapping[str, Any], syntax: str) -> PixelInfo:
    """Give the layout of the pixel data of a data set, or of a mapping from keywords to values.

    Everything is checked here, before anybody allocates. Raises `Unsupported` when there is no image, `Undecodable` when
    the attributes contradict each other, `TooLarge`.
    """
    if source.get("Rows") is None or source.get("Columns") is None:
        raise Unsupported("the object holds no image; the object is kept as it came")
    allocated = _number(source, "BitsAllocated", 16)
    stored = _number(source, "BitsStored", allocated)
    kind = "float" if "FloatPixelData" in source else "double" if "DoubleFloatPixelData" in source else "int"
    info = PixelInfo(
        syntax=str(syntax),
        rows=_number(source, "Rows", 0),
        columns=_number(source, "Columns", 0),
        samples=_number(source, "SamplesPerPixel", 1),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=_number(source, "HighBit", stored - 1),
        signed=bool(_number(source, "PixelRepresentation", 0)),
        photometric=_first(source.get("PhotometricInterpretation"), "MONOCHROME2").strip(),
        planar=_number(source, "PlanarConfiguration", 0),
        frames=max(_number(source, "NumberOfFrames", 1), 1),
        kind=kind,
    )
    _check(info)
    return info


def _first(value: Any, default: str) -> str:
    if value is None or value == "":
        return default
    if isinstance(value, str):
        return value
    try:
        return str(value[0]) if len(value) else default
    except TypeError:
        return str(value)


def _number(source: Dataset | Mapping[str, Any], keyword: str, default: int) -> int:
    text = _first(source.get(keyword), str(default))
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise Undecodable("{keyword} is not a number; the object is kept as it came", keyword=keyword) from None


def _check(info: PixelInfo) -> None:
    if info.rows < 1 or info.columns < 1:
        raise Undecodable(
            "the image has {rows} rows and {columns} columns; the object is kept as it came",
            rows=info.rows,
            columns=info.columns,
        )
    if info.samples not in (1, 3, 4):
        raise Undecodable("Samples per Pixel is {samples}; the object is kept as it came", samples=info.samples)
    depths = {"int": (1, 8, 16, 32), "float": (32,), "double": (64,)}[info.kind]
    if info.bits_allocated not in depths:
        raise Unsupported(
            "pixel cells of {bits_allocated} bits are not read here; the object is kept as it came",
            bits_allocated=info.bits_allocated,
        )
    if not 1 <= info.bits_stored <= info.bits_allocated or not info.bits_stored - 1 <= info.high_bit < max(
        info.bits_allocated, info.bits_stored
    ):
        raise Undecodable(
            "{bits_stored} bits stored up to bit {high_bit} do not fit in {bits_allocated} bits allocated; the object is kept as it came",
            bits_stored=info.bits_stored,
            high_bit=info.high_bit,
            bits_allocated=info.bits_allocated,
        )
    if info.pixels > MAX_FRAME_PIXELS or info.frame_bits > MAX_FRAME_BYTES * 8 or info.frames > MAX_FRAMES:
        raise TooLarge(
            "{frames} frames of {rows} by {columns} pixels are over the limit of what is decoded here; the object is kept as it came",
            frames=info.frames,
            rows=info.rows,
            columns=info.columns,
        )


def decode_frame(data: bytes | memoryview, info: PixelInfo, *, bit: int = 0) -> Frame:
    """Give the stored values of one frame, in RGB when it has colours (PS3.3 C.7.6.3.1.2).

    `data` is the frame's bytes: all its fragments joined, or its span of native pixel data, in which a frame of single
    bits may begin at `bit`. (rows, columns) or (rows, columns, 3), dtype `info.dtype` in the machine's order; unused
    high bits are cleared, signed values extended. PALETTE COLOR stays indices.

    Raises `Undecodable` when the bytes contradict the header or are cut, `Unsupported` when no codec here reads them.
    """
    samples, photometric = decode_samples(data, info, bit=bit)
    return to_rgb(samples, photometric)


def decode_samples(data: bytes | memoryview, info: PixelInfo, *, bit: int = 0, reduce: int = 0) -> tuple[Frame, str]:
    """Give one frame as `decode_frame`, but in the colours that it has, and which these are.

    `reduce` halves the size so many times where the codestream has resolution levels (the JPEG 2000 family); elsewhere
    it does nothing.
    """
    if info.native:
        return _native(memoryview(data), info, bit), _native_colours(info)
    decoder = _DECODERS.get(info.syntax)
    if decoder is None:
        raise Unsupported(
            "images in transfer syntax {syntax} are not decoded here; the object is kept as it came and given back as is",
            syntax=info.syntax,
        )
    stream = bytes(data)
    shape = shape_of(stream, info.syntax)
    _agree(shape, info)
    try:
        values, photometric = decoder(stream, info, shape, reduce)
    except RadiothequeError:
        raise
    except (RuntimeError, ValueError, TypeError, OverflowError, zlib.error) as error:
        raise Undecodable(
            "the frame cannot be decoded ({name}); the object is kept as it came", name=type(error).__name__
        ) from error
    wanted = _reduced(info, reduce if info.syntax in _RESOLUTIONS else 0)
    if values.shape[:2] != wanted or (values.shape[2] if values.ndim == 3 else 1) != info.samples:
        raise Undecodable(
            "the decoded frame is {shape}, the header says {wanted} × {samples}; the object is kept as it came",
            shape=values.shape,
            wanted=wanted,
            samples=info.samples,
        )
    return _as_header_says(values, info), photometric


def _reduced(info: PixelInfo, levels: int) -> tuple[int, int]:
    return -(-info.rows // (1 << levels)), -(-info.columns // (1 << levels))


def _agree(shape: Shape | None, info: PixelInfo) -> None:
    if shape is None:
        return
    if (shape.rows, shape.columns) != (info.rows, info.columns) or (shape.samples or info.samples) != info.samples:
        raise Undecodable(
            "the codestream holds {rows} × {columns} × {samples}, the header says {rows_2} × {columns_2} × {samples_2}; the object is kept as it came",
            rows=shape.rows,
            columns=shape.columns,
            samples=shape.samples,
            rows_2=info.rows,
            columns_2=info.columns,
            samples_2=info.samples,
        )
    if shape.precision > max(info.bits_allocated, 8):
        raise Undecodable(
            "the codestream holds {precision} bits, the header allocates {bits_allocated}; the object is kept as it came",
            precision=shape.precision,
            bits_allocated=info.bits_allocated,
        )


def _native_colours(info: PixelInfo) -> str:
    return {"YBR_FULL_422": "YBR_FULL", "YBR_PARTIAL_422": "YBR_PARTIAL"}.get(info.photometric, info.photometric)


def _native(data: memoryview, info: PixelInfo, bit: int) -> Frame:
    need = (bit + info.frame_bits + 7) // 8
    if len(data) < need:
        raise Undecodable(
            "the frame has {count} bytes of pixel data where {need} are needed; the object is kept as it came",
            count=len(data),
            need=need,
        )
    if info.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(data[:need], np.uint8), bitorder="little")
        return bits[bit : bit + info.frame_bits].reshape(info.rows, info.columns)
    order = info.dtype.newbyteorder(">" if info.syntax == ts.EXPLICIT_BE else "<")
    cells = np.frombuffer(data[:need], order)
    if not order.isnative:
        cells = cells.astype(info.dtype)
    if info.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        return _from_422(cells, info)
    if info.samples == 1:
        return _as_header_says(cells.reshape(info.rows, info.columns), info)
    if info.planar == 1:  # PS3.3 C.7.6.3.1.3
        cells = np.ascontiguousarray(np.moveaxis(cells.reshape(info.samples, info.rows, info.columns), 0, 2))
    return _as_header_says(cells.reshape(info.rows, info.columns, info.samples), info)


def _from_422(cells: Frame, info: PixelInfo) -> Frame:
    """Give three samples a pixel from Y1 Y2 Cb Cr for each pair (PS3.3 C.7.6.3.1.2)."""
    if info.columns % 2:
        raise Undecodable(
            "an odd number of columns cannot hold {photometric}; the object is kept as it came",
            photometric=info.photometric,
        )
    pairs = cells.reshape(info.rows, info.columns // 2, 4)
    whole = np.empty((info.rows, info.columns, 3), cells.dtype)
    whole[:, ::2, 0], whole[:, 1::2, 0] = pairs[:, :, 0], pairs[:, :, 1]
    whole[:, ::2, 1:] = whole[:, 1::2, 1:] = pairs[:, :, 2:]
    return whole


def _as_header_says(values: Frame, info: PixelInfo) -> Frame:
    """Give values in the header's type: shifted down from the high bit, unused bits cleared, sign extended."""
    if info.kind != "int":
        return values
    size = info.dtype.itemsize
    shift = info.high_bit + 1 - info.bits_stored if info.native else 0
    if values.dtype == info.dtype and info.bits_stored == size * 8:
        return values
    lowest, highest = _range(info)
    unsigned = values.dtype.kind == "u" and lowest == 0
    if not shift and int(values.max()) <= highest and (unsigned or int(values.min()) >= lowest):
        return values.astype(info.dtype, copy=False)
    if info.syntax in _LOSSY_JPEG:  # the cosine transform overshoots; wrapping round would turn white black
        return np.clip(values, lowest, highest).astype(info.dtype)
    words = values.view(f"u{values.dtype.itemsize}").astype(f"u{size}")
    spare = size * 8 - info.bits_stored
    words = (words >> shift) << spare if shift else words << spare
    return words.view(info.dtype) >> spare


def _range(info: PixelInfo) -> tuple[int, int]:
    if info.signed:
        return -(1 << (info.bits_stored - 1)), (1 << (info.bits_stored - 1)) - 1
    return 0, (1 << info.bits_stored) - 1


def _jpeg(stream: bytes, info: PixelInfo, shape: Shape | None, reduce: int) -> tuple[Frame, str]:
    _whole(stream)
    if info.samples == 1 or info.syntax not in _LOSSY_JPEG:
        return imagecodecs.jpeg8_decode(stream), info.photometric
    marked = shape.ycc if shape else None
    # PS3.5 8.2.1 lets the header name the colours, but where JPEG's own markers contradict it they were right
    ycc = marked if marked is not None else info.photometric != "RGB"
    return imagecodecs.jpeg8_decode(stream, colorspace="YCBCR" if ycc else "RGB", outcolorspace="RGB"), "RGB"


def _whole(stream: bytes) -> None:
    """Refuse what has no end marker: its codecs would fill the missing part with grey and say nothing."""
    if b"\xff\xd9" not in stream[-64:]:
        raise Undecodable(
            "the codestream of the frame has no end marker: it is cut short; the object is kept as it came"
        )


def _jpeg_ls(stream: bytes, info: PixelInfo, shape: Shape | None, reduce: int) -> tuple[Frame, str]:
    return imagecodecs.jpegls_decode(stream), info.photometric


def _multi_component(photometric: str) -> str:
    return "RGB" if photometric in ("YBR_RCT", "YBR_ICT") else photometric  # undone by the codec (PS3.5 8.2.4)


def _jpeg_2000(stream: bytes, info: PixelInfo, shape: Shape | None, reduce: int) -> tuple[Frame, str]:
    _whole(stream)
    values = imagecodecs.jpeg2k_decode(stream, skipres=reduce or None, numthreads=1)
    return values, _multi_component(info.photometric)


def _htj2k(stream: bytes, info: PixelInfo, shape: Shape | None, reduce: int) -> tuple[Frame, str]:
    _whole(stream)
    try:
        values = imagecodecs.htj2k_decode(stream, skipres=reduce or None)
    except RuntimeError:  # what OpenJPH refuses OpenJPEG may read
        values = imagecodecs.jpeg2k_decode(stream, skipres=reduce or None, numthreads=1)
    return values, _multi_component(info.photometric)


def _jpeg_xl(stream: bytes, info: PixelInfo, shape: Shape | None, reduce: int) -> tuple[Frame, str]:
    return imagecodecs.jpegxl_decode(stream, numthreads=1), "RGB" if info.samples > 1 else info.photometric


def _rle(stream: bytes, info: PixelInfo, shape: Shape | None, reduce: int) -> tuple[Frame, str]:
    """Read byte planes, most significant first, sample by sample (PS3.5 G.2, G.5)."""
    size = info.dtype.itemsize
    header = np.frombuffer(stream[:64], "<u4")
    if len(header) < 16 or header[0] != info.samples * size:
        raise Undecodable(
            "the RLE header names {value} segments, not {samples}; the object is kept as it came",
            value=header[0] if len(header) else 0,
            samples=info.samples * size,
        )
    starts = [int(start) for start in header[1 : 1 + int(header[0])]] + [len(stream)]
    if starts != sorted(starts) or starts[0] < 64:
        raise Undecodable("the RLE segments overlap or lie outside the frame; the object is kept as it came")
    planes = np.empty((info.samples, size, info.pixels), np.uint8)
    for number, (start, stop) in enumerate(pairwise(starts)):
        out = planes[number // size, size - 1 - number % size]
        packed = imagecodecs.packbits_decode(stream[start:stop], out=info.pixels)
        if len(packed) < info.pixels:
            raise Undecodable("an RLE segment is cut short; the object is kept as it came")
        out[:] = np.frombuffer(packed, np.uint8)[: info.pixels]
    values = np.ascontiguousarray(np.moveaxis(planes, 1, 2)).view(f"<u{size}")[..., 0]
    if info.samples == 1:
        return values.reshape(info.rows, info.columns), info.photometric
    return np.ascontiguousarray(values.T).reshape(info.rows, info.columns, info.samples), info.photometric


def _deflated(stream: bytes, info: PixelInfo, shape: Shape | None, reduce: int) -> tuple[Frame, str]:
    """Inflate one frame, and never more than it may hold (PS3.5 A.4.13)."""
    need = (info.frame_bits + 7) // 8
    data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream, need + 1)
    return _native(memoryview(data), info, 0), _native_colours(info)


type _Decoder = Callable[[bytes, PixelInfo, Shape | None, int], tuple[Frame, str]]

_RESOLUTIONS = frozenset(
    {
        ts.JPEG_2000,
        ts.JPEG_2000_LOSSLESS,
        ts.JPEG_2000_MC,
        ts.JPEG_2000_MC_LOSSLESS,
        ts.HTJ2K,
        ts.HTJ2K_LOSSLESS,
        ts.HTJ2K_LOSSLESS_RPCL,
    }
)
_DECODERS: dict[str, _Decoder] = {
    ts.RLE_LOSSLESS: _rle,
    ts.DEFLATED_IMAGE_FRAME: _deflated,
    ts.JPEG_BASELINE: _jpeg,
    ts.JPEG_EXTENDED: _jpeg,
    ts.JPEG_LOSSLESS: _jpeg,
    ts.JPEG_LOSSLESS_SV1: _jpeg,
    ts.JPEG_LS_LOSSLESS: _jpeg_ls,
    ts.JPEG_LS_NEAR: _jpeg_ls,
    ts.JPEG_2000: _jpeg_2000,
    ts.JPEG_2000_LOSSLESS: _jpeg_2000,
    ts.JPEG_2000_MC: _jpeg_2000,
    ts.JPEG_2000_MC_LOSSLESS: _jpeg_2000,
    ts.HTJ2K: _htj2k,
    ts.HTJ2K_LOSSLESS: _htj2k,
    ts.HTJ2K_LOSSLESS_RPCL: _htj2k,
    ts.JPEG_XL: _jpeg_xl,
    ts.JPEG_XL_LOSSLESS: _jpeg_xl,
    ts.JPEG_XL_RECOMPRESSION: _jpeg_xl,
}
DECODED = NATIVE | frozenset(_DECODERS)
"""The transfer syntaxes whose images are decoded here."""
