"""Values of a data element from its bytes (PS3.5 6.2)."""

from functools import lru_cache
from struct import Struct

from radiotheque.dicom.charsets import Charset
from radiotheque.dicom.dictionary import TEXT, UNSPLIT

CODES = {
    "FD": "d",
    "FL": "f",
    "OD": "d",
    "OF": "f",
    "SL": "i",
    "SS": "h",
    "SV": "q",
    "UL": "I",
    "US": "H",
    "UV": "Q",
}
NUMERIC = frozenset(("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"))
_SIZES = {"d": 8, "f": 4, "i": 4, "h": 2, "q": 8, "I": 4, "H": 2, "Q": 8}
_TRAILING_ONLY = frozenset(("LT", "ST", "UC", "UT"))


@lru_cache(maxsize=1024)
def _struct(code: str, count: int, *, big: bool) -> Struct:
    return Struct(f"{'>' if big else '<'}{count}{code}")


def numbers(vr: str, raw: bytes, *, big: bool = False) -> tuple[float, ...]:
    """Give the numbers of a binary VR; bytes of an incomplete last one are left out."""
    code = CODES[vr]
    count = len(raw) // _SIZES[code]
    values: tuple[float, ...] = _struct(code, count, big=big).unpack_from(raw)
    return values


def tags(raw: bytes, *, big: bool = False) -> tuple[str, ...]:
    """Give the values of an AT as 8 hexadecimal digits each (PS3.5 6.2)."""
    words = _struct("H", len(raw) // 4 * 2, big=big).unpack_from(raw)
    return tuple(f"{words[at]:04X}{words[at + 1]:04X}" for at in range(0, len(words), 2))


def text(vr: str, raw: bytes, repertoire: Charset) -> str:
    """Give the whole value of a text VR in Unicode, backslashes and padding included. Never fails."""
    if vr in TEXT:
        return repertoire.text(raw, name=vr == "PN")
    # Others are in the default repertoire (PS3.5 6.1.1); what is not, is read as what it most likely is
    return raw.decode("latin-1")


def strings(vr: str, raw: bytes, repertoire: Charset, *, big: bool = False) -> tuple[str, ...]:
    """Give the values as Unicode strings without insignificant padding, () for an empty value (PS3.5 6.2).

    NUL characters, which no text VR may hold and no database takes, are left out.
    """
    if vr == "US" and len(raw) == 2 and not big:
        return (str(raw[0] | raw[1] << 8),)
    if vr in NUMERIC:
        return tuple(map(str, numbers(vr, raw, big=big)))
    if vr == "AT":
        return tags(raw, big=big)
    whole = text(vr, raw, repertoire)
    if vr == "PN":
        return tuple(part.strip(" \0").rstrip("=") for part in whole.split("\\")) if whole.strip(" \0") else ()
    if "\0" in whole:
        whole = whole.replace("\0", "")
    if vr in UNSPLIT or "\\" not in whole:
        bare = whole.rstrip(" ") if vr in _TRAILING_ONLY else whole.strip(" ")
        return (bare,) if bare else ()
    if vr in _TRAILING_ONLY:
        return tuple(part.rstrip(" ") for part in whole.split("\\"))
    return tuple(part.strip(" ") for part in whole.split("\\"))
