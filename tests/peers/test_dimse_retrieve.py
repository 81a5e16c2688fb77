"""C-MOVE and C-GET against DCMTK and pynetdicom, over an archive in memory."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from peers.dcmtk import Dcmtk, receive
from peers.dimse_house import Shelf, dimse_house, peer
from peers.processes import free_port
from peers.scu import associate, identifier, move
from phantoms import dataset_bytes, part10, phantom, phantom_dataset
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import OutOfSpace, Unavailable
from radiotheque.core.peer import Peer
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.requestor import Calling

FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{n}" for n in (1, 2, 3))
PATIENT_FIND = "1.2.840.10008.5.1.4.1.2.1.1"
DX, EXPLICIT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


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
        def locate(self, selection: Any, caller: Caller, *, act: str, to: str = "") -> Any:
            raise error

    with dimse_house(shelf=Failing()) as house:
        association = associate(house, GET, get=True)
        ((answer, _),) = association.send_c_get(study(), GET)
        association.release()
    assert (answer.Status, answer.ErrorComment) == (status, str(error))
