"""Storage Service Class, SCP: C-STORE (PS3.4 B)."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from radiotheque.core.caller import Permission
from radiotheque.core.errors import Malformed, Mismatch, NotPermitted, Unavailable
from radiotheque.core.instance import Buffer, Form, Origin, Receipt
from radiotheque.core.peer import Service
from radiotheque.core.uid import parse_uid
from radiotheque.wire.dimse.answers import SUCCESS, UNRECOGNISED_OPERATION, WARNINGS, Tongue
from radiotheque.wire.dimse.association import Association, Message, Session
from radiotheque.wire.dimse.command import (
    AFFECTED_SOP_CLASS,
    AFFECTED_SOP_INSTANCE,
    Field,
)

type Receive = Callable[["ReceivedObject"], Receipt]


class ReceivedObject:
    """The data set of a C-STORE-RQ as it comes off the wire: `core.instance.Incoming`, read once."""

    form = Form.DATASET
    study = ""

    def __init__(self, association: Association, message: Message, origin: Origin) -> None:
        self.origin = origin
        self.transfer_syntax = message.context.transfer_syntax
        self.sop_class = message.command.text(AFFECTED_SOP_CLASS)
        self.sop_instance = message.command.text(AFFECTED_SOP_INSTANCE)
        self._fragments = self._or_malformed(association.fragments())
        self._first = memoryview(b"")

    def peek(self, size: int) -> bytes:
        """Give up to `size` first bytes. They are not copied while the first piece in the receive buffer has as many."""
        if not self._first:
            self._first = next(self._fragments, self._first)
        if len(self._first) < size:
            self._read_ahead(size)
        return bytes(self._first[:size])

    def _read_ahead(self, size: int) -> None:
        ahead = bytearray(self._first)  # the next piece takes the place of this one
        while len(ahead) < size and (piece := next(self._fragments, None)) is not None:
            ahead += piece
        self._first = memoryview(ahead)

    def chunks(self) -> Iterator[Buffer]:
        """Yield the data set, first what was peeked at, then the receive buffer's own pieces without a copy."""
        first, self._first = self._first, memoryview(b"")
        if first:
            yield first
        yield from self._fragments

    @staticmethod
    def _or_malformed(fragments: Iterator[memoryview]) -> Iterator[memoryview]:
        try:
            yield from fragments
        except Unavailable as lost:
            raise Malformed(f"the sender stopped in the middle of an object; nothing was kept: {lost}") from lost


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is assumed of objects of peers that have no Issuer of Patient ID or character set of their own."""

    issuer: str = ""
    charset: str = ""


class Storage:
    """Takes objects in. `receive` returns only when the object is durable, so Success is the promise."""

    tongue = Tongue.STORE

    def __init__(
        self, receive: Receive, defaults: Defaults | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._receive = receive
        self._defaults = defaults or Defaults()
        self._clock = clock

    def handle(self, association: Association, message: Message) -> None:
        """Receive one object and answer. What `receive` raises is answered by the caller of this."""
        if message.command.field != Field.C_STORE_RQ:
            association.drain()
            association.reply(message, UNRECOGNISED_OPERATION)
            return
        check_request(association.session, message)
        incoming = ReceivedObject(association, message, origin_of(association.session, self._clock(), self._defaults))
        receipt = self._receive(incoming)
        association.drain()
        if receipt.warnings:
            association.reply(message, WARNINGS[receipt.concern], error_comment=receipt.warnings[0])
        else:
            association.reply(message, SUCCESS)


def check_request(session: Session, message: Message) -> None:
    """Turn down what the command alone shows to be wrong. Raises `NotPermitted`, `Malformed`, `Mismatch`."""
    if Service.STORE not in session.peer.may or Permission.STUDY_STORE not in session.caller.permissions:
        raise NotPermitted(f"{session.peer.aet} may not store here; nothing was kept")
    command = message.command
    if not command.has_dataset:
        raise Malformed("a C-STORE without a data set")
    if command.text(AFFECTED_SOP_CLASS) != message.context.abstract_syntax:
        raise Mismatch("Affected SOP Class UID is not that of the presentation context; nothing was kept").at(
            AFFECTED_SOP_CLASS
        )
    try:
        parse_uid(command.text(AFFECTED_SOP_INSTANCE))
    except Malformed as wrong:
        raise wrong.at(AFFECTED_SOP_INSTANCE) from None


def origin_of(session: Session, now: float, defaults: Defaults) -> Origin:
    """Give where an object on this association comes from."""
    return Origin(
        caller=session.caller,
        channel="dimse",
        received_at=now,
        default_issuer=session.peer.issuer or defaults.issuer,
        default_charset=session.peer.charset or defaults.charset,
        called_aet=session.called,
        implementation_uid=session.implementation_uid,
    )
