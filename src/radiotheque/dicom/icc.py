"""An sRGB profile for pictures that are already encoded, and for DICOM (ICC.1 Annex B, PNG 11.3.2.3)."""

import struct
import zlib
from functools import cache

from radiotheque.dicom.recipe import JPEG, PNG


@cache
def srgb() -> bytes:
    """Give an sRGB profile."""
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def srgb_input() -> bytes:
    """Give the same as a profile of an input device, the only class that DICOM allows (PS3.3 C.11.15.1.1; ICC.1 7.2.5)."""
    profile = srgb()
    return profile[:12] + b"scnr" + profile[16:]


def with_profile(picture: bytes, media_type: str) -> bytes:
    """Give the picture with an sRGB profile in it; GIF has no place for one and stays as it is."""
    if media_type == JPEG:
        body = b"ICC_PROFILE\0\1\1" + srgb()
        return picture[:2] + struct.pack(">HH", 0xFFE2, len(body) + 2) + body + picture[2:]
    if media_type == PNG:
        body = b"iCCPsRGB\0\0" + zlib.compress(srgb())
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return picture[:33] + chunk + picture[33:]  # behind the signature and IHDR, before PLTE and IDAT
    return picture
