"""The data dictionary, asked by tag and by keyword (PS3.6 6 and 7), private elements too."""

from functools import lru_cache
from typing import Any

from pydicom import datadict
from pydicom._dicom_dict import DicomDictionary

from radiotheque.core.errors import Malformed

# fmt: off
VRS = (
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV",
    "OW", "PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI", "UL", "UN", "UR", "US", "UT", "UV",
)
"""Value Representations (PS3.5 6.2)."""
LONG_FORM = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
"""Those with a 32-bit length in Explicit VR (PS3.5 7.1.2)."""
TEXT = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""Those whose text Specific Character Set rules (PS3.5 6.1.2.2)."""
UNSPLIT = frozenset(("LT", "ST", "UR", "UT"))
"""Those with a single value, in which a backslash is a character (PS3.5 6.2)."""
BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
# fmt: on

SPECIFIC_CHARACTER_SET = 0x00080005
PIXEL_REPRESENTATION = 0x00280103
PIXEL_DATA = 0x7FE00010
FLOAT_PIXEL_DATA = 0x7FE00008
DOUBLE_PIXEL_DATA = 0x7FE00009
PIXELS = frozenset((PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_PIXEL_DATA))
DATA_SET_TRAILING_PADDING = 0xFFFCFFFC
ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD

_ROWS: dict[int, tuple[str, str, str, str, str]] = DicomDictionary


@lru_cache(maxsize=16384)
def vr_of(tag: int, creator: str = "") -> str:
    """Give the VR of a tag as the dictionary says it ("US or SS" where it depends), "UN" when it is not known.

    `creator` is the Private Creator of a private element's block.
    """
    row = _ROWS.get(tag)
    if row is not None:
        return row[0]
    if not tag & 0xFFFF:
        return "UL"  # group lengths (PS3.5 7.2)
    if tag >> 16 & 1:
        return _private_vr(tag, creator)
    try:
        return str(datadict.dictionary_VR(tag))  # repeating groups 50xx, 60xx
    except KeyError:
        return "UN"


def _private_vr(tag: int, creator: str) -> str:
    if 0x10 <= tag & 0xFFFF <= 0xFF:
        return "LO"  # Private Creator (PS3.5 7.8.1)
    try:
        return str(datadict.private_dictionary_VR(tag, creator)) if creator else "UN"
    except KeyError:
        return "UN"


@lru_cache(maxsize=16384)
def keyword_of(tag: int) -> str:
    """Give the keyword of a tag, its 8 hexadecimal digits when it has none."""
    return datadict.keyword_for_tag(tag) or f"{tag:08X}"


@lru_cache(maxsize=16384)
def tag_of(name: str) -> int:
    """Give the tag of a keyword or of 8 hexadecimal digits. Raises `Malformed`."""
    tag: Any = datadict.tag_for_keyword(name)
    if tag is not None:
        return int(tag)
    if len(name) == 8:
        try:
            return int(name, 16)
        except ValueError:
            pass  # not a tag either: said below
    raise Malformed(f"{name[:64]!r} is neither a keyword of PS3.6 nor a tag of 8 hexadecimal digits")


def is_multivalued(tag: int) -> bool:
    """Say whether the dictionary lets the attribute have more than one value (PS3.6 6, column VM)."""
    row = _ROWS.get(tag)
    return row is None or row[1] != "1"


def settled_vr(vr: str, *, signed: bool) -> str:
    """Give one VR where the dictionary leaves a choice. `signed` is Pixel Representation 1 (PS3.5 A.1 d)."""
    if " or " not in vr:
        return vr
    if vr == "US or SS":
        return "SS" if signed else "US"
    return "OW"
