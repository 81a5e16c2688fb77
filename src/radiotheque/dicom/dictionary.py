"""The data dictionary, asked by tag and by keyword (PS3.6 6 and 7), private elements too."""

import sys
from contextlib import suppress
from functools import cache, lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

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


def _table(name: str) -> ModuleType:
    """Give a module of pydicom's that is nothing but a table, without the rest of pydicom: codecs and numpy with it."""
    loaded = sys.modules.get(f"pydicom.{name}")
    if loaded is not None:
        return loaded
    package = find_spec("pydicom")
    if package is None or package.origin is None:
        raise ImportError("pydicom, which holds the data dictionary, is not installed")
    spec = spec_from_file_location(f"radiotheque.dicom.{name}", Path(package.origin).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"pydicom has no {name}, which holds the data dictionary")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_TABLES = _table("_dicom_dict")
_ROWS: dict[int, tuple[str, str, str, str, str]] = _TABLES.DicomDictionary
_REPEATING: dict[str, tuple[str, str, str, str, str]] = _TABLES.RepeatersDictionary
"""By a tag of 8 hexadecimal digits in which an x is any digit (PS3.5 7.6)."""
_MASKS = [
    (int(name.replace("x", "0"), 16), int("".join("0" if digit == "x" else "F" for digit in name), 16), row)
    for name, row in _REPEATING.items()
]


@cache
def _keywords() -> dict[str, int]:
    return {row[4]: tag for tag, row in _ROWS.items() if row[4]}


@cache
def _private() -> dict[str, dict[str, tuple[str, str, str, str]]]:
    rows: dict[str, dict[str, tuple[str, str, str, str]]] = _table("_private_dict").private_dictionaries
    return rows


def _repeating(tag: int) -> tuple[str, str, str, str, str] | None:
    return next((row for bits, mask, row in _MASKS if not (tag ^ bits) & mask), None)


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
    repeated = _repeating(tag)  # groups 50xx, 60xx
    return repeated[0] if repeated else "UN"


def _private_vr(tag: int, creator: str) -> str:
    if 0x10 <= tag & 0xFFFF <= 0xFF:
        return "LO"  # Private Creator (PS3.5 7.8.1)
    rows = _private().get(creator, {}) if creator else {}
    group, low = f"{tag >> 16:04X}", f"{tag & 0xFF:02X}"
    # most elements are known whatever their block is (PS3.5 7.8.1)
    names = (f"{tag:08X}", f"{group}xx{low}", f"{group[:2]}xxxx{low}")
    return next((rows[name][0] for name in names if name in rows), "UN")


@lru_cache(maxsize=16384)
def keyword_of(tag: int) -> str:
    """Give the keyword of a tag, its 8 hexadecimal digits when it has none."""
    return keyword_known(tag) or f"{tag:08X}"


@lru_cache(maxsize=16384)
def keyword_known(tag: int) -> str:
    """Give the keyword of a tag, "" when it has none."""
    row = _ROWS.get(tag)
    if row is None and not tag >> 16 & 1:
        row = _repeating(tag)
    return row[4] if row else ""


def tag_named(keyword: str) -> int | None:
    """Give the tag of a keyword, None for one that PS3.6 does not have."""
    return _keywords().get(keyword)


@lru_cache(maxsize=16384)
def tag_of(name: str) -> int:
    """Give the tag of a keyword or of 8 hexadecimal digits. Raises `Malformed`."""
    tag = tag_named(name)
    if tag is not None:
        return tag
    if len(name) == 8:
        with suppress(ValueError):  # not a tag either: said below
            return int(name, 16)
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
