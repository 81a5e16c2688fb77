"""Values in the place of others: dummies by VR, dates moved by whole days (PS3.15 E.1.1, E.3.6)."""

import re
from datetime import date, timedelta

from radiotheque.dicom.deidentify_order import WELL_KNOWN

DATES = frozenset({"DA", "DT", "TM"})
FREE_TEXT = frozenset({"LT", "ST", "UT", "UC"})
TEXTS = FREE_TEXT | {"LO", "SH"}

DUMMY_DATE = "19000101"
_DUMMIES: dict[str, object] = {
    "AE": "ANONYMIZED",
    "AS": "000Y",
    "AT": 0,
    "CS": "ANONYMIZED",
    "DA": DUMMY_DATE,
    "DS": "0",
    "DT": f"{DUMMY_DATE}000000",
    "IS": "0",
    "LO": "ANONYMIZED",
    "LT": "ANONYMIZED",
    "PN": "ANONYMIZED",
    "SH": "ANONYMIZED",
    "ST": "ANONYMIZED",
    "TM": "000000",
    "UC": "ANONYMIZED",
    "UR": "urn:anonymized",
    "UT": "ANONYMIZED",
}
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_TIME = re.compile(r"([01]\d|2[0-3]):?([0-5]\d:?([0-6]\d(\.\d{1,6})?)?)?")
_DAY = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")


def dummy(vr: str) -> object:
    """Give a value of a VR that says nothing."""
    return b"\0\0" if vr in _BINARY else _DUMMIES.get(vr, 0)


def is_instance_uid(uid: str) -> bool:
    """Say whether a UID may name something of someone, and not something of the standard."""
    return bool(uid) and not uid.startswith(WELL_KNOWN)


def shifted(vr: str, value: str, days: int, *, keep_times: bool) -> str:
    """Give a DA, DT or TM moved by whole days, "" for one that cannot be: no whole date, or no time to be kept.

    A time of day stays with `keep_times`, and so does the offset from UTC in a DT.
    """
    text = value.strip()
    if vr == "TM":
        return text if keep_times and _TIME.fullmatch(text) else ""
    found = _DAY.match(text)
    if found is None:
        return ""
    try:
        moved = date(*map(int, found.groups())) + timedelta(days)
    except (ValueError, OverflowError):
        return ""
    rest = text[found.end() :] if vr == "DT" and keep_times else ""
    return f"{moved:%Y%m%d}".rjust(8, "0") + (rest if re.fullmatch(r"(\d{2,6}(\.\d{1,6})?)?([+-]\d{4})?", rest) else "")


def blank_document() -> bytes:
    """Give a PDF of one empty page, of an even length."""
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    out, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%sendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    out += b"xref\n0 4\n0000000000 65535 f \n%strailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(out),
    )
    return out + b"\n" * (len(out) % 2)
