"""The archive as dicomweb-client, curl and requests meet it over a socket."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pydicom
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from PIL import Image
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from peers.server import Running
from shared import is_part10, packaged, samples

NEVER_ON_THE_WEB = (ImplicitVRLittleEndian, ExplicitVRBigEndian)  # PS3.18 8.7.3.5.2
ANY = 'multipart/related; type="application/dicom"; transfer-syntax=*'

# what pydicom thinks of the packaged files is not asked here
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

type Kept = dict[Path, pydicom.Dataset]


def header(path: Path) -> pydicom.Dataset:
    return pydicom.dcmread(path, stop_before_pixels=True, force=True)


def usable(path: Path) -> bool:
    """Leave out what is no instance, and twins under one UID: they wait in quarantine."""
    dataset = header(path)
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    return is_part10(path) and all(dataset.get(name) for name in names) and "TransferSyntaxUID" in dataset.file_meta


@pytest.fixture(scope="module")
def kept(archive: Running) -> Kept:
    """Every sample that was kept under its own UID, sent one by one."""
    seen: set[str] = set()
    stored: Kept = {}
    session = archive.session()
    for path in (each for each in samples() if usable(each)):
        dataset = header(path)
        if dataset.SOPInstanceUID in seen:
            continue
        seen.add(dataset.SOPInstanceUID)
        answer = session.post(
            f"{archive.web}/studies", data=path.read_bytes(), headers={"Content-Type": "application/dicom"}
        )
        if answer.status_code != 200:
            continue
        (item,) = pydicom.Dataset.from_json(answer.text).ReferencedSOPSequence
        if item.RetrieveURL:  # none: it waits in quarantine
            stored[path] = dataset
    assert len(stored) > 30
    return stored


@pytest.fixture
def client(archive: Running) -> DICOMwebClient:
    return DICOMwebClient(archive.web, headers={"Authorization": f"Bearer {archive.token}"})


def where(archive: Running, dataset: pydicom.Dataset) -> str:
    return (
        f"{archive.web}/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
        f"/instances/{dataset.SOPInstanceUID}"
    )


def uids(dataset: pydicom.Dataset) -> tuple[str, str, str]:
    return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID


def is_standard(tag: str) -> bool:
    """A private attribute's block number is 00 in XML (PS3.19 A.1.5.2), so its tag is another there."""
    return int(tag[:4], 16) % 2 == 0


def without_preamble(data: bytes) -> bytes:
    return data[128:]


def test_every_object_comes_back_byte_by_byte_in_any_transfer_syntax(archive: Running, kept: Kept) -> None:
    session = archive.session()
    for path, dataset in kept.items():
        answer = session.get(where(archive, dataset), headers={"Accept": "application/dicom; transfer-syntax=*"})
        assert answer.status_code == 200, path
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        if dataset.file_meta.TransferSyntaxUID in NEVER_ON_THE_WEB:
            given = pydicom.dcmread(io.BytesIO(answer.content))
            assert given.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
            if "PixelData" in given:
                assert (given.pixel_array == pydicom.dcmread(path).pixel_array).all(), path
        else:
            assert without_preamble(answer.content) == without_preamble(path.read_bytes()), path


def test_the_client_finds_retrieves_and_describes_what_it_stored(client: DICOMwebClient, kept: Kept) -> None:
    for path, dataset in list(kept.items())[:12]:
        study, series, instance = uids(dataset)
        (found,) = client.search_for_instances(study, series, search_filters={"SOPInstanceUID": instance})
        assert found["00080016"]["Value"] == [dataset.SOPClassUID]
        name = client.retrieve_instance_metadata(study, series, instance)["00100010"].get("Value", [None])[0] or {}
        assert name.get("Alphabetic", "").rstrip("^ ") == str(dataset.get("PatientName", "")).rstrip("^ "), path
        if dataset.file_meta.TransferSyntaxUID not in NEVER_ON_THE_WEB:
            given = client.retrieve_instance(study, series, instance, media_types=(("application/dicom", "*"),))
            assert given.get("PixelData") == pydicom.dcmread(path).get("PixelData"), path


def test_the_client_stores(client: DICOMwebClient) -> None:
    datasets = [pydicom.dcmread(path) for path in packaged() if path.name in ("CT_small.dcm", "MR_small.dcm")]
    told = client.store_instances(datasets)
    assert len(told.ReferencedSOPSequence) == 2
    assert client.search_for_studies(search_filters={"PatientID": datasets[0].PatientID})


