"""Audit messages at a real TLS listener: framed, in order, from where it stopped, none lost."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from defusedxml.ElementTree import fromstring

from contract.catalogs import HeldClock
from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Malformed, Unavailable
from radiotheque.core.ports import Act
from radiotheque.database.engine import Database
from radiotheque.security import AuditPlace, Collector, Security, Source, SyslogFeed, open_room
from radiotheque.security.audit_chainer import LEASE_S
from unit.security.a51 import check

ME = Caller("jean.martin", Door.API, "192.0.2.7", "session")


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for localhost."""

    path: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, SHA256())
        )
        folder.mkdir(exist_ok=True)
        paths = cls(folder / "cert.pem", folder / "key.pem")
        paths.path.write_bytes(made.public_bytes(Encoding.PEM))
        paths.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths


@dataclass
class Listener:
    """A collector: takes connections over TLS and reads frames, until told to break off after some."""

    certificate: Certificate
    port: int = 0
    break_after: int = 0
    lines: list[bytes] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.path, self.certificate.key)
        self._context = context
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(plain,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(plain, server_side=True) as wrapped:
            self._read(wrapped)
        plain.close()

    def _read(self, wrapped: ssl.SSLSocket) -> None:
        with wrapped.makefile("rb") as stream:
            while size := self._number(stream):
                with self.heard:
                    self.lines.append(stream.read(size))
                    self.heard.notify_all()
                    if self.break_after and len(self.lines) >= self.break_after:
                        self.break_after = 0
                        return
        wrapped.unwrap()

    @staticmethod
    def _number(stream: object) -> int:
        digits = b""
        while (letter := stream.read(1)).isdigit():  # type: ignore[attr-defined]
            digits += letter
        assert letter in (b" ", b"")
        return int(digits or 0)

    def wait(self, count: int) -> list[bytes]:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.lines) >= count, timeout=30)
            return list(self.lines)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.make(tmp_path / "tls")


@pytest.fixture
def listener(certificate: Certificate) -> Iterator[Listener]:
    made = Listener(certificate)
    yield made
    made.close()


@pytest.fixture
def room(database: Database, clock: HeldClock) -> Iterator[Security]:
    made = open_room(database, clock, place=AuditPlace(Source("pacs"), seed=bytes(32)))
    yield made
    made.close()


def feed_to(port: int, certificate: Certificate, room: Security, database: Database, clock: HeldClock) -> SyslogFeed:
    collector = Collector("localhost", port, ca=certificate.path)
    return SyslogFeed(database, clock, room.desk.source, collector)


def acts(room: Security, *studies: str) -> None:
    for study in studies:
        room.audit.read(Act(ME, "view", study=study))
    room.audit.flush()
    room.desk.chain.turn()


def studies(lines: list[bytes]) -> list[str]:
    found = [fromstring(line.partition(b"\xef\xbb\xbf")[2]).find("ParticipantObjectIdentification") for line in lines]
    return [each.attrib["ParticipantObjectID"] for each in found if each is not None]


def test_lines_are_syslog_with_an_audit_message_in_frames(
    listener: Listener, certificate: Certificate, room: Security, database: Database, clock: HeldClock
) -> None:
    acts(room, "1.1", "1.2")
    feed = feed_to(listener.port, certificate, room, database, clock)
    assert feed.turn() == 2
    line = listener.wait(2)[0]
    header, bom, xml = line.partition(b"\xef\xbb\xbf")  # RFC 5424 6.4
    assert bom
    fields = header.decode().split(" ")
    assert fields[0] == "<85>1"  # facility 10, severity 5 (PS3.15 A.6)
    assert fields[1] == "2023-11-14T22:13:20.000Z"
    assert fields[2:4] == ["pacs", "radiotheque"]
    assert fields[5:7] == ["DICOM+RFC3881", "-"]
    check(fromstring(xml))
    feed.close()


