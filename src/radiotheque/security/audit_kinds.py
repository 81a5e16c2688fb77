"""What each kind of audited act is in the words of DICOM (PS3.15 A.5.3, PS3.16 CID 400 to 405), as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from radiotheque.core.caller import Permission


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept of the audit schema: code value, meaning, and the scheme it is of."""

    value: str
    meaning: str
    scheme: str = "DCM"


class Shape(Enum):
    """Who and what an event's message names: the tables of PS3.15 A.5.3."""

    APPLICATION = "A.5.3.1"
    LOG_USED = "A.5.3.2"
    BEGIN_TRANSFER = "A.5.3.3"
    EXPORT = "A.5.3.4"
    IMPORT = "A.5.3.5"
    ACCESS = "A.5.3.6"
    RECEIVED = "A.5.3.7, to us"
    GIVEN = "A.5.3.7, from us"
    NETWORK = "A.5.3.9"
    QUERY = "A.5.3.10"
    ALERT = "A.5.3.11"
    AUTHENTICATION = "A.5.3.12"
    PROCEDURE = "A.5.3.15"


EVENTS: Mapping[Shape, Code] = {
    Shape.APPLICATION: Code("110100", "Application Activity"),
    Shape.LOG_USED: Code("110101", "Audit Log Used"),
    Shape.BEGIN_TRANSFER: Code("110102", "Begin Transferring DICOM Instances"),
    Shape.EXPORT: Code("110106", "Export"),
    Shape.IMPORT: Code("110107", "Import"),
    Shape.ACCESS: Code("110103", "DICOM Instances Accessed"),
    Shape.RECEIVED: Code("110104", "DICOM Instances Transferred"),
    Shape.GIVEN: Code("110104", "DICOM Instances Transferred"),
    Shape.NETWORK: Code("110108", "Network Entry"),
    Shape.QUERY: Code("110112", "Query"),
    Shape.ALERT: Code("110113", "Security Alert"),
    Shape.AUTHENTICATION: Code("110114", "User Authentication"),
    Shape.PROCEDURE: Code("110111", "Procedure Record"),
}
"""The Event ID of each (CID 400)."""

ABOUT_A_STUDY = frozenset(
    {
        Shape.BEGIN_TRANSFER,
        Shape.EXPORT,
        Shape.IMPORT,
        Shape.ACCESS,
        Shape.RECEIVED,
        Shape.GIVEN,
        Shape.PROCEDURE,
    }
)
"""Events whose message names a study and its patient."""

# Event Type Codes (CID 401)
START, STOP = Code("110120", "Application Start"), Code("110121", "Application Stop")
LOGIN, LOGOUT = Code("110122", "Login"), Code("110123", "Logout")
ATTACH, DETACH = Code("110124", "Attach"), Code("110125", "Detach")
NODE_AUTHENTICATION = Code("110126", "Node Authentication")
OVERRIDE, OVERRIDE_STOPPED = Code("110127", "Emergency Override Started"), Code("110138", "Emergency Override Stopped")
NETWORK_CONFIGURATION = Code("110128", "Network Configuration")
SECURITY_CONFIGURATION = Code("110129", "Security Configuration")
SOFTWARE_CONFIGURATION = Code("110131", "Software Configuration")
RESTRICTED_FUNCTION = Code("110132", "Use of Restricted Function")
OBJECT_SECURITY = Code("110135", "Object Security Attributes Changed")
ROLES_CHANGED = Code("110136", "Security Roles Changed")
USER_CHANGED = Code("110137", "User Security Attributes Changed")
LOCAL_SERVICE = Code("110141", "Local Service Operation Started")

# Media Type Codes (CID 405)
PAPER, URI = Code("110038", "Paper Document"), Code("110037", "URI")


@dataclass(frozen=True, slots=True)
class Meaning:
    """An act as an event: its message's table, its action (C, R, U, D or E), its types and, of an export, its medium."""

    shape: Shape
    action: str
    types: tuple[Code, ...] = ()
    medium: Code | None = None

    @property
    def event(self) -> Code:
        """The Event ID."""
        return EVENTS[self.shape]


def _alert(*types: Code) -> Meaning:
    return Meaning(Shape.ALERT, "E", types)


_LOOK, _SEARCH = Meaning(Shape.ACCESS, "R"), Meaning(Shape.QUERY, "E")
_CHANGE, _READING = Meaning(Shape.ACCESS, "U"), Meaning(Shape.PROCEDURE, "U")
_LOG = Meaning(Shape.LOG_USED, "R")
RESTRICTED = _alert(RESTRICTED_FUNCTION)

