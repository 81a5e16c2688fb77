"""The made radiographs are what they say they are: read back by pydicom, checked by dciodvfy."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

from phantoms import EXPLICIT_LE, dataset_bytes, phantom, phantom_pixels
from radiotheque.dicom import syntaxes as ts

DCIODVFY = shutil.which("dciodvfy", path=f"{Path(sys.executable).parent}:/usr/bin:/usr/local/bin")


@pytest.mark.parametrize(
    "wishes",
    [
        {"modality": "CR"},
        {"modality": "DX"},
        {"modality": "PX"},
        {"modality": "MG", "bits_stored": 14},
        {"modality": "IO"},
        {"modality": "RF", "frames": 4, "bits_stored": 8},
        {"modality": "XA", "bits_stored": 10},
        {"modality": "OT", "photometric": "RGB", "bits_stored": 8},
        {"modality": "OT", "photometric": "PALETTE COLOR", "bits_stored": 8},
        {"modality": "DX", "photometric": "MONOCHROME1"},
        {"modality": "DX", "syntax": ts.EXPLICIT_BE},
        {"modality": "DX", "syntax": ts.HTJ2K_LOSSLESS_RPCL},
    ],
    ids=str,
)
@pytest.mark.skipif(DCIODVFY is None, reason="dicom3tools is not installed")
def test_a_phantom_has_nothing_that_dciodvfy_objects_to(wishes, tmp_path):
    file = tmp_path / "phantom.dcm"
    file.write_bytes(phantom(**wishes))
    said = subprocess.run([str(DCIODVFY), "-new", str(file)], capture_output=True, text=True, check=False)
    assert [line for line in (said.stdout + said.stderr).splitlines() if line.startswith(("Error", "Warning"))] == []


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"bits_stored": 16, "rows": 33, "columns": 31},
        {"bits_stored": 8},
        {"bits_stored": 1, "rows": 5, "columns": 7},
        {"bits_stored": 12, "signed": True},
        {"frames": 3, "modality": "RF"},
        {"syntax": ts.EXPLICIT_BE},
        {"syntax": ts.DEFLATED_LE},
        {"syntax": ts.RLE_LOSSLESS},
        {"syntax": ts.JPEG_LS_LOSSLESS},
        {"syntax": ts.JPEG_LOSSLESS_SV1},
        {"syntax": ts.JPEG_2000_LOSSLESS, "signed": True},
        {"syntax": ts.HTJ2K_LOSSLESS},
        {"photometric": "RGB", "bits_stored": 8, "planar": 1},
        {"photometric": "RGB", "bits_stored": 8, "syntax": ts.RLE_LOSSLESS},
    ],
    ids=str,
)
def test_pydicom_reads_the_pixels_that_were_drawn(wishes):
    drawn = phantom_pixels(**wishes)
    read = pydicom.dcmread(io.BytesIO(phantom(**wishes))).pixel_array
    assert np.array_equal(read.reshape(drawn.shape), drawn)


def test_the_same_wishes_give_the_same_bytes():
    assert phantom(seed=7, study="x") == phantom(seed=7, study="x")
    assert phantom(seed=7) != phantom(seed=8)


def test_a_label_names_one_study_of_one_patient():
    def study(**wishes):
        return pydicom.dcmread(io.BytesIO(phantom(**wishes))).StudyInstanceUID

    assert study(study="a", instance="1") == study(study="a", instance="2", series="9")
    assert study(study="a") != study(study="b")
    assert study(study="a", patient_id="P1") != study(study="a", patient_id="P2")
    assert study(study="1.2.3.4") == "1.2.3.4"


def test_extra_attributes_are_set_and_unset_last():
    ds = pydicom.dcmread(io.BytesIO(phantom(extra={"WindowCenter": None, "ImageComments": "x", "PatientID": ""})))
    assert "WindowCenter" not in ds
    assert (ds.ImageComments, ds.PatientID) == ("x", "")


def test_the_bare_data_set_is_what_follows_group_0002():
    file = phantom()
    bare = pydicom.dcmread(io.BytesIO(dataset_bytes(file)), force=True)
    assert bare.SOPInstanceUID == pydicom.dcmread(io.BytesIO(file)).SOPInstanceUID
    assert pydicom.dcmread(io.BytesIO(file)).file_meta.TransferSyntaxUID == EXPLICIT_LE
