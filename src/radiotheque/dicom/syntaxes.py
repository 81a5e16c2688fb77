"""The transfer syntaxes spoken here, as a table (PS3.5 10 and Annex A, PS3.6 A, PS3.18 8.7.3)."""

from dataclasses import dataclass

from radiotheque.core.errors import Unsupported
from radiotheque.core.uid import UID

IMPLICIT_LE = UID("1.2.840.10008.1.2")
EXPLICIT_LE = UID("1.2.840.10008.1.2.1")
ENCAPSULATED_UNCOMPRESSED = UID("1.2.840.10008.1.2.1.98")
DEFLATED_LE = UID("1.2.840.10008.1.2.1.99")
EXPLICIT_BE = UID("1.2.840.10008.1.2.2")
JPEG_BASELINE = UID("1.2.840.10008.1.2.4.50")
JPEG_EXTENDED = UID("1.2.840.10008.1.2.4.51")
JPEG_LOSSLESS = UID("1.2.840.10008.1.2.4.57")
JPEG_LOSSLESS_SV1 = UID("1.2.840.10008.1.2.4.70")
JPEG_LS_LOSSLESS = UID("1.2.840.10008.1.2.4.80")
JPEG_LS_NEAR = UID("1.2.840.10008.1.2.4.81")
JPEG_2000_LOSSLESS = UID("1.2.840.10008.1.2.4.90")
JPEG_2000 = UID("1.2.840.10008.1.2.4.91")
JPEG_2000_MC_LOSSLESS = UID("1.2.840.10008.1.2.4.92")
JPEG_2000_MC = UID("1.2.840.10008.1.2.4.93")
JPEG_XL_LOSSLESS = UID("1.2.840.10008.1.2.4.110")
JPEG_XL_RECOMPRESSION = UID("1.2.840.10008.1.2.4.111")
JPEG_XL = UID("1.2.840.10008.1.2.4.112")
HTJ2K_LOSSLESS = UID("1.2.840.10008.1.2.4.201")
HTJ2K_LOSSLESS_RPCL = UID("1.2.840.10008.1.2.4.202")
HTJ2K = UID("1.2.840.10008.1.2.4.203")
RLE_LOSSLESS = UID("1.2.840.10008.1.2.5")
DEFLATED_IMAGE_FRAME = UID("1.2.840.10008.1.2.8.1")


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """One row of PS3.6 Table A-1 and what it means here.

    `encapsulated`: Pixel Data is a sequence of fragments (PS3.5 A.4). `lossless`: never lossy; False
    where the syntax allows either. `deflated`: the whole data set is deflated (PS3.5 A.5). `media_type`
    is that of one frame as DICOMweb bulk data (PS3.18 Tables 8.7.3-4 and 8.7.3-5). `may_be_on_the_web`
    is False for the two that PS3.18 8.7.3.5.2 forbids.
    """

    uid: UID
    keyword: str
    name: str
    encapsulated: bool = False
    lossless: bool = True
    big_endian: bool = False
    implicit: bool = False
    deflated: bool = False
    video: bool = False
    media_type: str = "application/octet-stream"
    may_be_on_the_web: bool = True


def _frames(uid: UID, keyword: str, name: str, media_type: str, *, lossless: bool) -> TransferSyntax:
    return TransferSyntax(uid, keyword, name, encapsulated=True, lossless=lossless, media_type=media_type)


def _video(suffix: str, keyword: str, name: str, media_type: str) -> TransferSyntax:
    uid = UID(f"1.2.840.10008.1.2.4.{suffix}")
    return TransferSyntax(uid, keyword, name, encapsulated=True, lossless=False, video=True, media_type=media_type)


_OCTETS, _JPEG, _JLS, _JP2, _JPX = "application/octet-stream", "image/jpeg", "image/jls", "image/jp2", "image/jpx"
_JPHC, _JXL, _RLE, _DEFLATE = "image/jphc", "image/jxl", "image/dicom-rle", "application/x-deflate"
_MPEG, _MP4, _HEVC = "video/mpeg", "video/mp4", "video/H265"

