"""Who asks, and what they may see."""

from dataclasses import dataclass, field
from enum import StrEnum


class Door(StrEnum):
    """Where a request came in."""

    DIMSE = "dimse"
    DICOMWEB = "dicomweb"
    API = "api"
    CLI = "cli"
    HOUSE = "house"


class Permission(StrEnum):
    """What a caller may do at all; what they may do it *to* is the `Scope`."""

    STUDY_FIND = "study.find"
    STUDY_VIEW = "study.view"
    STUDY_STORE = "study.store"
    STUDY_EXPORT = "study.export"
    STUDY_DEIDENTIFY = "study.deidentify"
    STUDY_REIDENTIFY = "study.reidentify"
    STUDY_SEND = "study.send"
    STUDY_REJECT = "study.reject"
    STUDY_AMEND = "study.amend"
    QUARANTINE_SEE = "quarantine.see"
    QUARANTINE_RELEASE = "quarantine.release"
    COMMIT_REQUEST = "commitment.request"
    CHANGES_READ = "changes.read"
    PEER_MANAGE = "peer.manage"
    USER_MANAGE = "user.manage"
    AUDIT_READ = "audit.read"
    OPS_SEE = "ops.see"
    OPS_RUN = "ops.run"
    READING_WRITE = "reading.write"
    READING_MANAGE = "reading.manage"
    ANNOTATION_WRITE = "annotation.write"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which studies a caller may see, as data: tokens matched against `study_access(study, token)`.

    A study is seen when `everything` holds or it bears one of `allow`, and it bears none of
    `deny`. Only `security` and `app` make one (a lint watches); `house_scope` there is for
    chores and ears, never for routes.
    """

    everything: bool = False
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """One who asks, identified at the edge: an account, a token or an AE title at an address.

    `name` is the account or AE title (never a patient); `via` adds how it was known
    ("token", "session", "basic", "aet", "certificate", "cli").
    """

    name: str
    door: Door
    address: str = ""
    via: str = ""
    roles: frozenset[str] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    scope: Scope = field(default_factory=Scope)
