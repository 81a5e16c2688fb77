"""C-FIND against DCMTK and pynetdicom, over an archive in memory."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from peers.dcmtk import Dcmtk, answers
from peers.dimse_house import Shelf, dimse_house, peer
from peers.scu import associate, identifier
from radiotheque.core.caller import Caller
from radiotheque.core.query import Found, Key, Level, Query, Single
from radiotheque.wire.dimse import gathered

FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{n}" for n in (1, 2, 3))
PATIENT_FIND = "1.2.840.10008.5.1.4.1.2.1.1"
DX, EXPLICIT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
HELENE = Found(
    Level.STUDY,
    {
        "PatientName": ("HÉLÈNE^Zoé",),
        "PatientID": ("4711",),
        "StudyInstanceUID": ("1.2.3",),
        "ModalitiesInStudy": ("CR", "DX"),
        "NumberOfStudyRelatedInstances": ("3",),
        "AccessionNumber": (),
    },
)
LUKASZ = Found(Level.STUDY, {"PatientName": ("Łukasz^Ż",), "PatientID": ("4712",), "StudyInstanceUID": ("1.2.4",)})


def finding(*found: Found, **wishes: Any) -> Shelf:
    return Shelf(found=found, **wishes)


@pytest.mark.peer("findscu")
def test_findscu_gets_what_it_asked_for_and_the_unique_key() -> None:
    with dimse_house(shelf=finding(HELENE)) as house:
        keys = ["0008,0052=STUDY", "PatientID=4711", "ModalitiesInStudy", "NumberOfStudyRelatedInstances"]
        (answer,) = answers(Dcmtk(house.port, calling="PEER").find(keys))
    assert answer == {
        "0008,0052": "STUDY",
        "0008,0054": "RADIOTHEQUE",
        "0008,0056": "ONLINE",
        "0008,0061": "CR\\DX",
        "0010,0020": "4711",
        "0020,000d": "1.2.3",
        "0020,1208": "3",
    }
    assert house.shelf.queries[0].keys == (Key("PatientID", Single("4711")),)


@pytest.mark.parametrize("model", [FIND, PATIENT_FIND])
@pytest.mark.parametrize(
    ("asked", "peer_charset", "answered"),
    [
        ("ISO_IR 100", "", ("ISO_IR 100", "ISO_IR 192")),
        ("", "ISO_IR 100", ("ISO_IR 100", "ISO_IR 192")),
        ("ISO_IR 101", "", ("ISO_IR 192", "ISO_IR 101")),
        ("ISO_IR 192", "ISO_IR 100", ("ISO_IR 192", "ISO_IR 192")),
        ("", "", ("ISO_IR 192", "ISO_IR 192")),
    ],
)
def test_names_come_in_the_callers_character_set_where_it_can_hold_them(
    model: str, asked: str, peer_charset: str, answered: tuple[str, str]
) -> None:
    keys: dict[str, Any] = {"PatientName": "", "PatientID": "1", **({"SpecificCharacterSet": asked} if asked else {})}
    with dimse_house(peer(charset=peer_charset), shelf=finding(HELENE, LUKASZ)) as house:
        association = associate(house, model)
        found = [ds for _, ds in association.send_c_find(identifier(**keys), model) if ds is not None]
        association.release()
    assert [str(ds.PatientName) for ds in found] == ["HÉLÈNE^Zoé", "Łukasz^Ż"]
    assert tuple(ds.SpecificCharacterSet for ds in found) == answered


def test_an_answer_in_plain_ascii_declares_no_character_set_that_nobody_asked_for() -> None:
    with dimse_house(shelf=finding(HELENE)) as house:
        association = associate(house, FIND)
        (first, _) = association.send_c_find(identifier(PatientID=""), FIND)
        association.release()
    assert "SpecificCharacterSet" not in first[1]


def test_answers_are_ff01_when_a_key_is_not_matched_on() -> None:
    for unsupported, status in (((), 0xFF00), (("SoftwareVersions",), 0xFF01)):
        with dimse_house(shelf=finding(HELENE, unsupported=unsupported)) as house:
            association = associate(house, FIND)
            statuses = [answer.Status for answer, _ in association.send_c_find(identifier(PatientID=""), FIND)]
            association.release()
        assert statuses == [status, 0]


def test_nested_items_come_back_with_what_was_asked_of_them() -> None:
    series = Found(
        Level.SERIES,
        {"StudyInstanceUID": ("1.2",), "SeriesInstanceUID": ("1.2.1",)},
        sequences={"RequestAttributesSequence": ({"ScheduledProcedureStepID": ("S1",), "AccessionNumber": ("A",)},)},
    )
    wanted = Dataset()
    wanted.ScheduledProcedureStepID = ""
    wanted.RequestedProcedureID = ""
    with dimse_house(shelf=finding(series)) as house:
        association = associate(house, FIND)
        keys = identifier("SERIES", StudyInstanceUID="1.2", RequestAttributesSequence=[wanted])
        (first, _) = association.send_c_find(keys, FIND)
        association.release()
    (item,) = first[1].RequestAttributesSequence
    assert item.ScheduledProcedureStepID == "S1"
    assert item.RequestedProcedureID == ""
    assert "AccessionNumber" not in item


@pytest.mark.parametrize(
    ("keys", "comment", "tag"),
    [
        (identifier("SERIES"), "StudyInstanceUID must be one value", 0x0020000D),
        (identifier("PATIENT"), "Query/Retrieve Level", 0x00080052),
        (identifier(StudyDate="yesterday"), "StudyDate is a date", 0x00080020),
    ],
)
def test_a_wrong_identifier_is_a900_with_a_comment_and_the_offending_element(
    keys: Dataset, comment: str, tag: int
) -> None:
    with dimse_house() as house:
        association = associate(house, FIND)
        ((status, _),) = association.send_c_find(keys, FIND)
        association.release()
    assert status.Status == 0xA900
    assert status.ErrorComment.startswith(comment)
    assert status.OffendingElement == tag


def test_negotiated_options_reach_the_query() -> None:
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = FIND, b"\1\1\1\1"
    with dimse_house() as house:
        association = associate(house, FIND, ext_neg=[item])
        list(association.send_c_find(identifier("SERIES", TimezoneOffsetFromUTC="+0100"), FIND))
        accepted = association.acceptor.sop_class_extended
        association.release()
    assert accepted[FIND] == b"\1\1\1\1"
    query = house.shelf.queries[0]
    assert (query.fuzzy, query.combined_datetime, query.timezone) == (True, True, "+0100")


@pytest.mark.parametrize("most", [4096, 131072])
def test_many_answers_come_whole_and_in_order_however_short_the_peers_pdus(most: int) -> None:
    found = [
        Found(Level.STUDY, {"StudyInstanceUID": (f"1.2.{n}",), "PatientComments": ("long " * 999,)}) for n in range(20)
    ]
    with dimse_house(shelf=finding(*found)) as house:
        association = associate(house, FIND, max_pdu=most)
        answers = list(association.send_c_find(identifier(StudyInstanceUID="", PatientComments=""), FIND))
        association.release()
    assert [status.Status for status, _ in answers] == [0xFF00] * 20 + [0]
    assert [ds.StudyInstanceUID for _, ds in answers[:-1]] == [f"1.2.{n}" for n in range(20)]
    assert {ds.PatientComments for _, ds in answers[:-1]} == {"long " * 998 + "long"}


def test_an_answer_that_took_long_to_find_does_not_wait_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "AT_ONCE_S", 0.0)  # then every answer took long
    seen = threading.Event()

    def one_by_one(query: Query, caller: Caller) -> Iterator[Found]:
        yield HELENE
        assert seen.wait(20)

    shelf = Shelf()
    shelf.find_each = one_by_one  # type: ignore[method-assign]
    with dimse_house(shelf=shelf) as house:
        association = associate(house, FIND)
        answers = association.send_c_find(identifier(PatientID=""), FIND)
        assert next(answers)[0].Status == 0xFF00
        seen.set()
        assert next(answers)[0].Status == 0
        association.release()


class Endless(Shelf):
    """Finds without end; says when its search was stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = threading.Event()

    def find_each(self, query: Query, caller: Caller) -> Iterator[Found]:
        try:
            while True:
                yield HELENE
        finally:
            self.stopped.set()


def test_a_cancel_ends_the_search_between_answers() -> None:
    shelf = Endless()
    with dimse_house(shelf=shelf) as house:
        association = associate(house, FIND)
        statuses = []
        for status, _ in association.send_c_find(identifier(PatientID=""), FIND, msg_id=5):
            statuses.append(status.Status)
            if len(statuses) == 3:
                association.send_c_cancel(5, query_model=FIND)
        assert statuses[-1] == 0xFE00
        assert shelf.stopped.wait(20)
        # and a later request with the same Message ID is not mistaken for the cancelled one
        shelf.find_each = lambda query, caller: iter((HELENE,))  # type: ignore[method-assign]
        again = [status.Status for status, _ in association.send_c_find(identifier(PatientID=""), FIND, msg_id=5)]
        assert again == [0xFF00, 0]
        association.release()


def test_an_abort_ends_the_search() -> None:
    shelf = Endless()
    with dimse_house(shelf=shelf) as house:
        association = associate(house, FIND)
        next(association.send_c_find(identifier(PatientID=""), FIND))
        association.abort()
        assert shelf.stopped.wait(20)
