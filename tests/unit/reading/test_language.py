"""The language of the search box, as a table: what is typed, and what it is understood to ask for first."""

import datetime

import pytest

from radiotheque.core.query import Key, Range, Single, Wildcard
from radiotheque.reading.language import MOST_WORDS, Question, period_of, questions

TODAY = datetime.date(2024, 3, 31)
XRAYS = Key("ModalitiesInStudy", Single("CR"))


def on(first: str, last: str) -> Key:
    return Key("StudyDate", Range(first, last))


def name(text: str) -> Key:
    return Key("PatientName", Single(text))


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("", Question()),
        ("   ", Question()),
        ("dupont", Question((name("dupont"),), fuzzy=True)),
        ("Marie DUPONT", Question((name("Marie DUPONT"),), fuzzy=True)),
        ("A-12", Question((Key("AccessionNumber", Single("A-12")),))),
        ("12345", Question((Key("AccessionNumber", Single("12345")),))),
        ("PID123*", Question((Key("AccessionNumber", Wildcard("PID123*")),))),
        ("today", Question((on("20240331", "20240331"),))),
        ("Aujourd'hui", Question((on("20240331", "20240331"),))),
        ("yesterday", Question((on("20240330", "20240330"),))),
        ("hier", Question((on("20240330", "20240330"),))),
        ("7d", Question((on("20240324", ""),))),
        ("7j", Question((on("20240324", ""),))),
        ("2w", Question((on("20240317", ""),))),
        ("2024-02-29", Question((on("20240229", "20240229"),))),
        ("29/02/2024", Question((on("20240229", "20240229"),))),
        ("29.2.2024", Question((on("20240229", "20240229"),))),
        ("2024-02-01..2024-02-29", Question((on("20240201", "20240229"),))),
        ("20240201-20240229", Question((on("20240201", "20240229"),))),
        ("CR", Question((XRAYS,))),
        ("cr 7d", Question((on("20240324", ""), XRAYS))),
        ("CR thorax", Question((XRAYS,), listed=(("region:CHEST",),))),
        ("thorax CR", Question((XRAYS,), listed=(("region:CHEST",),))),
        ("main gauche", Question((name("gauche"),), listed=(("region:HAND",),), fuzzy=True)),
        ("1.2.840.113619.2.5", Question((Key("StudyInstanceUID", Single("1.2.840.113619.2.5")),))),
        ("id:CR", Question((Key("PatientID", Single("CR")),))),
        ("acc:2024-02-29", Question((Key("AccessionNumber", Single("2024-02-29")),))),
        ("name:today", Question((Key("PatientName", Single("today")),))),
    ],
)
def test_what_is_typed_asks_first_for(typed: str, first: Question) -> None:
    assert questions(typed, TODAY)[0] == first


def test_a_number_is_an_accession_an_id_the_beginning_of_one_then_a_name() -> None:
    asked = [(each.keys[0].attribute, type(each.keys[0].match)) for each in questions("4711", TODAY)]
    assert asked == [
        ("AccessionNumber", Single),
        ("PatientID", Single),
        ("StudyID", Single),
        ("AccessionNumber", Wildcard),
        ("PatientID", Wildcard),
        ("PatientName", Wildcard),
    ]


def test_eight_digits_are_a_number_before_they_are_a_date() -> None:
    asked = questions("20240229", TODAY)
    assert asked[0].keys == (Key("AccessionNumber", Single("20240229")),)
    assert asked[-1].keys == (Key("StudyDate", Single("20240229")),)


def test_a_number_and_a_name_are_asked_for_together() -> None:
    first = questions("4711 dupont", TODAY)[0]
    assert first.keys == (Key("AccessionNumber", Single("4711")), name("dupont"))
    assert first.fuzzy


def test_the_last_word_may_be_the_beginning_of_one() -> None:
    at_the_beginning, anywhere = questions("dupont mar", TODAY)[-2:]
    assert at_the_beginning == Question((Key("PatientName", Wildcard("dupont^mar*")),))
    assert anywhere == Question((Key("PatientName", Wildcard("dupont mar*")),), fuzzy=True)


def test_a_part_of_the_body_may_be_a_name_after_all() -> None:
    """Anne Main is a person."""
    assert name("anne main") in [question.keys[0] for question in questions("anne main", TODAY)]


@pytest.mark.parametrize("word", ["2024-02-30", "31/02/2024", "0d0", "d", "99999d", "2024-13-01", "..", "-"])
def test_what_is_no_date_is_no_period(word: str) -> None:
    assert period_of(word, TODAY) is None


def test_an_endless_search_is_cut() -> None:
    asked = questions("x " * 500, TODAY)
    assert asked[0].keys == (name(" ".join(["x"] * MOST_WORDS)),)


def test_two_letters_are_the_beginning_of_a_whole_name_alone() -> None:
    assert questions("du", TODAY)[-1] == Question((Key("PatientName", Wildcard("du*")),))
    assert questions("marie d", TODAY)[-1] == Question((Key("PatientName", Wildcard("marie^d*")),))
