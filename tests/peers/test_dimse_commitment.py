"""Storage commitment in both roles, against pynetdicom and Orthanc."""

import threading
from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt

from peers.dimse_house import House, Shelf, dimse_house, peer
from peers.processes import free_port
from phantoms import phantom
from radiotheque.core.aetitle import AETitle
from radiotheque.core.errors import Unavailable
from radiotheque.core.peer import Service
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.asking import request_commitment, send_request
from radiotheque.wire.dimse.association import Association
from radiotheque.wire.dimse.command import RESPONSE, Field
from radiotheque.wire.dimse.commitment import PUSH_MODEL, PUSH_MODEL_INSTANCE, Report, read_report
from radiotheque.wire.dimse.requestor import Calling, open_association
from radiotheque.wire.dimse.services import nowhere

DX, EXPLICIT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


def request_of(transaction: str, *instances: str, sop_class: str = DX) -> Dataset:
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = []
    for instance in instances:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
        request.ReferencedSOPSequence.append(item)
    return request


class Reports:
    """What a modality hears, by pynetdicom."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, Dataset]] = []
        self.arrived = threading.Event()
        self.handlers = [(evt.EVT_N_EVENT_REPORT, self._handle)]

    def _handle(self, event: Any) -> tuple[int, None]:
        self.heard.append((event.request.EventTypeID, event.event_information))
        self.arrived.set()
        return 0x0000, None


def associate(house: House, reports: Reports | None = None) -> Any:
    entity = AE(ae_title="PEER")
    entity.add_requested_context(PUSH_MODEL, [EXPLICIT, IMPLICIT])
    entity.add_requested_context(DX, EXPLICIT)
    handlers = reports.handlers if reports else []
    return entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE", evt_handlers=handlers)


def ask(association: Any, request: Dataset, action: int = 1, instance: str = PUSH_MODEL_INSTANCE) -> Any:
    return association.send_n_action(request, action, PUSH_MODEL, instance)[0]


def test_a_modality_that_stays_hears_the_report_on_its_own_association() -> None:
    reports = Reports()
    with dimse_house(shelf=Shelf(holding={"1.2.3": 0, "1.2.4": 0x0119})) as house:
        association = associate(house, reports)
        assert ask(association, request_of("1.9.1", "1.2.3", "1.2.4", "1.2.5")).Status == 0
        assert reports.arrived.wait(20)
        association.release()
        (job,) = house.jobs
        house.reports.run(job)  # was reported already: opens no association to port 104
    ((event_type, information),) = reports.heard
    assert event_type == 2  # PS3.4 J.3.3.1.1: failures exist
    assert information.TransactionUID == "1.9.1"
    assert information.RetrieveAETitle == "RADIOTHEQUE"
    assert [item.ReferencedSOPInstanceUID for item in information.ReferencedSOPSequence] == ["1.2.3"]
    failed = [(item.ReferencedSOPInstanceUID, item.FailureReason) for item in information.FailedSOPSequence]
    assert failed == [("1.2.4", 0x0119), ("1.2.5", 0x0112)]


def test_a_modality_that_leaves_hears_the_report_on_an_association_of_ours() -> None:
    reports = Reports()
    listening = AE(ae_title="PEER")
    listening.add_supported_context(PUSH_MODEL, scu_role=False, scp_role=True)
    server = listening.start_server(("127.0.0.1", 0), block=False, evt_handlers=reports.handlers)
    try:
        known = peer(port=server.server_address[1])
        with dimse_house(known, shelf=Shelf(holding={"1.2.3": 0})) as house:
            association = associate(house)
            assert ask(association, request_of("1.9.2", "1.2.3")).Status == 0
            association.release()
            (job,) = house.jobs
            house.reports.run(job)
            assert reports.arrived.wait(20)
            house.reports.run(job)  # a second run of the job reports nothing anew
    finally:
        server.shutdown()
    ((event_type, information),) = reports.heard
    assert event_type == 1  # all committed
    assert "FailedSOPSequence" not in information
    assert information.ReferencedSOPSequence[0].ReferencedSOPClassUID == DX


def test_a_report_that_cannot_be_brought_is_tried_again() -> None:
    with dimse_house(peer(port=free_port()), shelf=Shelf(holding={"1.2.3": 0})) as house:
        association = associate(house)
        assert ask(association, request_of("1.9.3", "1.2.3")).Status == 0
        association.release()
        with pytest.raises(Unavailable, match="cannot be reached"):
            house.reports.run(house.jobs[0])


def test_a_transaction_uid_in_use_for_other_instances_is_0131() -> None:
    reports = Reports()
    with dimse_house(shelf=Shelf(holding={"1.2.3": 0, "1.2.4": 0})) as house:
        association = associate(house, reports)
        ask(association, request_of("1.9.4", "1.2.3"))
        assert reports.arrived.wait(20)
        reports.arrived.clear()
        ask(association, request_of("1.9.4", "1.2.4"))
        assert reports.arrived.wait(20)
        association.release()
    event_type, information = reports.heard[1]
    assert event_type == 2
    assert information.FailedSOPSequence[0].FailureReason == 0x0131


def test_a_request_that_crosses_our_report_is_answered_and_its_own_report_follows() -> None:
    """PS3.7 D.3.3.3: what a peer invokes and what it performs are counted apart, so the two may cross."""
    references = [[(UID(DX), UID("1.2.3"))], [(UID(DX), UID("1.2.4"))]]
    with dimse_house(shelf=Shelf(holding={"1.2.3": 0, "1.2.4": 0})) as house:
        association = open_association(
            peer("RADIOTHEQUE", port=house.port), [(PUSH_MODEL, [EXPLICIT])], Calling(AETitle("PEER"))
        )
        send_request(association, UID("1.9.11"), references[0])
        assert next_field(association) == Field.N_ACTION_RQ | RESPONSE
        first = association.next_message()
        assert first is not None
        told = [read_report(association.dataset(), EXPLICIT)]
        send_request(association, UID("1.9.12"), references[1])
        assert next_field(association) == Field.N_ACTION_RQ | RESPONSE
        association.reply(first, 0)
        second = association.next_message()
        assert second is not None
        told.append(read_report(association.dataset(), EXPLICIT))
        association.reply(second, 0)
        association.layer.release()
        assert [job["transaction"] for job in house.jobs] == ["1.9.11", "1.9.12"]
        for job in house.jobs:
            house.reports.run(job)  # both were reported already: opens no association to port 104
    assert [(report.transaction, list(report.committed)) for report in told] == [
        ("1.9.11", references[0]),
        ("1.9.12", references[1]),
    ]


def next_field(association: Association) -> int:
    message = association.next_message()
    assert message is not None
    return message.command.field


def test_a_class_that_is_not_taken_here_is_0122() -> None:
    reports = Reports()
    with dimse_house(accept_unknown_sop_classes=False) as house:
        association = associate(house, reports)
        ask(association, request_of("1.9.5", "1.2.3", sop_class="1.2.3.4.5"))
        assert reports.arrived.wait(20)
        association.release()
    assert reports.heard[0][1].FailedSOPSequence[0].FailureReason == 0x0122


@pytest.mark.parametrize(
    ("request_", "action", "instance", "status"),
    [
        (request_of("1.9.6", "1.2.3"), 2, PUSH_MODEL_INSTANCE, 0x0123),  # PS3.7 10.1.4.1.10: no such action
        (request_of("1.9.6", "1.2.3"), 1, "1.2.3", 0x0119),  # class-instance conflict
        (request_of("1.9.6"), 1, PUSH_MODEL_INSTANCE, 0x0115),  # nothing referenced
    ],
)
def test_a_wrong_request_is_refused_and_promises_nothing(
    request_: Dataset, action: int, instance: str, status: int
) -> None:
    with dimse_house() as house:
        association = associate(house)
        assert ask(association, request_, action, instance).Status == status
        association.release()
        assert not house.jobs


def test_no_outbox_no_promise() -> None:
    with dimse_house(enqueue=nowhere) as house:
        association = associate(house)
        answer = ask(association, request_of("1.9.6", "1.2.3"))
        association.release()
    assert answer.Status == 0x0213  # PS3.7 C.5.19: resource limitation
    assert answer.ErrorComment.startswith("storage commitment needs the outbox")


def test_we_ask_a_peer_that_reports_on_the_same_association() -> None:
    heard: list[tuple[str, Report]] = []
    with dimse_house(shelf=Shelf(holding={"1.2.3": 0})) as house:
        references = [(UID(DX), UID("1.2.3")), (UID(DX), UID("1.2.9"))]
        arrived = request_commitment(
            peer(aet="RADIOTHEQUE", port=house.port),
            Calling(AETitle("PEER")),
            UID("1.9.7"),
            references,
            heard=lambda aet, report: heard.append((aet, report)),
            wait_s=20.0,
        )
    assert arrived
    report = Report(UID("1.9.7"), (references[0],), ((*references[1], 0x0112),))
    assert heard == [("RADIOTHEQUE", report)]


def test_a_report_on_our_request_comes_on_an_association_of_the_peer() -> None:
    # a peer that may ask nothing of us brings its report in the SCP role (PS3.7 D.3.3.4)
    with dimse_house(peer(may=frozenset({Service.ECHO}))) as house:
        entity = AE(ae_title="PEER")
        entity.add_requested_context(PUSH_MODEL, EXPLICIT)
        role = build_role(PUSH_MODEL, scu_role=False, scp_role=True)
        association = entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE", ext_neg=[role])
        information = request_of("1.9.8", "1.2.3")
        status, _ = association.send_n_event_report(information, 1, PUSH_MODEL, PUSH_MODEL_INSTANCE)
        association.release()
        assert status.Status == 0
        assert house.heard == [("PEER", Report(UID("1.9.8"), ((UID(DX), UID("1.2.3")),)))]


def test_a_peer_that_may_not_commit_is_refused(tmp_path: Any) -> None:
    with dimse_house(peer(may=frozenset({Service.STORE}))) as house:
        association = associate(house)
        assert [each.result for each in association.rejected_contexts] == [1]
        assert association.send_c_store(dcmread(BytesIO(phantom()))).Status == 0
        association.release()
