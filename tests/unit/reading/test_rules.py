"""Ages, leases, versions and lists: decisions by hand calculation."""

import pytest

from radiotheque.core.instance import Header, Identity
from radiotheque.core.uid import UID
from radiotheque.reading.model import BeingRead, Change, Outdated
from radiotheque.reading.regions import closeness, region_of, regions_of
from radiotheque.reading.rules import Standing, age_of, changed, given_back, leased, lists_for

NOW = 1_000_000.0
TEN_MINUTES = 600.0


@pytest.mark.parametrize(
    ("born", "study", "age"),
    [
        ("19800615", "20240614", "043Y"),
        ("19800615", "20240615", "044Y"),
        ("20240101", "20240111", "010D"),
        ("20240101", "20240201", "001M"),
        ("20230115", "20240114", "011M"),
        ("20220301", "20240229", "023M"),
        ("20220228", "20240228", "002Y"),
        ("18800101", "20240101", "144Y"),
        ("20240102", "20240101", ""),
        ("", "20240101", ""),
        ("1980", "20240101", ""),
        ("19801301", "20240101", ""),
    ],
)
def test_an_age_is_in_days_months_or_years(born: str, study: str, age: str) -> None:
    assert age_of(born, study) == age


def test_a_free_study_is_had_for_ten_minutes_and_the_lease_renewed() -> None:
    first, taken = leased(Standing(), "lea", NOW, take_over=False)
    assert (first.reader, first.until, taken) == ("lea", NOW + TEN_MINUTES, "")
    again, taken = leased(first, "lea", NOW + 500, take_over=False)
    assert (again.until, taken) == (NOW + 500 + TEN_MINUTES, "")


def test_another_reader_is_told_who_has_it_and_may_take_it_over() -> None:
    held, _ = leased(Standing(), "lea", NOW, take_over=False)
    with pytest.raises(BeingRead) as told:
        leased(held, "max", NOW + 1, take_over=False)
    assert (told.value.reader, told.value.until) == ("lea", NOW + TEN_MINUTES)
    after, taken = leased(held, "max", NOW + 1, take_over=True)
    assert (after.reader, taken) == ("max", "lea")


def test_a_lease_that_ran_out_is_nobodys() -> None:
    held, _ = leased(Standing(), "lea", NOW, take_over=False)
    assert held.status_at(NOW + TEN_MINUTES - 1) == "reading"
    assert held.status_at(NOW + TEN_MINUTES) == "new"
    assert held.reader_at(NOW + TEN_MINUTES) is None
    after, taken = leased(held, "max", NOW + TEN_MINUTES, take_over=False)
    assert (after.reader, taken) == ("max", "")


def test_only_who_has_it_gives_it_back() -> None:
    held, _ = leased(Standing(), "lea", NOW, take_over=False)
    assert given_back(held, "max") == held
    assert given_back(held, "lea").until == 0


def test_who_marks_a_study_read_gives_it_back_and_is_its_reader() -> None:
    held, _ = leased(Standing(priority="stat"), "lea", NOW, take_over=False)
    after = changed(held, Change(0, status="read"), "lea", NOW)
    assert (after.status_at(NOW), after.reader, after.until, after.version) == ("read", "lea", 0, 1)
    assert after.lists() == {"status:read", "priority:stat", "reader:lea"}


def test_a_change_of_an_old_version_says_who_was_first() -> None:
    held = changed(Standing(), Change(0, comment="fall"), "lea", NOW)
    with pytest.raises(Outdated) as told:
        changed(held, Change(0, comment="fell"), "max", NOW)
    assert told.value.changed_by == "lea"


def test_the_status_of_what_another_reads_stays_but_not_its_priority() -> None:
    held, _ = leased(Standing(), "lea", NOW, take_over=False)
    with pytest.raises(BeingRead):
        changed(held, Change(0, status="read"), "max", NOW)
    assert changed(held, Change(0, priority="urgent"), "max", NOW).priority == "urgent"


def header(**given: str) -> Header:
    identity = Identity(UID("1.2"), UID("1.2.3"), UID("1.2.4"), UID("1.2.5"), "P", "")
    return Header(identity, UID("1.2.840.10008.1.2.1"), {name: (text,) for name, text in given.items()})


def test_a_new_study_is_listed_as_new_and_by_what_it_shows() -> None:
    assert set(lists_for(header(BodyPartExamined="CHEST"), True)) == {"status:new", "region:CHEST"}
    assert set(lists_for(header(StudyDescription="Thorax face"), False)) == {"region:CHEST"}
    assert set(lists_for(header(BodyPartExamined="HAND", StudyDescription="Thorax"), False)) == {"region:HAND"}


@pytest.mark.parametrize(
    ("words", "region"),
    [
        ("CHEST", "CHEST"),
        ("Thorax", "CHEST"),
        ("ÉPAULE", "SHOULDER"),
        ("LSPINE", "LSPINE"),
        ("Rachis lombaire", "SPINE"),
        ("C-SPINE", "CSPINE"),
        ("UP_EXM", ""),
        ("", ""),
    ],
)
def test_a_part_of_the_body_has_many_names(words: str, region: str) -> None:
    assert region_of(words) == region


def test_regions_near_each_other_show_part_of_each_other() -> None:
    assert closeness(regions_of(["KNEE"]), regions_of(["genou"])) == 2
    assert closeness(regions_of(["KNEE"]), regions_of(["FEMUR"])) == 1
    assert closeness(regions_of(["KNEE"]), regions_of(["CHEST"])) == 0
    assert closeness(frozenset(), regions_of(["CHEST"])) == 0
