"""DCMTK's programs and the archive: echo, store in every syntax they can propose, find, get, move."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid

from peers.dcmtk import Dcmtk, answers, dump, receive
from peers.server import Running
from peers.videos import OPTIONS, clip
from phantoms import EXPLICIT_LE, part10, phantom_dataset
from shared import Sample, consistent, packaged

pytestmark = pytest.mark.peer("echoscu", "storescu", "findscu", "movescu", "getscu", "dcmrecv")

# what storescu can propose, with the packaged file that is in that syntax (PS3.5 10)
SYNTAXES = {
    "-xe": "RG1_UNCR.dcm",  # Explicit VR Little Endian
    "-xi": "MR_small_implicit.dcm",  # Implicit VR Little Endian
    "-xb": "MR_small_bigendian.dcm",  # Explicit VR Big Endian
    "-xs": "JPEG-LL.dcm",  # JPEG Lossless, first-order prediction
    "-xy": "SC_rgb_jpeg_dcmtk.dcm",  # JPEG Baseline
    "-xx": "JPGExtended.dcm",  # JPEG Extended
    "-xt": "MR_small_jpeg_ls_lossless.dcm",  # JPEG-LS lossless
    "-xu": "JPEGLSNearLossless_08.dcm",  # JPEG-LS lossless or near-lossless
    "-xv": "RG3_J2KR.dcm",  # JPEG 2000 lossless only
    "-xw": "RG3_J2KI.dcm",  # JPEG 2000
    "-xr": "MR_small_RLE.dcm",  # RLE Lossless
    "-xd": "image_dfl.dcm",  # Deflated Explicit VR Little Endian
}


@pytest.fixture(scope="module")
def house(archive: Running) -> Running:
    """An archive that knows DCMTK's clients."""
    archive.add_peer("DCMTK", 1)
    return archive


@pytest.fixture(scope="module")
def dcmtk(house: Running) -> Dcmtk:
    return Dcmtk(house.dicom[1])


@pytest.fixture(scope="module")
def radiographs(dcmtk: Dcmtk) -> Sequence[Sample]:
    """The radiographs that dcmsend has stored: three encodings each of a chest and a hand."""
    names = ("RG1_UNCR.dcm", "RG1_J2KR.dcm", "RG3_UNCR.dcm", "RG3_J2KR.dcm")
    chosen = [sample for sample in consistent(packaged()) if sample.path.name in names]
    said = dcmtk.send([sample.path for sample in chosen], "--decompress-never")
    assert said.code == 0, said.text
    return chosen


def test_echoscu_is_answered(dcmtk: Dcmtk) -> None:
    said = dcmtk.echo()
    assert said.code == 0, said.text
    assert "Received Echo Response (Success)" in said.text


def test_an_unknown_caller_is_told_so(house: Running) -> None:
    said = Dcmtk(house.dicom[1], calling="STRANGER").echo()
    assert said.code != 0
    assert "Calling AE Title Not Recognized" in said.text


def test_a_caller_of_another_title_is_told_so(house: Running) -> None:
    said = Dcmtk(house.dicom[1], called="ELSEWHERE").echo()
    assert said.code != 0
    assert "Called AE Title Not Recognized" in said.text


@pytest.mark.parametrize("option", SYNTAXES)
def test_storescu_stores_in_every_syntax_it_can_propose(
    dcmtk: Dcmtk, packaged_files: Sequence[Path], tmp_path: Path, option: str
) -> None:
    file = next((path for path in packaged_files if path.name == SYNTAXES[option]), None)
    assert file is not None, f"pydicom no longer carries {SYNTAXES[option]}"
    said = dcmtk.store([with_study(file, tmp_path)], option, "-R")
    assert said.code == 0, said.text
    assert "Received Store Response (Success)" in said.text


@pytest.mark.parametrize(("option", "syntax"), OPTIONS.items())
def test_storescu_stores_a_clip_in_every_video_syntax_it_can_propose(
    dcmtk: Dcmtk, tmp_path: Path, option: str, syntax: str
) -> None:
    file = tmp_path / "clip.dcm"
    file.write_bytes(clip(syntax))
    said = dcmtk.store([file], option, "-R")
    assert said.code == 0, said.text
    assert "Received Store Response (Success)" in said.text


def with_study(file: Path, folder: Path) -> Path:
    """Give the file, or a copy that belongs to a study when it says none: such an object is refused."""
    dataset = dcmread(file)
    if "StudyInstanceUID" in dataset:
        return file
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.save_as(folder / file.name)
    return folder / file.name


