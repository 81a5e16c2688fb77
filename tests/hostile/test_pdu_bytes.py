"""Broken and ill-meant bytes on the DICOM port: a precise end, little memory, and the next caller served."""

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import effort
from peers.dimse_house import House, Shelf, dimse_house, peer
from phantoms import dataset_bytes, phantom
from radiotheque.core.aetitle import AETitle
from radiotheque.core.errors import Malformed
from radiotheque.core.query import Found, Level
from radiotheque.wire.dimse.command import Field, decode_command, request
from radiotheque.wire.dimse.echo import echo
from radiotheque.wire.dimse.items import UserInformation
from radiotheque.wire.dimse.pdu import (
    AssociateRequest,
    ProposedContext,
    decode_accept,
    decode_request,
    encode_request,
    pdata_header,
)
from radiotheque.wire.dimse.requestor import Calling

DX, EXPLICIT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
ECHO = "1.2.840.10008.1.1"
REQUEST = AssociateRequest(
    "RADIOTHEQUE",
    "PEER",
    (ProposedContext(1, DX, (EXPLICIT,)), ProposedContext(3, ECHO, (IMPLICIT,))),
    UserInformation(max_length=16384, implementation_uid="1.2.3"),
)
ABORT, REJECT = 7, 3


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with dimse_house(shelf=Shelf(), artim_s=1.0, idle_s=3.0) as running:
        yield running


