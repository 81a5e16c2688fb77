"""Metadata and bulk data sent apart: photographs, films and native pixels become DICOM objects (PS3.18 10.5)."""

import io
import json
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import generate_fragments, generate_frames

from dicom_oracle import iod_errors
from phantoms import part10, phantom_dataset
from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.shelf import Shelf

PHOTO = "1.2.840.10008.5.1.4.1.1.77.1.4"
UID = "1.2.826.7.1"
BULK = "bulk/1"


def metadata(**more: Any) -> dict[str, Any]:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = PHOTO, UID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.826.7.2", "1.2.826.7.3"
    dataset.PatientName, dataset.PatientID = "Müller^Zoë=山田", "P7"
    model: dict[str, Any] = dataset.to_json_dict()
    return {**model, "7FE00010": {"vr": "OW", "BulkDataURI": BULK}, **more}


def post(shelf: Shelf, first: tuple[str, bytes], *bulks: tuple[str, bytes], where: str = BULK) -> Answer:
    parts = [(first[0], "", first[1]), *((media, f"\r\nContent-Location: {where}", data) for media, data in bulks)]
    body = b"".join(
        f"--b\r\nContent-Type: {media}{more}\r\n\r\n".encode() + data + b"\r\n" for media, more, data in parts
    )
    headers = {"Content-Type": f'multipart/related; type="{first[0]}"; boundary=b'}
    routes = dicomweb_routes(shelf, WebSettings())
    return ask(routes, "POST", "/dicom-web/studies", headers, body + b"--b--\r\n")


def stored(*bulks: tuple[str, bytes], **more: Any) -> pydicom.FileDataset:
    shelf = Shelf()
    answer = post(shelf, ("application/dicom+json", json.dumps([metadata(**more)]).encode()), *bulks)
    assert answer.status == 200, answer.body
    dataset = pydicom.dcmread(io.BytesIO(shelf.kept[UID]))
    assert str(dataset.PatientName) == "Müller^Zoë=山田"
    return dataset


def gradient(mode: str = "RGB") -> np.ndarray:
    colours = np.add.outer(np.arange(24), 3 * np.arange(40)).astype(np.uint8)
    return np.stack([colours, colours[::-1], 255 - colours], axis=2) if mode == "RGB" else colours


def saved(picture: Any, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize(("subsampling", "photometric"), [(0, "YBR_FULL"), (2, "YBR_FULL_422")])
def test_a_jpeg_photograph_is_kept_unchanged_and_described(subsampling: int, photometric: str) -> None:
    jpeg = saved(Image.fromarray(gradient()), "JPEG", subsampling=subsampling)
    dataset = stored(("image/jpeg", jpeg))
    assert dataset.file_meta.TransferSyntaxUID == pydicom.uid.JPEGBaseline8Bit
    assert next(generate_frames(dataset.PixelData, number_of_frames=1)).rstrip(b"\0") == jpeg.rstrip(b"\0")
    assert (dataset.Rows, dataset.Columns, dataset.SamplesPerPixel, dataset.BitsStored) == (24, 40, 3, 8)
    assert (dataset.PhotometricInterpretation, dataset.LossyImageCompression) == (photometric, "01")
    expected = np.asarray(Image.open(io.BytesIO(jpeg)))
    assert np.abs(dataset.pixel_array.astype(int) - expected).max() <= 3


def test_a_grey_jpeg() -> None:
    dataset = stored(("image/jpeg", saved(Image.fromarray(gradient("L")), "JPEG")))
    assert (dataset.SamplesPerPixel, dataset.PhotometricInterpretation) == (1, "MONOCHROME2")


@pytest.mark.parametrize(("predictor", "syntax"), [(1, pydicom.uid.JPEGLosslessSV1), (5, pydicom.uid.JPEGLossless)])
def test_a_lossless_jpeg_is_told_by_its_predictor(predictor: int, syntax: str) -> None:
    pixels = np.arange(24 * 40, dtype=np.uint16).reshape(24, 40)
    dataset = stored(("image/jpeg", lossless(pixels, predictor)))
    assert dataset.file_meta.TransferSyntaxUID == syntax
    assert (dataset.BitsAllocated, dataset.BitsStored, "LossyImageCompression" in dataset) == (16, 16, False)


def lossless(pixels: np.ndarray, predictor: int) -> bytes:
    """A lossless JPEG whose scan header names this predictor; its entropy-coded data is of no matter here."""
    whole = bytearray(imagecodecs.ljpeg_encode(pixels, bitspersample=16))
    at = whole.find(b"\xff\xda")
    whole[at + 5 + 2 * whole[at + 4]] = predictor
    return bytes(whole)


def test_a_progressive_jpeg_has_no_transfer_syntax_and_is_refused() -> None:
    shelf = Shelf()
    jpeg = saved(Image.fromarray(gradient()), "JPEG", progressive=True)
    answer = post(shelf, ("application/dicom+json", json.dumps([metadata()]).encode()), ("image/jpeg", jpeg))
    assert (answer.status, shelf.kept) == (409, {})
    (failed,) = Dataset.from_json(answer.body.decode()).FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == (UID, 0x0122)


@pytest.mark.parametrize("reversible", [True, False])
def test_jpeg_2000_is_kept_as_a_bare_codestream(reversible: bool) -> None:
    boxed = imagecodecs.jpeg2k_encode(
        gradient(), reversible=reversible, level=0 if reversible else 40, codecformat="jp2"
    )
    dataset = stored(("image/jp2", boxed))
    syntax = pydicom.uid.JPEG2000Lossless if reversible else pydicom.uid.JPEG2000
    assert dataset.file_meta.TransferSyntaxUID == syntax
    stream = next(generate_frames(dataset.PixelData, number_of_frames=1))
    assert stream[:4] == b"\xff\x4f\xff\x51"
    assert stream.rstrip(b"\0") in boxed
    if reversible:
        assert (imagecodecs.jpeg2k_decode(stream) == gradient()).all()


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_png_becomes_native_pixels_without_loss(mode: str) -> None:
    dataset = stored(("image/png", saved(Image.fromarray(gradient(mode)), "PNG")))
    assert dataset.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    assert (dataset.pixel_array == gradient(mode)).all()


def test_png_of_16_bits_keeps_them_all() -> None:
    pixels = (np.arange(24 * 40, dtype=np.uint16) * 61).reshape(24, 40)
    dataset = stored(("image/png", imagecodecs.png_encode(pixels)))
    assert (dataset.BitsStored, (dataset.pixel_array == pixels).all()) == (16, True)
    colours = np.stack([pixels, pixels + 1, pixels[::-1]], axis=2)
    assert (stored(("image/png", imagecodecs.png_encode(colours))).pixel_array == colours).all()


def test_a_moving_gif_becomes_frames() -> None:
    pictures = [Image.fromarray(np.full((8, 9), 80 * shade, np.uint8)) for shade in range(3)]
    dataset = stored(("image/gif", saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:])))
    assert dataset.NumberOfFrames == 3
    assert [int(frame.flat[0]) for frame in dataset.pixel_array] == [0, 80, 160]


