"""Radiographs with an identity, and what is left of it: shared by the tests of de-identification."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from phantoms import part10, phantom_dataset
from radiotheque.dicom.deidentify import deidentify, uids_in
from radiotheque.dicom.deidentify_order import Deidentified, Expected, Order, Pseudonyms, patient_of
from radiotheque.dicom.deidentify_profile import options_of
from radiotheque.dicom.deidentify_verify import verify

KEY = Pseudonyms(b"k" * 32)
LOOKED = frozenset(range(1, 10_000))
WHO: Mapping[str, Any] = {
    "patient_name": "Présbourg^Zoé",
    "patient_id": "IPP-778812",
    "birth_date": "19520417",
    "study_date": "20240312",
    "accession": "ACC-55120",
}


def ordered(data: bytes, profile: str = "basic", *more: str, **given: Any) -> Order:
    ds = dcmread(BytesIO(data), force=True, stop_before_pixels=True)
    who = patient_of("", str(ds.get("PatientID", "")), str(ds.get("StudyInstanceUID", "")))
    uids = KEY.uids(uids_in(data))
    return Order(options_of(profile, more), uids, KEY.patient(who), KEY.shift_days(who), seen=True, **given)


def made(data: bytes, profile: str = "basic", *more: str, **given: Any) -> tuple[Deidentified, Dataset]:
    done = deidentify(data, ordered(data, profile, *more, **given))
    return done, dcmread(BytesIO(done.part10))


def left(data: bytes, done: Deidentified, name: str = "P/1.dcm", **allowed: bool) -> list[str]:
    return [
        f"{one.kind} in {one.where}" for one in verify(data, done.part10, name, Expected(**allowed, looked_at=LOOKED))
    ]


def written(text: str, scale: float = 0.8, **wishes: Any) -> bytes:
    """Give a radiograph with a text burned into its upper left."""
    ds = phantom_dataset(**{"rows": 500, "columns": 600, **WHO, **wishes})
    frame = ds.pixel_array.copy()
    ink = int((1 << ds.BitsStored) - 1)
    plane = np.zeros(frame.shape[:2], np.uint8)
    cv2.putText(plane, text, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 2, cv2.LINE_AA)
    frame[plane > 127] = ink
    ds.PixelData = frame.tobytes()
    return part10(ds)
