"""The configured peers: other Application Entities, read so that a change holds within a second."""

import dataclasses
import ipaddress
from collections.abc import Callable, Sequence

from sqlalchemy import delete, insert, select, update

from radiotheque.core.aetitle import AETitle, parse_aetitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Conflict, Malformed, NotFound
from radiotheque.core.peer import Peer
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, connection
from radiotheque.dicom.charsets import unknown_terms
from radiotheque.dicom.syntaxes import SYNTAXES
from radiotheque.security.cache import Fresh
from radiotheque.security.tables import from_peer, peer, to_peer

type HoldJobs = Callable[[Transaction, AETitle, bool], int]
"""Holds (True) or releases what waits for a peer, in the transaction of the change; gives how many jobs."""


class Peers:
    """The `PeerDirectory` of the house, and the verbs that change it."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit
        self._rows: Fresh[None, dict[AETitle, Peer]] = Fresh(clock, self._read)

    def get(self, aet: AETitle) -> Peer:
        """Give the peer. Raises `NotFound`."""
        found = self._rows.get(None).get(aet)
        if found is None:
            raise NotFound(f"there is no peer {aet}; add it by `radiotheque peer add`")
        return found

    def all(self) -> Sequence[Peer]:
        """Give all peers by AE title."""
        return list(self._rows.get(None).values())

    def put(self, given: Peer, caller: Caller) -> Peer:
        """Add the peer, or replace the one with its AE title, held as that was. Raises `Malformed`."""
        checked = _checked(given)
        row = from_peer(checked)

        def keep(tx: Transaction) -> None:
            writer = connection(tx)
            changed = writer.execute(update(peer).where(peer.c.aet == checked.aet).values(**row))
            if not changed.rowcount:
                writer.execute(insert(peer).values(**row))
            self._audit.wrote(tx, Act(caller, "peer.put", detail=f"{checked.aet} {checked.host}:{checked.port}"))

        self._database.write(keep)
        self._rows.forget(None)
        return self.get(checked.aet)

    def remove(self, aet: AETitle, caller: Caller) -> None:
        """Forget the peer; it may not call from now on. Raises `NotFound`, and `Conflict` for one that is held."""

        def take(tx: Transaction) -> None:
            if self.held(tx, aet):
                raise Conflict(f"{aet} is held, and jobs may wait for it; release it first")
            if not connection(tx).execute(delete(peer).where(peer.c.aet == aet)).rowcount:
                raise NotFound(f"there is no peer {aet}")
            self._audit.wrote(tx, Act(caller, "peer.remove", detail=aet))

        self._database.write(take)
        self._rows.forget(None)

    def hold(self, aet: AETitle, caller: Caller, jobs: HoldJobs, *, held: bool = True) -> int:
        """Hold a peer or release it, and what waits for it with it; give how many jobs. Raises `NotFound`."""

        def act(tx: Transaction) -> int:
            # the row first: who adds a job meanwhile has it locked, so that no job is missed
            if not connection(tx).execute(update(peer).where(peer.c.aet == aet).values(held=held)).rowcount:
                raise NotFound(f"there is no peer {aet}")
            count = jobs(tx, aet, held)
            self._audit.wrote(tx, Act(caller, "peer.hold" if held else "peer.release", detail=f"{aet}, {count} jobs"))
            return count

        count = self._database.write(act)
        self._rows.forget(None)
        return count

    def held(self, tx: Transaction, aet: str) -> bool:
        """Say whether a peer is held, and let that be so until the transaction's end."""
        found = select(peer.c.held).where(peer.c.aet == aet).with_for_update(read=True)
        return bool(connection(tx).execute(found).scalar())

    def _read(self, _: None) -> dict[AETitle, Peer]:
        with self._database.read() as reader:
            rows = reader.execute(select(peer).order_by(peer.c.aet)).mappings().all()
        return {found.aet: found for found in (to_peer(dict(row)) for row in rows)}


def _checked(given: Peer) -> Peer:
    if not given.host or len(given.host) > 255:
        raise Malformed("a peer needs a host name or address of at most 255 characters")
    if not 0 < given.port < 65536:
        raise Malformed("a peer needs a port from 1 to 65535")
    if unknown := unknown_terms(given.charset):
        raise Malformed(f"no Defined Term of Specific Character Set (PS3.3 C.12.1.1.2): {', '.join(unknown)}")
    if unspoken := [uid for uid in given.syntaxes if uid not in SYNTAXES]:
        raise Malformed(f"no transfer syntax that is spoken here: {', '.join(unspoken)}")
    if given.max_associations < 0:
        raise Malformed("max_associations counts associations from 1 on; 0 is the house's own limit")
    try:
        networks = tuple(str(ipaddress.ip_network(text, strict=False)) for text in given.addresses)
    except ValueError as error:
        raise Malformed(f"not an address or network: {error}") from error
    destinations = frozenset(parse_aetitle(title) for title in given.destinations)
    return dataclasses.replace(given, aet=parse_aetitle(given.aet), addresses=networks, destinations=destinations)
