"""Where the shared test data is, and what a test says when it is not there.

The repository carries no sample images. A larger collection may lie beside it, in `../shared/data`, or where
`RADIOTHEQUE_SHARED` points; tests that need it skip with a reason, and others of the same kind run on
`packaged_good()` files: the sound ones of the Python packages pydicom and pydicom-data.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from pydicom import dcmread

REPOSITORY = Path(__file__).resolve().parents[1]
REASON = "the shared test data is not here: set RADIOTHEQUE_SHARED or put it in ../shared"


@cache
def shared_data() -> Path | None:
    """Give the folder of shared data, None when there is none."""
    root = Path(os.environ.get("RADIOTHEQUE_SHARED", REPOSITORY.parent / "shared"))
    data = root / "data"
    return data if data.is_dir() else None


BROKEN = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "its codestream is 16 bytes of a header, with a delimiter in it",
    "MR_truncated.dcm": "its pixel data end early",
    "badVR.dcm": "its Number of Frames is `1A`",
    "meta_missing_tsyntax.dcm": "it has no Transfer Syntax UID, and two bytes of Pixel Data without an image",
    "nested_priv_SQ.dcm": "it has two bytes of Pixel Data without an image",
}
"""Packaged files that pydicom carries because something is wrong with them: to be survived, not to be compared with."""

needs_shared = pytest.mark.skipif(shared_data() is None, reason=REASON)
"""Marks a test that cannot run without the shared data."""


def shared(*parts: str) -> Path:
    """Give a path below the shared data; skips the running test when it is not there."""
    data = shared_data()
    if data is None or not data.joinpath(*parts).exists():
        pytest.skip(REASON)
    return data.joinpath(*parts)


def shared_dicom(folder: str = "dicom") -> Sequence[Path]:
    """Give every DICOM file below `folder` of the shared data in a fixed order, () when it is not there."""
    data = shared_data()
    if data is None:
        return ()
    return tuple(sorted(path for path in (data / folder).rglob("*") if path.is_file() and is_part10(path)))


def packaged() -> Sequence[Path]:
    """Give the DICOM Part 10 files that the packages pydicom and pydicom-data carry, in a fixed order."""
    import data_store
    import pydicom.data

    roots = (Path(pydicom.data.__file__).parent / "test_files", Path(data_store.__file__).parent / "data")
    return tuple(sorted(path for root in roots for path in root.iterdir() if path.is_file() and is_part10(path)))


def packaged_good() -> Sequence[Path]:
    """Give the packaged files that are what they say they are."""
    return tuple(path for path in packaged() if path.name not in BROKEN)


def samples(folder: str = "dicom") -> Sequence[Path]:
    """Give the shared DICOM files where they are, else the sound ones of the packages: never nothing."""
    return shared_dicom(folder) or packaged_good()


def is_part10(path: Path) -> bool:
    """Say whether `path` begins as a DICOM file does (PS3.10 7.1)."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


@dataclass(frozen=True, slots=True)
class Sample:
    """A DICOM file and what it says it is."""

    path: Path
    sop_class: str
    instance: str
    study: str
    series: str
    syntax: str
    dataset_offset: int

    def dataset(self) -> bytes:
        """Give the bytes of its data set, without preamble and group 0002."""
        return self.path.read_bytes()[self.dataset_offset :]


def dataset_offset(file: bytes) -> int:
    """Give where the data set of a Part 10 file begins: after File Meta Information Group Length (PS3.10 7.1).

    Files without that length exist; their group 0002 is walked.
    """
    if file[132:138] == b"\x02\x00\x00\x00UL":
        return 144 + int.from_bytes(file[140:144], "little")
    at = 132
    while file[at : at + 2] == b"\x02\x00":
        long = file[at + 4 : at + 6] in (b"OB", b"UN", b"UT")
        size = int.from_bytes(file[at + 8 : at + 12] if long else file[at + 6 : at + 8], "little")
        at += (12 if long else 8) + size
    return at


def consistent(files: Sequence[Path]) -> Sequence[Sample]:
    """Give the storage objects among `files` that can all be kept side by side.

    Left out: directories and bare files without UIDs, a second file under the same SOP Instance UID, a study
    that another file gave to another patient, and meta information that names another instance: what becomes
    of those has tests of its own.
    """
    kept: dict[str, Sample] = {}
    patients: dict[str, tuple[str, str]] = {}
    for path in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = dcmread(path, stop_before_pixels=True, force=True)
            meta = header.file_meta
            uids = [str(header.get(key, "")) for key in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")]
            patient = (str(header.get("IssuerOfPatientID", "")), str(header.get("PatientID", "")))
        whole = all(uids) and meta.get("MediaStorageSOPInstanceUID") == uids[0] and uids[0] not in kept
        if whole and patients.setdefault(uids[1], patient) == patient:
            offset = dataset_offset(path.read_bytes())
            syntax = str(meta.TransferSyntaxUID)
            kept[uids[0]] = Sample(path, str(meta.MediaStorageSOPClassUID), *uids, syntax, offset)
    return tuple(kept.values())
