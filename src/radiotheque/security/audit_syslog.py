"""Audit messages over syslog: RFC 5424 lines in RFC 5425 frames over TLS (PS3.15 A.6, IHE ITI-20)."""

import os
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from radiotheque.core.errors import Malformed, Unavailable
from radiotheque.security.audit_message import Message
from radiotheque.security.audit_xml import xml_of

FACILITY, NOTICE, WARNING = 10, 5, 4
"""security/authorization; normal but significant; what was refused or failed (PS3.15 A.6)."""

MSG_ID = "DICOM+RFC3881"
PORT = 6514
_BOM = b"\xef\xbb\xbf"
_ANSWER_S = 10.0


@dataclass(frozen=True, slots=True)
class Collector:
    """Where audit messages are sent: host and port, and the PEM files by which both sides know each other."""

    host: str
    port: int = PORT
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def parse(cls, text: str, *, ca: Path | None, certificate: Path | None, key: Path | None) -> "Collector":
        """Give the collector of "host" or "host:port". Raises `Malformed`."""
        host, colon, port = text.rpartition(":")
        if not colon or (text.startswith("[") and text.endswith("]")):
            host, port = text, str(PORT)
        if not port.isdigit() or not 0 < int(port) < 65536 or not host:
            raise Malformed(f"{text!r} is no host:port of an audit collector")
        return cls(host.strip("[]"), int(port), ca, certificate, key)

    @property
    def name(self) -> str:
        """The name under which it is kept how far this one has everything."""
        return f"syslog {self.host}:{self.port}"

    def context(self) -> ssl.SSLContext:
        """Give the TLS that is spoken with it: 1.2 and later, its certificate checked by name. Raises `Unavailable`."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise Unavailable(f"the certificates for the audit collector cannot be used: {error}") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def line_of(message: Message) -> bytes:
    """Give a message as a syslog line (RFC 5424 6): header, no structured data, XML in UTF-8 behind a BOM."""
    severity = NOTICE if message.outcome == "0" else WARNING
    source = message.source
    header = f"<{FACILITY * 8 + severity}>1 {message.at} {_word(source.name)} {_word(source.process)} {os.getpid()} {MSG_ID} - "
    return header.encode("ascii") + _BOM + xml_of(message)


def framed(line: bytes) -> bytes:
    """Give a line in its frame: how many octets, a space, the line (RFC 5425 4.3)."""
    return str(len(line)).encode("ascii") + b" " + line


def _word(text: str) -> str:
    """Give text as a header field: printable ASCII without spaces, "-" for none (RFC 5424 6)."""
    return "".join(letter if "!" <= letter <= "~" else "_" for letter in text)[:255] or "-"


class Wire:
    """A connection to a collector. It answers nothing, so a connection that stands is all that can be known."""

    def __init__(self, collector: Collector) -> None:
        """Connect. Raises `Unavailable`."""
        context = collector.context()
        try:
            plain = socket.create_connection((collector.host, collector.port), timeout=_ANSWER_S)
        except OSError as error:
            raise Unavailable(f"the audit collector is not reached: {error}") from error
        try:
            self._socket = context.wrap_socket(plain, server_hostname=collector.host)
        except (OSError, ssl.SSLError) as error:
            plain.close()
            raise Unavailable(f"the audit collector cannot be trusted or does not speak TLS: {error}") from error

    def send(self, lines: Sequence[bytes]) -> None:
        """Send lines. Raises `Unavailable` when the connection is lost."""
        try:
            self._socket.sendall(b"".join(map(framed, lines)))
        except OSError as error:
            raise Unavailable(f"the audit collector went away: {error}") from error

    def stands(self) -> bool:
        """Tell whether the other side still holds the connection open."""
        self._socket.settimeout(0.0)
        try:
            return self._socket.recv(1024) != b""
        except (ssl.SSLWantReadError, BlockingIOError):
            return True
        except OSError:
            return False
        finally:
            with suppress(OSError):
                self._socket.settimeout(_ANSWER_S)

    def close(self) -> bool:
        """End it; tell whether the other side said goodbye, and so has read everything (RFC 5425 4.4)."""
        try:
            self._socket.settimeout(5.0)
            self._socket.unwrap().close()
            return True
        except OSError:
            return False
        finally:
            self._socket.close()
