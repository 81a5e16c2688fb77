"""Other Application Entities: whom we talk to over DICOM, and what they may ask of us."""

from dataclasses import dataclass
from enum import StrEnum

from radiotheque.core.aetitle import AETitle
from radiotheque.core.uid import UID


class Service(StrEnum):
    """What a peer may ask of us."""

    ECHO = "echo"
    STORE = "store"
    FIND = "find"
    MOVE = "move"
    GET = "get"
    COMMIT = "commit"
    WORKLIST = "worklist"
    REJECT = "reject"
    """To be heeded as a Change Requester: its rejection notes hide what they name (IHE RAD TF-1 33, IOCM)."""


USUAL = frozenset(Service) - {Service.REJECT}
"""What a peer may ask of us unless it is said: anything but to hide images, which is given by name."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A configured Application Entity.

    `destinations` limits where a C-MOVE of this peer may send to (empty: only itself). `charset` is the
    Specific Character Set assumed when its objects declare none, and answered in when it can hold the answer.
    `issuer` is the default Issuer of Patient ID. `addresses` limits where it may call from (empty: anywhere).
    `syntaxes` overrides the order of preference of Transfer Syntaxes. While it is `held` the outbox keeps what is for it.
    """

    aet: AETitle
    host: str
    port: int
    may: frozenset[Service] = USUAL
    destinations: frozenset[AETitle] = frozenset()
    charset: str = ""
    issuer: str = ""
    tls: bool = False
    addresses: tuple[str, ...] = ()
    syntaxes: tuple[UID, ...] = ()
    max_associations: int = 0
    held: bool = False
