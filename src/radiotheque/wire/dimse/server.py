"""The DICOM door of the house: one constructor, start and stop."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from radiotheque.core.peer import Service
from radiotheque.core.ports import AuditTrail, Observer, PeerDirectory, Policy, Unobserved
from radiotheque.dicom.sopclasses import STORAGE
from radiotheque.dicom.syntaxes import PREFERENCE, SYNTAXES
from radiotheque.wire.dimse.acceptor import House, Verifier, serve
from radiotheque.wire.dimse.association import Handler
from radiotheque.wire.dimse.listener import Listener, ListenerSettings
from radiotheque.wire.dimse.negotiation import Spoken
from radiotheque.wire.dimse.seats import Seats
from radiotheque.wire.dimse.upperlayer import Timers


@dataclass(frozen=True, slots=True)
class DimseSettings:
    """What an operator decides about DICOM. Times in seconds, `max_pdu` in bytes.

    `max_per_aet` holds for peers that have no limit of their own. `tls` makes it a TLS port.
    """

    host: str = "127.0.0.1"
    port: int = 11112
    aets: tuple[str, ...] = ("RADIOTHEQUE",)
    max_associations: int = 64
    max_per_aet: int = 32
    artim_s: float = 30.0
    idle_s: float = 120.0
    object_s: float = 3600.0
    max_pdu: int = 131072
    accept_unknown_sop_classes: bool = True
    default_issuer: str = ""
    default_charset: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Offered:
    """The services behind the door: by abstract syntax, what it asks of a peer and who answers it; storage apart."""

    storage: Handler
    services: Mapping[str, tuple[Service, Handler]]


class DimseServer:
    """Listens for associations on one port until stopped; a TLS port is a server of its own.

    With `seats` of another server, associations on both ports count against one limit.
    """

    def __init__(
        self,
        settings: DimseSettings,
        offered: Offered,
        *,
        policy: Policy,
        directory: PeerDirectory,
        verifiers: Mapping[int, Verifier] | None = None,
        observer: Observer | None = None,
        seats: Seats | None = None,
        audit: AuditTrail | None = None,
    ) -> None:
        house = House(
            spoken=_spoken(settings, offered),
            policy=policy,
            directory=directory,
            seats=seats or Seats(settings.max_associations, settings.max_per_aet),
            handlers={uid: handler for uid, (_, handler) in offered.services.items()},
            storage=offered.storage,
            verifiers=verifiers or {},
            observer=observer or Unobserved(),
            audit=audit,
        )
        listening = ListenerSettings(
            host=settings.host,
            port=settings.port,
            max_threads=settings.max_associations,
            max_pdu=settings.max_pdu,
            timers=Timers(settings.artim_s, settings.idle_s, settings.object_s),
            tls=settings.tls,
        )
        self._seats = house.seats
        self._listener = Listener(listening, lambda layer, subject: serve(layer, house, certificate=subject))

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for. Raises `Unavailable` before `start`."""
        return self._listener.port

    @property
    def associations(self) -> int:
        """How many associations are open, on every port that shares these seats."""
        return self._seats.taken()

    def start(self) -> None:
        """Listen. Raises `Unavailable` when the address is taken."""
        self._listener.start()

    def stop(self, grace_s: float = 10.0) -> None:
        """Take no more, abort idle associations, give running messages `grace_s` seconds, abort the rest."""
        self._listener.stop(grace_s)


def _spoken(settings: DimseSettings, offered: Offered) -> Spoken:
    return Spoken(
        aets=frozenset(settings.aets),
        services={uid: service for uid, (service, _) in offered.services.items()},
        storage=frozenset(STORAGE),
        preference=PREFERENCE,
        lossless=frozenset(uid for uid, row in SYNTAXES.items() if row.lossless),
        unknown=settings.accept_unknown_sop_classes,
        max_pdu=settings.max_pdu,
    )
