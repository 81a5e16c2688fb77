"""The second pair of eyes: what is left of an identity in what is about to be given out?

It knows nothing of the profile and shares nothing with the code that applied it: the identity is read off the original,
by another parser, and its bytes are looked for, in every usual encoding of text and dates, in whatever comes out: every
element wherever it stands, group 0002, the bytes between, the name of the file. Pixels are looked at once more.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from radiotheque.dicom import filemeta
from radiotheque.dicom.charsets import charset, terms_of
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.deidentify_order import WELL_KNOWN, Expected, Finding
from radiotheque.dicom.deidentify_pixels import text_boxes
from radiotheque.dicom.dictionary import PIXEL_DATA, SPECIFIC_CHARACTER_SET, keyword_of
from radiotheque.dicom.framing import opened
from radiotheque.dicom.reading import Bytes, frame_bytes, pixel_bytes, read_part10
from radiotheque.dicom.syntaxes import syntax
from radiotheque.dicom.values import strings
from radiotheque.dicom.walker import ELEMENT, FRAGMENT

CODECS = (
    *("utf-8", "latin-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8"),
    *("iso8859-9", "iso8859-15", "cp1251", "tis-620", "gb18030", "big5", "shift_jis", "iso2022_jp", "euc_jp", "euc_kr"),
    *("utf-16-le", "utf-16-be"),
)
ENDS_BYTES = 256 << 10
"""So much at either end of a frame's bytes is searched for everything; the middle for name and identifier only."""

_NO_CHANCE_BYTES = 6
"""Shorter patterns stand among the bytes of pixels by chance."""

_PERSON = frozenset({"PatientID", "OtherPatientIDs", "PatientAddress", "PatientTelephoneNumbers", "PatientBirthName"})
_STUDY = frozenset(
    {
        *(
            "AccessionNumber",
            "StudyID",
            "AdmissionID",
            "ServiceEpisodeID",
            "RequestedProcedureID",
            "MedicalRecordLocator",
        ),
        *("ScheduledProcedureStepID", "PerformedProcedureStepID", "PlacerOrderNumberImagingServiceRequest"),
        *("FillerOrderNumberImagingServiceRequest", "IssuerOfPatientID", "CurrentPatientLocation", "PersonAddress"),
        *("PersonTelephoneNumbers", "ResponsibleOrganization", "CountryOfResidence", "RegionOfResidence"),
    }
)
_PLACES = frozenset({"InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName"})
_DEVICES = frozenset({"StationName", "DeviceSerialNumber", "DetectorID", "PlateID", "CassetteID", "GantryID"})
_SHARED_UIDS = re.compile(
    r"SOPClass|TransferSyntax|CodingScheme|ContextUID|MappingResource|Implementation|CreatorUID|CreatorVersion"
)
_COMMON = frozenset(
    {
        *("Manufacturer", "ManufacturerModelName", "SoftwareVersions"),
        *("CodeMeaning", "CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion"),
    }
)
"""Where a word that is also a name may stand with good reason: those say nothing of a person."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A piece of an identity. `kind` is the attribute it is of; `whole` is False for one word of a name."""

    kind: str
    text: str = field(repr=False)
    whole: bool = True
    tag: int = 0


def verify(original: Bytes, made: Bytes, name: str, expected: Expected) -> list[Finding]:
    """Give what is left of the identity of `original` in `made`, a file to be called `name`. [] is a clean file."""
    seeds = list(dict.fromkeys(seeds_of(bytes(original), expected)))
    found = [*_in_bytes(bytes(made), seeds), *_in_name(name, seeds), *_in_pixels(bytes(made), expected)]
    return list(dict.fromkeys(found))


def seeds_of(original: bytes, allowed: Expected) -> Iterator[Seed]:
    """Yield the identity that an object carries in its attributes, as pieces long enough to be looked for."""
    for place in _places(original):
        yield from _seeds(place, allowed)


@dataclass(frozen=True, slots=True)
class _Place:
    """An element's value, or a fragment, in a file."""

    tag: int
    vr: str
    start: int
    stop: int
    values: tuple[str, ...]

    @property
    def keyword(self) -> str:
        return "private" if self.tag >> 16 & 1 else keyword_of(self.tag)


