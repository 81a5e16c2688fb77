"""What becomes of each attribute when identity is taken away: the Basic Profile and its options (PS3.15 Annex E).

Table E.1-1 lies beside this module as `deidentify_attributes.csv`, Table E.3.4-1 (content items of structured reports) as
`deidentify_concepts.csv`, both of the edition 2026d; here is what the columns mean and which of them holds.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from radiotheque.core.errors import Malformed


class Action(StrEnum):
    """What is done to an attribute (PS3.15 Table E.1-1a)."""

    DUMMY = "D"
    ZERO = "Z"
    REMOVE = "X"
    KEEP = "K"
    CLEAN = "C"
    UID = "U"


class Option(StrEnum):
    """The options of the profile (PS3.15 E.3), by the names of the columns of Table E.1-1 where they have one."""

    SAFE_PRIVATE = "retain_safe_private"
    UIDS = "retain_uids"
    DEVICE = "retain_device_identity"
    INSTITUTION = "retain_institution_identity"
    PATIENT = "retain_patient_characteristics"
    FULL_DATES = "retain_longitudinal_full_dates"
    MODIFIED_DATES = "retain_longitudinal_modified_dates"
    DESCRIPTORS = "clean_descriptors"
    STRUCTURED = "clean_structured_content"
    GRAPHICS = "clean_graphics"
    PIXELS = "clean_pixel_data"
    FACES = "clean_recognizable_visual_features"


BASIC_CODE = ("113100", "Basic Application Confidentiality Profile")
CODES: Mapping[Option, tuple[str, str]] = {
    Option.PIXELS: ("113101", "Clean Pixel Data Option"),
    Option.FACES: ("113102", "Clean Recognizable Visual Features Option"),
    Option.GRAPHICS: ("113103", "Clean Graphics Option"),
    Option.STRUCTURED: ("113104", "Clean Structured Content Option"),
    Option.DESCRIPTORS: ("113105", "Clean Descriptors Option"),
    Option.FULL_DATES: ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    Option.MODIFIED_DATES: ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    Option.PATIENT: ("113108", "Retain Patient Characteristics Option"),
    Option.DEVICE: ("113109", "Retain Device Identity Option"),
    Option.UIDS: ("113110", "Retain UIDs Option"),
    Option.SAFE_PRIVATE: ("113111", "Retain Safe Private Option"),
    Option.INSTITUTION: ("113112", "Retain Institution Identity Option"),
}
"""The code of each option in De-identification Method Code Sequence (PS3.16 CID 7050), scheme DCM."""

PROFILES: Mapping[str, frozenset[Option]] = {
    "basic": frozenset({Option.PIXELS}),
    "research": frozenset(
        {
            Option.PIXELS,
            Option.MODIFIED_DATES,
            Option.PATIENT,
            Option.DESCRIPTORS,
            Option.STRUCTURED,
            Option.GRAPHICS,
        }
    ),
    "teaching": frozenset({Option.PIXELS, Option.PATIENT, Option.DESCRIPTORS, Option.GRAPHICS}),
}
"""Sets of options by name; each cleans pixels, for a name burned into them is not in any attribute."""


def options_of(profile: str, more: tuple[str, ...] = ()) -> frozenset[Option]:
    """Give the options of a named profile and those added. Raises `Malformed` for one unknown, or two that contradict."""
    if profile not in PROFILES:
        raise Malformed(f"a profile is one of {', '.join(PROFILES)}")
    unknown = [name for name in more if name not in set(Option)]
    if unknown:
        raise Malformed(f"an option is one of {', '.join(Option)}; not {', '.join(unknown)}")
    options = PROFILES[profile] | {Option(name) for name in more}
    if Option.FULL_DATES in more and Option.MODIFIED_DATES not in more:
        options -= {Option.MODIFIED_DATES}
    if {Option.FULL_DATES, Option.MODIFIED_DATES} <= options:
        raise Malformed("dates are retained in full or modified, not both (PS3.15 E.3.6)")
    if Option.FACES in options:
        raise Malformed("visual features that can be recognized are not cleaned here: leave such images out")
    return options


@dataclass(frozen=True, slots=True)
class Row:
    """A row of Table E.1-1, or of Table E.3.4-1: the basic action, and those of options."""

    basic: str
    options: Mapping[Option, Action]

    def action(self, options: frozenset[Option]) -> str:
        """Give the action that holds under these options: what retains or cleans goes before the basic one.

        Where two options speak, cleaning goes before keeping: an attribute that may be kept by one and must be
        cleaned by another is cleaned.
        """
        said = {self.options[option] for option in options if option in self.options}
        return Action.CLEAN if Action.CLEAN in said else Action.KEEP if Action.KEEP in said else self.basic


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by tag; curves, overlays and private attributes are found by their group."""

    rows: Mapping[int, Row]
    curves: Row
    overlay_data: Row
    overlay_comments: Row
    private: Row

    def row(self, tag: int) -> Row | None:
        """Give the row of a tag, None when the table does not name it."""
        group = tag >> 16
        if group % 2:
            return self.private
        if 0x5000 <= group <= 0x50FF:
            return self.curves
        if 0x6000 <= group <= 0x60FF and tag & 0xFFFF in (0x3000, 0x4000):
            return self.overlay_data if tag & 0xFFFF == 0x3000 else self.overlay_comments
        return self.rows.get(tag)


