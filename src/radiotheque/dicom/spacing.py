"""Millimetres a pixel, and what they are millimetres of: one rule set, and never a guess (PS3.3 10.7).

A radiograph is larger than what it shows, for the rays spread. So a number of millimetres is worth what is known of the
plane in which they were measured; `Spacing.source` says it, and whoever shows a length shows it with its source:

- `CALIBRATED`: in the patient, by an object of known size in the picture, or because the image is a slice;
- `MAGNIFICATION`: in the patient, estimated from the geometry of the exposure;
- `DETECTOR`: on the front of the detector, and so too long for anything before it;
- `FILM`: on a film that was scanned, and so too long as well;
- `USER`: as a reader calibrated it on a known object;
- `UNKNOWN`: nothing trustworthy is said, and a length is a number of pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

from radiotheque.dicom.functional import groups, items_of, scopes, value_of

CALIBRATED, MAGNIFICATION, DETECTOR = "calibrated", "magnification", "detector"
FILM, USER, UNKNOWN = "film", "user", "unknown"

SAME_WITHIN = 0.005
"""Spacings are the same up to half a per cent: they are written as decimals of three or four digits."""
MOST_MAGNIFICATION = 10.0
"""A larger factor is no geometry of a radiograph, but a mistake."""
_MOST_MM = 100.0
_SQUARE_WITHIN = 0.01
_TISSUE_2D, _CENTIMETRES = 1, 3

_PROJECTIONS = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.1",  # CR
        "1.2.840.10008.5.1.4.1.1.1.1",  # DX, and the same for processing
        "1.2.840.10008.5.1.4.1.1.1.1.1",
        "1.2.840.10008.5.1.4.1.1.1.2",  # mammography
        "1.2.840.10008.5.1.4.1.1.1.2.1",
        "1.2.840.10008.5.1.4.1.1.1.3",  # intra-oral
        "1.2.840.10008.5.1.4.1.1.1.3.1",
        "1.2.840.10008.5.1.4.1.1.12.1",  # XA, and enhanced
        "1.2.840.10008.5.1.4.1.1.12.1.1",
        "1.2.840.10008.5.1.4.1.1.12.2",  # XRF, and enhanced
        "1.2.840.10008.5.1.4.1.1.12.2.1",
        "1.2.840.10008.5.1.4.1.1.13.1.4",  # breast projection, and the same for processing
        "1.2.840.10008.5.1.4.1.1.13.1.5",
        "1.2.840.10008.5.1.4.1.1.481.1",  # RT image
    }
)
_PROJECTING = frozenset({"CR", "DX", "MG", "IO", "PX", "XA", "RF", "RG", "RTIMAGE"})


def _(text: str) -> str:
    """Mark a remark that is shown in the reader's language: it goes out as it is, and the catalogues know it."""
    return text


SLICE = _("In the plane of the slice")
FIDUCIAL = _("Calibrated on an object of known size at its depth in the patient")
REGION = _("Holds inside the ultrasound region alone")
REGIONS_DIFFER = _("The ultrasound regions have different scales")
GEOMETRY = _("Corrected by the device for an assumed depth in the patient")
NOT_SAID_HOW = _("Corrected or calibrated; the file does not say how")
BEAM = _("In the centre of the beam, at the depth that the device assumed")
BY_FACTOR = _("Corrected by the estimated magnification factor of the file")
BY_DISTANCES = _("Corrected by the distances of source, patient and detector")
FACTOR_DISAGREES = _("Corrected by the estimated magnification factor, with which the distances disagree")
NOT_SAID_WHETHER = _("The file does not say whether it was corrected; read as at the detector")
WHAT_PLANE = _("The file does not say of which plane its pixel spacing is")
CONTRADICTION = _("Pixel spacing in the patient is larger than at the detector: one of them is wrong")
BY_STATE = _("As a presentation state gives it")
NOTHING = ""

type Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spacing:
    """Millimetres between the centres of neighbouring rows and columns; 0 and `UNKNOWN` where nothing is known.

    `factor` is by how much the receptor's spacing was divided, 1.0 where it was not or nobody knows. `note` is one of the
    sentences of this module, `description` what the file says of its calibration in its own words.
    """

    row: float = 0.0
    column: float = 0.0
    source: str = UNKNOWN
    factor: float = 1.0
    note: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a file says about the spacing of one frame."""

    patient: Pair | None
    imager: Pair | None
    scanned: Pair | None
    kind: str
    description: str
    is_slice: bool
    projects: bool

    @property
    def receptor(self) -> Pair | None:
        """The spacing in the plane where the picture was taken: of the detector, else of a scanned film."""
        return self.imager or self.scanned


def spacing_of(ds: Dataset, frame: int = 0) -> Spacing:
    """Give the spacing of a frame, counted from 0, and its source (PS3.3 10.7.1.1).

    A calibration on an object goes first; then the plane of a slice; then what the device corrected; then a correction by
    the factor or the distances that the file gives; then the receptor's own plane.
    """
    if "SequenceOfUltrasoundRegions" in ds:
        return _ultrasound(ds)
    said = _said(ds, frame)
    beam = _pair(_in_groups(ds, frame, "ProjectionPixelCalibrationSequence", "ObjectPixelSpacingInCenterOfBeam"))
    if beam is not None:  # PS3.3 C.8.19.6.9.2
        factor = said.receptor[0] / beam[0] if said.receptor else 1.0
        return _spacing(said, beam, MAGNIFICATION, note=BEAM, factor=factor)
    if said.patient is None:
        return _at_receptor(ds, frame, said)
    if said.kind == "FIDUCIAL":
        return _spacing(said, said.patient, CALIBRATED, note=FIDUCIAL)
    if said.is_slice:
        return _spacing(said, said.patient, CALIBRATED, note=SLICE)
    if said.receptor is None:
        return _alone(said, said.patient)
    return _beside(ds, frame, said, patient=said.patient)


def _said(ds: Dataset, frame: int) -> _Said:
    measures, properties = "PixelMeasuresSequence", "FramePixelDataPropertiesSequence"
    projects = str(ds.get("SOPClassUID", "")) in _PROJECTIONS or str(ds.get("Modality", "")).strip() in _PROJECTING
    return _Said(
        patient=_pair(value_of(ds, frame, measures, "PixelSpacing")),
        imager=_pair(value_of(ds, frame, properties, "ImagerPixelSpacing")),
        scanned=_pair(ds.get("NominalScannedPixelSpacing")),
        kind=str(ds.get("PixelSpacingCalibrationType") or "").strip(),
        description=str(ds.get("PixelSpacingCalibrationDescription") or "").strip()[:200],
        is_slice=_is_slice(ds, frame) and str(ds.get("SOPClassUID", "")) not in _PROJECTIONS,
        projects=projects,
    )


def _is_slice(ds: Dataset, frame: int) -> bool:
    """Whether the frame lies in space as a plane does (PS3.3 C.7.6.2, C.7.6.16.2.4)."""
    return any(
        scope.get("ImageOrientationPatient") not in (None, "")
        for scope in scopes(ds, frame, "PlaneOrientationSequence")
    )


def _alone(said: _Said, patient: Pair) -> Spacing:
    """Pixel Spacing with nothing to compare it with: what it is of cannot be determined (PS3.3 10.7.1.1)."""
    if said.kind == "GEOMETRY":
        return _spacing(said, patient, MAGNIFICATION, note=GEOMETRY)
    if said.projects:  # the weaker of the two readings: the number is the file's own either way
        return _spacing(said, patient, DETECTOR, note=NOT_SAID_WHETHER)
    return Spacing(note=WHAT_PLANE, description=said.description)


def _beside(ds: Dataset, frame: int, said: _Said, *, patient: Pair) -> Spacing:
    """Pixel Spacing beside the receptor's: equal ones mean that nothing was corrected (PS3.3 10.7.1.1)."""
    receptor = said.receptor or patient
    if _same(patient, receptor):
        return _at_receptor(ds, frame, said)
    factor = receptor[0] / patient[0]
    if factor <= 1 or receptor[1] <= patient[1]:  # a shadow is never smaller than what casts it
        return Spacing(note=CONTRADICTION, description=said.description)
    note = GEOMETRY if said.kind == "GEOMETRY" else NOT_SAID_HOW
    return _spacing(said, patient, MAGNIFICATION, note=note, factor=factor)


def _at_receptor(ds: Dataset, frame: int, said: _Said) -> Spacing:
    """The receptor's spacing, divided by the magnification where the file gives one (PS3.3 C.8.7.5, C.8.11.5)."""
    if said.receptor is None:
        return Spacing(description=said.description)
    factor, note = magnification_of(ds, frame)
    if factor > 1 + SAME_WITHIN:
        corrected = said.receptor[0] / factor, said.receptor[1] / factor
        return _spacing(said, corrected, MAGNIFICATION, note=note, factor=factor)
    return _spacing(said, said.receptor, DETECTOR if said.imager else FILM)


def magnification_of(ds: Dataset, frame: int = 0) -> tuple[float, str]:
    """Give the magnification that the file states, and how it is known; 1.0 where it states none that can be.

    Estimated Radiographic Magnification Factor (0018,1114) is SID over SOD; where it is missing it is reckoned from Distance
    Source to Detector (0018,1110), SID, and Distance Source to Patient (0018,1111), SOD, or, in enhanced XA and XRF images,
    Distance Source to Isocenter (0018,9402) (PS3.3 C.8.7.5, C.8.11.5, C.8.19.6.14). A factor of 1 says: not magnified.
    """
    geometry = "XRayGeometrySequence"
    stated = _factor(value_of(ds, frame, geometry, "EstimatedRadiographicMagnificationFactor"))
    to_object = value_of(ds, frame, geometry, "DistanceSourceToPatient") or value_of(
        ds, frame, geometry, "DistanceSourceToIsocenter"
    )
    reckoned = _ratio(value_of(ds, frame, geometry, "DistanceSourceToDetector"), to_object)
    if stated is None:
        return (reckoned, BY_DISTANCES) if reckoned is not None else (1.0, NOTHING)
    disagree = reckoned is not None and reckoned > 1 and abs(stated / reckoned - 1) > 0.1
    return stated, FACTOR_DISAGREES if disagree else BY_FACTOR


