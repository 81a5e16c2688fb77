"""One association's PDUs on a channel, driven by the state table (PS3.8 9.2).

Received fragments are not gathered: `next_fragment` moves to a fragment's header and `piece` gives its bytes as
they lie in the receive buffer. `Unavailable` says that the association is gone (closed, aborted or silent),
`Malformed` that the peer broke the protocol and has been sent an A-ABORT.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from radiotheque.core.errors import Malformed, Refused, Unavailable
from radiotheque.core.instance import Buffer
from radiotheque.wire.dimse.channel import BUFFER_BYTES, Channel
from radiotheque.wire.dimse.pdu import (
    PDU_HEADER,
    PDV_HEADER,
    RELEASE_RP,
    RELEASE_RQ,
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    PduType,
    decode_abort,
    decode_accept,
    decode_reject,
    decode_request,
    encode_abort,
    encode_accept,
    encode_reject,
    encode_request,
    pdata_header,
)
from radiotheque.wire.dimse.states import Action, Event, Machine, State

MAX_ASSOCIATION_PDU = 500 * 1024
"""Bytes of an association PDU: 128 contexts of 60 syntaxes fit, and so does the receive buffer hold it."""

UNRECOGNIZED_PDU, UNEXPECTED_PDU, INVALID_PARAMETER = 1, 2, 6  # PS3.8 table 9-26
_LINGER_S = 5.0
_MAX_FRAGMENT = 1 << 20
_BATCH_BYTES = 1 << 20

_EVENTS = {
    PduType.ASSOCIATE_RQ: Event.RQ_RECEIVED,
    PduType.ASSOCIATE_AC: Event.AC_RECEIVED,
    PduType.ASSOCIATE_RJ: Event.RJ_RECEIVED,
    PduType.P_DATA_TF: Event.DATA_RECEIVED,
    PduType.RELEASE_RQ: Event.RELEASE_RQ_RECEIVED,
    PduType.RELEASE_RP: Event.RELEASE_RP_RECEIVED,
    PduType.ABORT: Event.ABORT_RECEIVED,
}


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds: ARTIM (PS3.8 9.1.5), the longest silence on an open association, and the longest that a message may take."""

    artim_s: float = 30.0
    idle_s: float = 120.0
    object_s: float = 3600.0


