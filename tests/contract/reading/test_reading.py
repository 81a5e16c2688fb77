"""The reading room on a real catalog, on every database: worklist, leases, versions, drafts, priors, and Scope."""

from dataclasses import replace
from typing import Any

import pytest

from contract.catalogs import HeldClock, Object, attributes, keep
from contract.reading.room import LEA, MAX, NOA, ask, drawn, news, now, shown, study, uid
from radiotheque.catalog import Catalog
from radiotheque.core.errors import Malformed, NotFound
from radiotheque.reading import (
    BeingRead,
    Change,
    Filters,
    Outdated,
    Reading,
    Slice,
)
from radiotheque.security import Security


def test_a_row_shows_the_study_and_how_it_stands(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1), Object("1.2.1", "1.2.1.2", "1.2.1.2.1", "P1", attributes=attributes(StationName="BUCKY2")))
    [row] = reading.worklist.page(Filters(), Slice(), LEA)["studies"]
    assert row["patient"] == {
        "number": row["patient"]["number"],
        "id": "P1",
        "issuer": "",
        "name": "DUPONT^Léa",
        "birth_date": "19800615",
        "sex": "",
    }
    assert (row["age"], row["date"], row["time"], row["accession"]) == ("042Y", "20230301", "101500", "A1")
    assert (row["body_parts"], row["modalities"], row["stations"]) == (["CHEST"], ["DX"], ["BUCKY1", "BUCKY2"])
    assert (row["n_series"], row["n_instances"]) == (2, 2)
    assert (row["status"], row["reader"], row["priority"], row["comment"], row["version"]) == (
        "new",
        None,
        "routine",
        "",
        0,
    )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("lea dupont", [3, 2, 1]),
        ("DUPOND", [3, 2, 1]),
        ("dup", [3, 2, 1]),
        ("A2", [2]),
        ("P3", [3]),
        ("DX", [3, 1]),
        ("CR thorax", [2]),
        ("genou", [3]),
        ("2023-03-02", [2]),
        ("02/03/2023..03/03/2023", [3, 2]),
        ("1.2.840.1.2", []),
        ("martin", []),
    ],
)
def test_the_search_box_finds(reading: Reading, catalog: Catalog, typed: str, found: list[int]) -> None:
    keep(catalog, study(1), study(2, Modality="CR", BodyPartExamined="", StudyDescription="Thorax face"))
    keep(catalog, study(3, BodyPartExamined="KNEE"))
    assert ask(reading, q=typed) == [uid(number) for number in found]


def test_pages_go_on_where_the_last_one_ended_and_count_all(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, *(study(number) for number in range(1, 8)))
    first = reading.worklist.page(Filters(q="dupont"), Slice(limit=3), LEA)
    assert (shown(first), first["count"]) == ([uid(7), uid(6), uid(5)], {"value": 7, "exact": True})
    second = reading.worklist.page(Filters(q="dupont"), Slice(limit=3, after=first["next"]), LEA)
    assert (shown(second), second["count"]["value"]) == ([uid(4), uid(3), uid(2)], 7)
    last = reading.worklist.page(Filters(q="dupont"), Slice(limit=3, after=second["next"]), LEA)
    assert (shown(last), last["next"]) == ([uid(1)], "")
    with pytest.raises(Malformed):
        reading.worklist.page(Filters(), Slice(after="nonsense"), LEA)


@pytest.mark.parametrize(("order", "expected"), [("asc", [2, 3, 1]), ("desc", [1, 3, 2])])
def test_another_order_is_paged_too(reading: Reading, catalog: Catalog, order: Any, expected: list[int]) -> None:
    names = {1: "ZOLA^A", 2: "ÂBEL^B", 3: "Martin^C"}
    keep(catalog, *(study(number, PatientName=name) for number, name in names.items()))
    found, after = [], ""
    for _ in expected:
        page = reading.worklist.page(Filters(), Slice("patient", order, after, 1), LEA)
        found += shown(page)
        after = page["next"]
    assert (found, after) == ([uid(number) for number in expected], "")
    with pytest.raises(Malformed):
        reading.worklist.page(Filters(), Slice("colour"), LEA)


