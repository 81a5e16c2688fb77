"""DIMSE messages on an open association: commands gathered, data sets streamed (PS3.7 6.3, PS3.8 E)."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Malformed, TooLarge, Unavailable
from radiotheque.core.instance import Buffer
from radiotheque.core.peer import Peer
from radiotheque.wire.dimse.answers import Tongue
from radiotheque.wire.dimse.command import MAX_COMMAND_BYTES, RESPONSE, Command, Field, Value, decode_command, response
from radiotheque.wire.dimse.items import Role
from radiotheque.wire.dimse.negotiation import Context, Options
from radiotheque.wire.dimse.upperlayer import INVALID_PARAMETER, UpperLayer

MAX_DRAINED_BYTES = 4 << 30
"""How much of a refused object is read away before the association is given up instead."""

MAX_WAITING_NOTICES = 8
"""How many requests of ours may wait for the answer to the one before them (PS3.7 D.3.3.3: a window of one)."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is on the other side, and what was agreed with them."""

    peer: Peer
    caller: Caller
    called: AETitle
    contexts: Mapping[int, Context]
    options: Mapping[str, Options] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    implementation_uid: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A command that came in, and the presentation context it came in on."""

    context: Context
    command: Command


class Handler(Protocol):
    """One service: answers the messages of its abstract syntaxes."""

    tongue: Tongue

    def handle(self, association: "Association", message: Message) -> None:
        """Answer `message`. A RadiothequeError raised is answered by the caller in the tongue of the service."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A request of ours to a peer that may have one for us at the same moment; `answered` is told the status."""

    message_id: int
    context: Context
    command: bytes
    dataset: bytes
    answered: Callable[[int], None]


