"""C-FIND, C-MOVE and C-GET against DCMTK and pynetdicom, over an archive in memory."""

import threading
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import config, dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from peers.dcmtk import Dcmtk, answers, receive
from peers.dimse_house import House, Shelf, dimse_house, peer
from peers.processes import free_port
from phantoms import dataset_bytes, part10, phantom, phantom_dataset
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import OutOfSpace, Unavailable
from radiotheque.core.peer import Peer
from radiotheque.core.query import Found, Key, Level, Query, Single
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.peers import find, move
from radiotheque.wire.dimse.requestor import Calling

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


def associate(house: House, model: str, **options: Any) -> Any:
    entity = AE(ae_title="PEER")
    entity.add_requested_context(model, [EXPLICIT, IMPLICIT])
    if options.pop("get", False):
        entity.add_requested_context(DX, EXPLICIT)
        options["ext_neg"] = [build_role(DX, scp_role=True)]
    return entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE", **options)


def identifier(level: str = "STUDY", **keys: Any) -> Dataset:
    ds = Dataset()
    ds.QueryRetrieveLevel = level
    with config.disable_value_validation():
        for keyword, value in keys.items():
            setattr(ds, keyword, value)
    return ds


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


def test_an_answer_that_took_long_to_find_does_not_wait_for_the_next() -> None:
    asked = threading.Event()

    def slowly(query: Query, caller: Caller) -> Iterator[Found]:
        time.sleep(0.01)  # longer than answers are gathered for
        yield HELENE
        assert asked.wait(20)

    shelf = Shelf()
    shelf.find_each = slowly  # type: ignore[method-assign]
    with dimse_house(shelf=shelf) as house:
        association = associate(house, FIND)
        answers = association.send_c_find(identifier(PatientID=""), FIND)
        assert next(answers)[0].Status == 0xFF00
        asked.set()
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


def test_our_own_query_client_reads_answers_and_cancels_when_it_is_left() -> None:
    shelf = Endless()
    with dimse_house(shelf=shelf) as house:
        to = peer(aet="RADIOTHEQUE", port=house.port)
        matches = find(to, Calling(AETitle("PEER")), Level.STUDY, {"PatientName": "", "PatientID": "4711"})
        assert next(matches)["00100010"]["Value"] == [{"Alphabetic": "HÉLÈNE^Zoé"}]
        matches.close()  # type: ignore[attr-defined]
        assert shelf.stopped.wait(20)


def filled(count: int, **wishes: Any) -> Shelf:
    """Give a shelf with `count` films of 1.2.1, 1.2.2…, kept as a house would have them."""
    shelf = Shelf(**wishes)
    with dimse_house(shelf=shelf) as house:
        entity = AE(ae_title="PEER")
        entity.add_requested_context(DX, EXPLICIT)
        association = entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE")
        for number in range(1, count + 1):
            ds = dcmread(BytesIO(phantom(instance=f"1.2.{number}")))
            assert association.send_c_store(ds).Status == 0
        association.release()
    return shelf


def study() -> Dataset:
    return identifier(StudyInstanceUID="1.2")


def counts(status: Any) -> tuple[int, ...]:
    names = ("Remaining", "Completed", "Failed", "Warning")
    return tuple(status.get(f"NumberOf{name}Suboperations", -1) for name in names)


@pytest.mark.peer("movescu", "dcmrecv")
def test_movescu_has_a_study_sent_to_dcmrecv_byte_for_byte(tmp_path: Path) -> None:
    shelf = filled(3)
    receiver = receive(tmp_path, aet="SINK")
    try:
        sink = peer("SINK", receiver.port)
        with dimse_house(peer(destinations=frozenset({AETitle("SINK")})), sink, shelf=shelf) as house:
            said = Dcmtk(house.port, calling="PEER").move(["0008,0052=STUDY", "StudyInstanceUID=1.2"], "SINK")
        assert said.code == 0, said.text
        received = {dataset_bytes(path.read_bytes()) for path in receiver.files()}
    finally:
        receiver.stop()
    assert received == {each.dataset for each in shelf.kept.values()}


