"""Who may what: pure decisions over roles, peers and addresses."""

import ipaddress
import re
from collections.abc import Iterable, Mapping

from radiotheque.core.caller import Caller, Door, Permission, Scope
from radiotheque.core.errors import Malformed
from radiotheque.core.peer import Service
from radiotheque.security.model import Account, Standing, Token

_READ = frozenset({Permission.STUDY_FIND, Permission.STUDY_VIEW})

ROLES: Mapping[str, frozenset[Permission]] = {
    "administrator": frozenset(Permission),
    "pacs-administrator": frozenset(Permission) - {Permission.USER_MANAGE, Permission.STUDY_REIDENTIFY},
    "radiologist": _READ
    | {
        Permission.STUDY_STORE,
        Permission.STUDY_EXPORT,
        Permission.STUDY_DEIDENTIFY,
        Permission.STUDY_SEND,
        Permission.STUDY_REJECT,
        Permission.READING_WRITE,
        Permission.READING_MANAGE,
        Permission.ANNOTATION_WRITE,
    },
    "radiographer": _READ
    | {
        Permission.STUDY_STORE,
        Permission.STUDY_SEND,
        Permission.STUDY_REJECT,
        Permission.QUARANTINE_SEE,
        Permission.READING_WRITE,
        Permission.ANNOTATION_WRITE,
    },
    "clinician": _READ | {Permission.ANNOTATION_WRITE},
    "integration": _READ
    | {
        Permission.STUDY_STORE,
        Permission.STUDY_EXPORT,
        Permission.STUDY_SEND,
        Permission.COMMIT_REQUEST,
        Permission.CHANGES_READ,
        Permission.OPS_SEE,
    },
    "data-protection": frozenset({Permission.AUDIT_READ, Permission.STUDY_REIDENTIFY}),
    "auditor": frozenset({Permission.AUDIT_READ}),
    "monitor": frozenset({Permission.OPS_SEE}),
}
"""Role → permissions. A role says what may be done at all; `Scope` says to which studies."""

SERVICES: Mapping[Service, frozenset[Permission]] = {
    Service.ECHO: frozenset(),
    Service.STORE: frozenset({Permission.STUDY_STORE}),
    Service.FIND: frozenset({Permission.STUDY_FIND}),
    Service.MOVE: frozenset({Permission.STUDY_VIEW, Permission.STUDY_SEND}),
    Service.GET: frozenset({Permission.STUDY_VIEW}),
    Service.COMMIT: frozenset({Permission.COMMIT_REQUEST}),
    Service.WORKLIST: frozenset(),
    Service.REJECT: frozenset({Permission.STUDY_REJECT}),
}
"""What a peer may ask for → the permissions of its caller."""

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 1024

_NAME = re.compile(r"[\w.@+-]{1,64}")


def check_name(name: str) -> str:
    """Give the name of an account or token when it is one. Raises `Malformed`."""
    if not _NAME.fullmatch(name):
        raise Malformed("a name has 1 to 64 letters, digits and . @ + - _")
    return name


def check_roles(roles: Iterable[str]) -> frozenset[str]:
    """Give the roles when all are known and there is one at least. Raises `Malformed`."""
    wanted = frozenset(roles)
    if not wanted or not wanted <= ROLES.keys():
        raise Malformed(
            "a role is one of {known}; not {wanted}",
            known=", ".join(ROLES),
            wanted=", ".join(sorted(wanted - ROLES.keys())) or "none",
        )
    return wanted


def check_password(password: str) -> str:
    """Give the password when it is long enough and not absurdly long. Raises `Malformed`."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise Malformed(
            "a password has {fewest} to {most} characters", fewest=MIN_PASSWORD_LENGTH, most=MAX_PASSWORD_LENGTH
        )
    return password


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Give all permissions of the roles; a role that is no longer known gives none."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def scope_of(allow: frozenset[str], deny: frozenset[str]) -> Scope:
    """Give the scope: everything, or only what bears a token of `allow`; never what bears one of `deny`."""
    return Scope(everything=not allow, allow=allow, deny=deny)


def standing_of(row: Account | Token) -> Standing:
    """Give what the row entitles to."""
    return Standing(row.name, row.roles, permissions_of(row.roles), scope_of(row.allow, row.deny))


def caller_of(standing: Standing, door: Door, address: str, via: str) -> Caller:
    """Give who asks, as they stand and by what they were known."""
    return Caller(standing.name, door, address, via, standing.roles, standing.permissions, standing.scope)


def services_to_permissions(services: Iterable[Service]) -> frozenset[Permission]:
    """Give all permissions of the services that a peer may ask for."""
    return frozenset().union(*(SERVICES[service] for service in services))


def address_allowed(address: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether `address` is, or lies in, one of `allowed` addresses and networks; with none, any may call."""
    if not allowed:
        return True
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped:
        caller = caller.ipv4_mapped
    return any(caller in ipaddress.ip_network(network, strict=False) for network in allowed)
