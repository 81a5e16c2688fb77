"""DICOM over TLS, both ways, with DCMTK and our own sender (PS3.15 B.12)."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pynetdicom import AE, evt
from pynetdicom.pdu import A_ASSOCIATE_RJ

from peers.dcmtk import call
from peers.dimse_house import House, Shelf, dimse_house, peer
from peers.scu import find
from phantoms import dataset_bytes, phantom
from radiotheque.core.aetitle import AETitle
from radiotheque.core.errors import Refused, Unavailable
from radiotheque.core.query import Found, Level
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.echo import echo
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.seats import Seats
from radiotheque.wire.dimse.sender import DimseSender
from radiotheque.wire.dimse.verification import VERIFICATION

DX, EXPLICIT = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1"


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A key and its own certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Pair(folder / "cert.pem", folder / "key.pem")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    return made


def server_side(pair: Pair, *, mutual: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pair.certificate, pair.key)
    if mutual:
        context.load_verify_locations(pair.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def calling(pair: Pair, *, with_certificate: bool = True) -> Calling:
    def context(_: object) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(pair.certificate))
        if with_certificate:
            made.load_cert_chain(pair.certificate, pair.key)
        return made

    return Calling(AETitle("PEER"), tls=context)


@pytest.fixture
def house(pair: Pair) -> Iterator[House]:
    found = Found(Level.STUDY, {"StudyInstanceUID": ("1.2",), "PatientID": ("1",)})
    with dimse_house(shelf=Shelf(found=(found,) * 200), tls=server_side(pair, mutual=True)) as running:
        yield running


@pytest.mark.peer("echoscu")
def test_echoscu_is_answered_over_tls_with_certificates_both_ways(house: House, pair: Pair) -> None:
    keys = ("+tls", str(pair.key), str(pair.certificate), "+cf", str(pair.certificate))
    said = call("echoscu", "-v", *keys, "-aet", "PEER", "-aec", "RADIOTHEQUE", "127.0.0.1", str(house.port))
    assert said.code == 0, said.text


@pytest.mark.peer("storescu")
def test_storescu_stores_a_large_object_over_tls(house: House, pair: Pair, tmp_path: Path) -> None:
    film = tmp_path / "film.dcm"
    film.write_bytes(phantom(rows=1500, columns=1500))
    keys = ("+tls", str(pair.key), str(pair.certificate), "+cf", str(pair.certificate))
    to = ("-aet", "PEER", "-aec", "RADIOTHEQUE", "127.0.0.1", str(house.port))
    said = call("storescu", "-v", *keys, *to, str(film))
    assert said.code == 0, said.text
    (kept,) = house.shelf.kept.values()
    assert kept.dataset == dataset_bytes(film.read_bytes())


def test_our_sender_stores_and_echoes_over_tls(house: House, pair: Pair) -> None:
    to = peer(aet="RADIOTHEQUE", port=house.port, tls=True)
    echo(to, calling(pair))
    data = dataset_bytes(phantom(rows=1500, columns=1500))
    with DimseSender(calling(pair)).open(to, [(UID(DX), (UID(EXPLICIT),))]) as sending:
        assert sending.store(UID(DX), UID("1.2.3"), UID(EXPLICIT), [data[:100001], data[100001:]]) == 0
    assert house.shelf.kept["1.2.3"].dataset == data


def test_a_query_over_tls_gives_every_answer_and_is_not_held_up_by_polling(house: House, pair: Pair) -> None:
    to = peer(aet="RADIOTHEQUE", port=house.port, tls=True)
    assert len(list(find(to, calling(pair), Level.STUDY, {"PatientID": ""}))) == 200


def test_a_caller_without_a_certificate_is_turned_away_and_the_next_is_served(house: House, pair: Pair) -> None:
    to = peer(aet="RADIOTHEQUE", port=house.port, tls=True)
    with pytest.raises(Unavailable):
        echo(to, calling(pair, with_certificate=False))
    with pytest.raises(Unavailable):
        echo(peer(aet="RADIOTHEQUE", port=house.port), Calling(AETitle("PEER")))  # in the clear
    echo(to, calling(pair))


def test_a_peer_that_wants_tls_is_not_called_in_the_clear(house: House) -> None:
    with pytest.raises(Refused, match="TLS"):
        echo(peer(aet="RADIOTHEQUE", port=house.port, tls=True), Calling(AETitle("PEER")))


def knocked(house: House, pair: Pair | None = None, calling: str = "PEER") -> tuple[Any, list[A_ASSOCIATE_RJ]]:
    """Give what became of an association asked for by pynetdicom, over TLS with a pair, and the A-ASSOCIATE-RJ that came.

    The PDU itself is looked at: pynetdicom 3.0.4 may take the end of the connection behind it for an abort.
    """
    came: list[A_ASSOCIATE_RJ] = []

    def note(event: evt.Event) -> None:
        if isinstance(event.pdu, A_ASSOCIATE_RJ):
            came.append(event.pdu)

    entity = AE(ae_title=calling)
    entity.add_requested_context(VERIFICATION)
    context = ssl.create_default_context(cafile=str(pair.certificate)) if pair else None
    secured = (context, "127.0.0.1") if context else None
    handlers = [(evt.EVT_PDU_RECV, note)]
    asked = entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE", tls_args=secured, evt_handlers=handlers)
    return asked, came


def await_taken(seats: Seats, count: int) -> None:
    """Return when so many seats are taken: one is given back a moment after the release was answered."""
    pause = threading.Event()
    for _ in range(600):
        if seats.taken() == count:
            return
        pause.wait(0.05)
    raise AssertionError(f"{seats.taken()} seats are taken, not {count}")


def test_both_ports_count_their_associations_together(pair: Pair) -> None:
    """2/3/2, local limit exceeded (PS3.8 table 9-21), whichever port the seat was taken on; given back when left."""
    peers, seats = (peer(), peer("OTHER"), peer("THIRD")), Seats(total=2, per_aet=1)
    with dimse_house(*peers, seats=seats) as plain, dimse_house(*peers, seats=seats, tls=server_side(pair)) as secured:
        first, _ = knocked(plain)
        assert first.is_established
        again, (rejection,) = knocked(secured, pair)
        assert not again.is_established
        assert (rejection.result, rejection.source, rejection.reason_diagnostic) == (2, 3, 2)
        other, _ = knocked(secured, pair, "OTHER")
        assert other.is_established
        assert plain.server.associations == secured.server.associations == 2
        assert len(knocked(plain, calling="THIRD")[1]) == 1
        first.release()
        await_taken(seats, 1)
        assert knocked(plain, calling="THIRD")[0].is_established
        other.release()
