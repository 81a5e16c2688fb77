"""Dates and times of a query that are given at an offset from UTC (PS3.4 C.2.2.2.5, C.4.1.1.3.1), on every database.

The offsets between the studies are calculated by hand, as PS3.3 C.12.1.1.8 defines them: local time minus UTC.
"""

from collections.abc import Sequence

import pytest

from contract.catalogs import ALL, Object, attributes, catalog_on, keep
from radiotheque.catalog import Catalog
from radiotheque.core.errors import Malformed
from radiotheque.core.query import Key, Level, Match, Query, Range, Single
from radiotheque.database.engine import Database

# what was done in one minute all over the world: 2023-12-31 23:30 UTC
SAME_MINUTE = {
    "Paris": ("20240101", "003000", "+0100"),
    "Kolkata": ("20240101", "050000", "+0530"),
    "Caracas": ("20231231", "193000", "-0400"),
    "Lagos, in winter written as UTC": ("20231231", "2330", "+0000"),
}
WITHOUT_A_ZONE = {
    "this side of midnight": ("20231231", "233000", ""),
    "that side of midnight": ("20240101", "003000", ""),
    "a zone that is none": ("20240101", "003000", "CET"),
}
DONE = {**SAME_MINUTE, **WITHOUT_A_ZONE}


@pytest.fixture
def catalog(database: Database) -> Catalog:
    """Give a catalog of one study for each place."""
    catalog = catalog_on(database)
    for number, (place, (date, time, zone)) in enumerate(DONE.items()):
        described = attributes(StudyDescription=place, StudyDate=date, StudyTime=time, TimezoneOffsetFromUTC=zone)
        uid = f"1.2.{number}"
        keep(catalog, Object(study=uid, series=f"{uid}.1", instance=f"{uid}.1.1", attributes=described))
    return catalog


def found(catalog: Catalog, dates: Match, times: Match, zone: str) -> set[str]:
    keys = (Key("StudyDate", dates), Key("StudyTime", times))
    query = Query(Level.STUDY, keys, combined_datetime=True, timezone=zone)
    places = [one.attributes["StudyDescription"][0] for one in catalog.find(query, ALL).matches]
    assert places == [one.attributes["StudyDescription"][0] for one in catalog.find_each(query, ALL)]
    return set(places)


@pytest.mark.parametrize(
    ("zone", "date", "times", "as_stored"),
    [
        ("+0000", "20231231", ("2329", "2330"), ["this side of midnight"]),
        ("-0000", "20231231", ("2329", "2330"), ["this side of midnight"]),
        ("+0100", "20240101", ("0029", "0030"), ["that side of midnight", "a zone that is none"]),
        ("-0400", "20231231", ("1929", "1930"), []),
        ("+0530", "20240101", ("0459", "0500"), []),
        ("+1400", "20240101", ("1329", "1330"), []),  # the easternmost there is
    ],
)  # fmt: skip
def test_a_minute_is_the_same_wherever_it_was_written_down(
    catalog: Catalog, zone: str, date: str, times: tuple[str, str], as_stored: Sequence[str]
) -> None:
    assert found(catalog, Single(date), Range(*times), zone) == {*SAME_MINUTE, *as_stored}
    assert found(catalog, Range(date, date), Range(*times), zone) == {*SAME_MINUTE, *as_stored}


def test_the_minute_before_and_the_minute_after_hold_nothing_of_it(catalog: Catalog) -> None:
    for times in (Range("2328", "2329"), Range("2331", "2332")):
        assert found(catalog, Single("20231231"), times, "+0000") == set()


def test_an_open_range_ends_at_the_moment_in_the_querys_zone(catalog: Catalog) -> None:
    until = found(catalog, Range("", "20231231"), Range("", "2330"), "+0000")
    assert until == {*SAME_MINUTE, "this side of midnight"}
    since = found(catalog, Range("20231231", ""), Range("2331", ""), "+0000")
    assert since == {"that side of midnight", "a zone that is none"}


@pytest.mark.parametrize("first", ["20231201", "00010101"])
def test_an_end_that_no_calendar_holds_is_compared_as_text(catalog: Catalog, first: str) -> None:
    assert found(catalog, Range(first, "20240231"), Range("0000", "2359"), "-1200") == set(DONE)


def test_without_a_zone_in_the_query_all_are_compared_as_they_were_written(catalog: Catalog) -> None:
    assert found(catalog, Single("20240101"), Range("0029", "0030"), "") == {
        "Paris",
        "that side of midnight",
        "a zone that is none",
    }


def test_an_answer_names_the_zone_its_times_are_written_in(catalog: Catalog) -> None:
    key = Key("StudyDescription", Single("Kolkata"))
    [match] = catalog.find(Query(Level.STUDY, (key,), timezone="+0000"), ALL).matches
    assert match.attributes["StudyTime"] == ("050000",)
    assert match.attributes["TimezoneOffsetFromUTC"] == ("+0530",)


@pytest.mark.parametrize("zone", ["+1", "CET", "0100", "+01:00"])
def test_a_zone_that_is_none_is_malformed_whatever_is_kept(database: Database, zone: str) -> None:
    empty = catalog_on(database)
    with pytest.raises(Malformed):
        found(empty, Single("20240101"), Range("0029", "0030"), zone)
