"""The second pair of eyes finds what was left, wherever and however it is written; and text in pixels is found and masked."""

from io import BytesIO

import cv2
import numpy as np
import pytest
from pydicom import dcmread

from deidentified import KEY, LOOKED, WHO, left, made, written
from phantoms import part10, phantom
from radiotheque.archive.deidentifying import DEIDENTIFY, LOOK, UIDS, VERIFY
from radiotheque.core.errors import RadiothequeError
from radiotheque.dicom.deidentify_order import Expected, Order
from radiotheque.dicom.deidentify_pixels import suspects
from radiotheque.dicom.deidentify_profile import options_of
from radiotheque.dicom.deidentify_verify import verify
from radiotheque.dicom.syntaxes import EXPLICIT_LE, IMPLICIT_LE, JPEG_2000_LOSSLESS, RLE_LOSSLESS
from radiotheque.workbench import ChildWorkbench
from shared import packaged, shared_dicom


@pytest.mark.parametrize(
    ("where", "planted"),
    [
        ("private", "utf-8"),
        ("private", "latin-1"),
        ("private", "utf-16-le"),
        ("behind", "latin-1"),
        ("preamble", "latin-1"),
    ],
)
def test_the_verifier_finds_a_name_in_any_encoding_and_place(where: str, planted: str) -> None:
    data = phantom(**WHO)
    done, ds = made(data)
    raw = "PRÉSBOURG ".encode(planted)
    if where == "private":
        ds.private_block(0x0009, "ACME", create=True).add_new(0x01, "UN", raw)
        spoilt = part10(ds)
    else:
        spoilt = raw + done.part10[len(raw) :] if where == "preamble" else done.part10 + raw
    found = verify(data, spoilt, "1.dcm", Expected(looked_at=LOOKED))
    assert {one.kind for one in found} == {"PatientName"}
    assert all("sbourg" not in f"{one}".lower() for one in found)


@pytest.mark.parametrize(
    ("keyword", "value", "kind"),
    [
        ("ImageComments", "seen on 12/03/2024", "StudyDate"),
        ("ImageComments", "born 1952-04-17", "PatientBirthDate"),
        ("ImageComments", "no. ipp-778812", "PatientID"),
        ("StudyDate", "20240312", "StudyDate"),
        ("ImageComments", "z. presbourg", "PatientName"),
        ("StudyID", "ACC-55120", "AccessionNumber"),
    ],
)
def test_the_verifier_finds_dates_and_identifiers_however_written(keyword: str, value: str, kind: str) -> None:
    data = phantom(**WHO)
    _, ds = made(data)
    setattr(ds, keyword, value)
    found = verify(data, part10(ds), "1.dcm", Expected(looked_at=LOOKED))
    assert kind in {one.kind for one in found}
    assert all(keyword in one.where for one in found)


def test_the_verifier_looks_at_the_name_of_the_file() -> None:
    data = phantom(**WHO)
    done, ds = made(data)
    assert left(data, done, "presbourg_zoe.dcm") == ["PatientName in file name"]
    assert left(data, done, f"{ds.SOPInstanceUID}.dcm") == []


def test_a_word_of_a_name_in_a_longer_word_is_no_finding() -> None:
    data = phantom(**{**WHO, "patient_name": "Rose^Ada"})
    _, ds = made(data)
    ds.ImageComments = "prosel adage"
    assert verify(data, part10(ds), "1.dcm", Expected(looked_at=LOOKED)) == []


@pytest.mark.parametrize("scale", [0.5, 0.8, 1.5])
@pytest.mark.parametrize("text", ["DAVIDSON DOUGLAS", "12.03.2024", "Zoe"])
def test_burned_in_text_is_suspected_where_it_is(text: str, scale: float) -> None:
    found = suspects(written(text, scale))
    assert found is not None
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    left, top, right, bottom = found[1][0]
    assert left <= 22
    assert top <= 62 - height
    assert right >= 18 + width
    assert bottom >= 60


@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "XA"])
def test_a_radiograph_without_text_is_not_suspected(modality: str) -> None:
    assert suspects(phantom(modality=modality, rows=500, columns=600)) == {}