def _places(part10: bytes) -> Iterator[_Place]:
    meta, offset = filemeta.split(part10)
    name = filemeta.text(meta, filemeta.TRANSFER_SYNTAX)
    dataset = opened(lambda a, b: part10[a:b], len(part10), transfer_syntax=name, dataset_offset=offset)
    big, repertoire = dataset.how.encoding.big_endian, charset(())
    for kind, tag, vr, _, start, stop in dataset.walk():
        if kind == FRAGMENT:
            yield _Place(tag, "OB", start, stop, ())
        if kind != ELEMENT:
            continue
        raw = dataset.source.take(start, min(stop, start + 65536)) if tag != PIXEL_DATA else b""
        if tag == SPECIFIC_CHARACTER_SET:
            repertoire = charset(terms_of(raw))
        readable = vr in _READABLE
        yield _Place(tag, vr, start, stop, strings(vr, raw, repertoire, big=big) if readable else ())


_NOBODY = frozenset({"ANONYMIZED", "ANONYMOUS", "ANON", "UNKNOWN", "REMOVED"})
_READABLE = frozenset(
    ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"]
)


def _seeds(place: _Place, allowed: Expected) -> Iterator[Seed]:
    keyword, tag = place.keyword, place.tag
    for value in filter(None, map(str.strip, place.values)):
        if value.upper().strip("^") in _NOBODY:
            continue
        if place.vr == "PN":
            yield from _name_seeds(keyword, value)
        elif keyword in _PERSON and len(value) >= 3:
            yield Seed(keyword, value)
        elif place.vr in ("DA", "DT"):
            yield from _date_seeds(place, value, allowed)
        elif place.vr == "UI" and not allowed.uids and _is_own(keyword, value):
            yield Seed(keyword, value)
        elif len(value) >= 4 and _is_identifying(keyword, allowed):
            yield Seed(keyword, value, whole=keyword in _STUDY, tag=tag)


def _is_own(keyword: str, uid: str) -> bool:
    return (
        len(uid) >= 8 and not uid.startswith(WELL_KNOWN) and not _SHARED_UIDS.search(keyword) and keyword != "private"
    )


def _is_identifying(keyword: str, allowed: Expected) -> bool:
    if keyword in _PLACES:
        return not allowed.institution
    return keyword in _STUDY or (keyword in _DEVICES and not allowed.device)


def _name_seeds(keyword: str, value: str) -> Iterator[Seed]:
    for group in value.split("="):
        words = [word for word in re.split(r"[\^\s]+", group) if word]
        if len(words) > 1:
            for joint in ("^", " ", ", "):
                yield Seed(keyword, joint.join(words))
        least = 3 if group.isascii() else 2
        yield from (Seed(keyword, word, whole=False) for word in words if len(word) >= least)


def _date_seeds(place: _Place, value: str, allowed: Expected) -> Iterator[Seed]:
    found = re.match(r"(\d{4})\.?(\d\d)\.?(\d\d)", value)
    if found is None or (allowed.dates and place.keyword != "PatientBirthDate") or found[1] < "1880":
        return
    year, month, day = found.groups()
    if f"{year}{month}{day}" == "19000101":
        return
    for text in (
        *(f"{year}{sign}{month}{sign}{day}" for sign in ("", "-", ".", "/")),
        *(f"{one}{sign}{two}{sign}{year}" for one, two in ((day, month), (month, day)) for sign in ("-", ".", "/")),
    ):
        yield Seed(place.keyword, text, tag=place.tag)