@cache
def table() -> Table:
    """Give Table E.1-1."""
    rows = {each["tag"]: _row(each) for each in _read("deidentify_attributes.csv")}
    grouped = {name: rows.pop(name) for name in ("50xxxxxx", "60xx3000", "60xx4000", "private")}
    by_tag = {int(tag, 16): row for tag, row in rows.items()}
    return Table(by_tag, grouped["50xxxxxx"], grouped["60xx3000"], grouped["60xx4000"], grouped["private"])


@cache
def concepts() -> Mapping[tuple[str, str, str], Row]:
    """Give Table E.3.4-1 by coding scheme, code and Value Type of a content item's concept name."""
    return {(each["scheme"], each["code"], each["value_type"]): _row(each) for each in _read("deidentify_concepts.csv")}


def _row(given: Mapping[str, str]) -> Row:
    said = {Option(name): Action(given[name]) for name in set(Option) & given.keys() if given[name]}
    return Row(given["basic"], said)


def _read(name: str) -> Iterator[Mapping[str, str]]:
    text = files("radiotheque.dicom").joinpath(name).read_text("utf-8")
    return iter(csv.DictReader(text.splitlines()))


def settled(action: str, keyword: str, sop_class: str, *, nested: bool = False) -> str:
    """Give the one action among alternatives such as `X/Z/D`, by the attribute's Type in its IOD (PS3.15 E.1.1).

    Removed where the IOD lets it be absent (Type 3), empty where it may be (Type 2), a dummy where it must have a value
    (Type 1). Inside sequences, and in IODs whose Types are not known here, what conforms in every case is taken.
    """
    if keyword in _MADE:  # of Type 1 where they are (PS3.3 C.10.2, C.17.6): the table removes them
        return "D" if action == "X" else action
    if "/" not in action:
        return action
    choices = action.replace("*", "").split("/")
    unsure = keyword not in _NOWHERE_REQUIRED and (nested or not _known(sop_class))
    kind = 1 if unsure else type_of(keyword, sop_class)
    wanted = {1: ("D", "U", "Z"), 2: ("Z", "U", "D"), 3: ("X", "Z", "D")}[kind]
    return next(each for each in wanted if each in choices)


_MADE = frozenset({"PresentationCreationDate", "PresentationCreationTime"})
_NOWHERE_REQUIRED = frozenset({"ReferencedStudySequence", "InstitutionCodeSequence", "OperatorIdentificationSequence"})
_STEM = "1.2.840.10008.5.1.4.1.1."
_RADIOGRAPHS = "1 1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 7 7.1 12.1 12.2"
_ENHANCED = "12.1.1 12.2.1 13.1.1 13.1.2 13.1.3"
_REPORTS = "88.11 88.22 88.33 88.34 88.50 88.59 88.67"
_STATES = "11.1 11.2 11.3 11.4 11.5"
_KNOWN = frozenset(f"{_RADIOGRAPHS} {_ENHANCED} {_REPORTS} {_STATES}".split())
_TYPES: Mapping[tuple[str, int], frozenset[str]] = {
    ("AcquisitionContextSequence", 2): frozenset(
        ["1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "12.1.1", "12.2.1", "13.1.1", "13.1.2", "13.1.3"]
    ),
    ("AcquisitionDateTime", 1): frozenset(["12.1.1", "12.2.1"]),
    ("ContentDate", 1): frozenset(f"{_ENHANCED} {_REPORTS}".split()),
    ("ContentDate", 2): frozenset(_RADIOGRAPHS.split()),
    ("ContentTime", 1): frozenset(f"{_ENHANCED} {_REPORTS}".split()),
    ("ContentTime", 2): frozenset(_RADIOGRAPHS.split()),
    ("ContrastBolusAgent", 2): frozenset(["1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "12.1", "12.2"]),
    ("ContentCreatorName", 2): frozenset(_STATES.split()),
    ("DeviceSerialNumber", 1): frozenset(f"11.5 {_ENHANCED} 88.67".split()),
    ("ObservationDateTime", 1): frozenset(_REPORTS.split()),
    ("PatientID", 2): _KNOWN,
    ("PatientSexNeutered", 2): frozenset(),
    ("ReferencedImageSequence", 1): frozenset(["12.1", "12.2"]),
    ("ReferencedPerformedProcedureStepSequence", 1): frozenset(f"1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 {_ENHANCED}".split()),
    ("ReferencedPerformedProcedureStepSequence", 2): frozenset(_REPORTS.split()),
}
"""Where the attributes with alternatives are of Type 1 or 2, by the last components of the SOP Class UID (PS3.3 Annex A).

Patient's Sex Neutered is of Type 2C for non-human organisms only, so that it is never required here."""


def _known(sop_class: str) -> bool:
    return sop_class.removeprefix(_STEM) in _KNOWN


def type_of(keyword: str, sop_class: str) -> int:
    """Give the Type (1, 2 or 3; conditional ones as if the condition held) of an attribute with alternatives in a known IOD."""
    short = sop_class.removeprefix(_STEM)
    return next((kind for kind in (1, 2) if short in _TYPES.get((keyword, kind), ())), 3)
