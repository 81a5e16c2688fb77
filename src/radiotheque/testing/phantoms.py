"""Made radiographs: whole Part 10 files in every pixel format, the same bytes for the same wishes."""

import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, TypedDict, Unpack

import numpy as np
from pydicom import config
from pydicom import uid as pydicom_uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.pixels.processing import convert_color_space
from pydicom.sequence import Sequence

from radiotheque.core.uid import UID
from radiotheque.dicom.encode import Frame, encode_frame, photometric_of
from radiotheque.dicom.syntaxes import EXPLICIT_BE, EXPLICIT_LE, JPEG_BASELINE, RLE_LOSSLESS, SYNTAXES

_SOP_CLASSES = {
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "PX": "1.2.840.10008.5.1.4.1.1.1.1",
    "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "IO": "1.2.840.10008.5.1.4.1.1.1.3",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "OT": "1.2.840.10008.5.1.4.1.1.7",
    "XA": "1.2.840.10008.5.1.4.1.1.12.1",
    "RF": "1.2.840.10008.5.1.4.1.1.12.2",
}
_PROJECTIONS = frozenset({"DX", "PX", "MG", "IO"})


class Wishes(TypedDict, total=False):
    """What `phantom` may be asked for: the fields of `Film`."""

    rows: int
    columns: int
    bits_stored: int
    bits_allocated: int
    modality: str
    photometric: str
    frames: int
    signed: bool
    planar: int
    patient_name: str
    patient_id: str
    issuer: str
    birth_date: str
    sex: str
    study: str
    series: str
    instance: str
    series_number: int
    instance_number: int
    accession: str
    study_date: str
    study_time: str
    study_description: str
    charset: str
    syntax: str
    seed: int
    extra: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Film:
    """A radiograph to be made.

    `study`, `series` and `instance` are UIDs, or short labels from which UIDs are made: the same label of the same
    patient gives the same UID. `bits_allocated` 0 is the smallest that holds `bits_stored`. `seed` changes the noise.
    `extra` maps keywords to values that are set last; None deletes the attribute.
    """

    rows: int = 96
    columns: int = 80
    bits_stored: int = 12
    bits_allocated: int = 0
    modality: str = "DX"
    photometric: str = "MONOCHROME2"
    frames: int = 1
    signed: bool = False
    planar: int = 0
    patient_name: str = "Phantom^Paule"
    patient_id: str = "PH-0001"
    issuer: str = ""
    birth_date: str = "19600229"
    sex: str = "F"
    study: str = "1"
    series: str = "1"
    instance: str = "1"
    series_number: int = 1
    instance_number: int = 1
    accession: str = "A0001"
    study_date: str = "20240312"
    study_time: str = "101500"
    study_description: str = "Chest"
    charset: str = "ISO_IR 192"
    syntax: str = EXPLICIT_LE
    seed: int = 0
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def allocated(self) -> int:
        """Bits Allocated."""
        return self.bits_allocated or (1 if self.bits_stored == 1 else 8 if self.bits_stored <= 8 else 16)

    @property
    def colour(self) -> bool:
        """Whether there are three samples a pixel."""
        return self.photometric in ("RGB", "YBR_FULL", "YBR_FULL_422")

    @property
    def uids(self) -> tuple[str, str, str]:
        """Study, Series and SOP Instance UID."""
        study = made_uid(self.patient_id, self.issuer, "study", self.study)
        series = made_uid(study, "series", self.series)
        return study, series, made_uid(series, "instance", self.instance)


def phantom(**wishes: Unpack[Wishes]) -> bytes:
    """Give a radiograph as a Part 10 file; see `Film` for what may be wished.

    With the defaults it is a small 12-bit DX image of a chest, clean under `dciodvfy` (so are CR, MG, IO, RF and XA).
    """
    return part10(phantom_dataset(**wishes), wishes.get("syntax", EXPLICIT_LE))