def test_findscu_finds_at_every_level(dcmtk: Dcmtk, radiographs: Sequence[Sample]) -> None:
    sample = radiographs[0]
    patient = dcmread(sample.path).PatientID
    by_patient = answers(dcmtk.find(["0008,0052=PATIENT", f"0010,0020={patient}", "0010,0010"], model="-P"))
    assert [found["0010,0020"] for found in by_patient] == [patient]
    by_study = answers(dcmtk.find(["0008,0052=STUDY", f"0020,000d={sample.study}", "0008,0061", "0020,1208"]))
    members = [other for other in radiographs if other.study == sample.study]
    assert [found["0020,1208"] for found in by_study] == [str(len(members))]
    assert by_study[0]["0008,0061"] == "CR"
    keys = [f"0020,000d={sample.study}", f"0020,000e={sample.series}"]
    by_image = answers(dcmtk.find(["0008,0052=IMAGE", *keys, "0008,0018"]))
    assert {found["0008,0018"] for found in by_image} == {other.instance for other in members}


def test_getscu_gets_a_study(dcmtk: Dcmtk, radiographs: Sequence[Sample], tmp_path: Path) -> None:
    sample = next(sample for sample in radiographs if sample.path.name == "RG1_UNCR.dcm")
    said = dcmtk.get(["0008,0052=IMAGE", *unique_keys(sample)], tmp_path / "got", "+B")
    assert said.code == 0, said.text
    (file,) = (tmp_path / "got").iterdir()
    assert dcmread(file).PixelData == dcmread(sample.path).PixelData


def unique_keys(sample: Sample) -> list[str]:
    return [f"0020,000d={sample.study}", f"0020,000e={sample.series}", f"0008,0018={sample.instance}"]


def test_a_move_to_a_peer_that_takes_no_compression_is_transcoded(
    house: Running, radiographs: Sequence[Sample], tmp_path: Path
) -> None:
    sample = next(sample for sample in radiographs if sample.path.name == "RG3_J2KR.dcm")
    plain = receive(tmp_path, aet="PLAIN", syntaxes=["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])
    house.add_peer("PLAIN", plain.port)
    house.add_peer("PLAINMOVER", 1, "--destinations", "PLAIN")
    mover = Dcmtk(house.dicom[1], calling="PLAINMOVER")
    try:
        said = mover.move(["0008,0052=IMAGE", *unique_keys(sample)], "PLAIN")
        assert said.code == 0, said.text
    finally:
        plain.stop()
    (file,) = plain.files()
    given, kept = dcmread(file), dcmread(sample.path)
    assert not given.file_meta.TransferSyntaxUID.is_compressed
    assert (given.pixel_array == kept.pixel_array).all()


def test_a_move_to_an_unknown_destination_is_refused(dcmtk: Dcmtk, radiographs: Sequence[Sample]) -> None:
    said = dcmtk.move(["0008,0052=STUDY", f"0020,000d={radiographs[0].study}"], "NOWHERE")
    # Refused: Move Destination unknown (PS3.4 C.4.2.1.5)
    assert "0xa801" in said.text.lower() or "MoveDestinationUnknown" in said.text


def test_an_image_of_odd_length_is_sent_so_that_the_association_lives_on(
    house: Running, dcmtk: Dcmtk, tmp_path: Path
) -> None:
    film = phantom_dataset(rows=15, columns=15, bits_stored=8, patient_id="ODD")
    film.PixelData = bytes(range(225)) + b"\0"
    even = part10(film, EXPLICIT_LE)
    at = even.rindex(b"\xe0\x7f\x10\x00") + 8
    odd = even[:at] + (225).to_bytes(4, "little") + even[at + 4 : -1]
    assert len(odd) % 2 != len(even) % 2
    (tmp_path / "odd.dcm").write_bytes(odd)
    house.run("import", str(tmp_path / "odd.dcm"))
    keys = ["0008,0052=STUDY", f"0020,000d={film.StudyInstanceUID}"]
    said = dcmtk.get(keys, tmp_path / "got")
    assert said.code == 0, said.text
    (file,) = (tmp_path / "got").iterdir()
    assert "PixelData" in dump(file)
    assert dcmread(file).PixelData[:225] == bytes(range(225))
    assert dcmtk.echo().code == 0