class UpperLayer:
    """The service of PS3.8 on one connection, used by one thread."""

    def __init__(self, channel: Channel, *, timers: Timers, max_pdu: int, requestor: bool = False) -> None:
        self.channel = channel
        self.max_pdu = max_pdu
        self.send_fragment = 16378
        self.context_id = 0
        self.is_command = self.is_last = False
        self.left = 0  # bytes of the current fragment not yet given
        self._pdu_left = 0
        self._timers = timers
        self._late = f"a message took more than {timers.object_s:g} s; nothing was kept of it"
        self._machine = Machine(requestor)

    @property
    def established(self) -> bool:
        """Whether P-DATA may flow."""
        return self._machine.state == State.ESTABLISHED

    def await_request(self) -> AssociateRequest:
        """Give the A-ASSOCIATE-RQ that opens a fresh connection, within ARTIM (actions AE-5, AE-6)."""
        self._machine.on(Event.CONNECTION_INDICATED)
        self.channel.deadline = time.monotonic() + self._timers.artim_s
        self.channel.silence(self._timers.artim_s)
        _, body = self._control()
        request = self._decoded(decode_request, body)
        self.channel.deadline = 0.0
        self.channel.silence(self._timers.idle_s)
        return request

    def accept(self, answer: AssociateAccept, peer_max: int) -> None:
        """Send the A-ASSOCIATE-AC; from now on P-DATA may flow, of at most `peer_max` bytes a PDU (0: no limit)."""
        self._machine.on(Event.ACCEPT)
        self._limit_sending(peer_max)
        self.channel.send(encode_accept(answer))

    def reject(self, answer: AssociateReject) -> None:
        """Send the A-ASSOCIATE-RJ and wait for the peer to close (action AE-8)."""
        self._machine.on(Event.REJECT)
        with contextlib.suppress(Unavailable):
            self.channel.send(encode_reject(answer))
        self.channel.close_gently(_LINGER_S)

    def request(self, request: AssociateRequest) -> AssociateAccept:
        """Ask for an association on a fresh connection. Raises `Refused` with the peer's reason, `Unavailable`."""
        self._machine.on(Event.ASSOCIATE_REQUEST)
        self._machine.on(Event.CONNECTED)
        self.channel.silence(self._timers.artim_s)
        self.channel.deadline = time.monotonic() + self._timers.artim_s
        self.channel.send(encode_request(request))
        kind, body = self._control()
        if kind == PduType.ASSOCIATE_RJ:
            self.channel.close()
            no = decode_reject(body)
            raise Refused(
                f"the peer rejected the association: result {no.result} source {no.source} reason {no.reason}"
            )
        accept = self._decoded(decode_accept, body)
        self.channel.deadline = 0.0
        self.channel.silence(self._timers.idle_s)
        self._limit_sending(accept.user.max_length)
        return accept

    def message_begins(self) -> None:
        """Let the message whose first fragment has come end within its time, or its reading raises `TooLarge`."""
        self.channel.late = self._late
        self.channel.deadline = time.monotonic() + self._timers.object_s

    def message_ends(self) -> None:
        """Let the peer take its time again: the last fragment of the message has come."""
        self.channel.deadline, self.channel.late = 0.0, ""

    def next_fragment(self) -> bool:
        """Move to the next fragment, whatever was left of the one before is skipped; False: the peer wants release."""
        while self.left:
            self.piece()
        while not self._pdu_left:
            kind, length = self._pdu_header()
            if kind != PduType.P_DATA_TF:
                self._dispatch(kind, length)
                return False
            self._machine.on(Event.DATA_RECEIVED)
            self._pdu_left = length
        self._fragment_header()
        return True

    def piece(self) -> memoryview:
        """Give the next bytes of the current fragment, at least one; valid until the channel is read again."""
        view = self.channel.some(self.left)
        self.left -= len(view)
        return view

    def send_command(self, context_id: int, command: bytes, dataset: Buffer | None = None) -> None:
        """Send one message, the data set whole in memory, in as few writes as it fits (action DT-1)."""
        buffers: list[Buffer] = [pdata_header(context_id, len(command), command=True, last=True), command]
        if dataset is not None:
            for part, last in _parts([dataset], self.send_fragment):
                buffers += (pdata_header(context_id, len(part), command=False, last=last), part)
        self.channel.send(b"".join(buffers))

    def send_stream(self, context_id: int, command: bytes, dataset: Iterable[Buffer]) -> None:
        """Send one message, the data set as a stream, by gathered writes of header and slice without a copy."""
        buffers: list[Buffer] = [pdata_header(context_id, len(command), command=True, last=True), command]
        waiting = 0
        for part, last in _parts(dataset, self.send_fragment):
            buffers += (pdata_header(context_id, len(part), command=False, last=last), part)
            waiting += len(part)
            if waiting >= _BATCH_BYTES:
                self.channel.send(*buffers)
                buffers, waiting = [], 0
        if buffers:
            self.channel.send(*buffers)

    def answer_release(self) -> None:
        """Answer the peer's release and close (actions AR-4, AR-5)."""
        if self._machine.state == State.AWAITING_LOCAL_RELEASE:
            self._machine.on(Event.RELEASE_RESPONSE)
            with contextlib.suppress(Unavailable):
                self.channel.send(RELEASE_RP)
        self.channel.close_gently(_LINGER_S)

    def release(self) -> None:
        """Ask for release, wait for the answer and close; a peer that is gone already is released (AR-1, AR-3)."""
        if self.established:
            with contextlib.suppress(Unavailable, Malformed):
                self._machine.on(Event.RELEASE_REQUEST)
                self.channel.silence(self._timers.artim_s)
                self.channel.send(RELEASE_RQ)
                self._await_release()
        self.channel.close()

    def abort(self, source: int = 0, reason: int = 0) -> None:
        """Send an A-ABORT where the state allows one, and close (actions AA-1, AA-7)."""
        if self._machine.state not in (State.IDLE, State.AWAITING_CLOSE):
            self._machine.state = State.AWAITING_CLOSE
            with contextlib.suppress(Unavailable):
                self.channel.send(encode_abort(Abort(source, reason)))
            self.channel.close_gently(_LINGER_S)
        self.channel.close()

    def _await_release(self) -> None:
        while self._machine.state != State.IDLE:
            kind, length = self._pdu_header()
            if kind == PduType.P_DATA_TF:
                self._machine.on(Event.DATA_RECEIVED)  # AR-6: late answers are of no use
                for _ in self._skipped(length):
                    continue
            elif self._dispatch(kind, length)[1] is Action.AR_8:
                self._machine.on(Event.RELEASE_RESPONSE)
                self.channel.send(RELEASE_RP)

    def _skipped(self, length: int) -> Iterator[memoryview]:
        while length:
            view = self.channel.some(length)
            length -= len(view)
            yield view

    def _limit_sending(self, peer_max: int) -> None:
        # PS3.8 D.1: the length is of the PDU's variable field, so the fragment is 6 bytes shorter; kept even
        limit = _MAX_FRAGMENT if peer_max == 0 else min(peer_max - 6, _MAX_FRAGMENT)
        if limit < 2:
            raise self.violation(
                f"a maximum length of {peer_max} bytes leaves no room for a fragment", INVALID_PARAMETER
            )
        self.send_fragment = limit & ~1

    def _pdu_header(self) -> tuple[int, int]:
        kind, length = PDU_HEADER.unpack(self.channel.take(6))
        if kind not in _EVENTS:
            self._machine.on(Event.INVALID_PDU)
            raise self.violation(f"PDU type {kind:#04x} is not one", UNRECOGNIZED_PDU)
        limit = self.max_pdu if kind == PduType.P_DATA_TF else MAX_ASSOCIATION_PDU
        if length > limit:
            raise self.violation(f"a PDU of {length} bytes, {limit} are the limit", INVALID_PARAMETER)
        return kind, length

    def _fragment_header(self) -> None:
        if self._pdu_left < 6:
            raise self.violation("a P-DATA-TF PDU ends inside a fragment's header", INVALID_PARAMETER)
        length, self.context_id, control = PDV_HEADER.unpack(self.channel.take(6))
        if length < 2 or length + 4 > self._pdu_left:
            raise self.violation(
                f"a fragment claims {length} bytes, its PDU has {self._pdu_left - 4}", INVALID_PARAMETER
            )
        self._pdu_left -= length + 4
        self.left = length - 2
        self.is_command, self.is_last = bool(control & 1), bool(control & 2)

    def _control(self) -> tuple[int, bytes]:
        """Give the next PDU while the association is being made: one that answers us, else an error."""
        kind, length = self._pdu_header()
        body, action = self._dispatch(kind, length)
        if action not in (Action.AE_3, Action.AE_4, Action.AE_6):
            raise self.violation(f"PDU type {kind} out of place", UNEXPECTED_PDU)
        return kind, body

    def _dispatch(self, kind: int, length: int) -> tuple[bytes, Action]:
        """Take a control PDU through the table. Raises where the action ends the association."""
        body = b"" if kind == PduType.P_DATA_TF else bytes(self.channel.take(min(length, BUFFER_BYTES)))
        action = self._machine.on(_EVENTS[PduType(kind)])
        if action in (Action.AA_2, Action.AA_3):
            self.channel.close()
            why = decode_abort(body)
            raise Unavailable(f"the peer aborted the association: source {why.source} reason {why.reason}")
        if action in (Action.AA_1, Action.AA_8, Action.AA_7):
            raise self.violation(f"PDU type {kind} out of place", UNEXPECTED_PDU)
        return body, action

    def _decoded[T](self, decode: Callable[[bytes], T], body: bytes) -> T:
        try:
            return decode(body)
        except Malformed as wrong:
            raise self.violation(str(wrong), INVALID_PARAMETER) from wrong

    def violation(self, message: str, reason: int) -> Malformed:
        """Abort as the provider (AA-8, and AA-1 before there is an association) and give the error to raise."""
        if self._machine.state != State.IDLE:
            self._machine.state = State.AWAITING_CLOSE
            with contextlib.suppress(Unavailable):
                self.channel.send(encode_abort(Abort(2, reason)))
            self.channel.close_gently(_LINGER_S)
        return Malformed(message)


def _parts(dataset: Iterable[Buffer], size: int) -> Iterator[tuple[memoryview, bool]]:
    """Yield slices of at most `size` bytes, and whether each is the last. An empty data set is one empty slice."""
    held = memoryview(b"")
    for view in _even(dataset):
        for at in range(0, len(view), size):
            if held:
                yield held, False
            held = view[at : at + size]
    yield held, True


def _even(dataset: Iterable[Buffer]) -> Iterator[memoryview]:
    """Yield a data set in pieces of even length (PS3.8 E.1), wherever its chunks were cut.

    Peers abort the association at an odd fragment. One that is odd as a whole, which whoever gives it should have
    seen to, ends with a zero byte more.
    """
    carried = b""
    for chunk in dataset:
        view = memoryview(chunk)
        if carried and view:
            yield memoryview(carried + view[:1])
            carried, view = b"", view[1:]
        if len(view) % 2:
            carried, view = bytes(view[-1:]), view[:-1]
        if view:
            yield view
    if carried:
        yield memoryview(carried + b"\0")
