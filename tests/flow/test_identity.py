"""After a correction every door shows the patient as corrected, at once; the bytes as received stay as they came."""

import io
import re
import subprocess
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image
from pydicom import Dataset, dcmread

from dicom_oracle import entity_errors, iod_errors
from peers import dcmtk
from peers.dcmtk import Dcmtk, Receiver, answers, program
from peers.server import Running
from phantoms import phantom, phantom_dataset

pytestmark = pytest.mark.peer("findscu", "movescu", "getscu", "dcmrecv", "dcmdump")

OLD, NEW = "Wrongname^Paule", "Richtig^Paula"
JSON, XML = "application/dicom+json", 'multipart/related; type="application/dicom+xml"'
DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
PATIENT_NAME, ORIGINALS = "00100010", "04000561"
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Study:
    """A study of one film in a running archive, and a session signed in to it."""

    house: Running
    session: requests.Session
    mover: Receiver
    film: Dataset

    @property
    def uid(self) -> str:
        return str(self.film.StudyInstanceUID)

    @property
    def instance_url(self) -> str:
        series, instance = self.film.SeriesInstanceUID, self.film.SOPInstanceUID
        return f"{self.house.web}/studies/{self.uid}/series/{series}/instances/{instance}"

    def get(self, url: str, accept: str, **headers: str) -> requests.Response:
        answer = self.session.get(url, headers={"Accept": accept, **headers}, timeout=TIMEOUT_S)
        assert answer.status_code in (200, 304), (url, answer.status_code, answer.text[:300])
        return answer

    def post(self, path: str, body: Mapping[str, object]) -> Mapping[str, int]:
        answer = self.session.post(f"{self.house.url}/api/{path}", json=body, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        given: Mapping[str, int] = answer.json()
        return given

    def amend(self, **values: str) -> int:
        changes = {keyword: [value] for keyword, value in values.items()}
        return self.post("amendments", {"study": self.uid, "values": changes, "reason": "a slip of the pen"})["version"]


@pytest.fixture(scope="module")
def receiver(archive: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A peer that the archive moves to."""
    running = dcmtk.receive(tmp_path_factory.mktemp("receiver"), aet="TAKER")
    archive.add_peer("TAKER", running.port)
    archive.add_peer("DCMTK", 1, "--destinations", "TAKER")
    yield running
    running.stop()


@pytest.fixture
def study(archive: Running, receiver: Receiver, request: pytest.FixtureRequest) -> Iterator[Study]:
    """A study of its own for a test, imported."""
    wishes = {"patient_id": f"ID-{request.node.name}"[:60], "patient_name": OLD, "rows": 200, "columns": 160}
    with archive.session() as session:
        keep(archive, session, phantom(**wishes))  # type: ignore[arg-type]
        yield Study(archive, session, receiver, phantom_dataset(**wishes))  # type: ignore[arg-type]


def keep(house: Running, session: requests.Session, film: bytes) -> None:
    """Store a film over the web; it must be taken."""
    headers = {"Content-Type": "application/dicom", "Accept": JSON}
    answer = session.post(f"{house.web}/studies", data=film, headers=headers, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text


def parts(answer: requests.Response) -> list[bytes]:
    """Give the bodies of a multipart answer (RFC 2046)."""
    found = re.search(r'boundary="?([^";]+)', answer.headers["Content-Type"])
    assert found is not None
    pieces = answer.content.split(b"--" + found[1].encode())[1:-1]
    return [piece.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for piece in pieces]


def read(file: bytes) -> Dataset:
    return dcmread(io.BytesIO(file))


def _by_find(study: Study, _place: Path) -> str:
    keys = ["0008,0052=STUDY", f"0020,000d={study.uid}", "0010,0010"]
    return answers(Dcmtk(study.house.dicom[1]).find(keys))[0]["0010,0010"]


def _by_find_under_the_name(study: Study, _place: Path) -> str:
    """Both names are asked for; the one under which the study is found is given."""
    for name in (OLD, NEW):
        keys = ["0008,0052=STUDY", f"0010,0010={name}", "0020,000d"]
        if any(found["0020,000d"] == study.uid for found in answers(Dcmtk(study.house.dicom[1]).find(keys))):
            return name
    return ""


def _by_qido(study: Study, _place: Path) -> str:
    found = study.get(f"{study.house.web}/studies?StudyInstanceUID={study.uid}", JSON).json()
    return str(found[0][PATIENT_NAME]["Value"][0]["Alphabetic"])


def _by_api(study: Study, _place: Path) -> str:
    return str(study.get(f"{study.house.url}/api/studies/{study.uid}", "application/json").json()["PatientName"])


def _by_metadata(study: Study, _place: Path) -> str:
    (shown,) = study.get(f"{study.instance_url}/metadata", JSON).json()
    return str(shown[PATIENT_NAME]["Value"][0]["Alphabetic"])


def _by_study_metadata(study: Study, _place: Path) -> str:
    (shown,) = study.get(f"{study.house.web}/studies/{study.uid}/metadata", JSON).json()
    return str(shown[PATIENT_NAME]["Value"][0]["Alphabetic"])


def _by_xml(study: Study, _place: Path) -> str:
    text = parts(study.get(f"{study.instance_url}/metadata", XML))[0].decode()
    name = re.search(r'tag="00100010".*?<FamilyName>(.*?)</FamilyName><GivenName>(.*?)</GivenName>', text, re.DOTALL)
    assert name is not None, text[:2000]
    return f"{name[1]}^{name[2]}"


def _by_wado(study: Study, _place: Path) -> str:
    return str(read(parts(study.get(study.instance_url, DICOM))[0]).PatientName)


def _by_wado_uri(study: Study, _place: Path) -> str:
    film = study.film
    names = f"studyUID={study.uid}&seriesUID={film.SeriesInstanceUID}&objectUID={film.SOPInstanceUID}"
    url = f"{study.house.url}/wado?requestType=WADO&{names}&contentType=application/dicom"
    return str(read(study.get(url, "*/*").content).PatientName)


def _by_get(study: Study, place: Path) -> str:
    said = Dcmtk(study.house.dicom[1]).get(["0008,0052=STUDY", f"0020,000d={study.uid}"], place / "got", "+B")
    assert said.code == 0, said.text
    (file,) = (place / "got").iterdir()
    return str(read(file.read_bytes()).PatientName)


def _by_move(study: Study, _place: Path) -> str:
    before = set(study.mover.files())
    said = Dcmtk(study.house.dicom[1]).move(["0008,0052=STUDY", f"0020,000d={study.uid}"], "TAKER")
    assert said.code == 0, said.text
    instance = str(study.film.SOPInstanceUID)
    (file,) = [path for path in study.mover.files() if path not in before or instance in path.name]
    name = str(read(file.read_bytes()).PatientName)
    file.unlink()
    return name


def _by_export(study: Study, place: Path) -> str:
    study.house.run("export", study.uid, "--to", str(place / "out"))
    (file,) = (place / "out").rglob("*.dcm")
    return str(read(file.read_bytes()).PatientName)


def _by_zip(study: Study, _place: Path) -> str:
    """The film and the DICOMDIR in the ZIP must agree."""
    with zipfile.ZipFile(
        io.BytesIO(study.get(f"{study.house.web}/studies/{study.uid}", "application/zip").content)
    ) as z:
        files = {name: z.read(name) for name in z.namelist()}
    directory = read(files.pop("DICOMDIR"))
    record = next(item for item in directory.DirectoryRecordSequence if item.DirectoryRecordType == "PATIENT")
    names = {str(read(file).PatientName) for file in files.values() if file[128:132] == b"DICM"}
    assert names == {str(record.PatientName)}
    return str(record.PatientName)


SHOWN: Mapping[str, Callable[[Study, Path], str]] = {
    "C-FIND": _by_find,
    "C-FIND under the name": _by_find_under_the_name,
    "QIDO-RS": _by_qido,
    "the API": _by_api,
    "metadata in JSON": _by_metadata,
    "metadata of the study": _by_study_metadata,
    "metadata in XML": _by_xml,
    "WADO-RS": _by_wado,
    "WADO-URI": _by_wado_uri,
    "C-GET": _by_get,
    "C-MOVE": _by_move,
    "export": _by_export,
    "ZIP": _by_zip,
}


def test_every_door_shows_the_name_as_amended_at_once_and_undone_the_old_one(study: Study, tmp_path: Path) -> None:
    for number, (expected, act) in enumerate(((OLD, "none"), (NEW, "amend"), (OLD, "undo"))):
        if act == "amend":
            version = study.amend(PatientName=NEW)
        elif act == "undo":
            study.post(f"amendments/{study.uid}/{version}/undo", {})
        place = tmp_path / str(number)
        place.mkdir()
        wrong = {door: name for door, show in SHOWN.items() if (name := show(study, place)) != expected}
        assert wrong == {}, act


def test_validators_change_with_the_name_and_an_old_one_gets_the_new_answer(study: Study) -> None:
    places = (
        (f"{study.instance_url}/metadata", JSON),
        (f"{study.house.web}/studies/{study.uid}/metadata", JSON),
        (study.instance_url, DICOM),
        (f"{study.instance_url}/rendered", "image/png"),
        (f"{study.house.web}/studies/{study.uid}", "application/zip"),
    )
    before = {place: study.get(*place).headers["ETag"] for place in places}
    for place, tag in before.items():
        assert study.get(*place, **{"If-None-Match": tag}).status_code == 304
    study.amend(PatientName=NEW)
    for place, tag in before.items():
        answer = study.get(*place, **{"If-None-Match": tag})
        assert answer.status_code == 200, place
        assert answer.headers["ETag"] != tag, place


def test_the_original_attributes_say_what_was_received(study: Study) -> None:
    """PS3.3 C.12.1.1.9: the values removed or replaced, when, by which system, and why."""
    study.amend(PatientName=NEW, PatientSex="M")
    given = read(parts(study.get(study.instance_url, DICOM))[0])
    (original,) = given.OriginalAttributesSequence
    (replaced,) = original.ModifiedAttributesSequence
    assert (replaced.PatientName, replaced.PatientSex) == (OLD, "F")
    assert (given.PatientName, given.PatientSex) == (NEW, "M")
    assert original.ModifyingSystem
    assert original.AttributeModificationDateTime
    assert original.ReasonForTheAttributeModification in ("COERCE", "CORRECT")


def test_pixels_and_all_other_elements_stay_as_received(study: Study) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = read(parts(study.get(study.instance_url, DICOM))[0])
        study.amend(PatientName=NEW)
        after = read(parts(study.get(study.instance_url, DICOM))[0])
        was, now = before.to_json_dict(), after.to_json_dict()
    assert now.pop(PATIENT_NAME) != was.pop(PATIENT_NAME)
    assert now.pop(ORIGINALS)
    assert now == was


def test_dcmtk_reads_what_is_given_out_amended_without_complaint(study: Study, tmp_path: Path) -> None:
    study.amend(PatientName=NEW, PatientID="A-NEW-ID", PatientBirthDate="19700101")
    file = tmp_path / "given.dcm"
    file.write_bytes(parts(study.get(study.instance_url, DICOM))[0])
    done = subprocess.run([program("dcmdump"), "+W", str(tmp_path), "-q", str(file)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.peer("dciodvfy")
def test_dciodvfy_finds_no_more_in_what_is_given_out_than_in_what_came(study: Study, tmp_path: Path) -> None:
    before, after = tmp_path / "before.dcm", tmp_path / "after.dcm"
    before.write_bytes(parts(study.get(study.instance_url, DICOM))[0])
    study.amend(PatientName=NEW, PatientID="A-NEW-ID")
    after.write_bytes(parts(study.get(study.instance_url, DICOM))[0])
    assert iod_errors(after) <= iod_errors(before)


@pytest.mark.peer("dcentvfy")
def test_dcentvfy_finds_one_patient_and_one_study_in_the_zip_of_an_amended_study(study: Study, tmp_path: Path) -> None:
    more = phantom(patient_id=str(study.film.PatientID), patient_name=OLD, instance="2", rows=200, columns=160)
    keep(study.house, study.session, more)
    study.amend(PatientName=NEW, PatientID="B-NEW-ID")
    with zipfile.ZipFile(
        io.BytesIO(study.get(f"{study.house.web}/studies/{study.uid}", "application/zip").content)
    ) as z:
        z.extractall(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "DICOMDIR"]
    assert len(files) == 2
    assert entity_errors(files) == []


def test_an_annotation_on_the_picture_changes_with_the_name(study: Study) -> None:
    url = f"{study.instance_url}/rendered?annotation=patient"
    before = picture(study.get(url, "image/png"))
    study.amend(PatientName="M")  # far less ink than the longer name
    after = picture(study.get(url, "image/png"))
    plain = picture(study.get(f"{study.instance_url}/rendered", "image/png"))
    assert np.count_nonzero(after != plain) < np.count_nonzero(before != plain)


def picture(answer: requests.Response) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))


def test_a_study_is_found_under_its_new_number_and_no_longer_under_the_old(study: Study) -> None:
    old = str(study.film.PatientID)
    study.amend(PatientID=f"{old}-new")

    def found(number: str) -> int:
        url = f"{study.house.web}/studies"
        answer = study.session.get(url, params={"PatientID": number}, headers={"Accept": JSON}, timeout=TIMEOUT_S)
        return len(answer.json()) if answer.status_code == 200 else 0

    assert (found(old), found(f"{old}-new")) == (0, 1)


def test_a_later_film_of_the_study_is_shown_under_the_amended_name(study: Study) -> None:
    study.amend(PatientName=NEW)
    late = phantom(patient_id=str(study.film.PatientID), patient_name=OLD, instance="late", rows=16, columns=16)
    answer = study.session.post(
        f"{study.house.web}/studies",
        data=late,
        headers={"Content-Type": "application/dicom", "Accept": JSON},
        timeout=TIMEOUT_S,
    )
    # PS3.18 table 10.5.3-1 and I.2.2: kept with a warning, the data set is given back coerced
    assert (answer.status_code, answer.json()["00081199"]["Value"][0]["00081196"]["Value"]) == (202, [0xB000])
    shown = study.get(f"{study.house.web}/studies/{study.uid}/metadata", JSON).json()
    assert [one[PATIENT_NAME]["Value"][0]["Alphabetic"] for one in shown] == [NEW, NEW]