@pytest.mark.peer("movescu")
def test_movescu_may_have_a_study_sent_to_itself(tmp_path: Path) -> None:
    shelf, port = filled(2), free_port()
    with dimse_house(peer(port=port), shelf=shelf) as house:
        options = ("+P", str(port), "-od", str(tmp_path))
        said = Dcmtk(house.port, calling="PEER").move(["0008,0052=STUDY", "StudyInstanceUID=1.2"], "PEER", *options)
    assert said.code == 0, said.text
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.peer("getscu")
def test_getscu_gets_a_study_byte_for_byte(tmp_path: Path) -> None:
    shelf = filled(3)
    with dimse_house(shelf=shelf) as house:
        said = Dcmtk(house.port, calling="PEER").get(["0008,0052=STUDY", "StudyInstanceUID=1.2"], tmp_path, "+B")
    assert said.code == 0, said.text
    assert {dataset_bytes(path.read_bytes()) for path in tmp_path.iterdir()} == {
        each.dataset for each in shelf.kept.values()
    }


def storing(statuses: Sequence[int], received: list[str]) -> Any:
    """Give a C-STORE handler of pynetdicom that answers these statuses in turn."""
    turn = iter(statuses)

    def handle(event: Any) -> int:
        received.append(event.request.AffectedSOPInstanceUID)
        return next(turn)

    return [(evt.EVT_C_STORE, handle)]


@pytest.mark.parametrize(
    ("statuses", "final", "tally", "failed"),
    [
        ((0, 0, 0), 0, (-1, 3, 0, 0), None),
        ((0, 0xA700, 0), 0xB000, (-1, 2, 1, 0), ["1.2.2"]),
        ((0, 0xB000, 0), 0xB000, (-1, 2, 0, 1), None),
        ((0xA700, 0xC000, 0xA900), 0xA702, (-1, 0, 3, 0), ["1.2.1", "1.2.2", "1.2.3"]),
    ],
)
def test_a_get_ends_with_its_counts_and_the_failed_list(
    statuses: tuple[int, ...], final: int, tally: tuple[int, ...], failed: list[str] | None
) -> None:
    received: list[str] = []
    with dimse_house(shelf=filled(3)) as house:
        association = associate(house, GET, get=True, evt_handlers=storing(statuses, received))
        answers_ = list(association.send_c_get(study(), GET))
        association.release()
    assert received == ["1.2.1", "1.2.2", "1.2.3"]
    assert [status.Status for status, _ in answers_] == [0xFF00, 0xFF00, final]
    assert [counts(status)[0] for status, _ in answers_[:-1]] == [2, 1]
    assert counts(answers_[-1][0]) == tally
    listed = answers_[-1][1]
    if failed is None:
        assert listed is None or "FailedSOPInstanceUIDList" not in listed
    else:
        uids = listed.FailedSOPInstanceUIDList
        assert ([uids] if isinstance(uids, str) else list(uids)) == failed


def test_a_get_that_selects_nothing_is_a_success_without_suboperations() -> None:
    with dimse_house() as house:
        association = associate(house, GET, get=True)
        ((status, _),) = association.send_c_get(study(), GET)
        association.release()
    assert (status.Status, counts(status)) == (0, (-1, 0, 0, 0))


def test_a_get_is_cancelled_between_suboperations() -> None:
    stored: list[str] = []

    def handle(event: Any) -> int:
        stored.append(event.request.AffectedSOPInstanceUID)
        if len(stored) == 2:
            event.assoc.send_c_cancel(9, query_model=GET)
        return 0

    with dimse_house(shelf=filled(5)) as house:
        association = associate(house, GET, get=True, evt_handlers=[(evt.EVT_C_STORE, handle)])
        last = list(association.send_c_get(study(), GET, msg_id=9))[-1][0]
        association.release()
    assert last.Status == 0xFE00
    remaining, completed, *_ = counts(last)
    assert (remaining + completed, completed == len(stored)) == (5, True)
    assert remaining >= 1


