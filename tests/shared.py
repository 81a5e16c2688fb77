"""Where the shared test data is, and what a test says when it is not there.

The repository carries no sample images. A larger collection may lie beside it, in `../shared/data`, or where
`RADIOTHEQUE_SHARED` points; tests that need it skip with a reason, and others of the same kind run on
`packaged()` files: those of the Python packages pydicom and pydicom-data.
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
REASON = "the shared test data is not here: set RADIOTHEQUE_SHARED or put it in ../shared"


@cache
def shared_data() -> Path | None:
    """Give the folder of shared data, None when there is none."""
    root = Path(os.environ.get("RADIOTHEQUE_SHARED", REPOSITORY.parent / "shared"))
    data = root / "data"
    return data if data.is_dir() else None


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


def samples(folder: str = "dicom") -> Sequence[Path]:
    """Give the shared DICOM files where they are, else the packaged ones: never nothing."""
    return shared_dicom(folder) or packaged()


def is_part10(path: Path) -> bool:
    """Say whether `path` begins as a DICOM file does (PS3.10 7.1)."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"
