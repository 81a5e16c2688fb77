"""What a reader drew, chose and measured, as DICOM objects that any viewer understands.

A Grayscale or Color Softcopy Presentation State for each image (PS3.3 A.33), a Key Object Selection (TID 2010) for the key
images and a Comprehensive SR by TID 1500 for the measurements. Headers of images go in as received, pixels are not needed.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from highdicom import PresentationLUTTransformation
from highdicom.color import CIELabColor
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.pr import (
    ColorSoftcopyPresentationState,
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GrayscaleSoftcopyPresentationState,
    TextObject,
)
from highdicom.sr import (
    CodedConcept,
    ComprehensiveSR,
    CoordinatesForMeasurement,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    QualitativeEvaluation,
    SourceImageForRegion,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID

from radiotheque.dicom.annotations import Annotation, shown
from radiotheque.dicom.drafted import About, Measured, Place, View, seen_of
from radiotheque.dicom.filemeta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from radiotheque.dicom.functional import items_of
from radiotheque.dicom.graphics import graphics_of, inside, words_of
from radiotheque.dicom.icc import srgb_input
from radiotheque.dicom.published import MODEL, PRIVATE_CREATOR, PRIVATE_ELEMENT, PRIVATE_GROUP
from radiotheque.dicom.softcopy import set_greys, without_greys
from radiotheque.dicom.spacing import aspect_of
from radiotheque.dicom.terms import ALIGNMENT, WHICH
from radiotheque.dicom.terms import NAMES as TERMS

UTF8 = "ISO_IR 192"
type Group = tuple[Annotation, Sequence[Measured]]
"""An annotation and what it measures."""

OURS = "99RADIOTHEQUE"
"""Designator of the codes that no standard scheme has (PS3.3 8.2: "99" and a private name)."""

_ASPECT_PARTS = 10_000
_YELLOW = (93.0, -16.0, 85.0)  # CIELab, seen on any grey
_DATE, _TIME = r"\d{8}|", r"\d{2}(\d{2}){0,2}(\.\d{1,6})?|"
_NEEDED = {
    "PatientID": "",
    "PatientName": "",
    "PatientBirthDate": _DATE,
    "PatientSex": "[MFO]|",
    "AccessionNumber": "",
    "StudyID": "",
    "StudyDate": _DATE,
    "StudyTime": _TIME,
    "ReferringPhysicianName": "",
}
"""Attributes that every object of a study has, and what their value must look like ("" for anything)."""

NAMES: Mapping[str, CodedConcept] = {
    "length": CodedConcept("410668003", "SCT", "Length"),
    "angle": CodedConcept("1483009", "SCT", "Angle"),
    "area": CodedConcept("42798000", "SCT", "Area"),
    "mean": CodedConcept("373098007", "SCT", "Mean"),
    "sd": CodedConcept("386136009", "SCT", "Standard Deviation"),
    "min": CodedConcept("255605001", "SCT", "Minimum"),
    "max": CodedConcept("56851009", "SCT", "Maximum"),
    "long_axis": CodedConcept("103339001", "SCT", "Long Axis"),
    "short_axis": CodedConcept("103340004", "SCT", "Short Axis"),
    "perimeter": CodedConcept("131191004", "SCT", "Perimeter"),
    "cobb_angle": CodedConcept("285285000", "SCT", "Cobb angle"),
}
"""Our names of values → standard concepts (CID 7469, 7470, 7471, 7550); others get a code of our own."""

UNITS: Mapping[str, CodedConcept] = {
    "mm": CodedConcept("mm", "UCUM", "millimeter"),
    "mm2": CodedConcept("mm2", "UCUM", "square millimeter"),
    "deg": CodedConcept("deg", "UCUM", "degree"),
    "px": CodedConcept("{pixels}", "UCUM", "pixels"),
    "px2": CodedConcept("{pixels}", "UCUM", "pixels"),
    "HU": CodedConcept("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "%": CodedConcept("%", "UCUM", "percent"),
}
_NO_UNIT = CodedConcept("1", "UCUM", "no units")

_LOWER_LIMB = CodedConcept("61685007", "SCT", "Lower limb")
_SIDES = {"R": CodedConcept("24028007", "SCT", "Right"), "L": CodedConcept("7771000", "SCT", "Left")}
"""Laterality (PS3.16 CID 244)."""


def as_part10(ds: Dataset) -> bytes:
    """Give the object as a Part 10 file."""
    out = BytesIO()
    ds.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    ds.file_meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


# presentation states


def presentation_state(image: Dataset, groups: Sequence[Group], view: View, *, about: About, place: Place) -> Dataset:
    """Give a presentation state of one image: annotations, window, turn, flip and displayed area (PS3.3 C.10, C.11)."""
    header = _whole(image)
    layer = GraphicLayer("ANNOTATIONS", 1, display_color=CIELabColor(*_YELLOW))
    drawn = [one for group in groups for one in _drawn(header, group, layer, about.words)]
    grey = header.get("SamplesPerPixel", 1) == 1 and header.get("PhotometricInterpretation") != "PALETTE COLOR"
    given = _common(about, place) | {
        "device_serial_number": "0",
        "content_label": about.label,
        "content_description": about.description[:64],
        "content_creator_name": about.author,
        "graphic_layers": [layer] if drawn else None,
        "graphic_annotations": drawn or None,
        "specific_character_set": UTF8,
    }
    plain = without_greys(header)
    if grey:
        shape = PresentationLUTTransformation(presentation_lut_shape="INVERSE" if view.invert else "IDENTITY")
        state: Dataset = GrayscaleSoftcopyPresentationState([plain], presentation_lut_transformation=shape, **given)
        set_greys(state, header, view)
    else:
        profile = header.get("ICCProfile") or srgb_input()
        state = ColorSoftcopyPresentationState([plain], icc_profile=profile, **given)
    _set_geometry(state, header, view)
    state.Laterality = ""  # Type 2C: a state has no side of its own, its image has
    return state


def _set_geometry(state: Dataset, header: Dataset, view: View) -> None:
    """Turn, flip and displayed area; the top left corner of the area is named after the turn (PS3.3 C.10.4, C.10.6)."""
    for item in state.DisplayedAreaSelectionSequence:
        _set_shape(item, aspect_of(header, view.frame - 1), view)
    if view.rotation or view.flip_h:
        state.ImageRotation = view.rotation % 360
        state.ImageHorizontalFlip = "Y" if view.flip_h else "N"
    seen = seen_of(view, int(header.Columns), int(header.Rows))
    if seen is None:
        return
    first, last = _corners(seen, view)
    for item in state.DisplayedAreaSelectionSequence:
        item.DisplayedAreaTopLeftHandCorner, item.DisplayedAreaBottomRightHandCorner = list(first), list(last)
        item.PresentationSizeMode = "SCALE TO FIT"


def _set_shape(item: Dataset, aspect: float, view: View) -> None:
    """Say how high and wide a pixel is, in the reader's millimetres where they calibrated the image (PS3.3 C.10.4)."""
    if "PixelOriginInterpretation" in item:
        del item.PixelOriginInterpretation  # of whole slide images alone
    if view.calibrated is not None:
        del item.PresentationPixelAspectRatio
        item.PresentationPixelSpacing = [f"{each:.10g}" for each in view.calibrated]
    elif aspect != 1:
        item.PresentationPixelAspectRatio = [round(aspect * _ASPECT_PARTS), _ASPECT_PARTS]


