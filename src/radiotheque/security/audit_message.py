"""An entry of the trail as a DICOM audit message (PS3.15 A.5), before it is written in XML or as FHIR. Pure."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from radiotheque.security.audit_kinds import ABOUT_A_STUDY, URI, Code, Meaning, Shape, meaning_of
from radiotheque.security.model import Entry

SOURCE_ROLE, DESTINATION_ROLE = Code("110153", "Source Role ID"), Code("110152", "Destination Role ID")
APPLICATION, LAUNCHER = Code("110150", "Application"), Code("110151", "Application Launcher")
DESTINATION_MEDIA, SOURCE_MEDIA = Code("110154", "Destination Media"), Code("110155", "Source Media")
STUDY_UID = Code("110180", "Study Instance UID")
PATIENT_NUMBER = Code("2", "Patient Number", "RFC-3881")
SEARCH_CRITERIA = Code("10", "Search Criteria", "RFC-3881")
AN_URI = Code("12", "URI", "RFC-3881")

PERSON, SYSTEM_OBJECT = "1", "2"  # ParticipantObjectTypeCode
PATIENT, REPORT, SECURITY_RESOURCE, QUERY = "1", "3", "13", "24"  # ParticipantObjectTypeCodeRole

SUCCESS, MINOR, SERIOUS = "0", "4", "8"  # EventOutcomeIndicator

LIFE_CYCLES: Mapping[Shape, str] = {
    Shape.IMPORT: "2",
    Shape.RECEIVED: "1",
    Shape.ACCESS: "6",
    Shape.GIVEN: "10",
    Shape.EXPORT: "10",
}
"""ParticipantObjectDataLifeCycle of the study (PS3.15 A.5.1.2.3)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who reports: the house under its name on the network, its AE titles, and the site that it is of."""

    name: str
    aets: tuple[str, ...] = ()
    site: str = ""
    process: str = "radiotheque"

    @property
    def log_uri(self) -> str:
        """The URI of the audit log."""
        return f"urn:radiotheque:{self.name}:audit"


@dataclass(frozen=True, slots=True)
class Participant:
    """Who took part (ActiveParticipant). `address` is an IP address, or a machine name with `is_machine`."""

    user_id: str
    requestor: bool
    role: Code | None = None
    alternative: str = ""
    name: str = ""
    address: str = ""
    is_machine: bool = False
    medium: Code | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What it was about (ParticipantObjectIdentification): a name, or a query."""

    object_id: str
    id_type: Code
    object_type: str
    role: str
    name: str = ""
    query: bytes = b""
    life_cycle: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One audit message, whole."""

    entry: Entry
    meaning: Meaning
    source: Source
    outcome: str
    participants: tuple[Participant, ...]
    subjects: tuple[Subject, ...] = field(default_factory=tuple)

    @property
    def at(self) -> str:
        """The moment in UTC, to the millisecond (PS3.15 A.5.2.5)."""
        return moment(self.entry.at)


def moment(at: float) -> str:
    """Give seconds since the epoch as xsd:dateTime in UTC; a moment that no calendar has, as its number."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # somebody wrote it into the table
        return repr(at)


def message_of(entry: Entry, source: Source) -> Message:
    """Give the message of an entry."""
    meaning = meaning_of(entry.kind, study=entry.study, outcome=entry.outcome, door=entry.door)
    participants = _PARTICIPANTS.get(meaning.shape, _only_them)(entry, meaning, source)
    return Message(entry, meaning, source, outcome_of(entry), participants, _subjects(entry, meaning, source))


def outcome_of(entry: Entry) -> str:
    """Give the EventOutcomeIndicator: what was refused ended there; a wrong password may be typed again."""
    if entry.outcome == "success":
        return SUCCESS
    return SERIOUS if entry.outcome == "refused" and entry.kind != "sign-in" else MINOR


def _them(entry: Entry, source: Source, *, role: Code | None = None, requestor: bool = True) -> Participant:
    """Give the caller: a person or program as login@house (PS3.15 A.5.2.1), a peer by its AE title (A.5.2.2)."""
    peer = entry.via in ("aet", "certificate") or (entry.door == "dimse" and not entry.via)
    return Participant(
        user_id=entry.caller if peer else f"{entry.caller or 'unknown'}@{source.name}",
        requestor=requestor,
        role=role,
        alternative=f"AETITLES={entry.caller}" if peer and entry.caller else "",
        name=entry.caller,
        address=entry.address or source.name,
        is_machine=not entry.address,
    )


def _us(source: Source, *, role: Code | None = None) -> Participant:
    return Participant(
        user_id=source.process,
        requestor=False,
        role=role,
        alternative=f"AETITLES={';'.join(source.aets)}" if source.aets else "",
        name=source.process,
        address=source.name,
        is_machine=True,
    )


