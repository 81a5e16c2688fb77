"""Identifiers to queries and selections (PS3.4 C.4)."""

import pytest
from pydicom.dataset import Dataset
from pynetdicom.dsutils import encode

from radiotheque.core.errors import Malformed
from radiotheque.core.query import Empty, Key, Level, ListOf, Range, Single, Wildcard
from radiotheque.wire.dimse.identifier import PATIENT_ROOT, STUDY_ROOT, Asked, read_query, read_selection
from radiotheque.wire.dimse.negotiation import IMPLICIT_LE, Options

RELATIONAL = Options(relational=True)


def encoded(level: str, **keys: object) -> bytes:
    ds = Dataset()
    ds.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(ds, keyword, value)
    return encode(ds, True, True) or b""


def asked(level: str, agreed: Options = RELATIONAL, **keys: object) -> Asked:
    return read_query(encoded(level, **keys), IMPLICIT_LE, STUDY_ROOT, agreed=agreed)


@pytest.mark.parametrize(
    ("keyword", "value", "match"),
    [
        ("PatientID", "4711", Single("4711")),
        ("PatientID", "47*", Wildcard("47*")),
        ("PatientName", "DU?ONT^*", Wildcard("DU?ONT^*")),
        ("StudyInstanceUID", ["1.2.3", "1.2.4"], ListOf(("1.2.3", "1.2.4"))),
        ("StudyInstanceUID", "1.2.3", Single("1.2.3")),
        ("StudyDate", "20200101-20200131", Range("20200101", "20200131")),
        ("StudyDate", "20200101-", Range("20200101", "")),
        ("StudyDate", "20200101", Single("20200101")),
        ("ModalitiesInStudy", ["CR", "DX"], ListOf(("CR", "DX"))),
        ("AccessionNumber", '""', Empty()),
    ],
)
def test_a_key_matches_by_the_rules_of_its_vr(keyword: str, value: object, match: object) -> None:
    assert asked("STUDY", **{keyword: value}).query.keys == (Key(keyword, match),)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "*", "**"])
def test_a_universal_key_is_only_returned(value: str) -> None:
    query = asked("STUDY", PatientName=value).query
    assert (query.keys, query.returned) == ((), ("PatientName",))


def test_a_key_inside_a_sequence_has_a_dotted_name() -> None:
    item = Dataset()
    item.ScheduledProcedureStepID = "S1"
    item.RequestedProcedureID = ""
    found = asked("SERIES", RequestAttributesSequence=[item])
    assert found.query.keys == (Key("RequestAttributesSequence.ScheduledProcedureStepID", Single("S1")),)
    assert found.query.returned == ("RequestAttributesSequence.RequestedProcedureID",)
    assert found.nested == {0x00400275: {0x00400009: {}, 0x00401001: {}}}


def test_a_sequence_without_an_item_asks_for_the_whole_items() -> None:
    found = asked("SERIES", RequestAttributesSequence=[])
    assert (found.query.returned, found.nested) == (("RequestAttributesSequence",), {})


def test_what_is_asked_for_inside_a_sequence_of_a_sequence_is_kept() -> None:
    inner, outer = Dataset(), Dataset()
    inner.CodeValue = ""
    outer.ScheduledProtocolCodeSequence = [inner]
    found = asked("SERIES", RequestAttributesSequence=[outer])
    path = "RequestAttributesSequence.ScheduledProtocolCodeSequence.CodeValue"
    assert found.query.returned == (path,)
    assert found.nested == {0x00400275: {0x00400008: {0x00080100: {}}}}


def test_two_items_in_a_key_sequence_are_malformed() -> None:
    with pytest.raises(Malformed):
        asked("SERIES", RequestAttributesSequence=[Dataset(), Dataset()])


def test_a_name_is_read_in_the_character_set_of_the_request() -> None:
    query = asked("STUDY", SpecificCharacterSet="ISO_IR 100", PatientName="HÉLÈNE*").query
    assert query.keys == (Key("PatientName", Wildcard("HÉLÈNE*")),)


def test_what_was_negotiated_goes_with_the_query() -> None:
    every = Options(relational=True, combined_datetime=True, fuzzy=True, timezone=True)
    query = asked("STUDY", every, TimezoneOffsetFromUTC="+0100", PatientName="X").query
    assert (query.combined_datetime, query.fuzzy, query.timezone) == (True, True, "+0100")
    assert asked("STUDY", TimezoneOffsetFromUTC="+0100").query.timezone == ""


@pytest.mark.parametrize(
    ("root", "level", "keys"),
    [
        (STUDY_ROOT, "SERIES", {}),
        (STUDY_ROOT, "IMAGE", {"StudyInstanceUID": "1.2"}),
        (STUDY_ROOT, "SERIES", {"StudyInstanceUID": ["1.2", "1.3"]}),
        (PATIENT_ROOT, "STUDY", {}),
        (PATIENT_ROOT, "STUDY", {"PatientID": "4*"}),
        (PATIENT_ROOT, "SERIES", {"StudyInstanceUID": "1.2"}),
    ],
)
def test_without_relational_the_keys_above_must_be_single_values(
    root: tuple[Level, ...], level: str, keys: dict[str, object]
) -> None:
    with pytest.raises(Malformed, match="one value"):
        read_query(encoded(level, **keys), IMPLICIT_LE, root, agreed=Options())
    assert read_query(encoded(level, **keys), IMPLICIT_LE, root, agreed=RELATIONAL).query.level == level


@pytest.mark.parametrize("level", ["", "PATIENT", "FRAME"])
def test_a_level_that_the_model_has_not_is_malformed(level: str) -> None:
    with pytest.raises(Malformed, match="Level"):
        asked(level)


def test_a_selection_is_made_of_unique_keys() -> None:
    keys = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": ["1.2.1", "1.2.2"], "PatientName": "IGNORED"}
    selection = read_selection(encoded("SERIES", **keys), IMPLICIT_LE, STUDY_ROOT, Options())
    assert (selection.level, selection.studies, selection.series) == (Level.SERIES, ("1.2",), ("1.2.1", "1.2.2"))


def test_a_selection_without_its_unique_key_is_malformed() -> None:
    with pytest.raises(Malformed, match="unique key"):
        read_selection(encoded("STUDY"), IMPLICIT_LE, STUDY_ROOT, Options())
