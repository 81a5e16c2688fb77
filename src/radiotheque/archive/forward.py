"""Instances → peers: one association, the stored syntax where the peer takes it, transcoded where it does not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from radiotheque.archive.retrieve import Outgoing
from radiotheque.core.errors import Damaged, NotFound, Unsupported
from radiotheque.core.instance import Location
from radiotheque.core.peer import Peer
from radiotheque.core.ports import Sender, Sending
from radiotheque.core.uid import UID

EXPLICIT_LE = UID("1.2.840.10008.1.2.1")
IMPLICIT_LE = UID("1.2.840.10008.1.2")
CONTEXTS = 128
"""Presentation contexts of one association (PS3.8 9.3.2.2: odd IDs from 1 to 255)."""

NOT_SENT = -1

type Give = Callable[[Location, UID | None], Outgoing]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one instance: the peer's C-STORE status, or `NOT_SENT` with the reason."""

    location: Location
    status: int
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether the peer does not hold it; a warning (Bxxx) means that it does (PS3.4 B.2.3)."""
        return self.status != 0 and self.status >> 12 != 0xB


def wanted(locations: Sequence[Location]) -> list[tuple[UID, tuple[UID, ...]]]:
    """Give the (SOP Class, transfer syntaxes) to propose.

    Each stored syntax gets a context of its own, so that the peer's choice in one context never hides that it
    takes another; one more offers the uncompressed ones.
    """
    contexts: dict[tuple[UID, tuple[UID, ...]], None] = {}
    for location in locations:
        contexts[location.identity.sop_class, (location.transfer_syntax,)] = None
    for location in locations:
        contexts[location.identity.sop_class, (EXPLICIT_LE, IMPLICIT_LE)] = None
    return list(contexts)[:CONTEXTS]


def send(
    locations: Sequence[Location],
    peer: Peer,
    *,
    sender: Sender,
    give: Give,
    originator: tuple[str, int] | None = None,
) -> Iterator[Sent]:
    """Send instances over one association and yield what became of each, as it happens.

    Raises `Unavailable` or `Refused` when no association comes about or it is lost.
    """
    with sender.open(peer, wanted(locations)) as sending:
        for location in locations:
            yield send_one(location, sending, give, originator)


def send_one(location: Location, sending: Sending, give: Give, originator: tuple[str, int] | None) -> Sent:
    """Send one instance in the best syntax that the peer takes."""
    try:
        outgoing = give(location, choose(location, sending.accepted(location.identity.sop_class)))
        dataset = outgoing.message()
    except (Unsupported, Damaged, NotFound) as error:
        return Sent(location, NOT_SENT, str(error))
    status = sending.store(
        location.identity.sop_class,
        location.identity.sop_instance,
        outgoing.transfer_syntax,
        dataset,
        move_originator=originator,
    )
    return Sent(location, status)


def choose(location: Location, accepted: frozenset[UID]) -> UID | None:
    """Give the syntax to send in, None for the stored one. Raises `Unsupported` when the peer takes none."""
    if location.transfer_syntax in accepted:
        return None
    for syntax in (EXPLICIT_LE, IMPLICIT_LE, *sorted(accepted)):
        if syntax in accepted:
            return syntax
    raise Unsupported(
        "the peer takes no transfer syntax for SOP Class {sop_class}", sop_class=location.identity.sop_class
    )
