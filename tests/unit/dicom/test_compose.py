"""Files out of metadata and bulk data: read by pydicom and DCMTK, and refused where they make no sense."""

import io
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.encaps import generate_frames

from dicom_oracle import run
from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.dicom.compose import compose, decimal_string
from radiotheque.dicom.syntaxes import IMPLICIT_LE, JPEG_BASELINE

BASE: dict[str, Any] = {
    "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
    "00080018": {"vr": "UI", "Value": ["1.2.3"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller^Zoé", "Ideographic": "山田"}]},
    "00280030": {"vr": "DS", "Value": [0.1, 1 / 3]},
    "00081140": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.4"]}}, {}]},
    "00020010": {"vr": "UI", "Value": ["1.2.840.10008.1.2"]},
}


def test_pydicom_and_dcmtk_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    bulk = {"uri:1": b"\1\2\3\4"}
    path.write_bytes(compose({**BASE, "7FE00010": {"vr": "OW", "BulkDataURI": "uri:1"}}, bulk, calling_aet="WEB"))
    dataset = dcmread(path)
    assert str(dataset.PatientName) == "Müller^Zoé=山田"
    assert [float(value) for value in dataset.PixelSpacing] == pytest.approx([0.1, 1 / 3])
    assert dataset.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2.4"
    assert len(dataset.ReferencedImageSequence) == 2
    assert dataset.PixelData == b"\1\2\3\4"
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert run("dcmdump", path).returncode == 0


def test_frames_are_encapsulated_one_fragment_each() -> None:
    frames = [b"\xff\xd8\xff\xe0" + bytes([number]) * number for number in (3, 4, 5)]
    data = compose(
        {**BASE, "00280008": {"vr": "IS", "Value": [3]}, "7FE00010": {"vr": "OB", "BulkDataURI": "u"}},
        {"u": frames},
        transfer_syntax=JPEG_BASELINE,
    )
    dataset = dcmread(io.BytesIO(data))
    padded = [frame + b"\0" * (len(frame) % 2) for frame in frames]
    assert list(generate_frames(dataset.PixelData, number_of_frames=3)) == padded


def deep(levels: int) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for _ in range(levels):
        item = {"00081140": {"vr": "SQ", "Value": [item]}}
    return item


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"00080018": None}, "00080018"),
        ({"00080018": {"vr": "UI", "Value": ["../x"]}}, "not a UID"),
        ({"0008001": {"vr": "UI"}}, "tag"),
        ({"ZZZZZZZZ": {"vr": "UI"}}, "tag"),
        ({"00081030": {"vr": "XX", "Value": ["a"]}}, "VR"),
        ({"00081030": {"vr": "LO", "Value": "a"}}, "array"),
        ({"00081030": {"vr": "LO", "Value": [{}]}}, "neither"),
        ({"00280010": {"vr": "US", "Value": [70000]}}, "VR US"),
        ({"00280010": {"vr": "US", "Value": ["x"]}}, "VR US"),
        ({"00091010": {"vr": "OB", "InlineBinary": "&"}}, "base64"),
        ({"00091010": {"vr": "OB", "Value": ["x"]}}, "binary"),
        ({"7FE00010": {"vr": "OW", "BulkDataURI": "nowhere"}}, "no part"),
        ({"00081140": {"vr": "SQ", "Value": ["x"]}}, "object"),
    ],
)
def test_metadata_that_make_no_sense_are_malformed(change: dict[str, Any], message: str) -> None:
    metadata = {tag: element for tag, element in {**BASE, **change}.items() if element is not None}
    with pytest.raises(Malformed, match=message):
        compose(metadata)


def test_metadata_nested_without_end_are_too_large() -> None:
    compose({**BASE, **deep(60)})
    with pytest.raises(TooLarge):
        compose({**BASE, **deep(300)})


def test_only_what_the_web_speaks_is_written() -> None:
    with pytest.raises(Malformed):
        compose(BASE, transfer_syntax=IMPLICIT_LE)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "0.1"),
        (1 / 3, "0.33333333333333"),
        (-1 / 3, "-0.3333333333333"),
        (1e-20, "1e-20"),
        (1234567.0, "1234567.0"),
    ],
)
def test_a_decimal_string_has_at_most_16_characters(number: float, text: str) -> None:
    assert decimal_string(number) == text
    assert float(text) == pytest.approx(number, rel=1e-12)
    assert len(decimal_string(-1.2345678901234567e-300)) <= 16
