"""Pending answers on their way out: those that are found at once leave in one write (PS3.7 9.3.2.2)."""

import time

from radiotheque.core.errors import Unavailable
from radiotheque.wire.dimse.association import Association, Message
from radiotheque.wire.dimse.command import response
from radiotheque.wire.dimse.pdu import pdata_header

MOST = 8
"""So many answers wait for each other: the peer reads the first while the next are written."""

AT_ONCE_S = 0.002
"""An answer that took longer to find is not kept waiting."""


class Gathered:
    """The answers to one request. Each is a message of its own; what is gathered is the writing."""

    def __init__(self, association: Association, message: Message, pending: int) -> None:
        self._association, self._message = association, message
        context_id = message.context.context_id
        self._command = _fragment(context_id, response(message.command, pending, dataset=True), command=True)
        self._context_id = context_id
        self._waiting: list[bytes] = []
        self._count = 0
        self._since = time.monotonic()

    def add(self, identifier: bytes) -> None:
        """Send a Pending answer soon: at once when it took long to find. Raises `Unavailable`."""
        self._waiting.append(self._command)
        most = self._association.layer.send_fragment
        for at in range(0, len(identifier), most) or (0,):
            part = identifier[at : at + most]
            self._waiting.append(_fragment(self._context_id, part, last=at + most >= len(identifier)))
        self._count += 1
        now = time.monotonic()
        if self._count >= MOST or now - self._since > AT_ONCE_S:
            self._flush()
        self._since = now

    def end(self, status: int) -> None:
        """Send what waits and the final answer. Raises `Unavailable`."""
        answer = response(self._message.command, status)
        self._waiting.append(_fragment(self._context_id, answer, command=True))
        self._flush()

    def _flush(self) -> None:
        try:
            self._association.layer.channel.send(b"".join(self._waiting))
        except Unavailable:
            self._association.lost = True
            raise
        self._waiting.clear()
        self._count = 0


def _fragment(context_id: int, data: bytes, *, command: bool = False, last: bool = True) -> bytes:
    return pdata_header(context_id, len(data), command=command, last=last) + data
