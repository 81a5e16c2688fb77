"""A blocking socket with one reusable receive buffer: no copy on the way in, one send on the way out.

The socket's time-out is the longest silence; `deadline` is the ARTIM timer or another hard end (PS3.8 9.1.4). Every
failure of the transport becomes `Unavailable` here.
"""

import contextlib
import select
import socket
import ssl
import struct
import time
from collections.abc import Sequence

from radiotheque.core.errors import Malformed, TooLarge, Unavailable
from radiotheque.core.instance import Buffer

BUFFER_BYTES = 512 * 1024
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_SENDMSG_BUFFERS = 64
_LINGER_BYTES = 1 << 20
_TIMEVAL = struct.Struct("@ll")  # struct timeval: seconds, microseconds


class Channel:
    """Bytes of one connection. A view that `take` or `some` gives is valid until the next call of either."""

    __slots__ = (
        "_buffer",
        "_end",
        "_poll",
        "_sock",
        "_start",
        "_tls",
        "busy",
        "deadline",
        "late",
        "peer_address",
        "retired",
    )

    def __init__(self, sock: socket.socket, silence_s: float, *, address: str = "") -> None:
        self._sock = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._start = self._end = 0
        self.deadline = 0.0  # monotonic seconds; 0 is none
        self.late = ""  # what is said behind the deadline, as `TooLarge`; "" is `Unavailable`
        self.peer_address = address
        self.busy = self.retired = False
        self._poll = select.poll()  # unlike `select`, it takes any file descriptor
        self._poll.register(sock, select.POLLIN)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.silence(silence_s)
        self._acknowledge_at_once()

    def silence(self, seconds: float) -> None:
        """Set the longest silence of the peer, both ways."""
        if self._tls:
            self._sock.settimeout(seconds)
            return
        # The kernel's own time-outs (socket(7)): with Python's every call is two, the first of them `poll`.
        limit = _TIMEVAL.pack(int(seconds), int(seconds % 1 * 1e6))
        self._sock.settimeout(None)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def _acknowledge_at_once(self) -> None:
        """Leave the kernel's interactive mode, which each answer of ours may lead back into (tcp(7)).

        In it acknowledgements wait for up to 40 ms, and with them the next piece of a peer that has Nagle's algorithm
        on. Once out of it, whatever is received is acknowledged at once until we send again.
        """
        if _QUICKACK is not None:
            self._sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def take(self, size: int) -> memoryview:
        """Give exactly `size` bytes, at most `BUFFER_BYTES`. Raises `Unavailable` when the peer stops before."""
        if size > BUFFER_BYTES:
            raise Malformed(f"{size} bytes wanted at once, the receive buffer holds {BUFFER_BYTES}")
        if self._start + size > BUFFER_BYTES:
            self._compact()
        while self._end - self._start < size:
            self._receive()
        start = self._start
        self._start = start + size
        return self._buffer[start : start + size]

    def some(self, limit: int) -> memoryview:
        """Give between 1 and `limit` bytes: what is there, received in as large a piece as it comes."""
        if self._start == self._end:
            self._start = self._end = 0
            self._receive()
        start = self._start
        self._start = stop = min(self._end, start + limit)
        return self._buffer[start:stop]

    def has_input(self, wait_s: float = 0.0) -> bool:
        """Say whether something can be read within `wait_s` seconds. TLS may hold decrypted bytes that `poll` cannot see."""
        if self._start != self._end:
            return True
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        try:
            return bool(self._poll.poll(wait_s * 1000))
        except (OSError, ValueError) as lost:
            raise Unavailable("the connection is closed") from lost

    def send(self, *buffers: Buffer) -> None:
        """Send all `buffers` as one write, so that no half PDU waits for an acknowledgement. Raises `Unavailable`."""
        try:
            if len(buffers) == 1:
                self._sock.sendall(buffers[0])
            elif self._tls:
                self._sock.sendall(b"".join(buffers))
            else:
                _send_all(self._sock, buffers)
            self._acknowledge_at_once()
        except OSError as lost:
            raise Unavailable(f"the connection broke while sending: {type(lost).__name__}") from lost

    def close(self) -> None:
        """Close at once."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def close_gently(self, seconds: float) -> None:
        """Wait for the peer to close, at most `seconds`, then close: an answer just sent is not lost by a reset."""
        self.deadline, self.late = time.monotonic() + seconds, ""
        left = _LINGER_BYTES
        with contextlib.suppress(Unavailable, OSError):
            self.silence(seconds)
            while left > 0:
                left -= len(self.some(BUFFER_BYTES))
        self.close()

    def retire(self) -> None:
        """From another thread: let what is being done end, but take nothing new."""
        self.retired = True
        if not self.busy:
            self.interrupt()

    def interrupt(self) -> None:
        """From another thread: wake the one that reads here. It sees an end, and can still send its A-ABORT."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RD)

    def _compact(self) -> None:
        held = self._end - self._start
        self._buffer[:held] = bytes(self._buffer[self._start : self._end])
        self._start, self._end = 0, held

    def _receive(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        elif self._end == BUFFER_BYTES:
            self._compact()
        try:
            count = self._sock.recv_into(self._buffer[self._end :])
        except (TimeoutError, BlockingIOError) as silent:
            raise Unavailable("the peer was silent too long") from silent
        except OSError as lost:
            raise Unavailable(f"the connection broke: {type(lost).__name__}") from lost
        if not count:
            raise Unavailable("the server is stopping" if self.retired else "the peer closed the connection")
        self._end += count
        if self.deadline and time.monotonic() > self.deadline:
            raise TooLarge(self.late) if self.late else Unavailable("the peer took too long")


def _send_all(sock: socket.socket, buffers: Sequence[Buffer]) -> None:
    """Write many buffers by few `sendmsg` calls, going on where a short write stopped."""
    for first in range(0, len(buffers), _SENDMSG_BUFFERS):
        left = [memoryview(each) for each in buffers[first : first + _SENDMSG_BUFFERS]]
        while left:
            sent = sock.sendmsg(left)
            while left and sent >= len(left[0]):
                sent -= len(left.pop(0))
            if left and sent:
                left[0] = left[0][sent:]