class Association:
    """Messages of one association, used by one thread."""

    def __init__(self, layer: UpperLayer, session: Session) -> None:
        self.layer = layer
        self.session = session
        self.lost = False
        self.released = False
        self.operations: Counter[int] = Counter()
        """How many requests came of each Command Field."""
        self._unread = False  # of the data set of the last message
        self._context_id = 0
        self._last_id = 0
        self._cancelled = -1
        self._asked: deque[Notice] = deque()  # the first is on its way, the others wait for its answer

    def next_message(self) -> Message | None:
        """Give the next message; None when the peer wants release. What was left of a data set is read away."""
        self.drain()
        gathered = bytearray()
        while self._advance():
            if not gathered:
                self.layer.message_begins()
            if not self.layer.is_command:
                raise self.layer.violation("a data set fragment where a command is due", INVALID_PARAMETER)
            context_id = self.layer.context_id
            self._gather(gathered)
            if self.layer.is_last:
                return self._message(context_id, gathered)
        return None

    def fragments(self) -> Iterator[memoryview]:
        """Yield the rest of the data set of the last message as it lies in the receive buffer.

        A piece is valid until the next is asked for. Raises `Unavailable` when the association is lost in the
        middle, `TooLarge` when it takes too long, `Malformed` when the peer breaks the protocol.
        """
        layer = self.layer
        while self._unread:
            if not layer.left:
                self._next_data_fragment()
            if not layer.left:
                self._unread = not layer.is_last
                continue
            try:
                piece = layer.piece()
            except (Unavailable, TooLarge):
                self.lost = True
                raise
            if not layer.left and layer.is_last:
                self._unread = False
            yield piece
        layer.message_ends()

    def dataset(self, limit: int = 1 << 20) -> bytes:
        """Give the whole data set of the last message. Raises `TooLarge` above `limit` bytes."""
        gathered = bytearray()
        for piece in self.fragments():
            gathered += piece
            if len(gathered) > limit:
                raise TooLarge(f"an identifier of more than {limit} bytes")
        return bytes(gathered)

    def drain(self) -> None:
        """Read away what is left of the last message's data set, so that the association stays usable."""
        left = MAX_DRAINED_BYTES
        for piece in self.fragments():
            left -= len(piece)
            if left < 0:
                raise self.layer.violation("too much data behind a refused object", INVALID_PARAMETER)

    def reply(self, message: Message, status: int, dataset: bytes | None = None, **extra: Value) -> None:
        """Send the response to `message`, in one write."""
        answer = response(message.command, status, dataset=dataset is not None, **extra)
        self.send(message.context, answer, dataset)

    def send(self, context: Context, command: bytes, dataset: bytes | None = None) -> None:
        """Send a message whose data set is whole in memory."""
        try:
            self.layer.send_command(context.context_id, command, dataset)
        except Unavailable:
            self.lost = True
            raise

    def stream(self, context: Context, command: bytes, dataset: Iterable[Buffer]) -> None:
        """Send a message whose data set is a stream."""
        try:
            self.layer.send_stream(context.context_id, command, dataset)
        except Exception:
            self.lost = True  # in the middle of a message nothing else can be said any more
            raise

    @property
    def awaits_answer(self) -> bool:
        """Whether a request sent by `notify` is not answered yet."""
        return bool(self._asked)

    def notify(self, notice: Notice) -> bool:
        """Send a request whose answer `settle` will pass on; False when too many wait for their turn.

        Does not wait: each side has a window of its own, so a request of the peer may cross ours (PS3.7 D.3.3.3).
        """
        if len(self._asked) > MAX_WAITING_NOTICES:
            return False
        self._asked.append(notice)
        if len(self._asked) == 1:
            self.send(notice.context, notice.command, notice.dataset)
        return True

    def settle(self, message: Message) -> None:
        """Pass on the status of an answer to what `notify` sent; an answer to something else is let pass."""
        self.drain()
        if not self._asked or message.command.responded_to != self._asked[0].message_id:
            return
        self._asked.popleft().answered(message.command.status)
        if self._asked:
            waiting = self._asked[0]
            self.send(waiting.context, waiting.command, waiting.dataset)

    def next_id(self) -> int:
        """Give the Message ID of our next request."""
        self._last_id = self._last_id % 0xFFFF + 1
        return self._last_id

    def cancelled(self, message_id: int) -> bool:
        """Say whether a C-CANCEL for `message_id` has come, or the peer wants release; does not wait.

        An A-ABORT that has come raises `Unavailable`. Anything else breaks the window of one operation that was
        negotiated (PS3.7 D.3.3.3), and raises `Malformed`.
        """
        while not self.released and self._cancelled != message_id and self.layer.channel.has_input():
            message = self.next_message()
            if message is not None:
                self.note_cancel(message, message_id)
        return self.released or self._cancelled == message_id

    def note_cancel(self, message: Message, message_id: int) -> None:
        """Remember that `message` cancels `message_id`; a late cancel of another is let pass. Raises `Malformed`."""
        if message.command.field != Field.C_CANCEL_RQ:
            raise self.layer.violation("a request while another is performed", INVALID_PARAMETER)
        if message.command.responded_to == message_id:
            self._cancelled = message_id

    def _advance(self) -> bool:
        try:
            more = self.layer.next_fragment()
        except (Unavailable, Malformed, TooLarge):
            self.lost = True
            raise
        self.released = self.released or not more
        return more

    def _gather(self, gathered: bytearray) -> None:
        while self.layer.left:
            gathered += self.layer.piece()
        if len(gathered) > MAX_COMMAND_BYTES:
            raise self.layer.violation(f"a command set of more than {MAX_COMMAND_BYTES} bytes", INVALID_PARAMETER)

    def _message(self, context_id: int, gathered: bytearray) -> Message:
        context = self.session.contexts.get(context_id)
        if context is None:
            raise self.layer.violation(f"presentation context {context_id} was not accepted", INVALID_PARAMETER)
        try:
            command = decode_command(gathered)
        except Malformed as wrong:
            raise self.layer.violation(str(wrong), INVALID_PARAMETER) from wrong
        self._unread, self._context_id = command.has_dataset, context_id
        if not command.has_dataset:
            self.layer.message_ends()
        if command.field != Field.C_CANCEL_RQ and not command.field & RESPONSE:
            self._cancelled = -1  # Message IDs come again
        return Message(context, command)

    def _next_data_fragment(self) -> None:
        if not self._advance():
            raise self.layer.violation("release in the middle of a message", INVALID_PARAMETER)
        if self.layer.is_command or self.layer.context_id != self._context_id:
            raise self.layer.violation("another message in the middle of a data set", INVALID_PARAMETER)
