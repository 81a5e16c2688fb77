"""Frames into codestreams: the lossless encoders, and the lossy ones that tests need (PS3.5 8.2, A.4)."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np

from radiotheque.core.errors import Unsupported
from radiotheque.dicom import syntaxes as ts

type Frame = np.ndarray[Any, Any]
"""(rows, columns) or (rows, columns, 3) of uint8, uint16, uint32 or their signed kin: stored values."""

LOSSLESS = frozenset(
    {
        ts.RLE_LOSSLESS,
        ts.JPEG_LOSSLESS,
        ts.JPEG_LOSSLESS_SV1,
        ts.JPEG_LS_LOSSLESS,
        ts.JPEG_2000_LOSSLESS,
        ts.JPEG_XL_LOSSLESS,
        ts.HTJ2K_LOSSLESS,
        ts.HTJ2K_LOSSLESS_RPCL,
        ts.DEFLATED_IMAGE_FRAME,
        ts.ENCAPSULATED_UNCOMPRESSED,
        # these allow lossy frames, but what is written here is lossless
        ts.JPEG_2000,
        ts.JPEG_XL,
        ts.HTJ2K,
    }
)
"""The encapsulated transfer syntaxes that `encode_frame` writes bit exact."""

_ANY_DEPTH = frozenset({ts.RLE_LOSSLESS, ts.DEFLATED_IMAGE_FRAME, ts.ENCAPSULATED_UNCOMPRESSED})
_SMALLEST, _USUAL = 64, 5
_COLOUR_TRANSFORM = frozenset(
    {ts.JPEG_2000_LOSSLESS, ts.JPEG_2000, ts.HTJ2K, ts.HTJ2K_LOSSLESS, ts.HTJ2K_LOSSLESS_RPCL}
)


def encode_frame(frame: Frame, syntax: str, bits: int) -> bytes:
    """Give one frame as a codestream of `syntax`, of `bits` per sample, padded to an even length (PS3.5 A.4).

    Every syntax of `LOSSLESS` is bit exact; JPEG Baseline and Extended are offered for test images. RGB stays
    RGB except that the JPEG 2000 family applies its reversible transform: `photometric_of` names the outcome.
    Raises `Unsupported` for any other syntax and for what the syntax cannot hold (JPEG of more than 16 bits).
    """
    encode = _ENCODERS.get(syntax)
    if encode is None:
        raise Unsupported(
            "no encoder for transfer syntax {syntax}; ask for an uncompressed or lossless one", syntax=syntax
        )
    if frame.dtype.itemsize > 2 and syntax not in _ANY_DEPTH:
        raise Unsupported(
            "samples of {itemsize} bits do not fit transfer syntax {syntax}",
            itemsize=frame.dtype.itemsize * 8,
            syntax=syntax,
        )
    if bits <= 8 and frame.dtype.itemsize == 2 and syntax not in _ANY_DEPTH:
        frame = frame.astype(f"{frame.dtype.kind}1")  # a codestream of 8 bits is made of single bytes
    try:
        stream = encode(np.ascontiguousarray(frame), bits)
    except (RuntimeError, ValueError) as error:  # imagecodecs' errors are RuntimeErrors
        raise Unsupported("the image cannot be encoded in transfer syntax {syntax}", syntax=syntax) from error
    return stream + b"\0" * (len(stream) % 2)


def photometric_of(syntax: str, photometric: str) -> str:
    """Give the Photometric Interpretation that `encode_frame` leaves for one that went in (PS3.5 8.2.4)."""
    return "YBR_RCT" if photometric == "RGB" and syntax in _COLOUR_TRANSFORM else photometric


def _unsigned(frame: Frame, bits: int) -> Frame:
    """Give the low `bits` of each sample as unsigned, for codecs that know no sign (PS3.5 8.2.3)."""
    if frame.dtype.kind == "u":
        return frame
    words: Frame = frame.view(f"u{frame.dtype.itemsize}") & ((1 << bits) - 1)
    return words


def _rle(frame: Frame, bits: int) -> bytes:
    """Give the ts.RLE_LOSSLESS segments: byte planes, most significant first, sample by sample (PS3.5 G.2)."""
    planes = frame.reshape(*frame.shape[:2], -1)
    big_endian = planes.astype(planes.dtype.newbyteorder(">"), copy=False)
    segments = []
    for sample in range(planes.shape[2]):
        octets = np.ascontiguousarray(big_endian[:, :, sample]).view(np.uint8)
        for place in range(frame.dtype.itemsize):
            plane = np.ascontiguousarray(octets[:, place :: frame.dtype.itemsize])
            # PS3.5 G.3.1: each row is encoded by itself
            packed = bytes(imagecodecs.packbits_encode(plane, axis=-1))
            segments.append(packed + b"\0" * (len(packed) % 2))
    if len(segments) > 15:
        raise ValueError("more than 15 ts.RLE_LOSSLESS segments")
    starts = [64]
    for segment in segments[:-1]:
        starts.append(starts[-1] + len(segment))
    header = struct.pack("<16L", len(segments), *starts, *([0] * (15 - len(starts))))
    return header + b"".join(segments)


def _jpeg_lossless(frame: Frame, bits: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(_unsigned(frame, bits), lossless=True, predictor=1, bitspersample=bits))


def _jpeg_baseline(frame: Frame, bits: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(frame, level=90, subsampling="422" if frame.ndim == 3 else None))


def _jpeg_extended(frame: Frame, bits: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(frame, level=90, bitspersample=12 if bits > 8 else 8))


def _jpeg_ls(frame: Frame, bits: int) -> bytes:
    return bytes(imagecodecs.jpegls_encode(_unsigned(frame, bits), bitspersample=max(bits, 2)))


def _jpeg_ls_near(frame: Frame, bits: int) -> bytes:
    return bytes(imagecodecs.jpegls_encode(_unsigned(frame, bits), level=2, bitspersample=max(bits, 2)))


def _jpeg_2000(frame: Frame, bits: int) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(
            frame, codecformat="J2K", reversible=True, mct=frame.ndim == 3, bitspersample=bits, numthreads=1
        )
    )


def _htj2k(frame: Frame, bits: int) -> bytes:
    # PS3.5 10.18: .202 asks for RPCL, for tile-part lengths, and for a smallest size of at most 64; legal in .201 and .203 too
    return bytes(
        imagecodecs.htj2k_encode(
            frame,
            reversible=True,
            rgb=frame.ndim == 3,
            bitspersample=bits,
            tlm=True,
            prog_order="RPCL",
            resolutions=_halvings(frame),
            tilepart="RESOLUTIONS",  # so that the lengths say where each resolution ends
        )
    )


def _halvings(frame: Frame) -> int:
    """Give how often a frame is halved until both its sides are at most `_SMALLEST`, as is usual at least `_USUAL` times."""
    halvings = _USUAL
    while -(-max(frame.shape[:2]) // (1 << halvings)) > _SMALLEST:
        halvings += 1
    return halvings


def _jpeg_xl(frame: Frame, bits: int) -> bytes:
    return bytes(
        imagecodecs.jpegxl_encode(
            _unsigned(frame, bits), lossless=True, effort=1, bitspersample=bits, usecontainer=False, numthreads=1
        )
    )


def _deflated(frame: Frame, bits: int) -> bytes:
    """Give the frame's bytes, little endian, as raw deflate (PS3.5 A.4.13)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(_plain(frame, bits)) + packer.flush()


def _plain(frame: Frame, bits: int) -> bytes:
    return frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes()


_ENCODERS: dict[str, Callable[[Frame, int], bytes]] = {
    ts.RLE_LOSSLESS: _rle,
    ts.JPEG_BASELINE: _jpeg_baseline,
    ts.JPEG_EXTENDED: _jpeg_extended,
    ts.JPEG_LOSSLESS: _jpeg_lossless,
    ts.JPEG_LOSSLESS_SV1: _jpeg_lossless,
    ts.JPEG_LS_LOSSLESS: _jpeg_ls,
    ts.JPEG_LS_NEAR: _jpeg_ls_near,
    ts.JPEG_2000_LOSSLESS: _jpeg_2000,
    ts.JPEG_2000: _jpeg_2000,
    ts.JPEG_XL: _jpeg_xl,
    ts.HTJ2K: _htj2k,
    ts.JPEG_XL_LOSSLESS: _jpeg_xl,
    ts.HTJ2K_LOSSLESS: _htj2k,
    ts.HTJ2K_LOSSLESS_RPCL: _htj2k,
    ts.DEFLATED_IMAGE_FRAME: _deflated,
    ts.ENCAPSULATED_UNCOMPRESSED: _plain,
}
