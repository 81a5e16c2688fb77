"""C-STORE and association rules against DCMTK and pynetdicom, over an archive in memory."""

import socket
import subprocess
import threading
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import UserIdentityNegotiation

from peers.dcmtk import Dcmtk, program
from peers.dimse_house import House, Shelf, caller, dimse_house, peer
from peers.videos import OPTIONS, STREAMS, VIDEO, clip
from phantoms import dataset_bytes, phantom
from radiotheque.core.aetitle import AETitle
from radiotheque.core.errors import Malformed, Mismatch, NotPermitted, OutOfSpace, Unsupported
from radiotheque.core.instance import Identity, Outcome, Receipt
from radiotheque.core.peer import Service
from radiotheque.core.ports import Sender
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.echo import echo
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.sender import DimseSender

DX = "1.2.840.10008.5.1.4.1.1.1.1"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


@pytest.fixture
def house() -> Iterator[House]:
    with dimse_house() as running:
        yield running


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.dcm"
    path.write_bytes(phantom())
    return path


def associate(house: House, *contexts: tuple[str, str], calling: str = "PEER", **options: Any) -> Any:
    entity = AE(ae_title=calling)
    for uid, syntax in contexts or ((DX, EXPLICIT),):
        entity.add_requested_context(uid, syntax)
    return entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE", **options)


@pytest.mark.peer("echoscu")
def test_echoscu_is_answered(house: House) -> None:
    assert Dcmtk(house.port, calling="PEER").echo().code == 0


@pytest.mark.peer("echoscu")
@pytest.mark.parametrize(
    ("calling", "called", "reason"),
    [("STRANGER", "RADIOTHEQUE", "Calling AE Title Not Recognized"), ("PEER", "OTHER", "Called AE Title Not")],
)
def test_echoscu_is_told_which_title_is_wrong(house: House, calling: str, called: str, reason: str) -> None:
    said = Dcmtk(house.port, called=called, calling=calling).echo()
    assert said.code != 0
    assert reason in said.text


SYNTAXES = {
    "-xe": EXPLICIT,
    "-xb": "1.2.840.10008.1.2.2",
    "-xi": IMPLICIT,
    "-xd": "1.2.840.10008.1.2.1.99",
    "-xs": "1.2.840.10008.1.2.4.70",
    "-xy": "1.2.840.10008.1.2.4.50",
    "-xx": "1.2.840.10008.1.2.4.51",
    "-xv": "1.2.840.10008.1.2.4.90",
    "-xw": "1.2.840.10008.1.2.4.91",
    "-xt": "1.2.840.10008.1.2.4.80",
    "-xu": "1.2.840.10008.1.2.4.81",
    "-xr": "1.2.840.10008.1.2.5",
    **OPTIONS,
}
"""What each option of storescu proposes, in a context of its own."""
LOSSY = {option: SYNTAXES[option] for option in ("-xy", "-xx", "-xw", "-xu")}


def film_in(syntax: str) -> bytes:
    """Give a film in a syntax, with the bits that the codec takes."""
    if syntax in STREAMS:
        return clip(syntax)
    return phantom(syntax=syntax, bits_stored=8) if syntax.endswith("4.50") else phantom(syntax=syntax)


@pytest.mark.peer("storescu")
@pytest.mark.parametrize(("option", "syntax"), SYNTAXES.items())
def test_storescu_stores_in_every_syntax_that_it_can_propose(
    house: House, tmp_path: Path, option: str, syntax: str
) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(film_in(syntax))
    only = ("-R",) if syntax in STREAMS else ()  # of itself it proposes no class of videos
    said = Dcmtk(house.port, calling="PEER").store([path], option, *only)
    assert said.code == 0, said.text
    (kept,) = house.shelf.kept.values()
    assert (kept.syntax, kept.sop_class) == (syntax, VIDEO if syntax in STREAMS else DX)
    if "1.2.4." in syntax or syntax in (EXPLICIT, "1.2.840.10008.1.2.5"):  # the others DCMTK writes anew
        assert kept.dataset == dataset_bytes(path.read_bytes())


@pytest.mark.peer("storescu")
@pytest.mark.parametrize(("option", "syntax"), LOSSY.items())
def test_storescu_offering_lossy_and_lossless_in_one_context_gets_the_lossless(
    house: House, film: Path, option: str, syntax: str
) -> None:
    house.directory.peers[AETitle("PEER")] = peer(syntaxes=(UID(syntax),))
    said = Dcmtk(house.port, calling="PEER").store([film], option, "+C")
    assert said.code == 0, said.text
    (kept,) = house.shelf.kept.values()
    assert kept.syntax == EXPLICIT