# fmt: off
_ROWS = (
    TransferSyntax(EXPLICIT_LE, "ExplicitVRLittleEndian", "Explicit VR Little Endian"),
    TransferSyntax(IMPLICIT_LE, "ImplicitVRLittleEndian", "Implicit VR Little Endian", implicit=True, may_be_on_the_web=False),
    TransferSyntax(EXPLICIT_BE, "ExplicitVRBigEndian", "Explicit VR Big Endian", big_endian=True, may_be_on_the_web=False),
    TransferSyntax(DEFLATED_LE, "DeflatedExplicitVRLittleEndian", "Deflated Explicit VR Little Endian", deflated=True),
    _frames(ENCAPSULATED_UNCOMPRESSED, "EncapsulatedUncompressedExplicitVRLittleEndian", "Encapsulated Uncompressed Explicit VR Little Endian", _OCTETS, lossless=True),
    _frames(DEFLATED_IMAGE_FRAME, "DeflatedImageFrameCompression", "Deflated Image Frame Compression", _DEFLATE, lossless=True),
    _frames(RLE_LOSSLESS, "RLELossless", "RLE Lossless", _RLE, lossless=True),
    _frames(JPEG_LOSSLESS_SV1, "JPEGLosslessSV1", "JPEG Lossless, First-Order Prediction (Process 14, Selection Value 1)", _JPEG, lossless=True),
    _frames(JPEG_LOSSLESS, "JPEGLossless", "JPEG Lossless (Process 14)", _JPEG, lossless=True),
    _frames(JPEG_LS_LOSSLESS, "JPEGLSLossless", "JPEG-LS Lossless", _JLS, lossless=True),
    _frames(HTJ2K_LOSSLESS_RPCL, "HTJ2KLosslessRPCL", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)", _JPHC, lossless=True),
    _frames(HTJ2K_LOSSLESS, "HTJ2KLossless", "High-Throughput JPEG 2000 (Lossless Only)", _JPHC, lossless=True),
    _frames(JPEG_2000_LOSSLESS, "JPEG2000Lossless", "JPEG 2000 (Lossless Only)", _JP2, lossless=True),
    _frames(JPEG_2000_MC_LOSSLESS, "JPEG2000MCLossless", "JPEG 2000 Part 2 Multi-component (Lossless Only)", _JPX, lossless=True),
    _frames(JPEG_XL_LOSSLESS, "JPEGXLLossless", "JPEG XL Lossless", _JXL, lossless=True),
    # the pixels were lossy before: recompression keeps a lossy JPEG as it is
    _frames(JPEG_XL_RECOMPRESSION, "JPEGXLJPEGRecompression", "JPEG XL JPEG Recompression", _JXL, lossless=False),
    _frames(JPEG_XL, "JPEGXL", "JPEG XL", _JXL, lossless=False),
    _frames(HTJ2K, "HTJ2K", "High-Throughput JPEG 2000", _JPHC, lossless=False),
    _frames(JPEG_2000, "JPEG2000", "JPEG 2000", _JP2, lossless=False),
    _frames(JPEG_2000_MC, "JPEG2000MC", "JPEG 2000 Part 2 Multi-component", _JPX, lossless=False),
    _frames(JPEG_LS_NEAR, "JPEGLSNearLossless", "JPEG-LS Lossy (Near-Lossless)", _JLS, lossless=False),
    _frames(JPEG_EXTENDED, "JPEGExtended12Bit", "JPEG Extended (Process 2 and 4)", _JPEG, lossless=False),
    _frames(JPEG_BASELINE, "JPEGBaseline8Bit", "JPEG Baseline (Process 1)", _JPEG, lossless=False),
    _video("100", "MPEG2MPML", "MPEG2 Main Profile / Main Level", _MPEG),
    _video("100.1", "MPEG2MPMLF", "Fragmentable MPEG2 Main Profile / Main Level", _MPEG),
    _video("101", "MPEG2MPHL", "MPEG2 Main Profile / High Level", _MPEG),
    _video("101.1", "MPEG2MPHLF", "Fragmentable MPEG2 Main Profile / High Level", _MPEG),
    _video("102", "MPEG4HP41", "MPEG-4 AVC/H.264 High Profile / Level 4.1", _MP4),
    _video("102.1", "MPEG4HP41F", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1", _MP4),
    _video("103", "MPEG4HP41BD", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", _MP4),
    _video("103.1", "MPEG4HP41BDF", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", _MP4),
    _video("104", "MPEG4HP422D", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", _MP4),
    _video("104.1", "MPEG4HP422DF", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", _MP4),
    _video("105", "MPEG4HP423D", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", _MP4),
    _video("105.1", "MPEG4HP423DF", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", _MP4),
    _video("106", "MPEG4HP42STEREO", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", _MP4),
    _video("106.1", "MPEG4HP42STEREOF", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", _MP4),
    _video("107", "HEVCMP51", "HEVC/H.265 Main Profile / Level 5.1", _HEVC),
    _video("108", "HEVCM10P51", "HEVC/H.265 Main 10 Profile / Level 5.1", _HEVC),
)
# fmt: on

SYNTAXES: dict[UID, TransferSyntax] = {row.uid: row for row in _ROWS}
"""Every transfer syntax spoken here."""


def syntax(uid: str) -> TransferSyntax:
    """Give the row of a transfer syntax. Raises `Unsupported`."""
    try:
        return SYNTAXES[UID(uid)]
    except KeyError:
        raise Unsupported(f"the transfer syntax {uid[:64]!r} is not spoken here; nothing was kept") from None


def _rank(row: TransferSyntax) -> int:
    if row.uid == EXPLICIT_LE:
        return 0
    if not row.lossless:
        return 4
    if row.uid == IMPLICIT_LE:
        return 2
    return 3 if row.big_endian else 1


PREFERENCE: tuple[UID, ...] = tuple(row.uid for row in sorted(_ROWS, key=_rank))
"""The order in which a syntax is picked from a presentation context, a peer's own order apart.

Explicit LE, lossless, Implicit LE, Explicit BE, lossy: so a lossy one is accepted only where nothing else is offered.
"""