def test_filters_by_status_priority_reader_and_part_hold_together(reading: Reading, catalog: Catalog) -> None:
    keep(
        catalog,
        *(study(number) for number in range(1, 5)),
        study(5, BodyPartExamined="UP_EXM"),
        study(6, BodyPartExamined="HAND", Modality="CR"),
    )
    reading.statuses.change(uid(1), Change(0, status="read", priority="stat"), LEA)
    reading.statuses.change(uid(2), Change(0, priority="urgent"), LEA)
    reading.statuses.lease(uid(3), MAX)
    asked = {
        "new": ask(reading, status=("new",)),
        "reading": ask(reading, status=("reading",)),
        "read": ask(reading, status=("read",)),
        "unread": ask(reading, status=("new", "reading")),
        "stat": ask(reading, priority=("stat",)),
        "pressing": ask(reading, priority=("stat", "urgent")),
        "routine": ask(reading, priority=("routine",)),
        "routine and stat": ask(reading, priority=("routine", "stat")),
        "mine": ask(reading, mine=True),
        "of max": ask(reading, MAX, mine=True),
        "hands": ask(reading, body_part=("HAND",)),
        "of no list": ask(reading, body_part=("up_exm",)),
        "new hands by CR": ask(reading, body_part=("main",), modality=("CR",), status=("new",)),
        "new since": ask(reading, status=("new",), since="20230304", until="20230305"),
    }
    expected = {
        "new": [6, 5, 4, 2],
        "reading": [3],
        "read": [1],
        "unread": [6, 5, 4, 3, 2],
        "stat": [1],
        "pressing": [2, 1],
        "routine": [6, 5, 4, 3],
        "routine and stat": [6, 5, 4, 3, 1],
        "mine": [1],
        "of max": [3],
        "hands": [6],
        "of no list": [5],
        "new hands by CR": [6],
        "new since": [5, 4],
    }
    assert asked == {name: [uid(number) for number in numbers] for name, numbers in expected.items()}


def test_a_lease_is_shown_renewed_taken_over_and_lapses(reading: Reading, catalog: Catalog, clock: HeldClock) -> None:
    keep(catalog, study(1))
    begin = clock.time
    assert reading.statuses.lease(uid(1), LEA) == {"reader": "lea", "until": begin + 600}
    assert reading.rows.row(uid(1), MAX)["reader"] == {"name": "lea", "until": begin + 600}
    clock.time += 300
    assert reading.statuses.lease(uid(1), LEA)["until"] == begin + 900
    with pytest.raises(BeingRead) as held:
        reading.statuses.lease(uid(1), MAX)
    assert held.value.reader == "lea"
    behind = now(reading)
    lease = reading.statuses.lease(uid(1), MAX, take_over=True)
    assert lease == {"reader": "max", "until": clock.time + 600, "taken_from": "lea"}
    assert news(reading, behind=behind) == [("status", {"study": uid(1), "reader": "max", "taken_from": "lea"})]
    reading.statuses.give_back(uid(1), LEA)  # who has it no longer changes nothing
    assert reading.rows.row(uid(1), LEA)["status"] == "reading"
    clock.time += 601
    assert reading.rows.row(uid(1), LEA)["status"] == "new"
    assert ask(reading, status=("new",)) == [uid(1)]
    assert reading.statuses.lapse() == 0  # it was noted by asking for new ones


def test_a_lease_that_ran_out_is_told(reading: Reading, catalog: Catalog, clock: HeldClock) -> None:
    keep(catalog, study(1))
    reading.statuses.lease(uid(1), LEA)
    behind = now(reading)
    clock.time += 600
    assert reading.statuses.lapse() == 1
    assert news(reading, behind=behind) == [("status", {"study": uid(1)})]


def test_a_renewed_lease_is_no_news(reading: Reading, catalog: Catalog, clock: HeldClock) -> None:
    keep(catalog, study(1))
    reading.statuses.lease(uid(1), LEA)
    behind = now(reading)
    clock.time += 60
    reading.statuses.lease(uid(1), LEA)
    assert news(reading, behind=behind) == []


def test_nothing_is_overwritten_silently(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1))
    row = reading.statuses.change(uid(1), Change(0, priority="stat", comment="from the ward"), LEA)
    assert (row["priority"], row["comment"], row["version"]) == ("stat", "from the ward", 1)
    with pytest.raises(Outdated) as told:
        reading.statuses.change(uid(1), Change(0, comment="other"), MAX)
    assert told.value.changed_by == "lea"
    assert reading.rows.row(uid(1), MAX)["comment"] == "from the ward"


