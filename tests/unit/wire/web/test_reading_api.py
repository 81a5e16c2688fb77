"""The reading room behind the web door: permissions, answers and conflicts, on a real room over a real catalog."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.catalogs import Object, attributes, catalog_on, keep
from contract.reading.room import Facts, Line
from radiotheque.catalog import Catalog
from radiotheque.catalog.lists import StudyLists
from radiotheque.core.caller import Door
from radiotheque.core.uid import UID
from radiotheque.database.engine import open_database
from radiotheque.reading import Neighbours, News, Reading, lists_for
from radiotheque.reading import open_room as open_reading
from radiotheque.security import Account, Security, house_caller, open_room
from radiotheque.wire.web.api.worklist import news, parted
from radiotheque.wire.web.gate import Gate
from unit.security.held import HeldClock
from unit.wire.web.talk import Answer, Shelf, ask, basic, door

PASSWORD = "correct horse battery"
UID_1 = "1.2.1"
STUDY = f"/api/worklist/{UID_1}"
PLAIN = {"query": {"q": "7d", "status": ["new"]}, "columns": ["patient"], "sort": "date", "order": "desc"}

type Say = Callable[..., Answer]


@pytest.fixture
def security(tmp_path: Path, clock: HeldClock) -> Iterator[Security]:
    with open_database(tmp_path / "index.db") as database:
        room = open_room(database, clock)
        for name, role in (("lea", "radiologist"), ("max", "radiologist"), ("noa", "clinician"), ("kim", "auditor")):
            room.accounts.add(name, PASSWORD, Account(0, name, frozenset({role})), house_caller(Door.CLI))
        yield room
        room.close()


@pytest.fixture
def catalog(security: Security, clock: HeldClock) -> Catalog:
    made = catalog_on(security.accounts._database, clock=clock, lists_for=lists_for)
    about = attributes(StudyDate="20240131", PatientName="DUPONT^Lea", Modality="DX", BodyPartExamined="CHEST")
    keep(made, Object(UID_1, "1.2.1.1", "1.2.1.1.1", "P1", attributes=about))
    return made


@pytest.fixture
def reading(security: Security, catalog: Catalog, clock: HeldClock) -> Reading:
    house = Neighbours(Line(catalog), Facts(catalog), catalog.feed, StudyLists(), catalog.outbox, security.audit)
    return open_reading(catalog.database, clock, house)


@pytest.fixture
def web(security: Security, reading: Reading) -> Gate:
    return door(security, Shelf(), reading=reading)


@pytest.fixture
def say(web: Gate) -> Say:
    """Send a request as an account: `say("lea", "GET", "/api/worklist")`."""

    def said(name: str, method: str, url: str, given: Any = None, **headers: str) -> Answer:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return ask(web, method, url, basic(name, PASSWORD) | named, given=given)

    return said


def test_the_worklist_is_asked_with_filters_repeated_or_parted_by_commas(say: Say) -> None:
    answer = say("lea", "GET", "/api/worklist?q=dupont&status=new&status=reading,read&modality=DX,CR&limit=10").json()
    assert [row["study"] for row in answer["studies"]] == [UID_1]
    assert (answer["next"], answer["count"]) == ("", {"value": 1, "exact": True})
    assert say("lea", "GET", "/api/worklist?status=done").status == 400
    assert say("lea", "GET", "/api/worklist?since=yesterday").status == 400
    assert say("kim", "GET", "/api/worklist").status == 403


def test_values_of_a_parameter_are_parted() -> None:
    assert parted(["a,b", "b", " c ", ""]) == ("a", "b", "c")


def test_a_row_is_changed_by_who_saw_it_as_it_is(say: Say) -> None:
    assert say("lea", "GET", STUDY).json()["status"] == "new"
    row = say("lea", "PATCH", STUDY, {"version": 0, "status": "read", "priority": "stat", "comment": "seen"}).json()
    assert (row["status"], row["priority"], row["comment"], row["version"]) == ("read", "stat", "seen", 1)
    late = say("max", "PATCH", STUDY, {"version": 0, "comment": "mine"})
    assert late.status == 409
    assert (late.json()["type"], late.json()["changed_by"]) == ("urn:radiotheque:problem:outdated", "lea")
    assert say("lea", "PATCH", STUDY, {"version": 1, "status": "reading"}).status == 400
    assert say("noa", "PATCH", STUDY, {"version": 1, "status": "new"}).status == 403
    assert say("lea", "PATCH", "/api/worklist/1.2.9", {"version": 0}).status == 404


def test_a_lease_says_who_has_the_study(say: Say, clock: HeldClock) -> None:
    taken = say("lea", "POST", f"{STUDY}/lease", {"take_over": False})
    assert taken.json() == {"reader": "lea", "until": clock.at + 600}
    refused = say("max", "POST", f"{STUDY}/lease")
    assert refused.status == 409
    assert (refused.json()["reader"], refused.json()["until"]) == ("lea", clock.at + 600)
    assert say("max", "POST", f"{STUDY}/lease", {"take_over": True}).json()["taken_from"] == "lea"
    assert say("max", "GET", STUDY).json()["reader"] == {"name": "max", "until": clock.at + 600}
    assert say("max", "DELETE", f"{STUDY}/lease").status == 204
    assert say("max", "GET", STUDY).json()["reader"] is None
    assert say("noa", "POST", f"{STUDY}/lease").status == 403


def test_views_are_kept_changed_and_forgotten(say: Say) -> None:
    kept = say("lea", "POST", "/api/views", {"name": "Unread", "shared": True, **PLAIN})
    assert kept.status == 201
    view = kept.json()
    assert (view["owner"], view["version"], view["query"]) == ("lea", 1, PLAIN["query"])
    assert [one["name"] for one in say("noa", "GET", "/api/views").json()] == ["Unread"]
    place = f"/api/views/{view['id']}"
    assert say("lea", "PUT", place, view | {"name": "All unread"}).json()["version"] == 2
    assert say("max", "PUT", place, view).status == 409
    assert say("noa", "DELETE", place).status == 403
    assert say("noa", "POST", "/api/views", {"name": "x", "shared": True, **PLAIN}).status == 403
    assert say("lea", "DELETE", f"{place}?version=2").status == 204
    assert say("lea", "GET", "/api/views").json() == []


def test_anybody_who_is_signed_in_has_preferences(say: Say) -> None:
    unchosen = say("kim", "GET", "/api/preferences").json()
    assert (unchosen["version"], unchosen["language"]) == (0, "")
    assert say("kim", "PUT", "/api/preferences", unchosen | {"language": "fr"}).json() == {"version": 1}
    assert say("kim", "PUT", "/api/preferences", unchosen | {"language": "en"}).status == 409
    assert say("kim", "PUT", "/api/preferences", unchosen | {"language": "xx"}).status == 400


def test_the_presets_of_the_site_are_kept_by_who_manages_reading(say: Say) -> None:
    bone = {"name": "Bone", "modality": "DX", "body_part": "HAND", "view": "", "centre": 2000, "width": 3000}
    listed = say("noa", "GET", "/api/presets")
    assert (listed.json(), listed.headers["etag"]) == ([], '"0"')
    saved = say("lea", "PUT", "/api/presets", [bone], If_Match='"0"')
    assert (saved.json()[0]["function"], saved.headers["etag"]) == ("LINEAR", '"1"')
    assert say("max", "PUT", "/api/presets", [], If_Match='"0"').status == 409
    assert say("noa", "PUT", "/api/presets", []).status == 403
    assert say("lea", "PUT", "/api/presets", [bone | {"width": 0}]).status == 400


def test_protocols_are_copied_and_changed(say: Say) -> None:
    shipped = next(one for one in say("lea", "GET", "/api/protocols").json() if one["id"] == "builtin:chest-two-views")
    assert shipped["built_in"]
    copied = say("lea", "POST", "/api/protocols", shipped | {"name": "Ours", "shared": False}).json()
    assert (copied["built_in"], copied["slots"]) == (False, shipped["slots"])
    assert say("lea", "PUT", f"/api/protocols/{copied['id']}", copied | {"priority": 99}).json()["version"] == 2
    assert say("lea", "GET", "/api/protocols").json()[0]["name"] == "Ours"
    assert say("lea", "PUT", f"/api/protocols/{shipped['id']}", shipped).status == 403
    assert say("lea", "POST", "/api/protocols", shipped | {"name": "Out", "rows": 1, "columns": 1}).status == 400
    assert say("lea", "DELETE", f"/api/protocols/{copied['id']}?version=2").status == 204


def test_a_study_is_opened_for_display_and_its_patient_shown(say: Say) -> None:
    opened = say("noa", "GET", f"/api/studies/{UID_1}/display").json()
    assert (opened["study"]["study"], opened["priors"]) == (UID_1, [])
    number = opened["study"]["patient"]["number"]
    page = say("noa", "GET", f"/api/patients/{number}").json()
    assert (page["name"], page["timeline"][0]["study"]["study"]) == ("DUPONT^Lea", UID_1)
    assert say("noa", "GET", f"/api/patients/{number + 1}").status == 404
    assert say("noa", "GET", "/api/studies/1.2.9/display").status == 404


def test_a_draft_is_saved_undone_and_refused_when_it_is_nonsense(say: Say) -> None:
    place = f"/api/studies/{UID_1}/annotations"
    line = {"id": "a", "kind": "length", "instance": "1.2.1.1.1", "frame": 1, "points": [[0, 0], [3.5, 4]]}
    given = {
        "version": 0,
        "annotations": [line],
        "key_images": [{"instance": "1.2.1.1.1", "frame": 1}],
        "views": [],
        "calibrations": [{"instance": "1.2.1.1.1", "mm_per_pixel": 0.14}],
    }
    assert say("noa", "PUT", f"{place}/draft", given).json() == {"version": 1}
    notes = say("noa", "GET", place).json()
    assert notes["draft"]["annotations"][0]["points"] == [[0, 0], [3.5, 4]]
    assert (notes["draft"]["calibrations"], notes["published"]) == (given["calibrations"], [])
    assert say("lea", "GET", place).json()["draft"] == {
        "version": 0, "annotations": [], "key_images": [], "views": [], "calibrations": [],
    }  # fmt: skip
    assert say("noa", "PUT", f"{place}/draft", given).status == 409
    for wrong in ({"kind": "spline"}, {"points": [[0, 0]]}, {"instance": "1.2.9"}, {"points": [[0, 0], [1e30, 0]]}):
        assert say("noa", "PUT", f"{place}/draft", given | {"version": 1, "annotations": [line | wrong]}).status == 400
    assert [one["version"] for one in say("noa", "GET", f"{place}/draft/history").json()] == [1]
    undone = say("noa", "POST", f"{place}/draft/undo", {"version": 1}).json()
    assert (undone["version"], undone["annotations"]) == (2, [])
    assert say("noa", "POST", f"{place}/draft/undo").status == 409
    assert say("kim", "PUT", f"{place}/draft", given).status == 403


def test_live_changes_are_server_sent_events_that_can_be_resumed() -> None:
    told = [News(5, "study", {"study": UID_1}), News(6, "status", {"study": UID_1, "reader": "max"})]

    async def first_three() -> list[bytes]:
        stream = news(lambda behind: (6, [one for one in told if one.position > behind]), 4)
        said = [await anext(stream), await anext(stream), await anext(stream)]
        await stream.aclose()  # type: ignore[attr-defined]
        return said

    begin, study, status = asyncio.run(first_three())
    assert begin.endswith(b"id: 4\n\n")  # so that a stream that is cut before its first event is resumed too
    assert study == b'id: 5\nevent: study\ndata: {"study":"1.2.1"}\n\n'
    assert status == b'id: 6\nevent: status\ndata: {"study":"1.2.1","reader":"max"}\n\n'


def test_a_change_reaches_who_follows(reading: Reading, say: Say) -> None:
    behind, _ = reading.live.since(0, house_caller(Door.HOUSE))
    say("lea", "POST", f"{STUDY}/lease")
    _, found = reading.live.since(behind, house_caller(Door.HOUSE))
    assert [(one.name, one.data) for one in found] == [("status", {"study": UID(UID_1), "reader": "lea"})]


def test_an_account_finds_its_language_where_the_session_looks_for_it(say: Say, reading: Reading) -> None:
    chosen = say("lea", "GET", "/api/preferences").json() | {"language": "fr", "theme": "light"}
    say("lea", "PUT", "/api/preferences", chosen)
    assert reading.preferences.of_account("lea")["language"] == "fr"
