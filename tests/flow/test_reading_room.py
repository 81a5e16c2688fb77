"""The reading room of a running house: an image in by STOW is told live, found, opened, corrected and read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom, phantom_dataset

TIMEOUT_S = 60


@pytest.fixture(scope="module")
def session(archive: Running) -> Iterator[requests.Session]:
    with archive.session() as session:
        yield session


class Room:
    """A running house and a session that is signed in to it."""

    def __init__(self, house: Running, session: requests.Session) -> None:
        self.house, self.session = house, session

    def store(self, **wishes: Any) -> str:
        """Send a radiograph by STOW; give its Study Instance UID."""
        headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        answer = self.session.post(
            f"{self.house.web}/studies", data=phantom(**wishes), headers=headers, timeout=TIMEOUT_S
        )
        assert answer.ok, answer.text
        return str(phantom_dataset(**wishes).StudyInstanceUID)

    def ask(self, method: str, path: str, given: Any = None, **query: str) -> Any:
        answer = self.session.request(
            method, f"{self.house.url}/api{path}", params=query, json=given, timeout=TIMEOUT_S
        )
        assert answer.ok, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def follow(self, last_event_id: str = "") -> requests.Response:
        """Begin to follow the worklist; what is told from now on, or from the event on, comes in the answer's lines."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        url = f"{self.house.url}/api/worklist/events"
        return self.session.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)


@pytest.fixture
def room(archive: Running, session: requests.Session) -> Room:
    return Room(archive, session)


def next_about(lines: Iterator[str], study: str, name: str) -> tuple[str, Mapping[str, Any]]:
    """Give id and data of the next event of a name about a study."""
    about: dict[str, str] = {}
    for line in lines:
        if line:
            field, _, value = line.partition(": ")
            about[field] = value
            continue
        if about.get("event") == name and json.loads(about["data"])["study"] == study:
            return about["id"], json.loads(about["data"])
        about = {}
    raise AssertionError("the stream ended")


def test_an_arrival_is_told_live_and_whoever_was_cut_off_hears_it_too(room: Room) -> None:
    with room.follow() as stream:
        lines = stream.iter_lines(decode_unicode=True)
        assert next(lines).startswith("retry: ")
        begin = next(lines).removeprefix("id: ")
        study = room.store(patient_id="LIVE-1")
        arrived, _ = next_about(lines, study, "study")
        room.ask("POST", f"/worklist/{study}/lease", {"take_over": False})
        position, data = next_about(lines, study, "status")
        assert data["reader"] == room.ask("GET", f"/worklist/{study}")["reader"]["name"]
    assert int(begin) < int(arrived) < int(position)
    with room.follow(last_event_id=begin) as stream:
        assert next_about(stream.iter_lines(decode_unicode=True), study, "study")
    room.ask("DELETE", f"/worklist/{study}/lease")


def test_a_study_is_found_opened_and_shown_as_corrected(room: Room) -> None:
    wishes = {"patient_id": "OPEN-1", "patient_name": "Présbourg^Zoé"}
    study = room.store(**wishes)
    found = room.ask("GET", "/worklist", q="presbourg zoe", status="new")
    assert [row["study"] for row in found["studies"]] == [study]
    film = phantom_dataset(**wishes)
    [series] = room.ask("GET", f"/studies/{study}/display")["series"]
    [item] = series["instances"]
    assert (item["kind"], item["view"], item["modality"]) == ("image", film.get("ViewPosition", ""), film.Modality)
    assert (item["rows"], item["columns"], item["frames"]) == (film.Rows, film.Columns, 1)
    assert item["patient"]["name"] == "Présbourg^Zoé"
    values = {"PatientName": ["Richtig^Zoé"]}
    room.ask("POST", "/amendments", {"study": study, "values": values, "reason": "misspelt"})
    opened = room.ask("GET", f"/studies/{study}/display")
    assert opened["series"][0]["instances"][0]["patient"]["name"] == "Richtig^Zoé"
    assert room.ask("GET", f"/patients/{opened['study']['patient']['number']}")["source"]["amended"]
    wait_for(lambda: "view" in {entry["kind"] for entry in room.ask("GET", "/audit", study=study)["entries"]})


def test_an_instance_that_comes_later_and_one_that_is_rejected_change_what_is_opened(room: Room) -> None:
    first = {"patient_id": "GROW-1", "instance_number": 1, "instance": "a"}
    study = room.store(**first)
    assert count(room, study) == 1
    room.store(patient_id="GROW-1", instance_number=2, instance="b")
    assert count(room, study) == 2
    ds = phantom_dataset(**first)
    selected = {"study": study, "series": str(ds.SeriesInstanceUID), "instance": str(ds.SOPInstanceUID)}
    room.ask("POST", "/rejections", {**selected, "code": "113001"})
    assert count(room, study) == 1


def count(room: Room, study: str) -> int:
    return sum(len(series["instances"]) for series in room.ask("GET", f"/studies/{study}/display")["series"])


def test_the_leases_are_watched_by_the_clock(room: Room) -> None:
    assert "leases" in {chore["name"] for chore in room.ask("GET", "/chores")["chores"]}


def test_presets_of_the_site_go_into_render_models(room: Room) -> None:
    wishes = {"patient_id": "PRE-1"}
    study = room.store(**wishes)
    ds = phantom_dataset(**wishes)
    preset = {"name": "Site", "modality": ds.Modality, "body_part": "", "view": "", "centre": 7.0, "width": 9.0}
    room.ask("PUT", "/presets", [preset])
    model = room.ask(
        "GET", f"/studies/{study}/series/{ds.SeriesInstanceUID}/instances/{ds.SOPInstanceUID}/render-model"
    )
    assert model["presets"] == [{"explanation": "Site", "centre": 7.0, "width": 9.0, "function": "LINEAR", "lut": None}]
    room.ask("PUT", "/presets", [])
