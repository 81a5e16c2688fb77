"""Keys as conditions: prefixes as ranges, wild cards escaped, times with missing parts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.catalog.matching import last_moment, successor, wild
from radiotheque.catalog.values import as_date, as_list, as_order, as_time, from_list

letters = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=5)


@given(letters, letters)
def test_a_text_begins_with_a_prefix_exactly_between_it_and_its_successor(prefix: str, text: str) -> None:
    above = successor(prefix)
    inside = text >= prefix and (not above or text < above)
    assert inside == text.startswith(prefix)


def test_the_last_code_point_has_no_successor() -> None:
    assert successor("a\U0010ffff") == "b"
    assert successor("\U0010ffff") == ""


@pytest.mark.parametrize(
    ("pattern", "sqlite", "postgresql"),
    [
        ("*50%[a]_*", "*50%[[]a]_*", "%50\\%[a]\\_%"),
        ("?a*b", "?a*b", "_a%b"),
        ("a\\b*c", "a\\b*c", "a\\\\b%c"),
    ],
)
def test_wild_cards_of_the_engines_are_letters_in_a_key(pattern: str, sqlite: str, postgresql: str) -> None:
    assert wild("x", pattern, sqlite=True) == ("x GLOB ?", (sqlite,))
    assert wild("x", pattern, sqlite=False) == ("x LIKE ?", (postgresql,))


@pytest.mark.parametrize(
    ("time", "padded", "last"),
    [("10", "100000", "105959.999999"), ("1011", "101100", "101159.999999"), ("101112", "101112", "101112.999999"),
     ("101112.250", "101112.25", "101112.25"), ("10:11:12", "101112", "101112.999999"), ("", "", "")],
)  # fmt: skip
def test_a_time_without_all_its_parts_is_an_interval(time: str, padded: str, last: str) -> None:
    assert (as_time(time), last_moment(time)) == (padded, last)


def test_dates_of_acr_nema_lose_their_dots_and_what_is_none_stays() -> None:
    assert as_date("2004.01.19") == "20040119"
    assert as_date("unknown") == "unknown"


def test_what_has_no_number_sorts_last() -> None:
    assert sorted(["10", "", "2", "-1", "x"], key=as_order)[:3] == ["-1", "2", "10"]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)))
def test_a_list_is_read_as_it_was_written(values: list[str]) -> None:
    assert from_list(as_list(values)) == tuple(values)


def test_a_list_is_json_whoever_wrote_it() -> None:
    assert from_list(json.dumps(["a,b", 'c","d', "e\\f"], separators=(",", ":"))) == ("a,b", 'c","d', "e\\f")