def test_a_feed_goes_on_from_where_it_stopped(
    listener: Listener, certificate: Certificate, room: Security, database: Database, clock: HeldClock
) -> None:
    acts(room, "1.1", "1.2")
    first = feed_to(listener.port, certificate, room, database, clock)
    first.turn()
    listener.wait(2)
    first.close()  # in good order: what was sent has come
    assert first.position() == 2
    acts(room, "1.3")
    second = feed_to(listener.port, certificate, room, database, clock)
    assert second.behind() == 1
    assert second.turn() == 1
    assert studies(listener.wait(3)) == ["1.1", "1.2", "1.3"]
    assert second.turn() == 0  # notes that it stood
    assert second.behind() == 0
    second.close()


def test_what_was_on_its_way_when_the_connection_broke_is_sent_again(
    listener: Listener, certificate: Certificate, room: Security, database: Database, clock: HeldClock
) -> None:
    listener.break_after = 1
    acts(room, "1.1", "1.2", "1.3")
    feed = feed_to(listener.port, certificate, room, database, clock)
    feed.turn()
    listener.wait(1)
    tries = 0
    while feed.position() < 3 and tries < 200:  # the break is seen when its packet has come
        tries += 1
        try:
            feed.turn()
        except Unavailable:
            continue
    got = studies(listener.wait(4))
    assert got[0] == "1.1"
    assert got[1:4] == ["1.1", "1.2", "1.3"]
    feed.close()


def test_a_collector_that_is_away_is_said_so_and_gets_all_later(
    certificate: Certificate, room: Security, database: Database, clock: HeldClock
) -> None:
    gone = Listener(certificate)
    port = gone.port
    gone.close()
    acts(room, "1.1")
    feed = feed_to(port, certificate, room, database, clock)
    with pytest.raises(Unavailable):
        feed.turn()
    assert feed.behind() == 1
    back = Listener(certificate, port)
    assert feed.turn() == 1
    assert studies(back.wait(1)) == ["1.1"]
    feed.close()
    back.close()


def test_a_collector_whose_certificate_nobody_signed_gets_nothing(
    listener: Listener, tmp_path: Path, room: Security, database: Database, clock: HeldClock
) -> None:
    acts(room, "1.1")
    stranger = Certificate.make(tmp_path / "other")
    feed = feed_to(listener.port, stranger, room, database, clock)
    with pytest.raises(Unavailable, match="trusted"):
        feed.turn()
    assert listener.lines == []


def test_one_process_sends_at_a_time_and_another_goes_on_when_it_is_gone(
    listener: Listener, certificate: Certificate, room: Security, database: Database, clock: HeldClock
) -> None:
    acts(room, "1.1")
    first, second = (feed_to(listener.port, certificate, room, database, clock) for _ in range(2))
    assert first.turn() == 1
    acts(room, "1.2")
    assert second.turn() == 0
    clock.time += LEASE_S + 1  # the first was killed
    assert second.turn() == 2  # from where it was surely had
    assert studies(listener.wait(3))[-2:] == ["1.1", "1.2"]
    second.close()
    first.close()


def test_its_own_thread_sends_what_comes(
    listener: Listener, certificate: Certificate, room: Security, database: Database, clock: HeldClock
) -> None:
    feed = feed_to(listener.port, certificate, room, database, clock)
    feed.start()
    acts(room, "1.1")
    assert studies(listener.wait(1)) == ["1.1"]
    feed.close()
    assert feed.behind() == 0


def test_addresses_of_collectors_are_read(tmp_path: Path) -> None:
    def parsed(text: str) -> tuple[str, int]:
        made = Collector.parse(text, ca=None, certificate=None, key=None)
        return made.host, made.port

    assert parsed("log.example:601") == ("log.example", 601)
    assert parsed("log.example") == ("log.example", 6514)  # RFC 5425 4.1
    assert parsed("[2001:db8::1]:99") == ("2001:db8::1", 99)
    assert parsed("[2001:db8::1]") == ("2001:db8::1", 6514)
    for wrong in ("", ":1", "host:0", "host:x", "host:70000"):
        with pytest.raises(Malformed):
            parsed(wrong)
