"""Small objects made for these tests, and bodies that carry them."""

from io import BytesIO

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

STUDY, SERIES = "1.2.826.1", "1.2.826.1.1"
CR = "1.2.840.10008.5.1.4.1.1.1"


def image(
    number: int = 1,
    *,
    study: str = STUDY,
    frames: int = 1,
    syntax: str = ExplicitVRLittleEndian,
    implicit: bool = False,
) -> bytes:
    """Give a small computed radiograph as a Part 10 file; `syntax` other than native compresses by RLE."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    dataset.SOPClassUID = CR
    dataset.SOPInstanceUID = f"{SERIES}.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, f"{study}.1"
    dataset.PatientID, dataset.PatientName, dataset.Modality = "P1", "Dupont^Marie", "CR"
    dataset.InstanceNumber = number
    pixels = np.arange(frames * 8 * 16, dtype=np.uint16).reshape(frames, 8, 16)
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 8, 16, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.PixelData = pixels.tobytes()
    if syntax != ExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False)
    out = BytesIO()
    pydicom.dcmwrite(out, dataset, implicit_vr=implicit, little_endian=True, enforce_file_format=True)
    return out.getvalue()


def multipart(
    *parts: tuple[str, bytes], boundary: str = "b0undary", declared: str = 'type="application/dicom"; '
) -> tuple[dict[str, str], bytes]:
    """Give header fields and body of a multipart/related request with these (Content-Type, bytes)."""
    body = b"".join(f"--{boundary}\r\nContent-Type: {media}\r\n\r\n".encode() + data + b"\r\n" for media, data in parts)
    headers = {"Content-Type": f"multipart/related; {declared}boundary={boundary}"}
    return headers, body + f"--{boundary}--\r\n".encode()