def _only_them(entry: Entry, _meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    return (_them(entry, source),)


def _application(entry: Entry, _meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    return _us(source, role=APPLICATION), _them(entry, source, role=LAUNCHER)


def _attached(entry: Entry, _meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    return (_them(entry, source, requestor=False),)


def _from_them(entry: Entry, _meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    return _them(entry, source, role=SOURCE_ROLE), _us(source, role=DESTINATION_ROLE)


def _to_them(entry: Entry, meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    if entry.kind == "sent":
        return _to_another(entry, meaning, source)
    return _us(source, role=SOURCE_ROLE), _them(entry, source, role=DESTINATION_ROLE)


def _to_another(entry: Entry, _meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    """Of what is sent somebody asked, and another gets it: the detail ends in "to" and its AE title."""
    aet = f" {entry.detail}".rpartition(" to ")[2] if entry.detail else ""
    them = _them(entry, source)
    if not aet:
        return _us(source, role=SOURCE_ROLE), _them(entry, source, role=DESTINATION_ROLE)
    other = Participant(aet, requestor=False, role=DESTINATION_ROLE, alternative=f"AETITLES={aet}", name=aet)
    return _us(source, role=SOURCE_ROLE), other, them


def _onto_media(entry: Entry, meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    medium = meaning.medium or URI
    place = f"{medium.meaning} at {entry.address}" if entry.address else medium.meaning
    media = Participant(place, requestor=False, role=DESTINATION_MEDIA, medium=medium)
    return _them(entry, source, role=SOURCE_ROLE), media


def _from_media(entry: Entry, meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    media = Participant("files", requestor=False, role=SOURCE_MEDIA, medium=meaning.medium)
    return _them(entry, source, role=DESTINATION_ROLE), media


def _authenticated(entry: Entry, _meaning: Meaning, source: Source) -> tuple[Participant, ...]:
    return _them(entry, source), _us(source)


_PARTICIPANTS: Mapping[Shape, Callable[[Entry, Meaning, Source], tuple[Participant, ...]]] = {
    Shape.APPLICATION: _application,
    Shape.NETWORK: _attached,
    Shape.QUERY: _from_them,
    Shape.RECEIVED: _from_them,
    Shape.GIVEN: _to_them,
    Shape.BEGIN_TRANSFER: _to_another,
    Shape.EXPORT: _onto_media,
    Shape.IMPORT: _from_media,
    Shape.AUTHENTICATION: _authenticated,
}


def _subjects(entry: Entry, meaning: Meaning, source: Source) -> tuple[Subject, ...]:
    if meaning.shape in ABOUT_A_STUDY:
        return _study(entry, meaning), _patient(entry)
    if meaning.shape is Shape.QUERY:
        query = f"{entry.kind} {entry.detail}".strip().encode()
        return (Subject(entry.kind, SEARCH_CRITERIA, SYSTEM_OBJECT, QUERY, query=query),)
    if meaning.shape is Shape.LOG_USED:
        log = Subject(source.log_uri, AN_URI, SYSTEM_OBJECT, SECURITY_RESOURCE, name="Security Audit Log")
        return (log,) if not entry.detail else (_detailed(log, "Search", entry.detail),)
    if meaning.shape is Shape.ALERT:
        uri = f"urn:radiotheque:{source.name}:{entry.kind}"
        alert = Subject(uri, AN_URI, SYSTEM_OBJECT, SECURITY_RESOURCE, name=entry.kind)
        return (_detailed(alert, "Alert Description", entry.detail or entry.kind),)
    return ()


def _study(entry: Entry, meaning: Meaning) -> Subject:
    details = (("Act", entry.kind), ("Detail", entry.detail)) if entry.detail else (("Act", entry.kind),)
    cycle = LIFE_CYCLES.get(meaning.shape, "")
    return Subject(entry.study, STUDY_UID, SYSTEM_OBJECT, REPORT, name=entry.study, life_cycle=cycle, details=details)


def _patient(entry: Entry) -> Subject:
    """Give the patient: as Patient ID with its issuer as HL7 writes them together (CX: ID^^^issuer); "unknown" without."""
    issuer = f"^^^{entry.issuer}" if entry.issuer else ""
    who = f"{entry.patient_id}{issuer}" if entry.patient_id else "unknown"
    return Subject(who, PATIENT_NUMBER, PERSON, PATIENT, name=who)


def _detailed(subject: Subject, name: str, text: str) -> Subject:
    return Subject(
        subject.object_id,
        subject.id_type,
        subject.object_type,
        subject.role,
        name=subject.name,
        details=((name, text),),
    )


def encoded(text: str | bytes) -> str:
    """Give text as xsd:base64Binary."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return base64.b64encode(data).decode("ascii")
