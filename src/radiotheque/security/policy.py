"""Who asks: a token, a session, a password or an AE title turned into a `Caller`, the same for every door."""

from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller, Door, Permission, Scope
from radiotheque.core.errors import NotFound, NotPermitted
from radiotheque.security.accounts import Accounts
from radiotheque.security.model import Session
from radiotheque.security.peers import Peers
from radiotheque.security.rules import address_allowed, caller_of, services_to_permissions
from radiotheque.security.sessions import Sessions
from radiotheque.security.tokens import Tokens


class HousePolicy:
    """The `Policy` of the house."""

    def __init__(self, accounts: Accounts, tokens: Tokens, sessions: Sessions, peers: Peers) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._sessions = sessions
        self._peers = peers

    def for_token(self, token: str, *, door: Door, address: str) -> Caller:
        """Give the bearer's caller. Raises `NotPermitted`."""
        return caller_of(self._tokens.present(token), door, address, "token")

    def for_password(self, name: str, password: str, *, door: Door, address: str) -> Caller:
        """Give the account's caller. Raises `NotPermitted`, `Busy` after too many failures."""
        return caller_of(self._accounts.sign_in(name, password, address), door, address, "basic")

    def for_session(self, secret: str, *, door: Door, address: str, used: bool = True) -> tuple[Caller, Session]:
        """Give the caller of a session, and the session; what is no use of it does not keep it. Raises `NotPermitted`."""
        session, standing = self._sessions.present(secret, used=used)
        return caller_of(standing, door, address, "session"), session

    def recall_token(self, token: str, *, door: Door, address: str) -> Caller | None:
        """Give the bearer's caller when that takes no reading: for the event loop, which must not wait."""
        standing = self._tokens.recall(token)
        return None if standing is None else caller_of(standing, door, address, "token")

    def recall_password(self, name: str, password: str, *, door: Door, address: str) -> Caller | None:
        """Give the account's caller when that takes neither reading nor hashing."""
        standing = self._accounts.recall(name, password)
        return None if standing is None else caller_of(standing, door, address, "basic")

    def recall_session(
        self, secret: str, *, door: Door, address: str, used: bool = True
    ) -> tuple[Caller, Session] | None:
        """Give the caller of a session when that takes no reading."""
        known = self._sessions.recall(secret, used=used)
        return None if known is None else (caller_of(known[1], door, address, "session"), known[0])

    def for_peer(self, aet: AETitle, *, address: str, certificate: str = "") -> Caller:
        """Give the caller of a configured peer, its permissions from `Peer.may`. Raises `NotPermitted`."""
        try:
            peer = self._peers.get(aet)
        except NotFound as error:
            raise NotPermitted("calling AE title {aet} is not known here", aet=aet) from error
        if not address_allowed(address, peer.addresses):
            raise NotPermitted("calling AE title {aet} may not call from {address}", aet=aet, address=address)
        via = "certificate" if certificate else "aet"
        permissions = services_to_permissions(peer.may)
        return Caller(aet, Door.DIMSE, address, via, frozenset(), permissions, Scope(everything=True))

    def anew(self, known: Caller) -> Caller:
        """Give a caller as it stands now, known at a door before; for what is done in its name after the answer.

        Raises `NotPermitted` when it may not come in any more, or when its name alone does not say who it is.
        """
        if known.via in ("aet", "certificate"):
            certificate = known.via if known.via == "certificate" else ""
            return self.for_peer(AETitle(known.name), address=known.address, certificate=certificate)
        if known.via == "token":
            return caller_of(self._tokens.standing(known.name), known.door, known.address, known.via)
        if known.via in ("basic", "session"):
            return caller_of(self._accounts.standing(known.name), known.door, known.address, known.via)
        if known.door is Door.CLI:
            return house_caller(Door.CLI, known.name)
        raise NotPermitted("nobody is known to have sent it but {name} itself", name=known.name)


def house_caller(door: Door, name: str = "house") -> Caller:
    """Give the caller of the house's own chores and of its command line: it may all and sees all. Never for routes."""
    return Caller(
        name, door, "", "cli" if door is Door.CLI else "", frozenset(), frozenset(Permission), Scope(everything=True)
    )
