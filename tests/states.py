"""Presentation states as others write them: bare attributes set with pydicom, and how DCMTK shows them."""

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image

from phantoms import part10


def items(*values: dict[str, Any]) -> list[pydicom.Dataset]:
    """Give items of a sequence, each of keywords and values."""
    made = []
    for value in values:
        ds = pydicom.Dataset()
        for keyword, content in value.items():
            setattr(ds, keyword, content)
        made.append(ds)
    return made


def state_for(image: bytes, **attributes: Any) -> bytes:
    """Give the least that a presentation state of an image is (PS3.3 A.33.1), and the attributes."""
    of = pydicom.dcmread(io.BytesIO(image))
    ds = pydicom.Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.3.4", "PR"
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
        setattr(ds, keyword, of[keyword].value)
    ds.StudyTime, ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = "101500", "1", "A1", ""
    ds.SeriesInstanceUID, ds.SeriesNumber, ds.InstanceNumber = "1.2.3", 1, 1
    ds.PresentationCreationDate, ds.PresentationCreationTime, ds.Manufacturer = "20240312", "101500", "x"
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "A", "", ""
    reference = {"ReferencedSOPClassUID": of.SOPClassUID, "ReferencedSOPInstanceUID": of.SOPInstanceUID}
    ds.ReferencedSeriesSequence = items(
        {"SeriesInstanceUID": of.SeriesInstanceUID, "ReferencedImageSequence": items(reference)}
    )
    ds.DisplayedAreaSelectionSequence = items(
        {
            "DisplayedAreaTopLeftHandCorner": [1, 1],
            "DisplayedAreaBottomRightHandCorner": [of.Columns, of.Rows],
            "PresentationSizeMode": "SCALE TO FIT",
            "PresentationPixelAspectRatio": [1, 1],
        }
    )
    ds.PresentationLUTShape = "IDENTITY"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return part10(ds)


def table(first: int, values: Any) -> dict[str, Any]:
    """Give a LUT of 16 bits (PS3.3 C.11.1.1) that begins at a value."""
    data = np.array(values, "<u2").tobytes()
    return {"LUTDescriptor": [len(values), first, 16], "LUTData": data}


def by_dcmtk(image: bytes, state: bytes, folder: Path) -> np.ndarray[Any, Any]:
    """Give the greys, (rows, columns) int, that DCMTK's dcmp2pgm makes of an image under a state."""
    for name, data in (("image", image), ("state", state)):
        (folder / name).write_bytes(data)
    made = folder / "made.pgm"
    subprocess.run(
        ["dcmp2pgm", "-p", str(folder / "state"), str(folder / "image"), str(made)], check=True, capture_output=True
    )
    return np.asarray(Image.open(made)).astype(int)