def _patterns(seed: Seed) -> set[bytes]:
    """Give the seed in every encoding, ASCII letters small."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", seed.text) if not unicodedata.combining(each))
    composed = {unicodedata.normalize("NFC", seed.text), seed.text, bare}
    forms = {form for text in composed for form in (text, text.lower(), text.upper(), text.title())}
    return {raw for form in forms for raw in _encodings(form) if len(raw) >= 2}


def _encodings(text: str) -> Iterator[bytes]:
    for codec in CODECS[:1] + CODECS[-2:] if text.isascii() else CODECS:
        try:
            yield text.encode(codec).lower()
        except UnicodeError:
            continue


def _in_bytes(made: bytes, seeds: Iterable[Seed]) -> Iterator[Finding]:
    places = sorted(_places(made), key=lambda place: place.start)
    pixels = [place for place in places if place.tag == PIXEL_DATA]
    outside, inside = _regions(len(made), pixels)
    small = made.lower()
    for seed in seeds:
        main = seed.kind in ("PatientName", "PatientID") and seed.whole and len(seed.text) >= 6
        for pattern in _patterns(seed):
            wide = [(0, len(small))] if main else [*outside, *(inside if _is_telling(pattern) else ())]
            for start, stop in wide:
                for at in _hits(small, pattern, start, stop):
                    place = next((each for each in places if each.start <= at < each.stop), None)
                    if not _excused(seed, place):
                        yield Finding(seed.kind, _said(place, at, places))


def _is_telling(pattern: bytes) -> bool:
    return len(pattern) >= _NO_CHANCE_BYTES and b"\0" not in pattern  # as 16 bit text has, and dark pixels have


def _regions(size: int, pixels: list[_Place]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Give what is outside of pixel data, and the ends of what is inside."""
    outside, inside, at = [], [], 0
    for place in pixels:
        outside.append((at, place.start))
        at = place.stop
        middle = min(place.start + ENDS_BYTES, place.stop)
        inside += [(place.start, middle), (max(middle, place.stop - ENDS_BYTES), place.stop)]
    return [*outside, (at, size)], inside


def _hits(data: bytes, pattern: bytes, start: int, stop: int) -> Iterator[int]:
    """Yield where a pattern stands for itself, not as a part of a longer word or number."""
    at = data.find(pattern, start, stop)
    while at >= 0:
        before, behind = data[max(at - 1, 0) : at], data[at + len(pattern) : at + len(pattern) + 1]
        inside = (pattern[:1].isalnum() and before.isalnum()) or (pattern[-1:].isalnum() and behind.isalnum())
        if not inside:
            yield at
        at = data.find(pattern, at + 1, stop)


def _excused(seed: Seed, place: _Place | None) -> bool:
    """Say whether it is a coincidence: a word that is also a name in a code; another date that happens to be equal."""
    if place is None:
        return False
    if seed.tag and place.vr in ("DA", "DT") and seed.kind != "PatientBirthDate":
        return place.tag != seed.tag
    return not seed.whole and (place.vr in ("CS", "UI") or place.keyword in _COMMON)


def _said(place: _Place | None, at: int, places: list[_Place]) -> str:
    if place is not None:
        return f"({place.tag >> 16:04X},{place.tag & 0xFFFF:04X}) {place.keyword}".strip()
    return "file meta information" if not places or at < places[0].start else "between elements"


def _in_name(name: str, seeds: Iterable[Seed]) -> Iterator[Finding]:
    small = name.lower().encode()
    for seed in seeds:
        if any(True for pattern in _patterns(seed) for _ in _hits(small, pattern, 0, len(small))):
            yield Finding(seed.kind, "file name")


def _in_pixels(made: bytes, expected: Expected) -> Iterator[Finding]:
    """Look again for text where nobody looked, and see that what was masked is black."""
    if expected.looked_at and not expected.masks:
        return
    ds, name = read_part10(made)
    if not pixel_bytes(ds) or syntax(name).video:
        return
    info = pixel_info(ds, name)
    for number, (data, bit) in enumerate(frame_bytes(ds, info), 1):
        if number in expected.looked_at and number not in expected.masks:
            continue
        frame = decode_frame(data, info, bit=bit)
        for left, top, right, bottom in expected.masks.get(number, ()):
            if np.ptp(frame[top:bottom, left:right].reshape(-1, info.samples), axis=0).any():
                yield Finding("burned in text", f"frame {number}: a mask is not black")
        if number not in expected.looked_at and text_boxes(frame):
            yield Finding("burned in text", f"frame {number}")
