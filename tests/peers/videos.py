"""Small made clips in the video transfer syntaxes: what they carry begins and ends as such a stream does."""

from pydicom.encaps import encapsulate
from pydicom.uid import UID

from phantoms import part10, phantom_dataset

VIDEO = "1.2.840.10008.5.1.4.1.1.77.1.4.1"  # Video Photographic Image Storage

# a sequence header of 320 by 240 and its end (ISO/IEC 13818-2 6.2.2.1)
_MPEG2 = bytes.fromhex("000001b3 1400f0 13 ffffe018 000001b5 148a00010000 000001b8 00080040 000001b7")
# an access unit delimiter, a sequence and a picture parameter set, an end of stream (ITU-T H.264 7.4.1, Annex B)
_H264 = bytes.fromhex("00000001 09f0 00000001 6764002aacd940 00000001 68ebe3cb 00000001 0b")
# the same of ITU-T H.265 Annex B, with a video parameter set
_H265 = bytes.fromhex("00000001 460150 00000001 40010c01ffff 00000001 42010101 00000001 4401c172 00000001 4a01")

_VIDEO = "1.2.840.10008.1.2.4."
STREAMS = {
    **{f"{_VIDEO}{number}": _MPEG2 for number in (100, 101)},
    **{f"{_VIDEO}{number}": _H264 for number in range(102, 107)},
    **{f"{_VIDEO}{number}": _H265 for number in (107, 108)},
}
"""The elementary stream of each video syntax that DCMTK can propose (PS3.5 10.5 to 10.16)."""

OPTIONS = {
    "-xm": f"{_VIDEO}100",  # MPEG2 Main Profile / Main Level
    "-xh": f"{_VIDEO}101",  # MPEG2 Main Profile / High Level
    "-xn": f"{_VIDEO}102",  # MPEG-4 AVC/H.264 High Profile / Level 4.1
    "-xl": f"{_VIDEO}103",  # the same, BD-compatible
    "-x2": f"{_VIDEO}104",  # MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D video
    "-x3": f"{_VIDEO}105",  # the same for 3D video
    "-xo": f"{_VIDEO}106",  # MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2
    "-x4": f"{_VIDEO}107",  # HEVC/H.265 Main Profile / Level 5.1
    "-x5": f"{_VIDEO}108",  # HEVC/H.265 Main 10 Profile / Level 5.1
}
"""The options by which storescu proposes them."""


def clip(syntax: str) -> bytes:
    """Give a clip as a Part 10 file: one fragment holds the whole stream (PS3.5 8.2.5)."""
    ds = phantom_dataset(modality="OT", photometric="RGB", bits_stored=8)
    ds.SOPClassUID, ds.Modality = UID(VIDEO), "XC"
    ds.PhotometricInterpretation = "YBR_PARTIAL_420"
    ds.NumberOfFrames, ds.CineRate, ds.FrameTime = 25, 25, "40"
    ds.FrameIncrementPointer = 0x00181063
    ds.PixelData = encapsulate([STREAMS[syntax]], has_bot=False)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    return part10(ds, syntax)
