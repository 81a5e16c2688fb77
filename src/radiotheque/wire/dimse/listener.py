"""A listening socket and its threads: one blocking thread a connection, bounded; stopped without cutting a store."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from radiotheque.core.errors import Unavailable
from radiotheque.wire.dimse.channel import Channel
from radiotheque.wire.dimse.upperlayer import Timers, UpperLayer

log = structlog.get_logger(__name__)

_BACKLOG = 128
_ABORT_S = 6.0
_SPARE_THREADS = 32
"""Threads beyond the association limit: they only say 2/3/2, local limit exceeded (PS3.8 table 9-21)."""

type Serve = Callable[[UpperLayer, str], None]
"""Serves one connection; the second argument is the peer's certificate subject, "" without TLS."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Where and how to listen."""

    host: str
    port: int
    max_threads: int
    max_pdu: int
    timers: Timers
    tls: ssl.SSLContext | None = None


class Listener:
    """Accepts connections on a thread of its own and serves each on another."""

    def __init__(self, settings: ListenerSettings, serve: Serve) -> None:
        self._settings, self._serve = settings, serve
        self._socket: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, Channel | None] = {}
        self._stopping = False

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        if self._socket is None:
            raise Unavailable("the DICOM listener is not started")
        number: int = self._socket.getsockname()[1]
        return number

    def start(self) -> None:
        """Listen. Raises `Unavailable` when the address is taken."""
        family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
        try:
            self._socket = socket.create_server(
                (self._settings.host, self._settings.port), family=family, backlog=_BACKLOG
            )
        except OSError as taken:
            where = f"{self._settings.host}:{self._settings.port}"
            raise Unavailable(f"cannot listen on {where} ({taken.strerror}): is another server there?") from taken
        self._acceptor = threading.Thread(target=self._accept, name=f"dimse-listen-{self.port}", daemon=True)
        self._acceptor.start()

    def stop(self, grace_s: float = 10.0) -> None:
        """Take no more, abort idle associations, give running messages `grace_s` seconds, abort the rest."""
        self._stopping = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes `accept`
            self._socket.close()
        if self._acceptor is not None:
            self._acceptor.join()
        self._tell(Channel.retire)
        self._join(time.monotonic() + grace_s)
        self._tell(Channel.interrupt)
        self._join(time.monotonic() + _ABORT_S)

    def _tell(self, what: Callable[[Channel], None]) -> None:
        with self._lock:
            for channel in self._open.values():
                if channel is not None:
                    what(channel)

    def _join(self, until: float) -> None:
        with self._lock:
            threads = list(self._open)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _accept(self) -> None:
        listening = self._socket
        while listening is not None and not self._stopping:
            try:
                sock, address = listening.accept()
            except OSError as error:
                if self._stopping:
                    return
                log.warning("a connection could not be accepted", why=error.strerror)
                time.sleep(0.05)  # out of file descriptors, most likely: others must end first
                continue
            self._begin(sock, address[0])

    def _begin(self, sock: socket.socket, address: str) -> None:
        thread = threading.Thread(target=self._run, args=(sock, address), name=f"dimse-{address}", daemon=True)
        with self._lock:
            full = len(self._open) >= self._settings.max_threads + _SPARE_THREADS
            if not full:
                self._open[thread] = None
        if full:
            log.warning("connection closed: too many", address=address)
            sock.close()
            return
        thread.start()

    def _run(self, sock: socket.socket, address: str) -> None:
        me = threading.current_thread()
        try:
            secured = self._secured(sock)
            if secured is None:
                return
            channel = Channel(secured, self._settings.timers.artim_s, address=address)
            with self._lock:
                self._open[me] = channel
            layer = UpperLayer(channel, timers=self._settings.timers, max_pdu=self._settings.max_pdu)
            self._serve(layer, certificate_subject(secured))
            channel.close()
        except OSError as lost:
            log.info("connection lost", address=address, why=type(lost).__name__)
        finally:
            with self._lock:
                self._open.pop(me, None)
            sock.close()

    def _secured(self, sock: socket.socket) -> socket.socket | None:
        """Give the socket, with TLS where it is asked for; None when the handshake failed or took too long."""
        if self._settings.tls is None:
            return sock
        sock.settimeout(self._settings.timers.artim_s)
        try:
            return self._settings.tls.wrap_socket(sock, server_side=True)
        except (ssl.SSLError, OSError) as wrong:
            log.warning("TLS handshake failed", why=getattr(wrong, "reason", None) or type(wrong).__name__)
            sock.close()
            return None


def certificate_subject(sock: socket.socket) -> str:
    """Give the common name of the peer's verified certificate, "" when there is none."""
    if not isinstance(sock, ssl.SSLSocket):
        return ""
    certificate: Any = sock.getpeercert() or {}
    pairs = [pair for part in certificate.get("subject", ()) for pair in part]
    return next((str(value) for name, value in pairs if name == "commonName"), "")
