"""What pydicom and DCMTK say of a DICOM file, in the words of the product, for comparing with its own reading."""

import io
import json
import logging
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.multival import MultiValue

from shared import packaged, shared_dicom

# Files that pydicom cannot read, or reads less of than there is; the product reads or refuses them by itself
UNREADABLE = frozenset(
    (
        "fodicom_gh1339.dcm",
        "encapsulated_without_delimiter.dcm",
        "emri_small_jpeg_2k_lossless_too_short.dcm",
        "sequence_without_delimiter.dcm",
        "sequence_length_wrong.dcm",
        "vr_unknown_zz.dcm",
        "badVR.dcm",
        "pydicom_badvr.dcm",
    )
)
# Text declared as ISO_IR 100 that is UTF-8: pydicom gives the mojibake that the declaration asks for
MISDECLARED = frozenset(("charset_says_latin1_is_utf8.dcm", "openrem_ct-rdsr-siemens_flash-tap-ss.dcm"))


def every_file() -> Sequence[Path]:
    """Give every DICOM file at hand, packaged ones always, good and hostile."""
    return (*packaged(), *shared_dicom("dicom"), *shared_dicom("rdsr"), *shared_dicom("hostile"))


def comparable() -> Sequence[Path]:
    """Give the files on which pydicom's word counts."""
    return [path for path in every_file() if path.name not in UNREADABLE | MISDECLARED]


def read(data: bytes) -> Dataset:
    """Give what pydicom reads; skips the test where it cannot."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(io.BytesIO(data), force=True)
        except (OSError, ValueError, RecursionError, AttributeError, KeyError) as error:
            pytest.skip(f"pydicom cannot read it: {error}")


def attribute(dataset: Dataset, path: str) -> list[str] | None:
    """Give the values of a keyword or dotted path as strings, None when it is nowhere."""
    name, _, inner = path.partition(".")
    if name not in dataset:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = dataset[name].value
    if inner:
        found = [attribute(item, inner) for item in value or []]
        present = [values for values in found if values is not None]
        return [one for values in present for one in values] if present else None
    if value is None or value == "":
        return []
    values = value if isinstance(value, list | tuple | MultiValue) else [value]
    return [str(one) for one in values]


def same_values(ours: Sequence[str] | None, theirs: Sequence[str] | None) -> bool:
    """Say whether values are equal but for padding and the way numbers are written."""
    return _plain(ours) == _plain(theirs)


def _plain(values: Sequence[str] | None) -> list[Any]:
    made: list[Any] = []
    for value in values or ():
        bare = value.replace("\0", "").strip()
        try:
            number = float(bare)
            made.append("nan" if number != number else number)
        except ValueError:
            made.append(bare)
    return [] if made == [""] else made


def as_json(data: bytes, *, little_endian: bool = True) -> dict[str, Any]:
    """Give the DICOM JSON that pydicom makes of a file, without group 0002; skips where it cannot."""
    dataset = read(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = correct_ambiguous_vr(dataset, little_endian)
            made = dataset.to_json_dict(bulk_data_threshold=1368, bulk_data_element_handler=lambda element: "bulk")
        except (ValueError, NotImplementedError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            pytest.skip(f"pydicom cannot turn it into JSON: {error}")
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]


def canonical(metadata: dict[str, Any]) -> dict[str, Any]:
    """Give DICOM JSON without what may differ between two right answers.

    Left out: group lengths, padding and character set; where bulk data are; the binary VRs' way into the JSON;
    how a number is written; the difference between null, "" and absent.
    """
    return {
        tag: _element(tag, element)
        for tag, element in metadata.items()
        if not tag.endswith("0000") and tag not in ("FFFCFFFC", "00080005")
    }


def _element(tag: str, element: dict[str, Any]) -> dict[str, Any]:
    vr = element["vr"]
    if tag in ("7FE00010", "7FE00008", "7FE00009") or "BulkDataURI" in element:
        return {"vr": vr, "BulkDataURI": True}
    if "Value" not in element:
        return dict(element)
    values = [_value(vr, value) for value in element["Value"]]
    if vr == "SQ":
        return {"vr": vr, "Value": values} if values else {"vr": vr}
    while values and not values[-1] and values[-1] != 0:
        values.pop()
    return {"vr": vr, "Value": values} if values else {"vr": vr}


def _value(vr: str, value: Any) -> Any:
    if vr == "SQ":
        return canonical(value)
    if vr == "PN":
        return {group: text.strip() for group, text in (value or {}).items() if text.strip()} or None
    if vr in ("DS", "IS") and value not in (None, ""):
        try:
            number = float(value)
        except ValueError:
            return value
        return "nan" if number != number else number
    return value.strip() or None if isinstance(value, str) else value


FROM_PACKAGES = frozenset(("dcentvfy", "dciodvfy", "weed"))
"""Foreign programs that Python packages bring; of others a package may bring a namesake, which is not meant."""


def where_is(name: str) -> str | None:
    """Give the path of a foreign program, None when it is not installed."""
    beside = str(Path(sys.executable).parent) if name in FROM_PACKAGES else None
    return shutil.which(name) or (shutil.which(name, path=beside) if beside else None)


def tool(name: str) -> str:
    """Give the path of a foreign program; skips the running test when it is not installed."""
    found = where_is(name)
    if found is None:
        pytest.skip(f"the program {name} is not installed")
    return found


def run(name: str, *arguments: str | Path) -> "subprocess.CompletedProcess[bytes]":
    """Run a foreign program to its end, 30 s at most."""
    return subprocess.run(
        [tool(name), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
    )


def iod_errors(file: Path) -> set[str]:
    """Give the errors that dciodvfy finds in a file."""
    done = run("dciodvfy", "-new", file)
    return {line for line in _lines(done) if line.startswith("Error")}


def entity_errors(files: Iterable[Path]) -> list[str]:
    """Give what dcentvfy finds in files that should agree on patient, study, series and equipment."""
    return [line for line in _lines(run("dcentvfy", *files)) if line.startswith(("Error", "Warning"))]


def _lines(done: "subprocess.CompletedProcess[bytes]") -> list[str]:
    return (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
