"""What is ordered of a de-identification, and what came of it; pseudonyms, UIDs and shifts of dates from a project's key.

The same key gives the same pseudonym, UID and shift every time, so that what is exported one year fits what was
exported the year before; without the key nobody can go back, nor tell whether a guess is right.
"""

import hmac
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from radiotheque.dicom.deidentify_profile import Option

MAX_SHIFT_DAYS = 5 * 365
WELL_KNOWN = "1.2.840.10008."
"""UIDs of the standard itself: they name no object of anyone."""

type Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels from 0; right and bottom are the first outside."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes what stands for an identity, under one project's key of 32 bytes."""

    key: bytes = field(repr=False)

    def uid(self, original: str) -> str:
        """Give the UID that replaces one: UUID-derived (PS3.5 B.2), a version 8 UUID (RFC 9562 5.8) of an HMAC-SHA-256."""
        digest = bytearray(self._hmac("uid", original)[:16])
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        return f"2.25.{int.from_bytes(digest)}"

    def uids(self, originals: Iterable[str]) -> dict[str, str]:
        """Give the replacement of each."""
        return {original: self.uid(original) for original in originals}

    def patient(self, patient: str) -> str:
        """Give the pseudonym of a patient: 13 letters and digits."""
        return "P" + b32encode(self._hmac("patient", patient)).decode()[:12]

    def shift_days(self, patient: str) -> int:
        """Give the days to add to every date of a patient: whole days, back, at least one and up to five years."""
        return -1 - int.from_bytes(self._hmac("dates", patient)[:8]) % MAX_SHIFT_DAYS

    def _hmac(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self.key, f"{purpose}\0{text}".encode(), sha256)


def patient_of(issuer: str, patient_id: str, study: str) -> str:
    """Give by what a patient is one and the same; of an unidentified one nothing is known beyond the study."""
    return f"{issuer}\0{patient_id}" if patient_id else f"\0\0{study}"


@dataclass(frozen=True, slots=True)
class Order:
    """One instance's order. `uids` maps every UID in it to its replacement; `masks` frames, from 1, to what is blackened.

    `seen` says that the pixels hold no text, by the word of the detector or of a person. `documents` lets encapsulated
    documents through, as blank ones.
    """

    options: frozenset[Option]
    uids: Mapping[str, str]
    pseudonym: str
    shift_days: int
    keep_times: bool = True
    masks: Mapping[int, tuple[Box, ...]] = field(default_factory=dict)
    seen: bool = False
    documents: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done how often to an attribute of an instance; `action` is a letter of `Action`."""

    tag: str
    keyword: str
    action: str
    count: int


@dataclass(frozen=True, slots=True)
class Deidentified:
    """An instance without identity: a Part 10 file, and what was done to it."""

    part10: bytes = field(repr=False)
    sop_instance: str
    transfer_syntax: str
    deeds: tuple[Deed, ...]
    masked: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a person needs to know of an image before it may go out. `why` is "" where nobody need look at it.

    Else "text" (found in `boxes`, by frame from 1), "declared" (its header says that it has burned in text), "kind" (a
    secondary capture, which is a picture of a screen or paper as often as not) or "unreadable" (nobody but a person can).
    """

    why: str
    boxes: Mapping[int, tuple[Box, ...]]
    rows: int = 0
    columns: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something left: of which attribute of the original, and where. It does not say what it is."""

    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What may be left, as was ordered, and what was done to the pixels: masks by frame from 1, and frames a person looked at."""

    dates: bool = False
    uids: bool = False
    institution: bool = False
    device: bool = False
    masks: Mapping[int, tuple[Box, ...]] = field(default_factory=dict)
    looked_at: frozenset[int] = frozenset()