def test_the_client_takes_frames_as_the_pixels_are(client: DICOMwebClient, kept: Kept) -> None:
    tried = 0
    for path, dataset in kept.items():
        whole = pydicom.dcmread(path)
        native = whole.file_meta.TransferSyntaxUID in (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
        if not native or not whole.get("PixelData") or whole.BitsAllocated not in (8, 16):
            continue
        (frame,) = client.retrieve_instance_frames(*uids(dataset), frame_numbers=[1])
        assert frame == whole.PixelData[: len(frame)], path
        tried += 1
    assert tried > 3


def test_nothing_found_is_no_error_to_the_client(client: DICOMwebClient) -> None:
    assert client.search_for_studies(search_filters={"PatientID": "NOBODY-AT-ALL"}) == []


def test_pages_add_up(client: DICOMwebClient, kept: Kept) -> None:
    everything = [study["0020000D"]["Value"][0] for study in client.search_for_studies(limit=1000)]
    paged = [
        study["0020000D"]["Value"][0]
        for offset in range(0, len(everything), 7)
        for study in client.search_for_studies(limit=7, offset=offset)
    ]
    assert paged == everything


def test_metadata_agree_in_json_and_xml_and_with_the_header(archive: Running, kept: Kept) -> None:
    session = archive.session()
    for path, dataset in kept.items():
        url = f"{where(archive, dataset)}/metadata"
        (as_json,) = session.get(url).json()
        xml = session.get(url, headers={"Accept": 'multipart/related; type="application/dicom+xml"'})
        document = xml.content.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
        root = ElementTree.fromstring(document)
        tags = {node.get("tag", "") for node in root if node.tag.endswith("DicomAttribute")}
        assert set(filter(is_standard, tags)) == set(filter(is_standard, as_json)), path
        assert as_json["00080018"]["Value"] == [dataset.SOPInstanceUID]
        for element in as_json.values():
            if "BulkDataURI" in element:
                assert element["BulkDataURI"].startswith(where(archive, dataset) + "/bulkdata/")
                assert session.get(element["BulkDataURI"], stream=True).status_code == 200, (path, element)


def test_images_are_rendered_in_every_required_type(archive: Running, kept: Kept) -> None:
    session = archive.session()
    tried = 0
    for path, dataset in kept.items():
        if dataset.get("Modality") not in ("CR", "DX", "MG") or dataset.get("NumberOfFrames", 1) != 1:
            continue
        for media in ("image/jpeg", "image/png", "image/gif"):
            answer = session.get(f"{where(archive, dataset)}/rendered?viewport=200,200", headers={"Accept": media})
            assert answer.status_code == 200, (path, answer.text)
            picture = Image.open(io.BytesIO(answer.content))
            assert max(picture.size) == 200
            assert np.asarray(picture.convert("L")).std() > 1, path
        tried += 1
        if tried == 5:
            break
    assert tried


def test_a_study_as_a_zip_holds_its_files(archive: Running, kept: Kept, tmp_path: Path) -> None:
    dataset = next(iter(kept.values()))
    study = dataset.StudyInstanceUID
    answer = archive.session().get(f"{archive.web}/studies/{study}", headers={"Accept": "application/zip"})
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as read:
        assert read.testzip() is None
        read.extractall(tmp_path)
    records = pydicom.dcmread(tmp_path / "DICOMDIR").DirectoryRecordSequence
    files = [tmp_path.joinpath(*record.ReferencedFileID) for record in records if "ReferencedFileID" in record]
    expected = {each.SOPInstanceUID for each in kept.values() if study == each.StudyInstanceUID}
    assert expected <= {pydicom.dcmread(path).SOPInstanceUID for path in files}


def test_what_is_held_already_is_not_sent_again(archive: Running, kept: Kept) -> None:
    session = archive.session()
    dataset = next(iter(kept.values()))
    for url in (f"{archive.web}/studies/{dataset.StudyInstanceUID}/metadata", where(archive, dataset)):
        first = session.get(url)
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = session.get(url, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_rejected_instance_is_gone_from_every_list(archive: Running) -> None:
    session = archive.session()
    path = next(path for path in packaged() if path.name == "JPEG2000.dcm")
    dataset = header(path)
    send = {"data": path.read_bytes(), "headers": {"Content-Type": "application/dicom"}}
    session.post(f"{archive.web}/studies", **send)
    url = where(archive, dataset)
    assert session.get(url).status_code == 200
    assert session.delete(url).status_code == 204
    assert session.get(url).status_code == 410
    query = {"SOPInstanceUID": dataset.SOPInstanceUID}
    assert session.get(f"{archive.web}/instances", params=query).status_code == 204
    session.post(f"{archive.web}/studies", **send)
    assert session.get(url).status_code == 410


def test_nobody_gets_in_without_a_key(archive: Running) -> None:
    for method, path in (
        ("GET", "/studies"),
        ("POST", "/studies"),
        ("DELETE", "/studies/1.2"),
        ("GET", "/studies/1.2"),
    ):
        assert requests.request(method, archive.web + path, timeout=10).status_code == 401
    assert requests.get(f"{archive.url}/wado", timeout=10).status_code == 401


@pytest.mark.peer("curl")
def test_curl_stores_and_resumes_a_download(archive: Running, tmp_path: Path) -> None:
    path = next(path for path in packaged() if path.name == "CT_small.dcm")
    auth = ["-s", "-H", f"Authorization: Bearer {archive.token}"]
    media = ["-H", "Content-Type: application/dicom"]
    told = subprocess.run(
        [shutil.which("curl") or "curl", *auth, *media, "--data-binary", f"@{path}", f"{archive.web}/studies"],
        capture_output=True,
        check=True,
    )
    assert "00081199" in json.loads(told.stdout)
    part, accept = tmp_path / "part.dcm", ["-H", "Accept: application/dicom; transfer-syntax=*"]
    part.write_bytes(path.read_bytes()[:1000])
    url = where(archive, header(path))
    subprocess.run(["curl", *auth, *accept, "-C", "-", "-o", part, url], check=True)
    assert without_preamble(part.read_bytes()) == without_preamble(path.read_bytes())
