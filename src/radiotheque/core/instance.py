"""The nouns of the line: an object on its way in, what is believed of it, what is kept of it."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType, Protocol

from radiotheque.core.caller import Caller
from radiotheque.core.query import Level
from radiotheque.core.uid import UID

BlobName = NewType("BlobName", str)
"""`<key id>/<uuid7 hex>`: letters, digits and one slash; says nothing about the patient."""


def fresh_blob_name(key_id: str) -> BlobName:
    """Give a name never given before, growing with time: a version 7 UUID (RFC 9562 5.7) under its key."""
    moment_ms = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    uuid = (
        (moment_ms & (1 << 48) - 1) << 80
        | 0x7 << 76
        | (random >> 66 & 0xFFF) << 64
        | 0b10 << 62
        | random & (1 << 62) - 1
    )
    return BlobName(f"{key_id}/{uuid:032x}")


type Buffer = bytes | bytearray | memoryview


class Form(StrEnum):
    """How an incoming object is framed."""

    PART10 = "part10"  # preamble, File Meta Information, data set (PS3.10 7.1)
    DATASET = "dataset"  # the bare data set of a C-STORE


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object came from. `received_at` is seconds since the epoch (UTC)."""

    caller: Caller
    channel: str  # "dimse", "stow", "import", "sweep"
    received_at: float
    default_issuer: str = ""
    default_charset: str = ""
    called_aet: str = ""
    implementation_uid: str = ""


class Incoming(Protocol):
    """One object on its way in: bytes that nobody believes yet, read once.

    `transfer_syntax`, `sop_class`, `sop_instance` are what the command or the media type said
    ("" when the form says it itself). `study` is the study of the request, "" when none was named.
    """

    origin: Origin
    form: Form
    transfer_syntax: str
    sop_class: str
    sop_instance: str
    study: str

    def peek(self, size: int) -> bytes:
        """Give up to `size` first bytes without consuming them; fewer only at the end of the object."""
        ...

    def chunks(self) -> Iterator[Buffer]:
        """Yield the whole object from its first byte, once. A yielded buffer is valid until the next is asked for.

        Raises `Malformed` when the sender stops in the middle, so nothing is kept of it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What an instance is and whose it says it is. `patient_id` "" is an unidentified patient."""

    sop_class: UID
    sop_instance: UID
    study: UID
    series: UID
    patient_id: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Header:
    """What is believed of an object from its header.

    `attributes` maps a keyword (or dotted path into a sequence's items, or an 8-digit tag) to its values as
    Unicode strings in order; only attributes that are indexed are there. `dataset_offset` and
    `pixel_offset` are byte offsets in the Part 10 file as it is kept: of the first byte of the data set,
    and of the first byte of the Pixel Data element's *tag* (-1: none, or beyond what was read). `declared` are the
    SOP Class and Instance UIDs that the File Meta Information of a file names, "" where it names none.
    """

    identity: Identity
    transfer_syntax: UID
    attributes: Mapping[str, tuple[str, ...]]
    charset: tuple[str, ...] = ()
    dataset_offset: int = 0
    pixel_offset: int = -1
    declared: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Blob:
    """Kept bytes: `size_bytes` of the plain Part 10 file, not of its sealed form.

    `dataset_sha256` (32 bytes) is over the data set as received, without preamble and group 0002,
    so that the same image by C-STORE and as a file has the same one; `meta_sha256` is over what precedes it.
    """

    name: BlobName
    size_bytes: int
    dataset_sha256: bytes = b""
    meta_sha256: bytes = b""


class Reason(StrEnum):
    """Why an object waits in quarantine."""

    STUDY_OF_OTHER_PATIENT = "study-of-other-patient"
    SERIES_OF_OTHER_STUDY = "series-of-other-study"
    SAME_UID_OTHER_CONTENT = "same-uid-other-content"
    SAME_UID_OTHER_SYNTAX = "same-uid-other-transfer-syntax"
    UNINDEXABLE = "unindexable"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Keep:
    """Index it and show it."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Keep it durable, hide it, and open a case. `detail` names UIDs and attributes, never a patient."""

    reason: Reason
    detail: str = ""


type Verdict = Keep | Quarantine


@dataclass(frozen=True, slots=True)
class Arrival:
    """What `Catalog.record` is told: an object whose bytes are durable.

    `compared` is (blob name already kept under this SOP Instance UID, whether its elements are equal):
    given on the second call, after the catalog answered `Twin`.
    """

    header: Header
    blob: Blob
    origin: Origin
    verdict: Verdict
    compared: tuple[BlobName, bool] | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """A series as it is shown now: `revision` counts every change in its study, so an equal one means equal metadata."""

    study: UID
    series: UID
    revision: int
    instances: int


class Outcome(StrEnum):
    """What became of an object."""

    KEPT = "kept"
    DUPLICATE = "duplicate"  # equal content was kept before: nothing changes
    QUARANTINED = "quarantined"
    STAYS_REJECTED = "stays-rejected"  # equal to an instance that was rejected


class Concern(StrEnum):
    """What a sender should know of an object that was taken in all the same."""

    COERCED = "coerced"  # some of it is given out with other values
    DISCARDED = "discarded"  # some of it was not kept
    MISMATCH = "mismatch"  # it is not what its SOP Class says it is


@dataclass(frozen=True, slots=True)
class Receipt:
    """The promise: whatever `outcome` says, the content is durable. `case` is the quarantine case, 0 for none.

    `warnings` say in words what `concern` is about.

    `names_blob` is False when no row names the blob that arrived (its content was kept before), so that
    the one-use handle of its put takes it back.
    """

    outcome: Outcome
    identity: Identity
    case: int = 0
    reason: str = ""
    warnings: tuple[str, ...] = ()
    names_blob: bool = True
    concern: Concern = Concern.COERCED


@dataclass(frozen=True, slots=True)
class Twin:
    """The catalog holds other bytes under this SOP Instance UID: compare the elements, then record again."""

    blob: BlobName
    transfer_syntax: UID


@dataclass(frozen=True, slots=True)
class OtherKey:
    """The study got another key as its own meanwhile: keep the bytes under that one, then record again."""

    key_id: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the house holds under a SOP Instance UID, shown or in quarantine: enough to prove that it is there."""

    sop_class: UID
    blob: Blob
    dataset_offset: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be retrieved: a level and its unique keys; unused ones are ()."""

    level: Level
    patient_id: str = ""
    studies: tuple[UID, ...] = ()
    series: tuple[UID, ...] = ()
    instances: tuple[UID, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """Where an instance is, and what must be known to give it back.

    `amendments` maps keywords to the current values where they differ from the bytes as received;
    `version` is its amendment version (0: as received). `study_version` changes with anything below the study.
    """

    identity: Identity
    blob: Blob
    transfer_syntax: UID
    dataset_offset: int
    pixel_offset: int
    frames: int
    version: int
    amendments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amended_at: float = 0.0
    series_number: str = ""
    instance_number: str = ""
    modality: str = ""
    rejected: bool = False
    received_at: float = 0.0
