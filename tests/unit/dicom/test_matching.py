"""How a key's text matches, by Value Representation (PS3.4 C.2.2.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.core.errors import Malformed
from radiotheque.core.query import Empty, ListOf, Match, Range, Single, Wildcard
from radiotheque.dicom.matching import attribute_named, match_for


@pytest.mark.parametrize(
    ("vr", "text", "expected"),
    [
        # universal matching (C.2.2.2.3): nothing, or nothing but *
        ("PN", "", None),
        ("LO", "*", None),
        ("DA", " ", None),
        # single values (C.2.2.2.1)
        ("LO", "ABC", Single("ABC")),
        ("LO", " ABC ", Single("ABC")),
        ("UI", "1.2.3", Single("1.2.3")),
        ("UI", "1.2.3\0", Single("1.2.3")),
        ("DA", "20240229", Single("20240229")),
        ("DA", "2024.02.29", Single("20240229")),
        ("IS", "+12", Single("+12")),
        ("DS", "1.5e3", Single("1.5e3")),
        # UID lists (C.2.2.2.2)
        ("UI", "1.2\\1.3", ListOf(("1.2", "1.3"))),
        ("UI", "1.2,1.3", ListOf(("1.2", "1.3"))),
        # wild cards (C.2.2.2.4), where the VR has them
        ("PN", "DUP*", Wildcard("DUP*")),
        ("SH", "A?C", Wildcard("A?C")),
        ("UI", "1.2", Single("1.2")),
        # ranges (C.2.2.2.5)
        ("DA", "20240101-20240131", Range("20240101", "20240131")),
        ("DA", "20240101-", Range("20240101", "")),
        ("DA", "-20240131", Range("", "20240131")),
        ("TM", "10-12", Range("10", "125959.999999")),
        ("TM", "1030-", Range("1030", "")),
        ("TM", "-103015.5", Range("", "103015.5")),
        # a time without its smaller parts is all the moments in it (PS3.5 6.2)
        ("TM", "10", Range("10", "105959.999999")),
        ("TM", "10:30", Range("1030", "103059.999999")),
        ("TM", "103015.25", Single("103015.25")),
        ("DT", "20240101-20240131", Range("20240101", "20240131")),
        ("DT", "2024010112-0500", Single("2024010112-0500")),
        ("DT", "2024010112-0500-2024010113-0500", Range("2024010112-0500", "2024010113-0500")),
        ("DT", "-2024010112+0100", Range("", "2024010112+0100")),
    ],
)
def test_a_text_matches_as_its_vr_says(vr: str, text: str, expected: Match | None) -> None:
    assert match_for("Some", vr, text) == expected


@pytest.mark.parametrize(
    ("vr", "text"),
    [
        ("DA", "2024"),
        ("DA", "20241301"),
        ("DA", "20240132"),
        ("DA", "20240101-2024"),
        ("DA", "2024*"),
        ("DA", "-"),
        ("TM", "25"),
        ("TM", "1060"),
        ("TM", "abc"),
        ("DT", "20240101-20240102-20240103"),
        ("UI", "1.2.*"),
        ("UI", "a"),
        ("IS", "1.5"),
        ("US", "x"),
        ("DS", "1,5"),
    ],
)
def test_what_is_no_value_of_the_vr_is_refused(vr: str, text: str) -> None:
    if text == "-":
        assert match_for("Some", vr, text) is None  # open at both ends: everything
        return
    with pytest.raises(Malformed):
        match_for("Some", vr, text)


def test_lists_of_other_values_only_where_they_are_asked_for() -> None:
    assert match_for("AccessionNumber", "SH", "A,B") == Single("A,B")
    assert match_for("AccessionNumber", "SH", "A,B", multiple=True) == ListOf(("A", "B"))
    assert match_for("AccessionNumber", "SH", "A\\B", multiple=True) == ListOf(("A", "B"))
    # a Code String holds neither comma nor backslash, so this one can only be a list
    assert match_for("ModalitiesInStudy", "CS", "CR\\DX") == ListOf(("CR", "DX"))


def test_two_quotation_marks_ask_for_no_value_where_that_was_agreed() -> None:
    assert match_for("AccessionNumber", "SH", '""', empty=True) == Empty()
    assert match_for("AccessionNumber", "SH", '""') == Single('""')


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PatientName", ("PatientName", "PN")),
        ("00100010", ("PatientName", "PN")),
        ("0020000d", ("StudyInstanceUID", "UI")),
        ("OtherPatientIDsSequence.00100020", ("OtherPatientIDsSequence.PatientID", "LO")),
        ("00230010", ("00230010", "LO")),
        ("00231002", ("00231002", "UN")),
    ],
)
def test_an_attribute_is_named_by_keyword_tag_or_path(name: str, expected: tuple[str, str]) -> None:
    assert attribute_named(name) == expected


@pytest.mark.parametrize(
    "name", ["", "PatientNam", "patientname", "0010", "PatientID.PatientName", "..", "PatientName."]
)
def test_what_names_no_attribute_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        attribute_named(name)


@given(vr=st.sampled_from(["DA", "TM", "DT", "UI", "PN", "IS", "DS", "LO"]), text=st.text(max_size=60))
def test_any_text_matches_or_is_refused(vr: str, text: str) -> None:
    try:
        match_for("Some", vr, text, multiple=len(text) % 2 == 0, empty=len(text) % 3 == 0)
    except Malformed:
        return
