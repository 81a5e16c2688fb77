"""What is rejected is gone from every list, count and retrieval, stays gone when sent again, and can be restored."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
import requests
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from notes import rejection_note
from peers.dcmtk import Dcmtk, answers
from peers.server import Running
from phantoms import phantom, phantom_dataset

pytestmark = pytest.mark.peer("findscu", "movescu", "getscu")

JSON = "application/dicom+json"
DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Study:
    """A study of two films in one series, in a running archive."""

    house: Running
    session: requests.Session
    films: tuple[Dataset, Dataset]
    files: tuple[bytes, bytes]

    @property
    def uid(self) -> str:
        return str(self.films[0].StudyInstanceUID)

    @property
    def url(self) -> str:
        return f"{self.house.web}/studies/{self.uid}"

    def series_url(self) -> str:
        return f"{self.url}/series/{self.films[0].SeriesInstanceUID}"

    def instance_url(self, number: int) -> str:
        return f"{self.series_url()}/instances/{self.films[number].SOPInstanceUID}"

    def status(self, url: str, accept: str = DICOM) -> int:
        return self.session.get(url, headers={"Accept": accept}, timeout=TIMEOUT_S).status_code

    def reject(self, url: str, reason: str = "") -> None:
        answer = self.session.delete(url, params={"reason": reason} if reason else {}, timeout=TIMEOUT_S)
        assert answer.status_code in (200, 204), answer.text

    def restore(self, **names: str) -> int:
        body = {"study": self.uid, **names}
        answer = self.session.post(f"{self.house.url}/api/rejections/restore", json=body, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["instances"])

    def found(self, path: str = "/instances") -> set[str]:
        """Give the SOP Instance UIDs that QIDO-RS lists below the study, () when none."""
        answer = self.session.get(self.url + path, headers={"Accept": JSON}, timeout=TIMEOUT_S)
        return {item["00080018"]["Value"][0] for item in answer.json()} if answer.status_code == 200 else set()

    def count(self) -> int:
        """Give Number of Study Related Instances as QIDO-RS has it, 0 when the study is not found."""
        answer = self.session.get(
            f"{self.house.web}/studies",
            params={"StudyInstanceUID": self.uid},
            headers={"Accept": JSON},
            timeout=TIMEOUT_S,
        )
        return int(answer.json()[0]["00201208"]["Value"][0]) if answer.status_code == 200 else 0

    def count_by_find(self) -> int:
        """Give the same by C-FIND."""
        keys = ["0008,0052=STUDY", f"0020,000d={self.uid}", "0020,1208"]
        return sum(int(found["0020,1208"]) for found in answers(Dcmtk(self.house.dicom[1]).find(keys)))


@pytest.fixture
def study(archive: Running, request: pytest.FixtureRequest) -> Iterator[Study]:
    archive.add_peer("DCMTK", 1)
    patient = f"REJ-{request.node.name}"[:60]
    wishes = [{"patient_id": patient, "instance": label, "rows": 16, "columns": 16} for label in ("1", "2")]
    files = tuple(phantom(**each) for each in wishes)  # type: ignore[arg-type]
    films = tuple(phantom_dataset(**each) for each in wishes)  # type: ignore[arg-type]
    with archive.session() as session:
        made = Study(archive, session, films, files)  # type: ignore[arg-type]
        for file in files:
            assert keep(made, file).status_code == 200
        yield made


def keep(study: Study, file: bytes) -> requests.Response:
    headers = {"Content-Type": "application/dicom", "Accept": JSON}
    return study.session.post(f"{study.house.web}/studies", data=file, headers=headers, timeout=TIMEOUT_S)


def test_a_rejected_instance_is_in_no_list_count_or_retrieval(study: Study) -> None:
    gone, there = (str(film.SOPInstanceUID) for film in study.films)
    study.reject(study.instance_url(0), "113001")
    assert study.found() == {there}
    assert (study.count(), study.count_by_find()) == (1, 1)
    for below in ("", "/metadata", "/rendered", "/frames/1", "/thumbnail"):
        assert study.status(study.instance_url(0) + below, "*/*") == 410, below
    assert study.status(study.instance_url(1)) == 200
    whole = study.session.get(study.url, headers={"Accept": DICOM}, timeout=TIMEOUT_S)
    assert there.encode() in whole.content
    assert gone.encode() not in whole.content


def test_a_rejected_instance_is_neither_got_nor_moved(study: Study, tmp_path: object) -> None:
    study.reject(study.instance_url(0))
    said = Dcmtk(study.house.dicom[1]).get(["0008,0052=STUDY", f"0020,000d={study.uid}"], tmp_path / "got", "+B")  # type: ignore[operator]
    assert said.code == 0, said.text
    given = [dcmread(path).SOPInstanceUID for path in (tmp_path / "got").iterdir()]  # type: ignore[operator]
    assert given == [study.films[1].SOPInstanceUID]


def test_a_rejected_study_is_gone_everywhere_and_restored_everywhere(study: Study) -> None:
    study.reject(study.url)
    assert study.found() == set()
    assert (study.count(), study.count_by_find()) == (0, 0)
    for url in (study.url, study.series_url(), study.instance_url(0), f"{study.url}/metadata"):
        assert study.status(url, "*/*") == 410, url
    assert study.session.get(f"{study.house.url}/api/studies/{study.uid}", timeout=TIMEOUT_S).status_code in (404, 410)
    assert study.restore() == 2
    assert study.count() == 2
    assert study.count_by_find() == 2
    assert study.status(study.url) == 200


def test_what_was_rejected_is_gone_and_what_never_was_is_not_found(study: Study) -> None:
    study.reject(study.url)
    unknown = generate_uid()
    assert study.status(study.url) == 410
    assert study.status(f"{study.house.web}/studies/{unknown}") == 404


def test_what_was_rejected_is_gone_to_who_could_see_it_and_not_found_to_others(study: Study) -> None:
    """A refusal must not tell who may not see a study that there is one (RFC 9110 15.5.4)."""
    name = f"{study.uid}"[-12:]
    ward = study.house.run("token", "create", f"ward-{name}", "--role", "clinician").strip()
    other = study.house.run("token", "create", f"other-{name}", "--role", "clinician", "--allow", "ward-3").strip()

    def statuses(token: str) -> set[int]:
        headers = {"Authorization": f"Bearer {token}", "Accept": "*/*"}
        below = ("", "/metadata", "/rendered", "/pixeldata", "/bulkdata", "/frames/1", "/thumbnail")
        urls = [
            study.url,
            study.series_url(),
            f"{study.url}/metadata",
            *(study.instance_url(0) + each for each in below),
        ]
        uids = {"studyUID": study.uid, "seriesUID": study.films[0].SeriesInstanceUID}
        wado = {"requestType": "WADO", **uids, "objectUID": study.films[0].SOPInstanceUID}
        answers = [requests.get(url, headers=headers, timeout=TIMEOUT_S) for url in urls]
        answers.append(requests.get(f"{study.house.url}/wado", params=wado, headers=headers, timeout=TIMEOUT_S))
        return {answer.status_code for answer in answers}

    assert (statuses(ward), statuses(other)) == ({200}, {404})
    study.reject(study.url)
    assert (statuses(ward), statuses(other)) == ({410}, {404})


def test_an_equal_object_sent_again_stays_rejected(study: Study) -> None:
    study.reject(study.instance_url(0))
    assert keep(study, study.files[0]).status_code in (200, 202)
    assert study.status(study.instance_url(0)) == 410
    assert study.count() == 1
    film = study.films[0]
    assert study.restore(series=str(film.SeriesInstanceUID), instance=str(film.SOPInstanceUID)) == 1
    assert study.status(study.instance_url(0)) == 200


def test_a_second_rejection_says_that_it_is_gone_already(study: Study) -> None:
    study.reject(study.instance_url(0))
    again = study.session.delete(study.instance_url(0), timeout=TIMEOUT_S)
    assert again.status_code == 410
    assert "rejected" in again.json()["detail"]


def feed_end(study: Study) -> int:
    """Give the position at the end of the change feed."""
    at = 0
    while True:
        answer = study.session.get(f"{study.house.url}/api/changes", params={"after": at, "limit": 1000}, timeout=60)
        changes = json.loads(answer.content)["changes"]
        if not changes:
            return at
        at = answer.json()["next"]


def await_change(study: Study, after: int, kind: str) -> Mapping[str, object]:
    """Wait on the change feed for the next event of a kind; 60 seconds without any are a failure."""
    at = after
    while True:
        params: Mapping[str, str | int] = {"after": at, "limit": 1000, "wait_s": 60}
        answer = study.session.get(f"{study.house.url}/api/changes", params=params, timeout=90).json()
        assert answer["changes"], f"no {kind} in the feed"
        for change in answer["changes"]:
            if kind in json.dumps(change):
                found: Mapping[str, object] = change
                return found
        at = answer["next"]


@pytest.mark.parametrize("code", ["113001", "113037", "113038", "113039"])
def test_a_rejection_note_that_is_received_rejects(study: Study, code: str) -> None:
    at = feed_end(study)
    assert keep(study, rejection_note(study.films[0], code)).status_code == 200
    change = await_change(study, at, "StudyRejected")
    assert str(study.films[0].SOPInstanceUID) in json.dumps(change)
    assert study.status(study.instance_url(0)) == 410
    assert study.status(study.instance_url(1)) == 200
    film = study.films[0]
    assert study.restore(series=str(film.SeriesInstanceUID), instance=str(film.SOPInstanceUID)) == 1
    assert study.status(study.instance_url(0)) == 200


def test_a_key_object_note_with_another_title_rejects_nothing(study: Study) -> None:
    at = feed_end(study)
    assert keep(study, rejection_note(study.films[0], "113000")).status_code == 200  # Of Interest (PS3.16 CID 7010)
    await_change(study, at, "InstanceKept")
    # a note sent after it has been heeded: so has this one
    at = feed_end(study)
    assert keep(study, rejection_note(study.films[1], "113001")).status_code == 200
    await_change(study, at, "StudyRejected")
    assert study.status(study.instance_url(0)) == 200
    assert study.status(study.instance_url(1)) == 410


def test_what_is_restored_is_the_film_as_it_was(study: Study) -> None:
    def given() -> bytes:
        answer = study.session.get(study.instance_url(0), headers={"Accept": DICOM}, timeout=TIMEOUT_S)
        return answer.content.split(b"\r\n\r\n", 1)[1]

    before = dcmread(io.BytesIO(given()))
    study.reject(study.url)
    study.restore()
    assert dcmread(io.BytesIO(given())) == before