def _ratio(sid: Any, sod: Any) -> float | None:
    detector, patient = _number(sid), _number(sod)
    return _factor(detector / patient) if detector and patient else None


def _factor(value: Any) -> float | None:
    """A magnification that can be: the object stands between the source and the detector."""
    number = _number(value)
    return number if number is not None and 1 <= number <= MOST_MAGNIFICATION else None


def _ultrasound(ds: Dataset) -> Spacing:
    """The scale of the two-dimensional regions, when they all have the same (PS3.3 C.8.5.5)."""
    scales = [scale for scale in map(_region, items_of(ds, "SequenceOfUltrasoundRegions")) if scale is not None]
    if not scales:
        return Spacing()
    if not all(_same(scales[0], scale) for scale in scales):
        return Spacing(note=REGIONS_DIFFER)
    return Spacing(scales[0][0], scales[0][1], CALIBRATED, note=REGION)


def _region(item: Dataset) -> Pair | None:
    """Millimetres a row and a column of a region of tissue or flow, whose units are centimetres (C.8.5.5.1.15, .17)."""
    units = item.get("PhysicalUnitsXDirection"), item.get("PhysicalUnitsYDirection")
    if item.get("RegionSpatialFormat") != _TISSUE_2D or units != (_CENTIMETRES, _CENTIMETRES):
        return None
    across, down = _signed(item.get("PhysicalDeltaX")), _signed(item.get("PhysicalDeltaY"))
    return _pair([abs(down) * 10, abs(across) * 10]) if across and down else None


def spacing_under(area: Dataset, ds: Dataset, frame: int = 0) -> Spacing:
    """Give the spacing of an image as an item of a Displayed Area Selection Sequence gives it (PS3.3 C.10.4).

    Presentation Pixel Spacing may repeat the image's own, or the receptor's: it then is worth what that is. Another one was
    calibrated by whoever wrote the state. Without one the image's own holds.
    """
    own, given = spacing_of(ds, frame), _pair(area.get("PresentationPixelSpacing"))
    if given is None or (own.source != UNKNOWN and _same(given, (own.row, own.column))):
        return own
    said = _said(ds, frame)
    if said.receptor is not None and _same(given, said.receptor):
        return _spacing(said, given, DETECTOR if said.imager else FILM)
    return Spacing(given[0], given[1], CALIBRATED, note=BY_STATE)


def by_user(mm_per_pixel: float, aspect: float = 1.0) -> Spacing:
    """Give the spacing that a reader found on an object of known size: `mm_per_pixel` across, `aspect` times it down."""
    pair = _pair([mm_per_pixel * aspect, mm_per_pixel])
    return Spacing(pair[0], pair[1], USER) if pair is not None else Spacing()


def aspect_of(ds: Dataset, frame: int = 0) -> float:
    """Give a pixel's height over its width, by spacing, else by Pixel Aspect Ratio (PS3.3 C.7.6.3.1.7).

    Pixels that are square but for rounding are square: nobody wants such an image resampled.
    """
    said, own = _said(ds, frame), spacing_of(ds, frame)
    known = (own.row, own.column) if own.source != UNKNOWN else said.receptor or said.patient
    pair = known or _pair(ds.get("PixelAspectRatio"), most=math.inf)
    if pair is None:
        return 1.0
    ratio = pair[0] / pair[1]
    return ratio if abs(ratio - 1) > _SQUARE_WITHIN and math.isfinite(ratio) else 1.0


def _spacing(said: _Said, pair: Pair, source: str, *, note: str = "", factor: float = 1.0) -> Spacing:
    return Spacing(pair[0], pair[1], source, factor, note, said.description)


def _in_groups(ds: Dataset, frame: int, group: str, keyword: str) -> Any:
    return next((item.get(keyword) for item in groups(ds, frame, group) if item.get(keyword) is not None), None)


def _same(one: Pair, other: Pair) -> bool:
    return all(abs(a - b) <= SAME_WITHIN * max(a, b) for a, b in zip(one, other, strict=True))


def _pair(value: Any, most: float = _MOST_MM) -> Pair | None:
    """Two positive numbers in millimetres, the rows' first (PS3.3 10.7.1.3)."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) != 2:
        return None
    numbers = [_number(each) for each in value]
    first, second = numbers
    if first is None or second is None or max(first, second) > most:
        return None
    return first, second


def _number(value: Any) -> float | None:
    number = _signed(value)
    return number if number is not None and number > 0 else None


def _signed(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