def test_an_instance_is_transcoded_for_a_peer_that_does_not_take_its_syntax() -> None:
    kept = phantom(syntax="1.2.840.10008.1.2.4.80", instance="1.2.1")
    plain = part10(phantom_dataset(instance="1.2.1"), EXPLICIT)
    shelf = Shelf(transcoded={UID(EXPLICIT): dataset_bytes(plain)})
    received: list[Any] = []

    def handle(event: Any) -> int:
        received.append((event.context.transfer_syntax, event.request.DataSet.getvalue()))
        return 0

    with dimse_house(shelf=shelf) as house:
        entity = AE(ae_title="PEER")
        entity.add_requested_context(DX, "1.2.840.10008.1.2.4.80")
        association = entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE")
        assert association.send_c_store(dcmread(BytesIO(kept))).Status == 0
        association.release()
        association = associate(house, GET, get=True, evt_handlers=[(evt.EVT_C_STORE, handle)])
        last = list(association.send_c_get(study(), GET))[-1][0]
        association.release()
    assert (last.Status, received) == (0, [(EXPLICIT, dataset_bytes(plain))])


def test_a_get_without_the_scp_role_sends_nothing_and_says_so() -> None:
    with dimse_house(shelf=filled(1)) as house:
        entity = AE(ae_title="PEER")
        entity.add_requested_context(GET, EXPLICIT)
        entity.add_requested_context(DX, EXPLICIT)
        association = entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE")
        ((status, listed),) = association.send_c_get(study(), GET)
        association.release()
    assert status.Status == 0xA702
    assert listed.FailedSOPInstanceUIDList == "1.2.1"


@pytest.mark.parametrize(
    ("destination", "status"),
    [("NOWHERE", 0xA801), ("FORBIDDEN", 0x0124), ("AWAY", 0xA702)],
)
def test_a_move_says_what_is_wrong_with_its_destination(destination: str, status: int) -> None:
    away = peer("AWAY", free_port())
    allowed = peer(destinations=frozenset({AETitle("AWAY"), AETitle("NOWHERE")}))
    with dimse_house(allowed, away, peer("FORBIDDEN"), shelf=filled(2)) as house:
        moved = move(
            peer(aet="RADIOTHEQUE", port=house.port),
            Calling(AETitle("PEER")),
            Level.STUDY,
            {"StudyInstanceUID": "1.2"},
            destination=destination,
        )
    assert moved.status == status
    assert moved.failed == (2 if destination == "AWAY" else 0)


def test_a_move_tells_the_destination_who_asked(tmp_path: Path) -> None:
    seen: list[Any] = []

    def handle(event: Any) -> int:
        request = event.request
        seen.append((request.MoveOriginatorApplicationEntityTitle, request.MoveOriginatorMessageID))
        return 0

    entity = AE(ae_title="SINK")
    entity.add_supported_context(DX, EXPLICIT)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, handle)])
    try:
        sink: Peer = peer("SINK", server.server_address[1])
        with dimse_house(peer(destinations=frozenset({AETitle("SINK")})), sink, shelf=filled(2)) as house:
            association = associate(house, MOVE)
            statuses = list(association.send_c_move(study(), "SINK", MOVE, msg_id=33))
            association.release()
    finally:
        server.shutdown()
    assert [status.Status for status, _ in statuses] == [0xFF00, 0]
    assert counts(statuses[-1][0]) == (-1, 2, 0, 0)
    assert seen == [("PEER", 33)] * 2


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("the catalog is being moved"), 0xA701), (OutOfSpace("full"), 0xA701)]
)
def test_a_retrieval_that_cannot_be_counted_is_a701(error: Exception, status: int) -> None:
    class Failing(Shelf):
        def locate(self, selection: Any, caller: Caller, *, act: str) -> Any:
            raise error

    with dimse_house(shelf=Failing()) as house:
        association = associate(house, GET, get=True)
        ((answer, _),) = association.send_c_get(study(), GET)
        association.release()
    assert (answer.Status, answer.ErrorComment) == (status, str(error))
