"""The images that are sent: synthetic radiographs that compress and hash as real ones do, with fresh UIDs each trial.

`large` holds 15 MB chest DX (3000x2500, 14 bits in 16) and 10 MB CR (2500x2000, 12 bits), two to four a study;
`small` holds 0.5 MB CR (512x512). Every UID carries a round number that `rebadge` patches in place, since an
archive skips what it already holds.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

UID_ROOT = "1.2.826.0.1.3680043.10.9999"
CR = "1.2.840.10008.5.1.4.1.1.1"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
DEEP = 77_000
"""The number of the first study that the viewer is measured with."""

_FIRST_INSTANCE = 1_000_001
_ROUND = re.compile(re.escape(UID_ROOT.encode()) + rb"\.(\d{4})\.")
_FAMILY = ("MARTIN", "BERNARD", "DUPONT", "DUPUIS", "DURAND", "PETIT", "MOREAU", "LEFEBVRE", "ROUX", "GARCIA")
_PARTS = (("CHEST", "Thorax face", "DX"), ("HAND", "Main gauche", "CR"), ("KNEE", "Genou droit", "DX"))


@dataclass(frozen=True, slots=True)
class Kind:
    """How many images of which size a workload holds."""

    name: str
    count: int
    first_study: int


LARGE = Kind("large", 16, 1)
SMALL = Kind("small", 240, 100_000)


def load(kind: Kind, folder: Path) -> list[bytearray]:
    """Give the Part 10 files of a workload; makes and keeps them in `folder` on first use."""
    place = folder / f"{kind.name}-{kind.count}"
    if not (place / "complete").exists():
        place.mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(_make(kind)):
            (place / f"{number:05d}.dcm").write_bytes(file)
        (place / "complete").touch()
    return [bytearray(path.read_bytes()) for path in sorted(place.glob("*.dcm"))]


def rebadge(file: bytearray, number: int) -> None:
    """Give an image new UIDs in place: `number` (0 to 9999) goes into each; they are all in the first 4 KiB."""
    for match in _ROUND.finditer(bytes(file[:4096])):
        file[match.start(1) : match.end(1)] = b"%04d" % number


def uid(*parts: int, number: int = 1000) -> str:
    """Give the UID that a workload's study, series or instance has in round `number`."""
    return ".".join((UID_ROOT, f"{number:04d}", *map(str, parts)))


def small_series(count: int, folder: Path) -> list[bytearray]:
    """Give `count` small images that are one series of one study: copies of the first with UIDs of the same length."""
    template = load(SMALL, folder)[0]
    old = b"." + str(_FIRST_INSTANCE).encode()
    return [
        bytearray(bytes(template[:4096]).replace(old, b".%d" % (2_000_000 + number))) + template[4096:]
        for number in range(count)
    ]


def deep_study(study: int) -> list[bytes]:
    """Give a study of two DX images of 3000×2500 pixels of 16 bits."""
    rng = np.random.default_rng(study)
    about = ("CHEST", "Chest PA", "DX")
    return [_file(_header(study, number, about), _pixels(rng, 3000, 2500, 16), 16) for number in range(2)]


def accession(study: int) -> str:
    """Give the accession number of a study of the workload."""
    return f"ACC{study:08d}"


def _make(kind: Kind) -> Sequence[bytes]:
    rng = np.random.default_rng(kind.first_study)
    bases: dict[tuple[int, int, int], NDArray[np.uint16]] = {}
    files: list[bytes] = []
    study, left = kind.first_study, 0
    for number in range(kind.count):
        if left == 0:
            study, left = study + 1, 2 + study % 3
        left -= 1
        part, text, modality = _PARTS[study % len(_PARTS)] if kind.name == LARGE.name else _PARTS[1]
        rows, columns, bits = _size(kind, modality)
        key = (rows, columns, number % 4)
        if key not in bases:
            bases[key] = _pixels(rng, rows, columns, bits)
        shift = (int(rng.integers(rows)), int(rng.integers(columns)))
        header = _header(study, number, (part, text, modality))
        files.append(_file(header, np.roll(bases[key], shift, (0, 1)), bits))
    return files


def _size(kind: Kind, modality: str) -> tuple[int, int, int]:
    if kind.name != LARGE.name:
        return 512, 512, 12
    return (3000, 2500, 14) if modality == "DX" else (2500, 2000, 12)


def _pixels(rng: np.random.Generator, rows: int, columns: int, bits: int) -> NDArray[np.uint16]:
    """Give (rows, columns) uint16: smooth anatomy, an outline, and quantum noise that grows with the signal."""
    field = cv2.resize(rng.random((9, 9), dtype=np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
    down, across = np.mgrid[0:rows, 0:columns].astype(np.float32)
    down, across = down / rows, across / columns
    image = 0.25 + 0.45 * np.clip(field, 0, 1) + 0.18 * np.exp(-(((across - 0.5) / 0.07) ** 2))
    body = ((across - 0.5) / 0.47) ** 2 + ((down - 0.55) / 0.6) ** 2 < 1
    full = (1 << bits) - 1
    image = np.where(body, image, 0.97) * full
    image += rng.standard_normal(image.shape, dtype=np.float32) * np.sqrt(np.maximum(image, 1)) * 0.6
    pixels: NDArray[np.uint16] = np.clip(image, 0, full).astype(np.uint16)
    return pixels


def _header(study: int, number: int, about: tuple[str, str, str]) -> Dataset:
    part, text, modality = about
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    header.ImageType = ["ORIGINAL", "PRIMARY"]
    header.SOPClassUID = DX if modality == "DX" else CR
    header.StudyDate = header.SeriesDate = f"20{20 + study % 6}{1 + study % 12:02d}{1 + study % 28:02d}"
    header.StudyTime = header.SeriesTime = f"{8 + study % 10:02d}{study % 60:02d}{number % 60:02d}"
    header.AccessionNumber = accession(study)
    header.Modality = modality
    header.PresentationIntentType = "FOR PRESENTATION"
    header.Manufacturer = "Bench"
    header.StudyDescription = header.SeriesDescription = text
    patient = study // 2
    header.PatientName = f"{_FAMILY[patient % len(_FAMILY)]}^ALEX"
    header.PatientID = f"PID{patient:07d}"
    header.PatientBirthDate = f"19{30 + patient % 69}0{1 + patient % 9}15"
    header.PatientSex = "MF"[patient % 2]
    header.BodyPartExamined = part
    header.ImagerPixelSpacing = [0.14, 0.14]
    header.ViewPosition = "PA"
    header.StudyInstanceUID = uid(study)
    header.SeriesInstanceUID = uid(study, 1)
    header.SOPInstanceUID = uid(study, 1, _FIRST_INSTANCE + number)
    header.StudyID = str(study)
    header.SeriesNumber = 1
    header.InstanceNumber = number + 1
    return header


def _file(header: Dataset, pixels: NDArray[np.uint16], bits: int) -> bytes:
    header.SamplesPerPixel = 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.Rows, header.Columns = pixels.shape
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, bits, bits - 1
    header.PixelRepresentation = 0
    header.WindowCenter, header.WindowWidth = str(1 << (bits - 1)), str(1 << bits)
    header.RescaleIntercept, header.RescaleSlope, header.RescaleType = "0", "1", "US"
    header.PresentationLUTShape = "IDENTITY"
    header.add_new("PixelData", "OW", pixels.tobytes())
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    target = io.BytesIO()
    header.save_as(target, enforce_file_format=True)
    return target.getvalue()