def phantom_dataset(**wishes: Unpack[Wishes]) -> Dataset:
    """Give the data set of a radiograph, its pixel data encoded in the wished transfer syntax."""
    film = Film(**wishes)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom_uid.UID(film.syntax)
    for fill in (_patient_and_study, _equipment, _acquisition, _pixels):
        fill(ds, film)
    with config.disable_value_validation():  # a test may wish for wrong values
        for keyword, value in film.extra.items():
            if value is None:
                ds.pop(keyword, None)
            else:
                setattr(ds, keyword, value)
    return ds


def phantom_pixels(**wishes: Unpack[Wishes]) -> Frame:
    """Give the stored values of a radiograph: (frames, rows, columns) or (frames, rows, columns, 3).

    A test's truth for whatever encoding went between; lossy encodings come near it. uint8, uint16, uint32 or their
    signed kin, by Bits Allocated. Colour is RGB whatever the Photometric Interpretation says.
    """
    film = replace(Film(**wishes), photometric="RGB") if Film(**wishes).colour else Film(**wishes)
    return np.stack([_frame(film, number) for number in range(film.frames)])


def part10(ds: Dataset, syntax: str = EXPLICIT_LE) -> bytes:
    """Give a data set as a Part 10 file in a transfer syntax, with the group 0002 it needs (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", "")
    meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "")
    meta.TransferSyntaxUID = pydicom_uid.UID(syntax)
    meta.ImplementationClassUID = pydicom_uid.UID(made_uid("phantoms"))
    spoken = SYNTAXES[UID(syntax)]
    out = DicomBytesIO()
    out.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(out, meta, enforce_standard=True)
    body = DicomBytesIO()
    body.is_implicit_VR, body.is_little_endian = spoken.implicit, not spoken.big_endian
    with config.disable_value_validation():
        write_dataset(body, ds)
    data = body.getvalue()
    if spoken.deflated:  # PS3.5 A.5
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data = packer.compress(data) + packer.flush()
    return out.getvalue() + data + b"\0" * (len(data) % 2)


def dataset_bytes(file: bytes) -> bytes:
    """Give what follows group 0002 in a Part 10 file: the data set as a C-STORE carries it."""
    group_length = int.from_bytes(file[140:144], "little")  # PS3.10 7.1: (0002,0000) UL is the first element
    return file[144 + group_length :]


def made_uid(*parts: str) -> str:
    """Give the last part when it is a UID already, else a UID made of all parts, always the same (PS3.5 B.2)."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)+", parts[-1]):
        return parts[-1]
    digest = bytearray(hashlib.sha256("\0".join(parts).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return f"2.25.{int.from_bytes(digest)}"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item


def _patient_and_study(ds: Dataset, film: Film) -> None:
    if film.charset:
        ds.SpecificCharacterSet = film.charset.split("\\") if "\\" in film.charset else film.charset
    with config.disable_value_validation():
        ds.PatientName, ds.PatientID = film.patient_name, film.patient_id
        ds.PatientBirthDate, ds.PatientSex = film.birth_date, film.sex
        ds.StudyDescription, ds.AccessionNumber = film.study_description, film.accession
    if film.issuer:
        ds.IssuerOfPatientID = film.issuer
    ds.SOPClassUID = pydicom_uid.UID(_SOP_CLASSES.get(film.modality, _SOP_CLASSES["OT"]))
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = film.uids
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = film.study_date
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = film.study_time
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", film.series_number, film.instance_number
    ds.ReferringPhysicianName = ""
    ds.Modality = film.modality


def _equipment(ds: Dataset, film: Film) -> None:
    ds.Manufacturer, ds.ManufacturerModelName = "Radiotheque", "Phantom"
    ds.DeviceSerialNumber, ds.SoftwareVersions = "1", "1"
    ds.SeriesDescription = f"{film.modality} phantom"
    ds.PatientOrientation = ["A", "F"] if film.modality == "MG" else ["L", "F"]
    ds.BodyPartExamined = "BREAST" if film.modality == "MG" else "JAW" if film.modality in ("IO", "PX") else "CHEST"
    if film.modality == "OT":
        ds.ConversionType = "SYN"


def _acquisition(ds: Dataset, film: Film) -> None:
    """Set what the SOP Class of the modality requires beyond the common modules (PS3.3 A.2, A.14, A.16, A.26–A.28)."""
    third = ["SINGLE PLANE"] if film.modality in ("RF", "XA") else [""] if film.modality in _PROJECTIONS else []
    ds.ImageType = ["ORIGINAL", "PRIMARY", *third]
    if film.modality in ("CR", "RF", "XA"):
        ds.KVP = "70"
    if film.modality == "CR":
        ds.ViewPosition, ds.ImageType = "PA", ["ORIGINAL", "PRIMARY"]
        ds.ImagerPixelSpacing = ["0.15", "0.15"]
        return
    if film.modality in ("RF", "XA"):
        ds.RadiationSetting = "SC"
        ds.PixelIntensityRelationship, ds.ExposureTime, ds.XRayTubeCurrent = "DISP", 12, 250
        if film.frames > 1:
            ds.FrameTime = "66"
        if film.modality == "XA":
            ds.PositionerMotion = "STATIC"
            ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle = "0", "0"
        return
    if film.modality in _PROJECTIONS:
        _projection(ds, film)


def _projection(ds: Dataset, film: Film) -> None:
    """Set the DX family's own modules (PS3.3 C.8.11)."""
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ImagerPixelSpacing = ["0.148", "0.148"]
    ds.DetectorType, ds.PositionerType = "DIRECT", "MAMMOGRAPHIC" if film.modality == "MG" else "NONE"
    ds.BurnedInAnnotation, ds.LossyImageCompression = "NO", "00"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", 1
    ds.WindowCenter, ds.WindowWidth = 2 ** (film.bits_stored - 1), 2**film.bits_stored
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "INVERSE" if film.photometric == "MONOCHROME1" else "IDENTITY"
    ds.ImageLaterality = "R" if film.modality in ("MG", "IO") else "U"
    ds.AcquisitionContextSequence = Sequence()
    region = {"MG": ("76752008", "Breast"), "IO": ("39607008", "Jaw region"), "PX": ("661005", "Jaw region")}
    ds.AnatomicRegionSequence = Sequence([_code(*region.get(film.modality, ("51185008", "Chest")))])
    if film.modality == "MG":
        ds.OrganExposed = "BREAST"
        view = _code("399162004", "cranio-caudal")
        view.ViewModifierCodeSequence = Sequence()
        ds.ViewCodeSequence = Sequence([view])
    elif film.modality == "IO":
        ds.PrimaryAnatomicStructureSequence = Sequence([_code("38199008", "Tooth")])
    else:
        ds.ViewPosition = "PA"
        ds.ViewCodeSequence = Sequence([_code("272479007", "postero-anterior")])


def _pixels(ds: Dataset, film: Film) -> None:
    ds.SamplesPerPixel = 3 if film.colour else 1
    ds.PhotometricInterpretation = photometric_of(film.syntax, film.photometric)
    if film.colour and film.syntax == JPEG_BASELINE:
        ds.PhotometricInterpretation = "YBR_FULL_422"
    if film.colour:
        ds.PlanarConfiguration = 1 if film.syntax == RLE_LOSSLESS else film.planar
    ds.Rows, ds.Columns = film.rows, film.columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = film.allocated, film.bits_stored, film.bits_stored - 1
    ds.PixelRepresentation = int(film.signed)
    if film.photometric == "PALETTE COLOR":
        _palette(ds, film)
    if film.frames > 1:
        ds.NumberOfFrames = film.frames
        if film.modality in ("RF", "XA"):
            ds.FrameIncrementPointer = 0x00181063  # Frame Time
    frames = [_frame(film, number) for number in range(film.frames)]
    if SYNTAXES[UID(film.syntax)].encapsulated:
        if film.syntax == JPEG_BASELINE:
            ds.LossyImageCompression, ds.LossyImageCompressionRatio = "01", "10"
            ds.LossyImageCompressionMethod = "ISO_10918_1"
        ds.PixelData = encapsulate([encode_frame(one, film.syntax, film.bits_stored) for one in frames])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        return
    data = _native(np.stack(frames), film)
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if film.allocated > 8 else "OB"


def _native(frames: Frame, film: Film) -> bytes:
    if film.allocated == 1:  # PS3.5 8.1.1: bits packed from the least significant on, frames not aligned
        return np.packbits(frames.astype(np.uint8).ravel(), bitorder="little").tobytes()
    if film.photometric == "YBR_FULL_422":  # PS3.3 C.7.6.3.1.2: Y1 Y2 Cb Cr for each pair of pixels
        ybr = convert_color_space(frames, "RGB", "YBR_FULL")
        pairs = np.stack([ybr[:, :, ::2, 0], ybr[:, :, 1::2, 0], ybr[:, :, ::2, 1], ybr[:, :, ::2, 2]], axis=3)
        return pairs.tobytes()
    if film.photometric == "YBR_FULL":
        frames = convert_color_space(frames, "RGB", "YBR_FULL")
    if film.colour and film.planar:
        frames = np.moveaxis(frames, 3, 1)
    order: Literal[">", "<"] = ">" if film.syntax == EXPLICIT_BE else "<"
    return frames.astype(frames.dtype.newbyteorder(order)).tobytes()


def _palette(ds: Dataset, film: Film) -> None:
    """Set a palette of 256 hues over the stored values' lowest 8 bits (PS3.3 C.7.6.3.1.5)."""
    ramp = np.arange(256, dtype=np.uint16)
    for name, table in (("Red", ramp), ("Green", ramp[::-1]), ("Blue", ramp ^ 0x55)):
        setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{name}PaletteColorLookupTableData", (table * 257).astype("<u2").tobytes())


@lru_cache(maxsize=4)
def _chest(rows: int, columns: int) -> Frame:
    """Give the attenuation of a chest, 0 air to 1 bone: (rows, columns) float32."""
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None, :]
    body = np.clip((1 - (x / 0.92) ** 4 - (y / 1.25) ** 6) * 4, 0, 1) * 0.55
    lungs = sum(np.clip((1 - ((x - side) / 0.30) ** 2 - ((y + 0.05) / 0.66) ** 2) * 5, 0, 1) for side in (-0.42, 0.42))
    heart = np.clip((1 - ((x - 0.14) / 0.26) ** 2 - ((y - 0.28) / 0.3) ** 2) * 6, 0, 1)
    spine = np.clip((1 - (x / 0.09) ** 2) * 4, 0, 1) * (0.75 + 0.25 * np.cos(y * 28))
    ribs = np.clip(np.cos((y - 0.35 * x * x) * 24) - 0.72, 0, 1) * np.clip(1.2 - np.abs(x) * 1.2, 0, 1)
    total = body - 0.34 * lungs + 0.3 * heart * (body > 0) + 0.22 * spine * (body > 0) + 0.35 * ribs * (body > 0.3)
    chest: Frame = np.clip(total, 0, 1).astype(np.float32)
    return chest


def _frame(film: Film, number: int) -> Frame:
    top = 2**film.bits_stored - 1
    noise = np.random.default_rng([film.seed, number])
    grey = _chest(film.rows, film.columns) * (0.9 - 0.02 * (number % 8)) + 0.04
    grey = grey + noise.standard_normal(grey.shape, dtype=np.float32) * 0.004
    if film.photometric == "MONOCHROME1":
        grey = 1 - grey
    if film.colour:
        grey = np.stack([grey, grey[::-1], grey[:, ::-1]], axis=2)
        colours: Frame = np.clip(grey * top, 0, top).astype(f"u{film.allocated // 8}")
        return colours
    stored = np.clip(np.rint(grey * top), 0, top)
    if film.signed:
        stored = stored - 2 ** (film.bits_stored - 1)
    values: Frame = stored.astype(f"{'i' if film.signed else 'u'}{max(film.allocated // 8, 1)}")
    return values