@pytest.mark.peer("dcmsend")
def test_dcmsend_sends_many_objects_on_one_association(house: House, tmp_path: Path) -> None:
    paths = []
    for number in range(20):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(phantom(instance=f"i{number}"))
    said = Dcmtk(house.port, calling="PEER").send(paths)
    assert said.code == 0, said.text
    assert {each.dataset for each in house.shelf.kept.values()} == {dataset_bytes(p.read_bytes()) for p in paths}


@pytest.mark.peer("termscu")
def test_termscu_is_a_request_that_is_not_understood_and_the_next_is_served(house: House) -> None:
    subprocess.run(
        [program("termscu"), "-aet", "PEER", "-aec", "RADIOTHEQUE", "127.0.0.1", str(house.port)],
        capture_output=True,
        timeout=60,
    )
    echo(peer(aet="RADIOTHEQUE", port=house.port), Calling(AETitle("PEER")))


def test_a_large_object_comes_in_byte_for_byte_whatever_the_size_of_pdus(tmp_path: Path) -> None:
    data = phantom(rows=1500, columns=1201)
    for max_pdu in (4096, 16384, 131072):
        with dimse_house(max_pdu=max_pdu) as house:
            association = associate(house)
            assert association.send_c_store(dcmread_bytes(data)).Status == 0
            association.release()
            (kept,) = house.shelf.kept.values()
            assert kept.dataset == dataset_bytes(data)


def dcmread_bytes(data: bytes) -> Any:
    return dcmread(BytesIO(data))


@pytest.mark.parametrize("refuse_at", ["start", "peek", "middle"])
@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (OutOfSpace("less than 5 GB are free; nothing was kept"), 0xA700),
        (Mismatch("the SOP Class of the data set is another"), 0xA900),
        (Malformed("the data set cannot be read"), 0xC000),
        (NotPermitted("not from here"), 0x0124),
        (Unsupported("not this class"), 0x0122),
    ],
)
def test_a_refusal_is_a_status_with_a_comment_and_the_association_goes_on(
    refuse_at: str, refusal: Any, status: int
) -> None:
    shelf = Shelf(refusal=refusal, refuse_at=refuse_at)
    data = phantom(rows=800, columns=800)
    with dimse_house(shelf=shelf) as house:
        association = associate(house)
        answer = association.send_c_store(dcmread_bytes(data))
        assert (answer.Status, answer.ErrorComment) == (status, str(refusal)[:64])
        shelf.refusal = None
        assert association.send_c_store(dcmread_bytes(data)).Status == 0
        association.release()


def test_a_failure_of_ours_is_said_and_the_association_goes_on(film: Path) -> None:
    class Broken(Shelf):
        def receive(self, incoming: Any) -> Any:
            if not self.kept:
                self.kept["x"] = None  # type: ignore[assignment]
                raise ZeroDivisionError
            return super().receive(incoming)

    with dimse_house(shelf=Broken()) as house:
        association = associate(house)
        answer = association.send_c_store(dcmread(film))
        assert answer.Status == 0x0110
        assert "nothing was kept" in answer.ErrorComment
        assert association.send_c_store(dcmread(film)).Status == 0
        association.release()


def test_a_class_that_is_not_that_of_its_context_is_a_mismatch(house: House, film: Path) -> None:
    association = associate(house, (DX, EXPLICIT))
    ds = dcmread(film)
    context = association.accepted_contexts[0]
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", ds.SOPInstanceUID
    request.DataSet = BytesIO(dataset_bytes(film.read_bytes()))
    association._reactor_checkpoint.clear()
    association.dimse.send_msg(request, context.context_id)
    _, answer = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    assert (answer.Status, answer.OffendingElement) == (0xA900, 0x00000002)
    association.release()