@contextmanager
def raw(house: House, *, associated: bool = False) -> Iterator[socket.socket]:
    """Open a bare connection, with an accepted association when asked for."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as sock:
        if associated:
            sock.sendall(encode_request(REQUEST))
            kind, _ = read_pdu(sock)
            assert kind == 2
        yield sock


def read_pdu(sock: socket.socket) -> tuple[int, bytes]:
    """Give the next PDU, (0, b"") when the server closed."""
    header = receive(sock, 6)
    if len(header) < 6:
        return 0, b""
    kind, length = struct.unpack(">BxI", header)
    return kind, receive(sock, length)


def receive(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            piece = sock.recv(size - len(data))
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece
    return data


def still_served(house: House) -> None:
    echo(peer(aet="RADIOTHEQUE", port=house.port), Calling(AETitle("PEER")))


def fragment(context_id: int, data: bytes, *, command: bool = False, last: bool = True) -> bytes:
    return pdata_header(context_id, len(data), command=command, last=last) + data


STORE = request(Field.C_STORE_RQ, 1, dataset=True, affected_sop_class=DX, affected_sop_instance="1.2.3", priority=0)
ECHO_RQ = request(Field.C_ECHO_RQ, 1, dataset=False, affected_sop_class=ECHO)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("an HTTP request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a TLS hello", bytes.fromhex("1603010200010001fc0303") + bytes(64)),
        ("a PDU of 4 GB", b"\x01\x00\xff\xff\xff\xff" + bytes(100)),
        ("an association request over the limit", b"\x01\x00" + struct.pack(">I", 500 * 1024 + 1) + bytes(100)),
        ("P-DATA before an association", fragment(1, b"x", command=True)),
        ("a release before an association", b"\x05\x00\x00\x00\x00\x04\x00\x00\x00\x00"),
        ("a request of nothing", b"\x01\x00\x00\x00\x00\x00"),
        ("an unknown type of PDU", b"\x42\x00\x00\x00\x00\x04\x00\x00\x00\x00"),
    ],
)
def test_what_is_no_request_is_aborted(house: House, name: str, data: bytes) -> None:
    with raw(house) as sock:
        sock.sendall(data)
        kind, body = read_pdu(sock)
        assert kind == ABORT, name
        assert body[2] == 2  # PS3.8 table 9-26: service-provider initiated
    still_served(house)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("P-DATA larger than agreed", b"\x04\x00" + struct.pack(">I", 131073) + bytes(6), 6),
        ("a P-DATA of 4 GB", b"\x04\x00\xff\xff\xff\xff" + bytes(100), 6),
        ("a fragment larger than its PDU", b"\x04\x00\x00\x00\x00\x06\x00\x00\x00\xff\x01\x03", 6),
        ("a fragment of no bytes at all", b"\x04\x00\x00\x00\x00\x06\x00\x00\x00\x00\x01\x03", 6),
        ("a PDU that ends in a fragment's header", b"\x04\x00\x00\x00\x00\x03\x00\x00\x00", 6),
        ("a context that was not accepted", fragment(9, ECHO_RQ, command=True), 6),
        ("a data set without a command", fragment(1, b"x"), 6),
        ("a command inside a data set", fragment(1, STORE, command=True) + fragment(1, STORE, command=True), 6),
        ("a data set on another context", fragment(1, STORE, command=True) + fragment(3, b"x"), 6),
        ("a command that is none", fragment(1, b"\x00" * 16, command=True), 6),
        ("a command without end", b"".join(fragment(1, bytes(16000), command=True, last=False) for _ in range(5)), 6),
        ("a second request", encode_request(REQUEST), 2),
        ("an accept out of place", b"\x02\x00\x00\x00\x00\x04\x00\x00\x00\x00", 2),
        ("an unknown type of PDU", b"\x09\x00\x00\x00\x00\x04\x00\x00\x00\x00", 1),
    ],
)
def test_what_breaks_the_protocol_is_aborted_with_the_reason(house: House, name: str, data: bytes, reason: int) -> None:
    with raw(house, associated=True) as sock:
        sock.sendall(data)
        kind, body = read_pdu(sock)
        assert (kind, body[2], body[3]) == (ABORT, 2, reason), name
    assert not house.shelf.kept
    still_served(house)


def test_a_request_while_another_is_performed_breaks_the_window_of_one() -> None:
    gate = threading.Event()

    class Waiting(Shelf):
        def find_each(self, query: Any, caller: Any) -> Any:
            assert gate.wait(20)
            yield Found(Level.STUDY, {"StudyInstanceUID": ("1.2",)})

    model = "1.2.840.10008.5.1.4.1.2.2.1"
    identifier = struct.pack("<HHI", 8, 0x52, 6) + b"STUDY "
    ask = request(Field.C_FIND_RQ, 1, dataset=True, affected_sop_class=model, priority=0)
    asked = AssociateRequest(
        "RADIOTHEQUE", "PEER", (ProposedContext(1, model, (IMPLICIT,)),), UserInformation(0, "1.2")
    )
    with dimse_house(shelf=Waiting()) as house, raw(house) as sock:
        sock.sendall(encode_request(asked))
        assert read_pdu(sock)[0] == 2
        sock.sendall((fragment(1, ask, command=True) + fragment(1, identifier)) * 2)
        gate.set()
        assert read_pdu(sock)[0] == ABORT
        still_served(house)


def test_a_message_in_a_thousand_fragments_of_one_byte_is_taken(house: House) -> None:
    data = dataset_bytes(phantom())[:1000]
    with raw(house, associated=True) as sock:
        sock.sendall(fragment(1, STORE, command=True))
        for at in range(len(data)):
            sock.sendall(fragment(1, data[at : at + 1], last=at == len(data) - 1))
        kind, body = read_pdu(sock)
        assert kind == 4
        assert decode_command(body[6:]).status == 0
    assert house.shelf.kept.pop("1.2.3").dataset == data


def test_empty_fragments_and_empty_pdus_are_taken(house: House) -> None:
    with raw(house, associated=True) as sock:
        sock.sendall(fragment(1, STORE[:50], command=True, last=False) + b"\x04\x00\x00\x00\x00\x00")
        sock.sendall(fragment(1, b"", command=True, last=False) + fragment(1, STORE[50:], command=True))
        sock.sendall(fragment(1, b"", last=False) + fragment(1, b"abcd", last=False) + fragment(1, b""))
        kind, body = read_pdu(sock)
        assert (kind, decode_command(body[6:]).status) == (4, 0)
    assert house.shelf.kept.pop("1.2.3").dataset == b"abcd"


def test_many_messages_in_one_write_are_answered_one_by_one(house: House) -> None:
    with raw(house, associated=True) as sock:
        sock.sendall(fragment(3, ECHO_RQ, command=True) * 50)
        for _ in range(50):
            kind, body = read_pdu(sock)
            assert (kind, decode_command(body[6:]).status) == (4, 0)


@pytest.mark.parametrize("before", [b"", b"\x01", encode_request(REQUEST)[:40]])
def test_a_connection_without_a_whole_request_is_closed_after_artim(house: House, before: bytes) -> None:
    with raw(house) as sock:
        sock.sendall(before)
        kind, _ = read_pdu(sock)  # returns when the server gives up; the test's own limit is the socket's
        assert kind in (0, ABORT)
    still_served(house)


def test_a_trickle_of_bytes_does_not_hold_the_request_open_for_ever(house: House) -> None:
    with raw(house) as sock:
        ended = threading.Event()

        def trickle() -> None:
            for byte in encode_request(REQUEST):
                try:
                    sock.sendall(bytes((byte,)))
                except OSError:
                    return
                if ended.wait(0.2):
                    return

        slow = threading.Thread(target=trickle)
        slow.start()
        kind, _ = read_pdu(sock)
        ended.set()
        slow.join()
        assert kind in (0, ABORT)


def test_a_silent_association_is_aborted(house: House) -> None:
    with raw(house, associated=True) as sock:
        assert read_pdu(sock)[0] in (0, ABORT)
    still_served(house)


def test_silence_in_the_middle_of_an_object_keeps_nothing(house: House) -> None:
    with raw(house, associated=True) as sock:
        sock.sendall(fragment(1, STORE, command=True) + fragment(1, bytes(5000), last=False))
        assert read_pdu(sock)[0] in (0, ABORT)
    assert not house.shelf.kept


@pytest.mark.parametrize("dataset", [True, False], ids=["in the data set", "in the command"])
def test_an_object_that_trickles_steadily_is_aborted_when_its_time_is_over(dataset: bool) -> None:
    """A byte each 50 ms is never silent for the 20 s that are allowed; an object may take one second."""
    with dimse_house(shelf=Shelf(), idle_s=20.0, object_s=1.0) as running, raw(running, associated=True) as sock:
        whole = fragment(1, STORE, command=True)
        if dataset:
            sock.sendall(whole)
            whole = fragment(1, bytes(5000), last=False)
        sock.sendall(whole[:12])
        answer = b""
        for byte in whole[12:]:
            sock.sendall(bytes((byte,)))
            if select.select([sock], [], [], 0.05)[0]:
                answer = receive(sock, 6)
                break
        assert answer[:1] == bytes((ABORT,))
        assert not running.shelf.kept
        still_served(running)


def test_a_peer_that_takes_its_time_between_objects_is_not_late() -> None:
    with dimse_house(shelf=Shelf(), object_s=0.3) as running:
        for _ in range(2):
            still_served(running)
        with raw(running, associated=True) as sock:
            ask = request(Field.C_ECHO_RQ, 1, dataset=False, affected_sop_class=ECHO)
            for _ in range(3):
                assert not select.select([sock], [], [], 0.4)[0]
                sock.sendall(fragment(3, ask, command=True))
                assert read_pdu(sock)[0] == 4


def test_a_flood_of_connections_leaves_the_seats_to_those_who_ask() -> None:
    with dimse_house(artim_s=20.0) as house:
        idle = [socket.create_connection(("127.0.0.1", house.port), timeout=30) for _ in range(60)]
        still_served(house)
        for sock in idle:
            sock.close()


BODY = encode_request(REQUEST)[6:]


@given(data=st.binary(max_size=600))
def test_any_bytes_are_a_request_or_malformed(data: bytes) -> None:
    for decode in (decode_request, decode_accept):
        try:
            decode(bytes(68) + data)
            decode(data)
        except Malformed:
            continue


@given(at=st.integers(0, len(BODY) - 1), byte=st.integers(0, 255), cut=st.integers(0, len(BODY)))
@settings(max_examples=effort(400))
def test_a_spoilt_request_is_a_request_or_malformed(at: int, byte: int, cut: int) -> None:
    spoilt = bytearray(BODY)
    spoilt[at] = byte
    for data in (bytes(spoilt), bytes(spoilt[:cut])):
        try:
            decode_request(data)
        except Malformed:
            continue


@given(data=st.binary(max_size=300))
@settings(max_examples=effort(150))
def test_any_bytes_after_the_association_end_it_or_wait(house: House, data: bytes) -> None:
    with raw(house, associated=True) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        kind = 4
        while kind == 4:
            kind, _ = read_pdu(sock)
        assert kind in (0, 6, ABORT)


def test_after_all_that_nobody_holds_a_seat(house: House) -> None:
    tick = threading.Event()
    for _ in range(500):
        if house.server.associations == 0:
            break
        tick.wait(0.02)
    assert house.server.associations == 0
    still_served(house)
