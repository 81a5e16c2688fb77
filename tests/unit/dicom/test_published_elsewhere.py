"""What is published is read by highdicom as what it is: measurements by name, value and unit, and the key images."""

from io import BytesIO
from typing import Any

import pytest
from highdicom.ko import KeyObjectSelectionDocument
from highdicom.sr import ComprehensiveSR, srread
from pydicom import dcmread

from drafts import draft
from phantoms import phantom, phantom_dataset
from radiotheque.dicom.composition import compose
from radiotheque.dicom.drafted import About, Image, Made, Order

NOTE, REPORT = "1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.5.1.4.1.1.88.33"


@pytest.fixture(scope="module")
def made() -> dict[str, Made]:
    """A publication of every kind of drawing on a film of 0.148 mm pixels, by SOP Class."""
    data, ds = phantom(), phantom_dataset()
    whole = Image(data[: data.index(b"\xe0\x7f\x10\x00")], {1: ds.PixelData}, None)
    about = About("Doe^Jane", "READING", "Lecture", "0.1")
    instance = str(ds.SOPInstanceUID)
    done = compose({instance: whole}, Order(draft(instance), about, "1.2.3 jane 7", "20260102030405"))
    return {one.sop_class: one for one in done}


def measured(report: ComprehensiveSR) -> dict[str, dict[str, Any]]:
    groups = report.content.get_image_measurement_groups()
    return {
        group.tracking_identifier: {one.name.meaning: (one.value, one.unit.value) for one in group.get_measurements()}
        for group in groups
    }


def test_highdicom_reads_the_measurements(made: dict[str, Made]) -> None:
    report = srread(BytesIO(made[REPORT].part10))
    assert isinstance(report, ComprehensiveSR)
    found = measured(report)
    assert found["length 1"] == {"Length": (pytest.approx(50 * 0.148), "mm")}  # 40 across and 30 down
    assert found["angle"] == {"Angle": (pytest.approx(90), "deg")}
    assert found["cardiothoracic_ratio"]["Cardiothoracic ratio"] == (pytest.approx(40 / 66), "1")
    assert found["rectangle"]["Pixels"] == (400, "1")  # centres of pixels in 19.5 × 19.75 from (5.5, 6.25): 20 × 20


def test_highdicom_reads_the_key_images(made: dict[str, Made]) -> None:
    note = KeyObjectSelectionDocument.from_dataset(dcmread(BytesIO(made[NOTE].part10)))
    [reference] = [one for one in note.content.get_references() if one.ValueType == "IMAGE"]
    assert reference.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == phantom_dataset().SOPInstanceUID