def test_what_may_not_be_seen_is_not_there(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1, "VIP"), study(2))
    reading.statuses.lease(uid(1), LEA)
    number = reading.rows.row(uid(1), LEA)["patient"]["number"]
    assert ask(reading, NOA) == [uid(2)]
    assert ask(reading, NOA, q="A1") == []
    assert ask(reading, NOA, status=("reading",)) == []
    assert {data["study"] for _, data in news(reading, NOA)} == {uid(2)}
    for attempt in (
        lambda: reading.rows.row(uid(1), NOA),
        lambda: reading.statuses.change(uid(1), Change(0, comment="x"), NOA),
        lambda: reading.statuses.lease(uid(1), NOA, take_over=True),
        lambda: reading.statuses.give_back(uid(1), NOA),
        lambda: reading.patients.page(number, NOA),
        lambda: reading.display.open(uid(1), NOA),
        lambda: reading.drafts.of(uid(1), NOA),
        lambda: reading.drafts.save(uid(1), 0, {"annotations": []}, NOA),
        lambda: reading.drafts.undo(uid(1), None, NOA),
        lambda: reading.drafts.history(uid(1), NOA),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert reading.rows.row(uid(1), LEA)["reader"]["name"] == "lea"  # type: ignore[index]


def test_a_patient_has_one_line_of_time_and_other_identifiers(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1, "P1"), study(2, "P1", OtherPatientIDs="OLD7"), study(3, "P2"))
    number = reading.rows.row(uid(1), LEA)["patient"]["number"]
    page = reading.patients.page(number, LEA)
    assert [(entry["kind"], entry["at"], entry["study"]["study"]) for entry in page["timeline"]] == [
        ("study", "20230302101500", uid(2)),
        ("study", "20230301101500", uid(1)),
    ]
    assert (page["id"], page["other_ids"]) == ("P1", [{"id": "OLD7", "issuer": "", "type": ""}])
    assert (page["source"]["study"], page["source"]["amended"]) == (uid(2), False)
    catalog.amend_study(uid(2), {"PatientName": ("DURAND^Léa",)}, LEA, reason="married")
    assert reading.patients.page(number, LEA)["source"]["amended"]
    with pytest.raises(NotFound):
        reading.patients.page(number + 1000, LEA)


def test_patients_without_an_id_are_never_joined(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, replace(study(1), patient_id=""), replace(study(2), patient_id=""))
    number = reading.rows.row(uid(1), LEA)["patient"]["number"]
    assert [entry["study"]["study"] for entry in reading.patients.page(number, LEA)["timeline"]] == [uid(1)]
    assert reading.display.open(uid(1), LEA)["priors"] == []


def test_the_same_id_of_another_issuer_is_another_patient(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1, "P1"), replace(study(2, "P1", IssuerOfPatientID="OTHER"), issuer="OTHER"))
    assert reading.display.open(uid(2), LEA)["priors"] == []


def test_a_study_opens_with_its_series_and_the_best_prior_first(reading: Reading, catalog: Catalog) -> None:
    keep(
        catalog, study(1, "P1"), study(2, "P1", BodyPartExamined="FOOT"), study(3, "P1", Modality="CR"), study(4, "P1")
    )
    keep(catalog, study(5, "P1"))
    opened = reading.display.open(uid(4), LEA)
    [series] = opened["series"]
    assert (series["series"], series["station"], series["body_part"], series["date"]) == (
        f"{uid(4)}.1",
        "BUCKY1",
        "CHEST",
        "",
    )
    [item] = series["instances"]
    assert (item["instance"], item["series"], item["patient"]["id"]) == (f"{uid(4)}.1.1", f"{uid(4)}.1", "P1")
    # not the later one, not that of a foot; a DX before the CR that is two days younger
    assert [prior["study"]["study"] for prior in opened["priors"]] == [uid(1), uid(3)]


def test_what_was_done_is_in_the_audit_trail(reading: Reading, catalog: Catalog, security: Security) -> None:
    keep(catalog, study(1))
    reading.statuses.lease(uid(1), LEA)
    reading.statuses.lease(uid(1), MAX, take_over=True)
    reading.statuses.change(uid(1), Change(0, priority="stat", comment="DUPONT fell"), MAX)
    reading.drafts.save(uid(1), 0, drawn(1), MAX)
    security.audit.flush()
    entries = [(entry.caller, entry.kind, entry.detail) for entry in security.audit.entries(study=uid(1))][::-1]
    assert entries == [
        ("lea", "reading.begin", ""),
        ("max", "reading.take-over", ""),
        ("max", "reading.change", "stat, comment"),  # without what it says
        ("max", "annotation.draft", ""),
    ]