def test_native_pixels_as_octets() -> None:
    pixels = np.arange(12, dtype=np.uint16)
    described = {
        "00280010": {"vr": "US", "Value": [3]},
        "00280011": {"vr": "US", "Value": [4]},
        "00280100": {"vr": "US", "Value": [16]},
    }
    dataset = stored(("application/octet-stream", pixels.tobytes()), **described)
    assert dataset.PixelData == pixels.tobytes()


def test_several_parts_under_one_address_are_the_frames() -> None:
    jpegs = [saved(Image.fromarray(gradient("L") // shade), "JPEG") for shade in (1, 2)]
    dataset = stored(*(("image/jpeg", jpeg) for jpeg in jpegs))
    assert dataset.NumberOfFrames == 2
    frames = list(generate_frames(dataset.PixelData, number_of_frames=2))
    assert [frame.rstrip(b"\0") for frame in frames] == [jpeg.rstrip(b"\0") for jpeg in jpegs]


def box(kind: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def film(profile: int = 100, level: int = 41) -> bytes:
    """An MP4 of 50 frames of 640 × 360 at 25 a second, as ISO 14496-12 and -15 lay it out, without its pictures."""
    codec = box(b"avcC", bytes([1, profile, 0, level, 0xFF]))
    entry = bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HH", 640, 360) + bytes(50)
    table = box(
        b"stbl",
        box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"avc1", entry, codec)),
        box(b"stsz", bytes(4), struct.pack(">II", 0, 50)),
    )
    media = box(
        b"mdia",
        box(b"mdhd", bytes(12), struct.pack(">II", 12800, 25600), bytes(4)),
        box(b"hdlr", bytes(8), b"vide", bytes(13)),
        box(b"minf", table),
    )
    return box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", bytes(99)) + box(b"moov", box(b"trak", media))


@pytest.mark.parametrize(("level", "syntax"), [(40, "1.2.840.10008.1.2.4.102"), (42, "1.2.840.10008.1.2.4.104")])
def test_a_film_is_kept_unchanged_in_one_fragment(level: int, syntax: str) -> None:
    mp4 = film(level=level)
    dataset = stored(("video/mp4", mp4))
    assert dataset.file_meta.TransferSyntaxUID == syntax
    table, stream = generate_fragments(dataset.PixelData)
    assert (table, stream.rstrip(b"\0")) == (b"", mp4.rstrip(b"\0"))
    assert (dataset.Rows, dataset.Columns, dataset.NumberOfFrames) == (360, 640, 50)
    assert (float(dataset.FrameTime), dataset.CineRate) == (40.0, 25)
    assert dataset.PhotometricInterpretation == "YBR_PARTIAL_420"


def test_a_film_beyond_every_transfer_syntax_is_refused() -> None:
    shelf = Shelf()
    first = ("application/dicom+json", json.dumps([metadata()]).encode())
    assert post(shelf, first, ("video/mp4", film(profile=244))).status == 409
    assert post(shelf, first, ("video/mp4", film()[:-40])).status == 409
    assert not shelf.kept


def test_metadata_as_xml() -> None:
    shelf = Shelf()
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
    <NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">
      <DicomAttribute tag="00080016" vr="UI" keyword="SOPClassUID"><Value number="1">{PHOTO}</Value></DicomAttribute>
      <DicomAttribute tag="00080018" vr="UI"><Value number="1">{UID}</Value></DicomAttribute>
      <DicomAttribute tag="00100010" vr="PN"><PersonName number="1"><Alphabetic><FamilyName>Müller</FamilyName>
        <GivenName>Zoë</GivenName></Alphabetic></PersonName></DicomAttribute>
      <DicomAttribute tag="00081140" vr="SQ"><Item number="1"><DicomAttribute tag="00081155" vr="UI">
        <Value number="1">1.2.3</Value></DicomAttribute></Item></DicomAttribute>
      <DicomAttribute tag="0020000D" vr="UI"><Value number="1">1.2.826.7.2</Value></DicomAttribute>
      <DicomAttribute tag="0020000E" vr="UI"><Value number="1">1.2.826.7.3</Value></DicomAttribute>
      <DicomAttribute tag="00200013" vr="IS"><Value number="1">7</Value></DicomAttribute>
      <DicomAttribute tag="7FE00010" vr="OW"><BulkData uri="{BULK}"/></DicomAttribute>
    </NativeDicomModel>"""
    jpeg = saved(Image.fromarray(gradient()), "JPEG")
    assert post(shelf, ("application/dicom+xml", xml.encode()), ("image/jpeg", jpeg)).status == 200
    dataset = pydicom.dcmread(io.BytesIO(shelf.kept[UID]))
    assert (str(dataset.PatientName), dataset.InstanceNumber) == ("Müller^Zoë", 7)
    assert dataset.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2.3"


def test_xml_with_entities_is_refused_unexpanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><NativeDicomModel>&b;</NativeDicomModel>'
    assert post(Shelf(), ("application/dicom+xml", bomb)).status == 400


def test_bulk_data_that_never_came_is_told_of_the_instance() -> None:
    answer = post(Shelf(), ("application/dicom+json", json.dumps([metadata()]).encode()))
    (failed,) = Dataset.from_json(answer.body.decode()).FailedSOPSequence
    assert (answer.status, failed.ReferencedSOPInstanceUID, failed.FailureReason) == (409, UID, 0xC000)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b'[{"00080018": 5}]', b'[{"00080018": {"vr": "UI", "Value": 3}}]']
)
def test_metadata_that_are_none_are_refused(body: bytes) -> None:
    shelf = Shelf()
    assert post(shelf, ("application/dicom+json", body)).status in (400, 409)
    assert not shelf.kept


def test_other_bulk_data_are_put_in_their_place() -> None:
    big = bytes(range(256)) * 20
    curve = {"00282000": {"vr": "OB", "BulkDataURI": BULK}}
    shelf = Shelf()
    model = {**metadata(), **curve}
    del model["7FE00010"]
    answer = post(shelf, ("application/dicom+json", json.dumps([model]).encode()), ("application/octet-stream", big))
    assert answer.status == 200
    assert pydicom.dcmread(io.BytesIO(shelf.kept[UID])).ICCProfile == big


@pytest.mark.peer("dciodvfy")
@pytest.mark.parametrize("media", ["image/jpeg", "image/png", "application/octet-stream"])
def test_dciodvfy_finds_no_more_in_what_is_made_than_in_a_whole_object(media: str, tmp_path: Path) -> None:
    film = phantom_dataset(modality="OT", photometric="RGB", bits_stored=8, rows=24, columns=40)
    film.PatientName = "Müller^Zoë=山田"
    described = film.to_json_dict(bulk_data_threshold=1000, bulk_data_element_handler=lambda _: BULK)
    form = {"image/jpeg": "JPEG", "image/png": "PNG"}.get(media)
    data = saved(Image.fromarray(gradient()), form) if form else bytes(film.PixelData)
    before, after = tmp_path / "before.dcm", tmp_path / "after.dcm"
    before.write_bytes(part10(film))
    shelf = Shelf()
    answer = post(shelf, ("application/dicom+json", json.dumps([described]).encode()), (media, data))
    assert answer.status == 200, answer.body
    after.write_bytes(shelf.kept[film.SOPInstanceUID])
    assert iod_errors(after) <= iod_errors(before)