def test_an_abort_in_the_middle_keeps_nothing_and_says_malformed() -> None:
    failed = threading.Event()

    class Watching(Shelf):
        def receive(self, incoming: Any) -> Any:
            try:
                return super().receive(incoming)
            except Malformed:
                failed.set()
                raise

    with dimse_house(shelf=Watching()) as house:
        sending: Sender = DimseSender(Calling(AETitle("PEER")))
        data = dataset_bytes(phantom(rows=1000, columns=1000))

        def broken() -> Iterator[bytes]:
            yield data[:1500000]
            raise ZeroDivisionError

        with (
            pytest.raises(ZeroDivisionError),
            sending.open(peer(aet="RADIOTHEQUE", port=house.port), [(UID(DX), (UID(EXPLICIT),))]) as open_one,
        ):
            open_one.store(UID(DX), UID("1.2.3"), UID(EXPLICIT), broken())
        assert failed.wait(20)
        assert not house.shelf.kept


def test_a_peer_without_the_right_to_store_finds_its_contexts_rejected(film: Path) -> None:
    with dimse_house(peer(may=frozenset({Service.ECHO}))) as house:
        association = associate(house, (DX, EXPLICIT), ("1.2.840.10008.1.1", IMPLICIT))
        assert [each.abstract_syntax for each in association.accepted_contexts] == ["1.2.840.10008.1.1"]
        assert association.rejected_contexts[0].result == 1
        association.release()


def test_a_caller_without_permission_gets_0124(house: House, film: Path) -> None:
    house.guard.permissions = frozenset()
    association = associate(house)
    assert association.send_c_store(dcmread(film)).Status == 0x0124
    association.release()


def identity(kind: int, primary: bytes, secondary: bytes = b"") -> UserIdentityNegotiation:
    item = UserIdentityNegotiation()
    item.user_identity_type, item.primary_field, item.positive_response_requested = kind, primary, True
    if kind == 2:
        item.secondary_field = secondary
    return item


@pytest.mark.parametrize(
    ("item", "name"),
    [(identity(2, b"marie", b"secret"), "marie"), (identity(5, b"good-token"), "integrator")],
)
def test_a_user_who_proves_who_they_are_acts_as_themselves(
    house: House, film: Path, item: UserIdentityNegotiation, name: str
) -> None:
    answers: list[Any] = []
    handlers = [(evt.EVT_PDU_RECV, lambda event: answers.append(event.pdu))]
    association = associate(house, ext_neg=[item], evt_handlers=handlers)
    assert association.is_established
    assert association.send_c_store(dcmread(film)).Status == 0
    association.release()
    assert house.shelf.callers[0].name == name
    assert any(getattr(each, "item_type", 0) == 0x59 for each in answers[0].user_information.user_data)


@pytest.mark.parametrize(
    "item",
    [identity(2, b"marie", b"wrong"), identity(5, b"bad"), identity(3, b"ticket"), identity(4, b"<saml/>")],
)
def test_a_user_who_does_not_prove_it_is_rejected(house: House, item: UserIdentityNegotiation) -> None:
    association = associate(house, ext_neg=[item])
    assert association.is_rejected


def test_a_name_alone_grants_nothing_and_gets_no_answer(house: House, film: Path) -> None:
    answers: list[Any] = []
    handlers = [(evt.EVT_PDU_RECV, lambda event: answers.append(event.pdu))]
    association = associate(house, ext_neg=[identity(1, b"marie")], evt_handlers=handlers)
    assert association.send_c_store(dcmread(film)).Status == 0
    association.release()
    assert house.shelf.callers[0].name == "PEER"
    assert not any(getattr(each, "item_type", 0) == 0x59 for each in answers[0].user_information.user_data)


def test_a_configured_verifier_lets_a_kerberos_ticket_in(film: Path) -> None:
    with dimse_house(verifiers={3: lambda item, address: caller(f"kerberos:{item.primary.decode()}")}) as house:
        association = associate(house, ext_neg=[identity(3, b"ticket")])
        assert association.send_c_store(dcmread(film)).Status == 0
        association.release()
        assert house.shelf.callers[0].name == "kerberos:ticket"


def test_one_association_too_many_is_rejected_for_a_while_and_then_served() -> None:
    with dimse_house(max_associations=2) as house:
        first, second = associate(house), associate(house)
        third = associate(house)
        assert third.is_rejected
        reason = third.acceptor.primitive
        assert (reason.result, reason.result_source, reason.diagnostic) == (2, 3, 2)
        first.release()
        await_seats(house, 1)
        fourth = associate(house)
        assert fourth.is_established
        second.release()
        fourth.release()


def await_seats(house: House, count: int) -> None:
    tick = threading.Event()
    for _ in range(500):
        if house.server.associations == count:
            return
        tick.wait(0.02)
    raise AssertionError(f"{house.server.associations} associations are open, not {count}")


