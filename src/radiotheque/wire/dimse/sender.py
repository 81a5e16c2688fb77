"""Storage Service Class, SCU: C-STORE requests on an association (PS3.4 B), straight from kept bytes."""

from collections.abc import Iterable, Sequence

from radiotheque.core.errors import Malformed, Unavailable, Unsupported
from radiotheque.core.instance import Buffer
from radiotheque.core.peer import Peer
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.association import Association, Message
from radiotheque.wire.dimse.command import Command, Field, Value, request
from radiotheque.wire.dimse.negotiation import Context
from radiotheque.wire.dimse.requestor import Calling, open_association

_STORE_RSP = 0x8001


class DimseSender:
    """Opens associations to store on: `core.ports.Sender`."""

    def __init__(self, calling: Calling) -> None:
        self._calling = calling

    def open(self, peer: Peer, wanted: Sequence[tuple[UID, Sequence[UID]]]) -> "DimseSending":
        """Propose (SOP Class, transfer syntaxes) pairs, at most 128. Raises `Unavailable`, `Refused`."""
        return DimseSending(open_association(peer, wanted, self._calling))


class StoreContexts:
    """What can be sent on accepted presentation contexts; of equal ones the first is used."""

    def __init__(self, contexts: Iterable[Context]) -> None:
        self._contexts: dict[tuple[str, str], Context] = {}
        for context in contexts:
            self._contexts.setdefault((context.abstract_syntax, context.transfer_syntax), context)

    def accepted(self, sop_class: UID) -> frozenset[UID]:
        """Give the transfer syntaxes that the peer takes this SOP Class in."""
        return frozenset(UID(syntax) for uid, syntax in self._contexts if uid == sop_class)

    def context_for(self, sop_class: UID, syntax: UID) -> Context:
        """Give the context to send on. Raises `Unsupported` when none was accepted."""
        context = self._contexts.get((sop_class, syntax))
        if context is None:
            raise Unsupported(f"the peer does not take SOP Class {sop_class} in transfer syntax {syntax}")
        return context


class DimseSending(StoreContexts):
    """One association that stores: `core.ports.Sending`. Leaving the block releases it, an error aborts it."""

    def __init__(self, association: Association) -> None:
        super().__init__(association.session.contexts.values())
        self._association = association

    def store(
        self,
        sop_class: UID,
        sop_instance: UID,
        syntax: UID,
        dataset: Iterable[Buffer],
        *,
        move_originator: tuple[str, int] | None = None,
    ) -> int:
        """Send one data set and give the peer's status. Raises `Unavailable` when the association is lost."""
        context, association = self.context_for(sop_class, syntax), self._association
        message_id = association.next_id()
        command = store_request(message_id, sop_class, sop_instance, move_originator)
        try:
            association.stream(context, command, dataset)
            return _await_status(association, message_id)
        except Malformed as wrong:
            raise Unavailable(f"the peer broke the protocol: {wrong}") from wrong
        except Unavailable:
            association.lost = True
            raise

    def close(self) -> None:
        """Release the association."""
        if self._association.lost:
            self._association.layer.abort()
        else:
            self._association.layer.release()

    def __enter__(self) -> "DimseSending":
        return self

    def __exit__(self, *exc: object) -> None:
        if exc and exc[0] is not None:
            self._association.layer.abort()
        else:
            self.close()


def store_request(
    message_id: int, sop_class: str, sop_instance: str, originator: tuple[str, int] | None = None
) -> bytes:
    """Give a C-STORE-RQ; `originator` is the AE title and Message ID of the C-MOVE it serves (PS3.7 9.3.1.1)."""
    moved: dict[str, Value] = (
        {} if originator is None else {"originator_aet": originator[0], "originator_id": originator[1]}
    )
    return request(
        Field.C_STORE_RQ,
        message_id,
        dataset=True,
        affected_sop_class=sop_class,
        affected_sop_instance=sop_instance,
        priority=0,
        **moved,
    )


def _await_status(association: Association, message_id: int) -> int:
    message = association.next_message()
    if message is None:
        association.layer.answer_release()
        raise Unavailable("the peer released the association instead of answering")
    return store_status(message, message_id, association)


def store_status(message: Message, message_id: int, association: Association) -> int:
    """Give the status that `message` answers a C-STORE with. Raises `Malformed` when it answers something else."""
    command: Command = message.command
    if command.field != _STORE_RSP or command.responded_to != message_id:
        raise association.layer.violation("an answer to something that was not asked", 6)
    association.drain()
    return command.status
