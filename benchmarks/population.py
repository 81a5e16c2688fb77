"""Many studies to search among: study `i` is a function of `i`, so every system and every run holds the same."""

import datetime
import random
from collections.abc import Iterator, Mapping

from benchmarks.dul_client import short

UID_ROOT = "1.2.826.0.1.3680043.10.9999.7"
CR = "1.2.840.10008.5.1.4.1.1.1"
# fmt: off
_REAL = (
    "MARTIN", "BERNARD", "DUPONT", "DUPOND", "DUPUIS", "DUPRE", "DURAND", "PETIT", "MOREAU", "LEFEBVRE",
    "LEROY", "ROUX", "LAPONTE", "PONTOIS", "RICHARD", "GARCIA", "SIMON", "LAURENT", "MICHEL", "GIRAUD",
)
# fmt: on
_ONSETS = ("B", "C", "D", "F", "G", "L", "M", "N", "P", "R", "S", "T", "V", "BR", "CL", "GR", "TR", "CH", "FL", "J")
_VOWELS = ("A", "E", "I", "O", "U", "AI", "EAU", "OU", "EN", "ON")
_ENDS = ("", "N", "R", "T", "X", "S", "L", "C", "RD", "NT")
_GIVEN = ("MARIE", "JEAN", "PAUL", "SOPHIE", "LUC", "ANNE", "PIERRE", "CLAIRE", "HUGO", "EMMA", "LEA", "NOE")
_MODALITIES = ("DX",) * 60 + ("CR",) * 30 + ("MG",) * 4 + ("RF",) * 4 + ("XA",) * 2
_TEXTS = ("Thorax face", "Main gauche", "Genou droit", "Bassin", "Rachis lombaire", "Epaule droite", "Mammographie")
_FIRST_DAY = datetime.date(2016, 1, 1)
_PIXELS = bytes((place * 37) & 0xFF if not place & 1 else (place >> 5) & 0x0F for place in range(64 * 64 * 2))

type Study = Mapping[str, str]


def study(number: int) -> Study:
    """Give the attributes of study `number`; about three studies a patient, one in twenty with a common name."""
    draw = random.Random(number)
    about = _patient(random.Random(number // 3).randrange(10**8))
    return {
        **about,
        "StudyDate": (_FIRST_DAY + datetime.timedelta(days=draw.randrange(3652))).strftime("%Y%m%d"),
        "StudyTime": f"{draw.randrange(7, 21):02d}{draw.randrange(60):02d}{draw.randrange(60):02d}",
        "AccessionNumber": f"A{number:09d}",
        "Modality": draw.choice(_MODALITIES),
        "StudyDescription": draw.choice(_TEXTS),
        "StudyInstanceUID": f"{UID_ROOT}.{number}",
    }


def _patient(number: int) -> Study:
    draw = random.Random(number * 7 + 1)
    syllables = (_ONSETS, _VOWELS, _ONSETS, _VOWELS, _ENDS)
    family = draw.choice(_REAL) if draw.randrange(20) == 0 else "".join(map(draw.choice, syllables))
    born = datetime.date(1930, 1, 1) + datetime.timedelta(days=draw.randrange(33000))
    return {
        "PatientID": f"PID{number:08d}",
        "PatientName": f"{family}^{draw.choice(_GIVEN)}",
        "PatientBirthDate": born.strftime("%Y%m%d"),
        "PatientSex": draw.choice("MF"),
    }


def queries(count: int, draw: random.Random) -> dict[str, Study]:
    """Give one query of every kind, its values drawn from the `count` studies that are there."""
    day = study(draw.randrange(count))["StudyDate"]
    first = min(int(day[6:]), 21)
    return {
        "exact ID": {"PatientID": study(draw.randrange(count))["PatientID"]},
        "accession": {"AccessionNumber": study(draw.randrange(count))["AccessionNumber"]},
        "week": {"StudyDate": f"{day[:6]}{first:02d}-{day[:6]}{first + 6:02d}"},
        "modality": {"ModalitiesInStudy": draw.choice(("MG", "RF", "XA"))},
        "prefix": {"PatientName": draw.choice(("DUP*", "MART*", "LEF*", "GIR*"))},
        "infix": {"PatientName": draw.choice(("*PONT*", "*ICHE*", "*AREN*"))},
        "newest": {},
        "no hit": {"PatientID": f"NOSUCH{draw.randrange(10**6)}"},
    }


def dataset(number: int) -> tuple[str, bytes]:
    """Give SOP Instance UID and data set, Explicit VR Little Endian, of the one 64x64 image of a study."""
    about = study(number)
    instance = f"{about['StudyInstanceUID']}.1.1"
    return instance, b"".join(_elements(number, about, instance))


def _elements(number: int, about: Study, instance: str) -> Iterator[bytes]:
    yield from (
        _text(8, 0x05, "CS", "ISO_IR 192"),
        _text(8, 0x08, "CS", "ORIGINAL\\PRIMARY"),
        _text(8, 0x16, "UI", CR),
        _text(8, 0x18, "UI", instance),
        _text(8, 0x20, "DA", about["StudyDate"]),
        _text(8, 0x30, "TM", about["StudyTime"]),
        _text(8, 0x50, "SH", about["AccessionNumber"]),
        _text(8, 0x60, "CS", about["Modality"]),
        _text(8, 0x1030, "LO", about["StudyDescription"]),
        _text(0x10, 0x10, "PN", about["PatientName"]),
        _text(0x10, 0x20, "LO", about["PatientID"]),
        _text(0x10, 0x30, "DA", about["PatientBirthDate"]),
        _text(0x10, 0x40, "CS", about["PatientSex"]),
        _text(0x20, 0x0D, "UI", about["StudyInstanceUID"]),
        _text(0x20, 0x0E, "UI", f"{about['StudyInstanceUID']}.1"),
        _text(0x20, 0x10, "SH", str(number)),
        _text(0x20, 0x11, "IS", "1"),
        _text(0x20, 0x13, "IS", "1"),
        _number(0x02, 1),
        _text(0x28, 0x04, "CS", "MONOCHROME2"),
        _number(0x10, 64),
        _number(0x11, 64),
        _number(0x100, 16),
        _number(0x101, 12),
        _number(0x102, 11),
        _number(0x103, 0),
        b"\xe0\x7f\x10\x00OW\0\0" + len(_PIXELS).to_bytes(4, "little") + _PIXELS,
    )


def _text(group: int, number: int, vr: str, value: str) -> bytes:
    data = value.encode()
    data += (b"\0" if vr == "UI" else b" ") * (len(data) & 1)
    return short(group) + short(number) + vr.encode() + short(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return short(0x28) + short(number) + b"US" + short(2) + short(value)
