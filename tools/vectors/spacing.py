"""Cases of the spacing rules, worked out by hand from PS3.3 10.7: see docs/reference/millimetres.md."""

from dataclasses import dataclass, field
from typing import Any

CR = "1.2.840.10008.5.1.4.1.1.1"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
MG = "1.2.840.10008.5.1.4.1.1.1.2"
XA = "1.2.840.10008.5.1.4.1.1.12.1"
ENHANCED_XA = "1.2.840.10008.5.1.4.1.1.12.1.1"
TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
CT = "1.2.840.10008.5.1.4.1.1.2"
US = "1.2.840.10008.5.1.4.1.1.6.1"
SC = "1.2.840.10008.5.1.4.1.1.7"

_PLANE = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


@dataclass(frozen=True, slots=True)
class Case:
    """What a file says, and its spacing: row, column, source, factor. Sequences are lists of mappings."""

    name: str
    clause: str
    attributes: dict[str, Any]
    expected: tuple[float, float, str, float]
    frame: int = field(default=0)


def _region(**changes: Any) -> dict[str, Any]:
    tissue = {"RegionSpatialFormat": 1, "RegionDataType": 1, "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3}
    return tissue | {"PhysicalDeltaX": 0.03, "PhysicalDeltaY": 0.03} | changes


_NOTHING = (0.0, 0.0, "unknown", 1.0)

CASES: tuple[Case, ...] = (
    Case("nothing is said", "10.7", {"SOPClassUID": DX}, _NOTHING),
    Case(
        "the detector's spacing alone",
        "C.8.11.4",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.148, 0.148]},
        (0.148, 0.148, "detector", 1.0),
    ),
    Case(
        "rows first",
        "10.7.1.3",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.3, 0.25]},
        (0.3, 0.25, "detector", 1.0),
    ),
    Case(
        "pixel spacing equal to the detector's is uncorrected",
        "10.7.1.1",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.15, 0.15], "PixelSpacing": [0.15, 0.15]},
        (0.15, 0.15, "detector", 1.0),
    ),
    Case(
        "equal but for the last digit",
        "10.7.1.1",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.1438, 0.1438], "PixelSpacing": [0.144, 0.144]},
        (0.1438, 0.1438, "detector", 1.0),
    ),
    Case(
        "equal, then corrected by the stated factor: 0.15 / 1.2",
        "10.7.1.1, C.8.11.5",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.15, 0.15],
            "PixelSpacing": [0.15, 0.15],
            "EstimatedRadiographicMagnificationFactor": 1.2,
        },
        (0.125, 0.125, "magnification", 1.2),
    ),
    Case(
        "geometry claimed, but equal: nothing was corrected",
        "10.7.1.1",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.15, 0.15],
            "PixelSpacing": [0.15, 0.15],
            "PixelSpacingCalibrationType": "GEOMETRY",
        },
        (0.15, 0.15, "detector", 1.0),
    ),
    Case(
        "corrected by the device: 0.2 / 0.16",
        "10.7.1.2",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.2, 0.2],
            "PixelSpacing": [0.16, 0.16],
            "PixelSpacingCalibrationType": "GEOMETRY",
        },
        (0.16, 0.16, "magnification", 1.25),
    ),
    Case(
        "smaller than the detector's, not said how",
        "10.7.1.1",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.16, 0.16]},
        (0.16, 0.16, "magnification", 1.25),
    ),
    Case(
        "what the device corrected is not corrected again",
        "10.7.1.1",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.2, 0.2],
            "PixelSpacing": [0.16, 0.16],
            "EstimatedRadiographicMagnificationFactor": 1.25,
        },
        (0.16, 0.16, "magnification", 1.25),
    ),
    Case(
        "larger than the detector's: a shadow is never smaller than its object",
        "10.7.1.1",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.15, 0.15], "PixelSpacing": [0.2, 0.2]},
        _NOTHING,
    ),
    Case(
        "larger, and geometry claimed",
        "10.7.1.1",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.15, 0.15],
            "PixelSpacing": [0.2, 0.2],
            "PixelSpacingCalibrationType": "GEOMETRY",
        },
        _NOTHING,
    ),
    Case(
        "calibrated on an object",
        "10.7.1.2",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.15, 0.15],
            "PixelSpacing": [0.13, 0.13],
            "PixelSpacingCalibrationType": "FIDUCIAL",
            "PixelSpacingCalibrationDescription": "25 mm ball at the trochanter",
            "EstimatedRadiographicMagnificationFactor": 1.5,
        },
        (0.13, 0.13, "calibrated", 1.0),
    ),
    Case(
        "calibrated on an object, no detector's spacing",
        "10.7.1.2",
        {"SOPClassUID": SC, "PixelSpacing": [0.13, 0.13], "PixelSpacingCalibrationType": "FIDUCIAL"},
        (0.13, 0.13, "calibrated", 1.0),
    ),
    Case(
        "corrected by the device, no detector's spacing",
        "10.7.1.2",
        {"SOPClassUID": CR, "PixelSpacing": [0.13, 0.13], "PixelSpacingCalibrationType": "GEOMETRY"},
        (0.13, 0.13, "magnification", 1.0),
    ),
    Case(
        "pixel spacing alone in a radiograph: cannot be determined, read as at the detector",
        "10.7.1.1",
        {"SOPClassUID": CR, "PixelSpacing": [0.1, 0.1]},
        (0.1, 0.1, "detector", 1.0),
    ),
    Case(
        "a secondary capture of a radiograph",
        "10.7.1.1",
        {"SOPClassUID": SC, "Modality": "DX", "PixelSpacing": [0.1, 0.1]},
        (0.1, 0.1, "detector", 1.0),
    ),
    Case(
        "pixel spacing alone in a capture of something",
        "10.7.1.1",
        {"SOPClassUID": SC, "Modality": "OT", "PixelSpacing": [0.1, 0.1]},
        _NOTHING,
    ),
    Case(
        "the estimated magnification factor: 0.143 / 1.1",
        "C.8.11.5",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.143, 0.143], "EstimatedRadiographicMagnificationFactor": 1.1},
        (0.13, 0.13, "magnification", 1.1),
    ),
    Case(
        "a magnified mammogram: 0.09 / 1.8",
        "C.8.11.7",
        {"SOPClassUID": MG, "ImagerPixelSpacing": [0.09, 0.09], "EstimatedRadiographicMagnificationFactor": 1.8},
        (0.05, 0.05, "magnification", 1.8),
    ),
    Case(
        "a factor of 1 corrects nothing, whatever the distances say",
        "C.8.11.5",
        {
            "SOPClassUID": MG,
            "ImagerPixelSpacing": [0.1, 0.1],
            "EstimatedRadiographicMagnificationFactor": 1.0,
            "DistanceSourceToDetector": 660,
            "DistanceSourceToPatient": 600,
        },
        (0.1, 0.1, "detector", 1.0),
    ),
    Case(
        "a factor below 1 cannot be",
        "C.8.11.5",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.15, 0.15], "EstimatedRadiographicMagnificationFactor": 0.8},
        (0.15, 0.15, "detector", 1.0),
    ),
    Case(
        "a factor of 100 is a mistake",
        "C.8.11.5",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.15, 0.15], "EstimatedRadiographicMagnificationFactor": 100},
        (0.15, 0.15, "detector", 1.0),
    ),
    Case(
        "the distances: 1500 / 1200 = 1.25, 0.2 / 1.25",
        "C.8.7.5",
        {
            "SOPClassUID": XA,
            "ImagerPixelSpacing": [0.2, 0.2],
            "DistanceSourceToDetector": 1500,
            "DistanceSourceToPatient": 1200,
        },
        (0.16, 0.16, "magnification", 1.25),
    ),
    Case(
        "the factor goes before the distances",
        "C.8.7.5",
        {
            "SOPClassUID": XA,
            "ImagerPixelSpacing": [0.2, 0.2],
            "EstimatedRadiographicMagnificationFactor": 1.6,
            "DistanceSourceToDetector": 1500,
            "DistanceSourceToPatient": 1200,
        },
        (0.125, 0.125, "magnification", 1.6),
    ),
    Case(
        "the patient behind the detector",
        "C.8.7.5",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.2, 0.2],
            "DistanceSourceToDetector": 1000,
            "DistanceSourceToPatient": 1100,
        },
        (0.2, 0.2, "detector", 1.0),
    ),
    Case(
        "distances that are zero",
        "C.8.7.5",
        {
            "SOPClassUID": DX,
            "ImagerPixelSpacing": [0.2, 0.2],
            "DistanceSourceToDetector": 1800,
            "DistanceSourceToPatient": 0,
        },
        (0.2, 0.2, "detector", 1.0),
    ),
    Case(
        "distances without a spacing are no millimetres",
        "10.7",
        {"SOPClassUID": DX, "DistanceSourceToDetector": 1500, "DistanceSourceToPatient": 1200},
        _NOTHING,
    ),
    Case(
        "a scanned film",
        "C.8.6.3",
        {"SOPClassUID": SC, "NominalScannedPixelSpacing": [0.1, 0.1]},
        (0.1, 0.1, "film", 1.0),
    ),
    Case(
        "a scanned film, pixel spacing the same",
        "10.7.1.1",
        {"SOPClassUID": SC, "NominalScannedPixelSpacing": [0.1, 0.1], "PixelSpacing": [0.1, 0.1]},
        (0.1, 0.1, "film", 1.0),
    ),
    Case(
        "a scanned film that was calibrated: 0.1 / 0.08",
        "10.7.1.1",
        {"SOPClassUID": SC, "NominalScannedPixelSpacing": [0.1, 0.1], "PixelSpacing": [0.08, 0.08]},
        (0.08, 0.08, "magnification", 1.25),
    ),
    Case(
        "a slice",
        "C.7.6.2",
        {"SOPClassUID": CT, "PixelSpacing": [0.7, 0.7], "ImageOrientationPatient": _PLANE},
        (0.7, 0.7, "calibrated", 1.0),
    ),
    Case(
        "a radiograph with an orientation in space is no slice",
        "10.7.1.1",
        {"SOPClassUID": DX, "PixelSpacing": [0.15, 0.15], "ImageOrientationPatient": _PLANE},
        (0.15, 0.15, "detector", 1.0),
    ),
    Case(
        "tomosynthesis: the measures of all frames",
        "C.7.6.16.2.1",
        {
            "SOPClassUID": TOMOSYNTHESIS,
            "SharedFunctionalGroupsSequence": [
                {
                    "PixelMeasuresSequence": [{"PixelSpacing": [0.085, 0.085]}],
                    "PlaneOrientationSequence": [{"ImageOrientationPatient": _PLANE}],
                }
            ],
        },
        (0.085, 0.085, "calibrated", 1.0),
    ),
    Case(
        "the measures of the frame go before those of all",
        "C.7.6.16.2.1",
        {
            "SOPClassUID": TOMOSYNTHESIS,
            "SharedFunctionalGroupsSequence": [
                {
                    "PixelMeasuresSequence": [{"PixelSpacing": [0.085, 0.085]}],
                    "PlaneOrientationSequence": [{"ImageOrientationPatient": _PLANE}],
                }
            ],
            "PerFrameFunctionalGroupsSequence": [
                {},
                {"PixelMeasuresSequence": [{"PixelSpacing": [0.1, 0.1]}]},
            ],
        },
        (0.1, 0.1, "calibrated", 1.0),
        frame=1,
    ),
    Case(
        "enhanced XA at the detector",
        "C.8.19.6.3",
        {
            "SOPClassUID": ENHANCED_XA,
            "SharedFunctionalGroupsSequence": [
                {"FramePixelDataPropertiesSequence": [{"ImagerPixelSpacing": [0.3, 0.3]}]}
            ],
        },
        (0.3, 0.3, "detector", 1.0),
    ),
    Case(
        "enhanced XA at the isocentre: 1080 / 720 = 1.5, 0.3 / 1.5",
        "C.8.19.6.14",
        {
            "SOPClassUID": ENHANCED_XA,
            "SharedFunctionalGroupsSequence": [
                {
                    "FramePixelDataPropertiesSequence": [{"ImagerPixelSpacing": [0.3, 0.3]}],
                    "XRayGeometrySequence": [{"DistanceSourceToDetector": 1080, "DistanceSourceToIsocenter": 720}],
                }
            ],
        },
        (0.2, 0.2, "magnification", 1.5),
    ),
    Case(
        "enhanced XA, calibrated for the depth of the object: 0.3 / 0.24",
        "C.8.19.6.9.2",
        {
            "SOPClassUID": ENHANCED_XA,
            "SharedFunctionalGroupsSequence": [
                {
                    "FramePixelDataPropertiesSequence": [{"ImagerPixelSpacing": [0.3, 0.3]}],
                    "ProjectionPixelCalibrationSequence": [{"ObjectPixelSpacingInCenterOfBeam": [0.24, 0.24]}],
                }
            ],
        },
        (0.24, 0.24, "magnification", 1.25),
    ),
    Case(
        "ultrasound: 0.03 cm a pixel",
        "C.8.5.5.1.17",
        {"SOPClassUID": US, "SequenceOfUltrasoundRegions": [_region()]},
        (0.3, 0.3, "calibrated", 1.0),
    ),
    Case(
        "ultrasound: upwards is negative",
        "C.8.5.5.1.17",
        {"SOPClassUID": US, "SequenceOfUltrasoundRegions": [_region(PhysicalDeltaY=-0.02)]},
        (0.2, 0.3, "calibrated", 1.0),
    ),
    Case(
        "ultrasound: a spectrum beside the picture has no millimetres",
        "C.8.5.5.1.1",
        {
            "SOPClassUID": US,
            "SequenceOfUltrasoundRegions": [
                _region(),
                _region(
                    RegionSpatialFormat=3, PhysicalUnitsXDirection=4, PhysicalUnitsYDirection=7, PhysicalDeltaX=1.0
                ),
            ],
        },
        (0.3, 0.3, "calibrated", 1.0),
    ),
    Case(
        "ultrasound: two pictures of different scale",
        "C.8.5.5.1.17",
        {
            "SOPClassUID": US,
            "SequenceOfUltrasoundRegions": [_region(), _region(PhysicalDeltaX=0.05, PhysicalDeltaY=0.05)],
        },
        _NOTHING,
    ),
    Case(
        "ultrasound: pixel spacing does not stand in for a region without scale",
        "C.8.5.5.1.15",
        {
            "SOPClassUID": US,
            "PixelSpacing": [0.2, 0.2],
            "SequenceOfUltrasoundRegions": [_region(PhysicalUnitsXDirection=0, PhysicalUnitsYDirection=0)],
        },
        _NOTHING,
    ),
    Case(
        "spacings of zero",
        "10.7.1.3",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.0, 0.0], "PixelSpacing": [0.0, 0.0]},
        _NOTHING,
    ),
    Case("a single value is no pair", "10.7.1.3", {"SOPClassUID": DX, "ImagerPixelSpacing": 0.15}, _NOTHING),
    Case("metres for millimetres", "10.7.1.3", {"SOPClassUID": DX, "ImagerPixelSpacing": [143, 143]}, _NOTHING),
    Case(
        "a negative spacing",
        "10.7.1.3",
        {"SOPClassUID": DX, "ImagerPixelSpacing": [-0.15, 0.15]},
        _NOTHING,
    ),
)
