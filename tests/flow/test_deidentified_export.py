"""A running house gives studies out without identity: looked at, masked, verified, and only then."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from pydicom import dcmread

from crash.truth import house_at, me
from deidentified import WHO, written
from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom
from radiotheque.core.errors import Conflict, Unsupported
from radiotheque.core.uid import parse_uid

TIMEOUT_S = 120


class Researcher:
    """Someone who exports."""

    def __init__(self, house: Running, token: str) -> None:
        self.house, self.session = house, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def store(self, data: bytes) -> Any:
        headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        answer = self.session.post(f"{self.house.web}/studies", data=data, headers=headers, timeout=TIMEOUT_S)
        assert answer.ok, answer.text
        return dcmread(io.BytesIO(data))

    def call(self, method: str, path: str, given: Any = None, **query: str) -> requests.Response:
        return self.session.request(method, f"{self.house.url}/api{path}", json=given, params=query, timeout=TIMEOUT_S)

    def ordered(self, *studies: str, **given: Any) -> Any:
        answer = self.call("POST", "/deidentified-exports", {"studies": list(studies), "project": "knees", **given})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def taken(self, number: int) -> dict[str, bytes]:
        answer = self.call("GET", f"/deidentified-exports/{number}/export.zip")
        assert answer.ok, answer.text
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def someone(archive: Running) -> Iterator[Researcher]:
    researcher = Researcher(archive, archive.token)
    with researcher.session:
        yield researcher


def test_a_study_without_text_is_released_and_given_without_identity(someone: Researcher) -> None:
    ds = someone.store(phantom(**{**WHO, "patient_id": "DEID-1"}))
    export = someone.ordered(ds.StudyInstanceUID, profile="research")
    assert (export["state"], export["waiting"]) == ("waiting", 0)
    early = someone.call("GET", f"/deidentified-exports/{export['id']}/export.zip")
    assert early.status_code == 409
    report = someone.call("POST", f"/deidentified-exports/{export['id']}/release").json()
    assert (report["released"], report["instances"], report["findings"]) == (True, 1, [])
    assert {"tag": "00100010", "keyword": "PatientName", "action": "Z", "count": 1} in report["treated"]
    assert report["codes"] == ["113100", "113101", "113103", "113104", "113105", "113107", "113108"]  # PS3.16 CID 7050
    files = someone.taken(export["id"])
    assert json.loads(files.pop("report.json")) == report
    assert b"PatientName" in files.pop("report.txt")
    ((name, data),) = files.items()
    made = dcmread(io.BytesIO(data))
    assert name == f"{made.PatientID}/{made.StudyInstanceUID}/{made.SeriesInstanceUID}/{made.SOPInstanceUID}.dcm"
    for word in (b"DEID-1", b"sbourg", b"ACC-55120", b"20240312", ds.StudyInstanceUID.encode()):
        assert word not in data
    assert made.PatientIdentityRemoved == "YES"
    assert np.array_equal(made.pixel_array, ds.pixel_array)


def test_an_image_with_text_waits_for_a_person_who_masks_it(someone: Researcher) -> None:
    ds = someone.store(written("DAVIDSON DOUGLAS", patient_id="DEID-2"))
    export = someone.ordered(ds.StudyInstanceUID)
    (image,) = export["images"]
    assert (export["waiting"], image["why"]) == (1, "text")
    place = f"/deidentified-exports/{export['id']}"
    assert someone.call("POST", f"{place}/release").status_code == 409
    outside = {"masks": {"1": [[0, 0, 601, 10]]}}
    assert someone.call("PUT", f"{place}/images/{image['instance']}", outside).status_code == 400
    decided = someone.call("PUT", f"{place}/images/{image['instance']}", {"masks": image["suspects"]}).json()
    assert (decided["waiting"], decided["images"][0]["decision"]) == (0, "masked")
    report = someone.call("POST", f"{place}/release").json()
    assert (report["released"], report["looked_at"], report["masked"]) == (True, 1, 1)
    data = next(data for name, data in someone.taken(export["id"]).items() if name.endswith(".dcm"))
    left, top, right, bottom = image["suspects"]["1"][0]
    pixels = dcmread(io.BytesIO(data)).pixel_array
    assert not pixels[top:bottom, left:right].any()
    assert np.array_equal(pixels[bottom:], ds.pixel_array[bottom:])
    late = someone.call("PUT", f"{place}/images/{image['instance']}", {"masks": {}})
    assert late.status_code == 409


def test_a_person_may_clear_an_image_whose_text_says_nothing(someone: Researcher) -> None:
    ds = someone.store(written("PORTABLE", patient_id="DEID-3"))
    export = someone.ordered(ds.StudyInstanceUID)
    place = f"/deidentified-exports/{export['id']}"
    cleared = someone.call("PUT", f"{place}/images/{ds.SOPInstanceUID}", {"masks": {}}).json()
    assert cleared["images"][0]["decision"] == "cleared"
    assert someone.call("POST", f"{place}/release").json()["released"] is True


def test_a_secondary_capture_and_a_declared_annotation_always_wait(someone: Researcher) -> None:
    captured = someone.store(phantom(patient_id="DEID-4", modality="OT"))
    declared = someone.store(phantom(patient_id="DEID-5", extra={"BurnedInAnnotation": "YES"}))
    export = someone.ordered(captured.StudyInstanceUID, declared.StudyInstanceUID)
    assert sorted(image["why"] for image in export["images"]) == ["declared", "kind"]


def test_what_is_left_of_an_identity_stops_the_release(someone: Researcher) -> None:
    # the institution is to be retained; the patient bears its name
    wishes = {"patient_id": "DEID-6", "patient_name": "Anselme^Zoé", "extra": {"InstitutionName": "Hôpital Anselme"}}
    ds = someone.store(phantom(**wishes))
    export = someone.ordered(ds.StudyInstanceUID, options=["retain_institution_identity"])
    report = someone.call("POST", f"/deidentified-exports/{export['id']}/release").json()
    assert report["released"] is False
    assert [(left["kind"], left["where"]) for left in report["findings"]] == [
        ("PatientName", "(0008,0080) InstitutionName")
    ]
    assert someone.call("GET", f"/deidentified-exports/{export['id']}/export.zip").status_code == 409


def test_pseudonyms_are_told_to_who_may_and_all_of_it_is_audited(someone: Researcher) -> None:
    ds = someone.store(phantom(patient_id="DEID-7"))
    export = someone.ordered(ds.StudyInstanceUID)
    someone.call("POST", f"/deidentified-exports/{export['id']}/release")
    names = [name for name in someone.taken(export["id"]) if name.endswith(".dcm")]
    pseudonym = names[0].split("/")[0]
    question = {"project": "knees", "replaced": pseudonym, "reason": "incidental finding"}
    assert someone.call("POST", "/reidentifications", question).json()["patient_id"] == "DEID-7"
    assert someone.call("POST", "/reidentifications", {**question, "project": "hips"}).status_code == 404

    def kinds() -> set[str]:
        entries = someone.call("GET", "/audit", study=ds.StudyInstanceUID).json()["entries"]
        return {entry["kind"] for entry in entries}

    wait_for(lambda: kinds() >= {"deidentify.begin", "deidentify.release", "export"})


def test_another_role_may_neither_export_nor_ask(someone: Researcher, archive: Running) -> None:
    token = archive.run("token", "create", "ward", "--role", "clinician").strip()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for path in ("/deidentified-exports", "/reidentifications"):
            answer = session.post(f"{archive.url}/api{path}", json={}, timeout=TIMEOUT_S)
            assert answer.status_code == 403


def test_the_command_line_waits_for_a_person_too(someone: Researcher, archive: Running, tmp_path: Path) -> None:
    ds = someone.store(written("DAVIDSON DOUGLAS", patient_id="DEID-8"))
    study, instance = str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)
    decisions, out = tmp_path / "looked.json", tmp_path / "out"
    decisions.write_text(json.dumps({instance: {"1": [[0, 0, 400, 90]]}}))
    arguments = ("export", study, "--deidentified", "--profile", "basic", "--to", str(out))
    with pytest.raises(AssertionError, match="exit 1"):
        archive.run(*arguments)
    assert not out.exists()
    archive.run(*arguments, "--looked-at", str(decisions))
    (file,) = out.rglob("*.dcm")
    made = dcmread(file)
    assert not made.pixel_array[:90, :400].any()
    assert b"DEID-8" not in file.read_bytes()


def test_a_house_without_keys_refuses(tmp_path: Path) -> None:
    from crash.objects import made, offer
    from radiotheque.archive.deidentifying import Wanted

    with house_at(tmp_path, sealing=False) as house:
        sent = made(patient_id="DEID-9")
        offer(house, sent)
        with pytest.raises(Unsupported, match="sealing"):
            house.deidentification.begin([parse_uid(sent.study)], Wanted("knees"), me())


def test_an_image_that_came_since_the_order_goes_nowhere(tmp_path: Path) -> None:
    from crash.objects import made, offer
    from radiotheque.archive.deidentifying import Wanted

    with house_at(tmp_path, sealing=True) as house:
        sent = made(patient_id="DEID-10", study="1", instance="1")
        offer(house, sent)
        number, _ = house.deidentification.begin([parse_uid(sent.study)], Wanted("knees"), me())
        assert house.deidentification.release(number, me())["released"]
        offer(house, made(patient_id="DEID-10", study="1", instance="2"))
        with pytest.raises(Conflict, match="came"):
            list(house.deidentification.files(number, me()))
