"""Who may come in and what they may see: accounts, tokens, sessions, peers, policy and the audit trail."""

from dataclasses import dataclass

from radiotheque.core.ports import Clock, Workbench
from radiotheque.database.engine import Database
from radiotheque.security.accounts import FIRST_NAME, Accounts
from radiotheque.security.audit import Trail
from radiotheque.security.audit_chain import Checkpoint, from_json
from radiotheque.security.audit_desk import AuditDesk, AuditPlace
from radiotheque.security.audit_feed import SyslogFeed
from radiotheque.security.audit_fhir import bundle_of
from radiotheque.security.audit_kinds import audit_events
from radiotheque.security.audit_message import Source
from radiotheque.security.audit_review import OUTCOMES, Related
from radiotheque.security.audit_search import Wanted
from radiotheque.security.audit_syslog import Collector
from radiotheque.security.audit_verify import Finding, Verdict
from radiotheque.security.deidentified import Deidentified
from radiotheque.security.model import Account, Entry, Session, SessionLimits, Token
from radiotheque.security.peers import Peers
from radiotheque.security.policy import HousePolicy, house_caller
from radiotheque.security.rules import ROLES, scope_of
from radiotheque.security.sessions import Sessions
from radiotheque.security.spill import NoSpill, Spill, open_spill
from radiotheque.security.tokens import Tokens

__all__ = [
    "Account",
    "Accounts",
    "AuditDesk",
    "AuditPlace",
    "Checkpoint",
    "Collector",
    "Deidentified",
    "Entry",
    "FIRST_NAME",
    "Finding",
    "HousePolicy",
    "NoSpill",
    "OUTCOMES",
    "Peers",
    "ROLES",
    "Security",
    "Session",
    "SessionLimits",
    "Sessions",
    "Source",
    "Spill",
    "SyslogFeed",
    "Token",
    "Tokens",
    "Trail",
    "Verdict",
    "Wanted",
    "audit_events",
    "bundle_of",
    "from_json",
    "house_caller",
    "open_room",
    "open_spill",
    "scope_of",
]


@dataclass(frozen=True, slots=True)
class Security:
    """The room's verbs."""

    accounts: Accounts
    tokens: Tokens
    sessions: Sessions
    peers: Peers
    policy: HousePolicy
    audit: Trail
    desk: AuditDesk

    def first_administrator(self, password: str | None = None) -> str | None:
        """Make the account `admin` when there is none; give its password to show once, else None."""
        return self.accounts.ensure_first(password)

    def close(self) -> None:
        """Write what the trail still holds, link it, and end their threads."""
        self.audit.close()
        self.desk.chain.close()


def open_room(
    database: Database,
    clock: Clock,
    spill: Spill | None = None,
    *,
    limits: SessionLimits | None = None,
    place: AuditPlace | None = None,
    workbench: Workbench | None = None,
    related: Related | None = None,
) -> Security:
    """Open the room on a database whose tables are there. Close it before the database, and the spill with it.

    `place` is where the trail is kept beside it, `related` what knows of care relations for the review queue;
    `workbench` sets pages.
    """
    audit = Trail(database, clock, spill)
    accounts = Accounts(database, clock, audit)
    tokens = Tokens(database, clock, audit)
    sessions = Sessions(database, clock, audit, accounts, limits=limits or SessionLimits())
    peers = Peers(database, clock, audit)
    audit.also(tokens.note_uses)
    audit.also(sessions.note_uses)
    policy = HousePolicy(accounts, tokens, sessions, peers)
    desk = AuditDesk(database, clock, audit, place or AuditPlace(), related=related, workbench=workbench)
    return Security(accounts, tokens, sessions, peers, policy, audit, desk)
