"""What a reader drew is published as DICOM by a running house, read back exactly, and shown by its rendered route."""

import copy
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pydicom
import pytest
import requests
from PIL import Image

from drafts import annotation, draft, view
from peers.server import Running
from phantoms import phantom, phantom_dataset

TIMEOUT_S = 60


class Reader:
    """Someone at a running house."""

    def __init__(self, house: Running, token: str) -> None:
        self.house, self.session = house, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, given: Any = None, *, expect: int = 200, **query: Any) -> Any:
        answer = self.session.request(method, f"{self.house.url}{path}", params=query, json=given, timeout=TIMEOUT_S)
        assert answer.status_code == expect, (answer.status_code, answer.text[:500])
        return answer

    def store(self, data: bytes) -> None:
        headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        answer = self.session.post(f"{self.house.web}/studies", data=data, headers=headers, timeout=TIMEOUT_S)
        assert answer.ok, answer.text

    def drafted(self, study: str, content: dict[str, Any]) -> int:
        held = self.ask("GET", f"/api/studies/{study}/annotations").json()["draft"]["version"]
        body = {"version": held, **content}
        return int(self.ask("PUT", f"/api/studies/{study}/annotations/draft", body).json()["version"])

    def publish(self, study: str, version: int, title: str = "", expect: int = 200) -> Sequence[dict[str, str]]:
        body = {"version": version, "title": title}
        answer = self.ask("POST", f"/api/studies/{study}/annotations/publish", body, expect=expect)
        found: Sequence[dict[str, str]] = answer.json().get("instances", [])
        return found

    def notes(self, study: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/api/studies/{study}/annotations").json()
        return found


@pytest.fixture(scope="module")
def reader(archive: Running) -> Iterator[Reader]:
    someone = Reader(archive, archive.token)
    with someone.session:
        yield someone


def kept(reader: Reader, **wishes: Any) -> pydicom.Dataset:
    reader.store(phantom(**wishes))
    return phantom_dataset(**wishes)


def state_of(notes: dict[str, Any]) -> dict[str, Any]:
    [state] = [one for one in notes["published"] if one["kind"] == "presentation_state"]
    return dict(state)


@pytest.mark.parametrize(
    ("film", "frame"),
    [
        ({"modality": "CR"}, 1),
        ({"modality": "XA", "frames": 3}, 2),
        ({"modality": "OT", "photometric": "RGB", "bits_stored": 8}, 1),
    ],
    ids=["CR", "XA", "SC"],
)
def test_a_draft_is_published_and_read_back_exactly(reader: Reader, film: dict[str, Any], frame: int) -> None:
    ds = kept(reader, patient_id=f"PUB-{film['modality']}", **film)
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    content = draft(instance, frame)
    made = reader.publish(study, reader.drafted(study, content), "Compte rendu")
    assert len(made) == 3
    notes = reader.notes(study)
    assert (notes["draft"]["annotations"], notes["draft"]["views"]) == ([], [])
    assert {one["instance"] for one in notes["published"]} == {one["instance"] for one in made}
    assert state_of(notes)["annotations"] == content["annotations"]
    assert {one["description"] for one in notes["published"] if one["kind"] != "measurement_report"} == {"Compte rendu"}
    for one in made:
        path = f"/dicom-web/studies/{study}/series/{one['series']}/instances/{one['instance']}"
        answer = reader.session.get(
            f"{reader.house.url}{path}", params={"accept": "application/dicom"}, timeout=TIMEOUT_S
        )
        found = pydicom.dcmread(io.BytesIO(answer.content))
        assert (found.SOPClassUID, found.PatientID) == (one["sop_class"], ds.PatientID)


def test_the_image_is_rendered_under_the_published_state(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-SEEN", rows=96, columns=80)
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    content = draft(instance) | {"annotations": [annotation("arrow", instance)], "key_images": []}
    [made] = [one for one in reader.publish(study, reader.drafted(study, content)) if "11.1" in one["sop_class"]]
    path = f"/dicom-web/studies/{study}/series/{made['series']}/instances/{made['instance']}/rendered"
    picture = reader.ask("GET", path, accept="image/png")
    seen = np.array(Image.open(io.BytesIO(picture.content)))
    assert seen.shape[:2] == (64, 80)  # 64 columns of 80 rows, turned by a quarter


def test_a_version_that_was_published_is_not_published_again(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-TWICE")
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    version = reader.drafted(study, draft(instance))
    made = reader.publish(study, version)
    reader.publish(study, version, expect=409)  # the draft is another version now, an empty one
    assert len(made) == len(reader.notes(study)["published"]) == 3


def test_an_empty_draft_is_not_published(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-EMPTY")
    study = str(ds.StudyInstanceUID)
    version = reader.drafted(study, draft(str(ds.SOPInstanceUID)))
    content = {"annotations": [], "key_images": [], "views": [], "calibrations": []}
    version = reader.drafted(study, content)
    reader.publish(study, version, expect=400)


def test_a_view_without_sense_is_not_kept(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-WRONG")
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    body = {"version": 0, **draft(instance), "views": [view(instance, rotation="up")]}
    reader.ask("PUT", f"/api/studies/{study}/annotations/draft", body, expect=400)


def test_what_is_published_of_a_corrected_patient_bears_the_corrected_name(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-AMEND", patient_name="Falsch^Zoé")
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    values = {"PatientName": ["Richtig^Zoé"], "PatientID": ["PUB-AMENDED"]}
    reader.ask("POST", "/api/amendments", {"study": study, "values": values, "reason": "wrong patient"})
    made = reader.publish(study, reader.drafted(study, draft(instance)))
    for one in made:
        path = f"/dicom-web/studies/{study}/series/{one['series']}/instances/{one['instance']}/metadata"
        [found] = reader.ask("GET", path).json()
        assert found["00100010"]["Value"][0]["Alphabetic"] == "Richtig^Zoé"
        assert found["00100020"]["Value"] == ["PUB-AMENDED"]


def test_a_patient_with_an_issuer_keeps_it(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-ISSUER", issuer="OTHER-HOUSE")
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    reader.publish(study, reader.drafted(study, draft(instance)))
    found = reader.ask("GET", f"/api/studies/{study}/display").json()
    assert len(found["series"]) == 4
    patients = [item["patient"] for series in found["series"] for item in series["instances"]]
    assert {(each["id"], each["issuer"]) for each in patients} == {("PUB-ISSUER", "OTHER-HOUSE")}


def test_who_may_only_look_publishes_nothing(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-LOOK")
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    version = reader.drafted(study, draft(instance))
    looker = Reader(reader.house, reader.house.run("token", "create", "looker", "--role", "auditor").strip())
    looker.publish(study, version, expect=403)
    assert len(reader.notes(study)["draft"]["annotations"]) == 17


def test_states_that_make_no_sense_do_not_hide_the_others(reader: Reader) -> None:
    ds = kept(reader, patient_id="PUB-HOSTILE")
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    made = reader.publish(study, reader.drafted(study, draft(instance)))
    [state] = [one for one in made if one["sop_class"].endswith("11.1")]
    path = f"/dicom-web/studies/{study}/series/{state['series']}/instances/{state['instance']}"
    answer = reader.session.get(f"{reader.house.url}{path}", params={"accept": "application/dicom"}, timeout=TIMEOUT_S)
    false = copy.deepcopy(pydicom.dcmread(io.BytesIO(answer.content)))
    false.SOPInstanceUID = false.file_meta.MediaStorageSOPInstanceUID = f"{state['instance'][:-4]}9999"
    del false.PresentationCreationDate
    false.Modality = "OT"
    out = io.BytesIO()
    false.save_as(out)
    reader.store(out.getvalue())
    assert len(reader.notes(study)["published"]) == 3
    json.dumps(reader.notes(study), allow_nan=False)
