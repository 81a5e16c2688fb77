import pytest

from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller, Door, Permission
from radiotheque.core.errors import Malformed, NotFound, NotPermitted
from radiotheque.core.peer import Peer, Service
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database
from radiotheque.security import Security, open_room
from unit.security.held import HeldClock

FULL = Peer(
    aet=AETitle("VIEWER"),
    host="viewer.example",
    port=104,
    may=frozenset({Service.ECHO, Service.FIND}),
    destinations=frozenset({AETitle("VIEWER"), AETitle("PRINTER")}),
    charset="ISO_IR 192",
    issuer="HOSPITAL",
    tls=True,
    addresses=("10.0.0.0/8",),
    syntaxes=(UID("1.2.840.10008.1.2.4.70"),),
    max_associations=3,
)


def test_a_peer_comes_back_as_it_was_put(security: Security, me: Caller) -> None:
    security.peers.put(FULL, me)
    assert security.peers.get(AETitle("VIEWER")) == FULL
    assert list(security.peers.all()) == [FULL]


def test_putting_a_peer_again_replaces_it(security: Security, me: Caller) -> None:
    security.peers.put(FULL, me)
    changed = security.peers.put(Peer(AETitle("VIEWER"), "other.example", 11112), me)
    assert list(security.peers.all()) == [changed]


def test_a_peer_that_another_process_added_is_known_within_a_second(
    security: Security, database: Database, me: Caller, clock: HeldClock
) -> None:
    assert security.peers.all() == []
    beside = open_room(database, clock)
    beside.peers.put(FULL, me)
    beside.close()
    clock.at += 1.0
    assert security.peers.get(AETitle("VIEWER")) == FULL


def test_a_removed_peer_may_not_call(security: Security, me: Caller) -> None:
    security.peers.put(FULL, me)
    security.peers.remove(AETitle("VIEWER"), me)
    with pytest.raises(NotPermitted):
        security.policy.for_peer(AETitle("VIEWER"), address="10.1.1.1")
    with pytest.raises(NotFound):
        security.peers.remove(AETitle("VIEWER"), me)


def test_a_calling_peer_has_the_permissions_of_its_services(security: Security, me: Caller) -> None:
    security.peers.put(FULL, me)
    caller = security.policy.for_peer(AETitle("VIEWER"), address="10.1.1.1")
    assert caller.permissions == {Permission.STUDY_FIND}
    assert (caller.door, caller.via) == (Door.DIMSE, "aet")


def test_a_peer_may_not_call_from_elsewhere(security: Security, me: Caller) -> None:
    security.peers.put(FULL, me)
    with pytest.raises(NotPermitted):
        security.policy.for_peer(AETitle("VIEWER"), address="192.0.2.1")


@pytest.mark.parametrize(
    "wrong",
    [
        Peer(AETitle("VIEWER"), "", 104),
        Peer(AETitle("VIEWER"), "viewer", 0),
        Peer(AETitle("VIEWER"), "viewer", 70_000),
        Peer(AETitle("VIEWER"), "viewer", 104, addresses=("somewhere",)),
        Peer(AETitle("A TITLE THAT IS TOO LONG"), "viewer", 104),
        Peer(AETitle("VIEWER"), "viewer", 104, charset="WINDOWS-1252"),
        Peer(AETitle("VIEWER"), "viewer", 104, charset="ISO 2022 IR 6\\KLINGON"),
        Peer(AETitle("VIEWER"), "viewer", 104, syntaxes=(UID("1.2.3"),)),
        Peer(AETitle("VIEWER"), "viewer", 104, max_associations=-1),
    ],
)
def test_a_peer_that_cannot_be_called_is_refused(security: Security, me: Caller, wrong: Peer) -> None:
    with pytest.raises(Malformed):
        security.peers.put(wrong, me)