def _corners(box: tuple[int, int, int, int], view: View) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give which pixels stand at the top left and the bottom right of what is shown, after turn and flip."""
    x0, y0, x1, y1 = box
    around = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]  # clockwise from the top left
    turned = around[-(view.rotation // 90 % 4) :] + around[: -(view.rotation // 90 % 4)]
    if view.rotation % 360 == 0:
        turned = around
    if view.flip_h:
        turned = [turned[1], turned[0], turned[3], turned[2]]
    return turned[0], turned[2]


def _drawn(header: Dataset, group: Group, layer: GraphicLayer, terms: Mapping[str, str]) -> Iterator[GraphicAnnotation]:
    annotation, values = group
    limit = (float(header.Columns), float(header.Rows))
    graphics = [
        GraphicObject(kind, inside(points, limit), "PIXEL") for kind, points in graphics_of(annotation) if points
    ]
    words = words_of(annotation, values, terms)
    texts = []
    if words:
        at = inside([annotation.label_at or annotation.points[0]], limit)[0]
        texts = [
            TextObject(words[:1024], "PIXEL", anchor_point=(float(at[0]), float(at[1])), anchor_point_visible=False)
        ]
    if not graphics and not texts:
        return
    frames = annotation.frame if _is_cine(header) else None
    item = GraphicAnnotation(
        [header], layer, referenced_frame_number=frames, graphic_objects=graphics or None, text_objects=texts or None
    )
    kept = {name: value for name, value in shown(annotation).items() if name not in ("instance", "frame")}
    block = item.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
    block.add_new(PRIVATE_ELEMENT, "UT", json.dumps(kept, ensure_ascii=False))
    yield item


# key object notes and reports


def key_object(marked: Sequence[tuple[Dataset, Sequence[int]]], about: About, place: Place) -> Dataset:
    """Give a note "Of Interest" that names the key images and their frames, from 1 (PS3.16 TID 2010, CID 7010)."""
    whole = [_whole(image) for image, _ in marked]
    content = KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=whole,
        observer_person_context=_observer(about),
        description=about.description or about.label,
    )
    note = KeyObjectSelectionDocument(
        evidence=whole, content=content, specific_character_set=UTF8, **_common(about, place)
    )
    several = {str(image.SOPInstanceUID): list(frames) for image, frames in marked if _is_cine(image)}
    for reference in (each for item in note.ContentSequence for each in items_of(item, "ReferencedSOPSequence")):
        if reference.ReferencedSOPInstanceUID in several:
            reference.ReferencedFrameNumber = several[reference.ReferencedSOPInstanceUID]
    return note


def _is_cine(image: Dataset) -> bool:
    return int(image.get("NumberOfFrames") or 1) > 1


def measurement_report(images: Mapping[str, Dataset], groups: Sequence[Group], about: About, place: Place) -> Dataset:
    """Give the measurements as a Comprehensive SR (PS3.16 TID 1500), each inferred from its points on its image.

    `images` are the headers by SOP Instance UID of all images that `groups` name.
    """
    evidence = [_whole(image) for image in images.values()]
    measurements = [
        _group(images[annotation.instance], annotation, of_one)
        for annotation, values in groups
        for of_one in _apart(values)
    ]
    report = MeasurementReport(
        observation_context=ObservationContext(observer_person_context=_observer(about)),
        procedure_reported=CodedConcept("363679005", "SCT", "Imaging procedure"),
        imaging_measurements=measurements,
        title=codes.DCM.ImagingMeasurementReport,
    )
    return ComprehensiveSR(
        evidence=evidence,
        content=report,
        is_complete=True,
        is_final=True,
        specific_character_set=UTF8,
        **_common(about, place),
    )


def _apart(values: Sequence[Measured]) -> list[list[Measured]]:
    """Give the values of one leg, of the other, and of neither apart: a group has one finding site (TID 1501)."""
    apart: dict[str, list[Measured]] = {}
    for value in values:
        apart.setdefault(value.leg, []).append(value)
    return list(apart.values())


def _group(image: Dataset, annotation: Annotation, values: Sequence[Measured]) -> MeasurementsAndQualitativeEvaluations:
    frames = [annotation.frame] if _is_cine(image) else None
    source = SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID, frames)
    limit = (float(image.Columns), float(image.Rows))
    coordinates = [
        CoordinatesForMeasurement(kind, inside(points, limit), source) for kind, points in graphics_of(annotation)
    ]
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(identifier=_tracked(annotation), uid=None),
        measurements=[_measurement(value, coordinates) for value in values],
        qualitative_evaluations=list(_evaluations(values)) or None,
        finding_sites=[FindingSite(_LOWER_LIMB, laterality=_SIDES[values[0].leg])] if values[0].leg else None,
    )


def _evaluations(values: Sequence[Measured]) -> Iterator[QualitativeEvaluation]:
    """Yield what the values say beside their figures: varus or valgus, the longer leg, the higher side; each once."""
    said: dict[str, CodedConcept] = {}
    for value in values:
        if value.note:
            said[ALIGNMENT] = _own(value.note.capitalize())
        if value.which and value.name in WHICH:
            said[WHICH[value.name][0]] = _SIDES[value.which]
    for name, found in said.items():
        yield QualitativeEvaluation(name=_own(name), value=found)


def _own(meaning: str) -> CodedConcept:
    return CodedConcept(_code(meaning), OURS, meaning)


def _tracked(annotation: Annotation) -> str:
    """Give what a drawing is called through time; a side alone is no name."""
    return annotation.kind if annotation.label in ("", *_SIDES) else annotation.label


def _measurement(value: Measured, coordinates: Sequence[CoordinatesForMeasurement]) -> Measurement:
    method = CodedConcept(_code(value.source), OURS, value.source[:64]) if value.source else None
    return Measurement(
        name=NAMES.get(value.name) or CodedConcept(_code(value.name), OURS, TERMS[value.name]),
        value=float(f"{value.value:.10g}"),
        unit=UNITS.get(value.unit, _NO_UNIT),
        method=method,
        referenced_coordinates=coordinates or None,
    )


def _code(words: str) -> str:
    """Give a Code Value (SH, 16 characters at most) for words of ours; long ones that begin alike differ at their end."""
    plain = "".join(letter if letter.isalnum() else "_" for letter in words.upper())
    if len(plain) <= 16:
        return plain
    return f"{plain[:11]}_{hashlib.sha256(plain.encode()).hexdigest()[:4].upper()}"


def _observer(about: About) -> ObserverContext:
    return ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=PersonObserverIdentifyingAttributes(name=about.author),
    )


def _common(about: About, place: Place) -> dict[str, Any]:
    return {
        "series_instance_uid": place.series,
        "series_number": place.series_number,
        "sop_instance_uid": place.instance,
        "instance_number": place.number,
        "manufacturer": MODEL,
        "manufacturer_model_name": MODEL,
        "software_versions": about.version,
        "series_description": about.description[:64] or about.label,
    }


def _whole(image: Dataset) -> Dataset:
    """Give a copy of a header in which every attribute stands that an object of its study must have (Type 2).

    Values that their VR forbids, as careless de-identification leaves them, are not copied.
    """
    header = Dataset()
    header.update(image)
    for keyword, rule in _NEEDED.items():
        value = header.get(keyword)
        if value is None or (rule and not re.fullmatch(rule, str(value))):
            setattr(header, keyword, "")
    if not re.fullmatch(r"\d{3}[DWMY]", str(header.get("PatientAge", "000Y"))):
        del header.PatientAge
    return header