def test_a_peer_has_a_limit_of_its_own() -> None:
    with dimse_house(peer(max_associations=1), peer("OTHER")) as house:
        first = associate(house)
        assert associate(house).is_rejected
        other = associate(house, calling="OTHER")
        assert other.is_established
        first.release()
        other.release()


def test_a_stop_lets_a_running_store_finish() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Shelf):
        def receive(self, incoming: Any) -> Any:
            begun.set()
            assert go_on.wait(30)
            return super().receive(incoming)

    with dimse_house(shelf=Slow()) as house:
        port = house.port
        association = associate(house)
        statuses: list[int] = []
        film = dcmread_bytes(phantom())
        sender = threading.Thread(target=lambda: statuses.append(association.send_c_store(film).Status))
        sender.start()
        assert begun.wait(20)
        stopping = threading.Thread(target=house.server.stop, kwargs={"grace_s": 20.0})
        stopping.start()
        go_on.set()
        sender.join(20)
        assert statuses == [0]
        association.join(20)  # aborted by the server once the answer is out
        stopping.join(20)
        assert not stopping.is_alive()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_stop_aborts_an_idle_association() -> None:
    with dimse_house() as house:
        aborted = threading.Event()
        association = associate(house, evt_handlers=[(evt.EVT_ABORTED, lambda event: aborted.set())])
        house.server.stop(grace_s=0.0)
        assert aborted.wait(20)
        association.join(20)
        assert not association.is_established


def test_the_sender_says_which_syntaxes_a_peer_takes(house: House) -> None:
    wanted = [
        (UID(DX), (UID(EXPLICIT),)),
        (UID(DX), (UID(IMPLICIT),)),
        (UID("1.2.840.10008.5.1.1.9"), (UID(IMPLICIT),)),
    ]
    with DimseSender(Calling(AETitle("PEER"))).open(peer(aet="RADIOTHEQUE", port=house.port), wanted) as sending:
        assert sending.accepted(UID(DX)) == {EXPLICIT, IMPLICIT}
        assert sending.accepted(UID("1.2.840.10008.5.1.1.9")) == frozenset()
        with pytest.raises(Unsupported):
            sending.store(UID(DX), UID("1.2"), UID("1.2.840.10008.1.2.4.50"), [b""])


def test_the_sender_stores_on_a_pynetdicom_peer(film: Path) -> None:
    received: list[tuple[bytes, str]] = []

    def handle(event: Any) -> int:
        received.append((event.request.DataSet.getvalue(), event.request.MoveOriginatorApplicationEntityTitle))
        return 0xB000

    entity = AE(ae_title="STORE")
    entity.add_supported_context(DX, EXPLICIT)
    entity.maximum_pdu_size = 0
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, handle)])
    try:
        to = peer(aet="STORE", port=server.server_address[1])
        with DimseSender(Calling(AETitle("PEER"))).open(to, [(UID(DX), (UID(EXPLICIT),))]) as sending:
            data = dataset_bytes(film.read_bytes())
            pieces = [data[:1001], data[1001:1003], b"", data[1003:]]
            originator = ("WORKSTATION", 7)
            status = sending.store(UID(DX), UID(generate_uid()), UID(EXPLICIT), pieces, move_originator=originator)
        assert status == 0xB000
        assert received == [(data, "WORKSTATION")]
    finally:
        server.shutdown()


def test_memory_of_an_association_does_not_grow_with_the_object() -> None:
    class Discarding(Shelf):
        """Reads everything, keeps nothing."""

        size = 0

        def receive(self, incoming: Any) -> Receipt:
            incoming.peek(256 << 10)
            self.size = sum(len(chunk) for chunk in incoming.chunks())
            return Receipt(Outcome.KEPT, Identity(UID("1"), UID("1"), UID("1"), UID("1"), "", ""))

    shelf, piece = Discarding(), bytes(1 << 20)
    with dimse_house(shelf=shelf) as house:
        to = peer(aet="RADIOTHEQUE", port=house.port)
        tracemalloc.start()
        try:
            with DimseSender(Calling(AETitle("PEER"))).open(to, [(UID(DX), (UID(EXPLICIT),))]) as sending:
                tracemalloc.reset_peak()
                assert sending.store(UID(DX), UID("1.2.3"), UID(EXPLICIT), (piece for _ in range(200))) == 0
                peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert shelf.size == 200 << 20
    assert peak < 4 << 20  # of both ends: the buffers of two channels, and what was peeked at