KINDS: Mapping[str, Meaning] = {
    # searches
    "find": _SEARCH,
    "worklist.follow": _SEARCH,
    "quarantine.list": _SEARCH,
    "rejection.list": _SEARCH,
    # reading what is kept
    "view": _LOOK,
    "thumbnail": _LOOK,
    "quarantine.show": _LOOK,
    "commitment": _SEARCH,
    "commitment.ask": _LOOK,
    "retrieve": Meaning(Shape.GIVEN, "R"),
    "send": Meaning(Shape.BEGIN_TRANSFER, "E"),
    "sent": Meaning(Shape.GIVEN, "R"),
    "print": Meaning(Shape.EXPORT, "R", medium=PAPER),
    "export": Meaning(Shape.EXPORT, "R", medium=URI),
    # bringing in and changing
    "store": Meaning(Shape.RECEIVED, "C"),
    "quarantine": Meaning(Shape.RECEIVED, "C"),
    "quarantine.release": _CHANGE,
    "quarantine.discard": Meaning(Shape.ACCESS, "D"),
    "amend": _CHANGE,
    "reject": Meaning(Shape.ACCESS, "D"),
    "restore": _CHANGE,
    "annotation.draft": _CHANGE,
    "annotation.publish": Meaning(Shape.ACCESS, "C"),
    "reading.begin": _READING,
    "reading.take-over": _READING,
    "reading.end": _READING,
    "reading.change": _READING,
    # who comes in
    "sign-in": Meaning(Shape.AUTHENTICATION, "E", (LOGIN,)),
    "sign-out": Meaning(Shape.AUTHENTICATION, "E", (LOGOUT,)),
    "association.begin": Meaning(Shape.NETWORK, "E", (ATTACH,)),
    "association.end": Meaning(Shape.NETWORK, "E", (DETACH,)),
    # the house itself
    "start": Meaning(Shape.APPLICATION, "E", (START,)),
    "stop": Meaning(Shape.APPLICATION, "E", (STOP,)),
    "configuration.change": _alert(SOFTWARE_CONFIGURATION),
    "chore.run": _alert(LOCAL_SERVICE),
    "outbox.drop": _alert(LOCAL_SERVICE),
    "audit.search": _LOG,
    "audit.feed": _LOG,
    "audit.patient": _LOG,
    "audit.user": _LOG,
    "audit.verify": _LOG,
    "audit.checkpoint": _LOG,
    "audit.reviews": _LOG,
    "audit.review": _LOG,
    "reidentify": RESTRICTED,
    "audit.broken": _alert(Code("110133", "Audit Recording Stopped")),
    "break-glass.end": _alert(OVERRIDE_STOPPED),
}
"""Every act that the house writes to the trail, by its kind."""

FAMILIES: Mapping[str, Meaning] = {
    "user": _alert(USER_CHANGED),
    "token": _alert(USER_CHANGED),
    "session": _alert(USER_CHANGED),
    "role": _alert(ROLES_CHANGED),
    "policy": _alert(SECURITY_CONFIGURATION),
    "access": _alert(OBJECT_SECURITY),
    "key": _alert(SECURITY_CONFIGURATION),
    "tls": _alert(SECURITY_CONFIGURATION),
    "peer": _alert(NETWORK_CONFIGURATION),
    "break-glass": _alert(OVERRIDE),
    "view": _alert(SOFTWARE_CONFIGURATION),
    "protocol": _alert(SOFTWARE_CONFIGURATION),
    "preferences": _alert(SOFTWARE_CONFIGURATION),
    "presets": _alert(SOFTWARE_CONFIGURATION),
    "deidentify": _LOOK,
    "share": Meaning(Shape.EXPORT, "R", medium=URI),
    "report": _LOOK,
    "audit": _LOG,
}
"""Acts that are named "family.what" and mean the same but for the what."""

_PERMISSIONS = frozenset(Permission)


def known(kind: str) -> bool:
    """Tell whether the tables say what the kind is."""
    return kind in KINDS or kind in _PERMISSIONS or ("." in kind and kind.partition(".")[0] in FAMILIES)


def meaning_of(kind: str, *, study: str = "", outcome: str = "success", door: str = "") -> Meaning:
    """Give what an act is as an event; one of another version's kind is the use of a restricted function.

    Refused, the name of a permission is the kind. What was refused before its study was looked up names none, so it
    cannot be an access to one; an association that was refused is a node that was not authenticated.
    """
    if kind in _PERMISSIONS:
        return RESTRICTED
    if kind == "association.begin" and outcome != "success":
        return _alert(NODE_AUTHENTICATION)
    if kind == "store" and door == "cli":
        return Meaning(Shape.IMPORT, "C", medium=URI)
    meaning = KINDS.get(kind) or FAMILIES.get(kind.partition(".")[0], RESTRICTED)
    return RESTRICTED if meaning.shape in ABOUT_A_STUDY and not study else meaning


def audit_events() -> list[tuple[str, str, str, str]]:
    """Give every kind and family with its event, action and types, for the reference."""
    named = [*KINDS.items(), *((f"{family}.…", meaning) for family, meaning in FAMILIES.items())]
    return [
        (
            f"`{kind}`",
            f"{meaning.event.meaning} ({meaning.event.value})",
            meaning.action,
            ", ".join(f"{code.meaning} ({code.value})" for code in meaning.types),
        )
        for kind, meaning in named
    ]
