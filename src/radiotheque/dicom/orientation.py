"""How an image lies in the patient: letters at its edges, side, and view (PS3.3 C.7.6.1.1.1, C.7.6.2.1.1, C.8.11)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydicom.dataset import Dataset

from radiotheque.dicom.functional import groups, items_of, value_of
from radiotheque.dicom.rendertypes import Letters
from radiotheque.dicom.viewcodes import MAMMOGRAPHY, PROJECTIONS, SIDES, modified

_BIPED = {"A": "P", "P": "A", "L": "R", "R": "L", "H": "F", "F": "H"}
_QUADRUPED = {
    "LE": "RT",
    "RT": "LE",
    "D": "V",
    "V": "D",
    "CR": "CD",
    "CD": "CR",
    "R": "CD",
    "M": "L",
    "L": "M",
    "PR": "DI",
    "DI": "PR",
    "PA": "D",
    "PL": "D",
}
_AXES = (("L", "R"), ("P", "A"), ("H", "F"))
"""Where the axes of the patient coordinate system point, and where they come from (PS3.3 C.7.6.2.1.1)."""
_SHOWN = 0.25
"""A direction's letter is shown when it has so much of it: about 15 degrees of tilt."""


def letters_of(ds: Dataset, frame: int = 0) -> Letters | None:
    """Give the letters at the edges of a frame, counted from 0: keys left, right, top, bottom; None when nothing says them.

    Patient Orientation goes before Image Orientation (Patient), which every slice has.
    """
    stated = value_of(ds, frame, "PatientOrientationInFrameSequence", "PatientOrientation")
    across, down = _stated(stated, quadruped=str(ds.get("AnatomicalOrientationType") or "").strip() == "QUADRUPED")
    if not across and not down:
        across, down = _reckoned(value_of(ds, frame, "PlaneOrientationSequence", "ImageOrientationPatient"))
    if not across and not down:
        return None
    return {"left": across[1], "right": across[0], "top": down[1], "bottom": down[0]}


type _Ends = tuple[str, str] | tuple[()]


def _stated(value: Any, *, quadruped: bool) -> tuple[Any, Any]:
    """Give where rows and columns run to and come from, by Patient Orientation (PS3.3 C.7.6.1.1.1)."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        return (), ()
    opposites = _QUADRUPED if quadruped else _BIPED
    ends = [_ends(str(each).strip().upper(), opposites) for each in value]
    return (ends[0], ends[1]) if all(ends) else ((), ())


def _ends(words: str, opposites: Mapping[str, str]) -> _Ends:
    """Give the letters and their opposites, () when one of them is none: two letters are taken for one where they are."""
    there, back = "", ""
    at = 0
    while at < len(words):
        size = 2 if words[at : at + 2] in opposites else 1
        word = words[at : at + size]
        if word not in opposites:
            return ()
        there, back, at = there + word, back + opposites[word], at + size
    return (there, back) if there else ()


def _reckoned(value: Any) -> tuple[Any, Any]:
    """Give the same by direction cosines: the greatest part of a direction first (PS3.3 C.7.6.2.1.1)."""
    try:
        cosines = [float(each) for each in value]
    except (TypeError, ValueError):
        return (), ()
    if len(cosines) != 6 or not all(abs(each) <= 1.01 for each in cosines):
        return (), ()
    across, down = _direction(cosines[:3]), _direction(cosines[3:])
    return (across, down) if across and down else ((), ())


def _direction(cosines: Sequence[float]) -> _Ends:
    parts = sorted(zip(cosines, _AXES, strict=True), key=lambda part: -abs(part[0]))
    kept = [(cosine, axis) for cosine, axis in parts if abs(cosine) >= _SHOWN]
    there = "".join(axis[0] if cosine > 0 else axis[1] for cosine, axis in kept)
    back = "".join(axis[1] if cosine > 0 else axis[0] for cosine, axis in kept)
    return (there, back) if there else ()


def laterality_of(ds: Dataset, frame: int = 0) -> str:
    """Give the side: R, L, B (both), U (unpaired) or "".

    Frame Laterality goes first, then Image Laterality (0020,0062), Laterality of the series (0020,0060), and the modifier
    of the anatomic region.
    """
    candidates = [item.get("FrameLaterality") for item in groups(ds, frame, "FrameAnatomySequence")]
    for value in (*candidates, ds.get("ImageLaterality"), ds.get("Laterality")):
        side = str(value or "").strip().upper()[:1]
        if side in ("R", "L", "B", "U"):
            return side
    return _side_of_region(ds, frame)


def _side_of_region(ds: Dataset, frame: int) -> str:
    anatomies = (ds, *groups(ds, frame, "FrameAnatomySequence"))
    for anatomy in anatomies:
        for region in items_of(anatomy, "AnatomicRegionSequence"):
            for modifier in items_of(region, "AnatomicRegionModifierSequence"):
                side = SIDES.get(str(modifier.get("CodeValue", "")).strip())
                if side:
                    return side
    return ""


def body_part_of(ds: Dataset, frame: int = 0) -> str:
    """Give Body Part Examined, else the meaning of the anatomic region."""
    stated = str(ds.get("BodyPartExamined") or "").strip()
    if stated:
        return stated
    for anatomy in (ds, *groups(ds, frame, "FrameAnatomySequence")):
        for region in items_of(anatomy, "AnatomicRegionSequence"):
            return str(region.get("CodeMeaning") or "").strip()
    return ""


def view_of(ds: Dataset) -> tuple[str, str]:
    """Give the view as an abbreviation, and in words; "" for what is not said.

    Of a mammogram it is the code's, with its modifiers as PS3.16 CID 4015 has them written: MCC is a magnified CC. Else it
    is View Position's, else the code's (CID 4010).
    """
    stated = str(ds.get("ViewPosition") or "").strip().upper()
    code = next(iter(items_of(ds, "ViewCodeSequence")), None)
    if code is None:
        return stated, stated
    value = str(code.get("CodeValue", "")).strip()
    modifiers = items_of(code, "ViewModifierCodeSequence")
    words = [str(item.get("CodeMeaning") or "").strip() for item in (code, *modifiers)]
    text = ", ".join(word for word in words if word) or stated
    if value in MAMMOGRAPHY and (str(ds.get("Modality", "")).strip() == "MG" or not stated):
        return modified(MAMMOGRAPHY[value], (str(item.get("CodeValue", "")).strip() for item in modifiers)), text
    return stated or PROJECTIONS.get(value, ""), text