@pytest.mark.parametrize(("photometric", "black"), [("MONOCHROME2", 0), ("MONOCHROME1", 4095)])
@pytest.mark.parametrize("syntax", [IMPLICIT_LE, EXPLICIT_LE, RLE_LOSSLESS, JPEG_2000_LOSSLESS])
def test_masks_are_black_and_the_rest_is_untouched(syntax: str, photometric: str, black: int) -> None:
    data = phantom(rows=100, columns=90, photometric=photometric, syntax=syntax)
    done, ds = made(data, masks={1: ((10, 20, 40, 30), (60, 70, 90, 100))})
    before, after = dcmread(BytesIO(data)).pixel_array.copy(), ds.pixel_array
    before[20:30, 10:40] = before[70:100, 60:90] = black
    assert np.array_equal(before, after)
    assert (done.transfer_syntax, done.masked) == (syntax, 2)
    assert ds.ImageType[0] == "DERIVED"
    assert ds.DerivationCodeSequence[0].CodeValue == "113047"


def test_the_verifier_sees_a_text_that_nobody_looked_at_and_a_mask_that_is_none() -> None:
    data = written("DAVIDSON DOUGLAS")
    done, _ = made(data)
    found = verify(data, done.part10, "1.dcm", Expected())
    assert [(one.kind, one.where) for one in found] == [("burned in text", "frame 1")]
    pretended = Expected(masks={1: ((0, 0, 300, 80),)}, looked_at=frozenset({1}))
    assert "not black" in verify(data, done.part10, "1.dcm", pretended)[0].where
    boxes = tuple((suspects(data) or {})[1])
    clean, _ = made(data, masks={1: boxes})
    assert verify(data, clean.part10, "1.dcm", Expected(masks={1: boxes})) == []


def test_an_invented_identity_of_the_test_data_is_found_in_header_and_pixels_and_gone_after() -> None:
    files = [path for path in shared_dicom() if "presidio" in path.name]
    if not files:
        pytest.skip("the shared test data is not here; the made radiographs above are the same kind")
    for path in files:
        data = path.read_bytes()
        boxes = suspects(data)
        assert boxes
        masks = {number: tuple(found) for number, found in boxes.items()}
        done, ds = made(data, "research", masks=masks)
        assert verify(data, done.part10, "1.dcm", Expected(masks=masks)) == []
        assert b"DAVIDSON" not in done.part10
        # the name stands in the first rows of the image: rows 0 to 90, columns 0 to 820, as a look at it shows
        assert np.ptp(ds.pixel_array[:90, :820]) == 0
        untouched, _ = made(data, "research")
        assert verify(data, untouched.part10, "1.dcm", Expected())


def test_text_is_found_on_a_real_radiograph() -> None:
    path = next((path for path in shared_dicom() if path.name == "wg04_rg2_hip_unc.dcm"), None)
    if path is None:
        pytest.skip("the shared test data is not here; the made radiographs above are the same kind")
    ds = dcmread(path)
    frame = ds.pixel_array.copy()
    plane = np.zeros(frame.shape, np.uint8)
    for number, row in enumerate(range(100, frame.shape[0] - 100, 300)):
        cv2.putText(
            plane, f"DOE JOHN 0{number}.03.1976", (100, row), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA
        )
    ink = np.where(frame > np.median(frame), frame.min(), frame.max())  # as printers do: away from what is below
    ds.PixelData = np.where(plane > 127, ink, frame).astype(frame.dtype).tobytes()
    found = (suspects(part10(ds)) or {})[1]
    for row in range(100, frame.shape[0] - 100, 300):
        assert any(top <= row - 10 <= bottom and left <= 200 and right >= 400 for left, top, right, bottom in found), (
            row
        )


def test_hostile_and_broken_files_are_refused_with_a_reason_or_come_out_clean() -> None:
    files = [path for path in (*shared_dicom("hostile"), *packaged()) if path.stat().st_size < 2_000_000]
    assert files
    bench = ChildWorkbench(size=1)
    try:
        for path in files[::3]:
            data = path.read_bytes()
            try:
                bench.run(LOOK, data)
                order = Order(options_of("research"), KEY.uids(bench.run(UIDS, data)), "P", -7, seen=True)
                done = bench.run(DEIDENTIFY, data, order)
                assert bench.run(VERIFY, data, done.part10, "1.dcm", Expected(looked_at=LOOKED)) == [], path
            except RadiothequeError:
                continue
    finally:
        bench.close()
