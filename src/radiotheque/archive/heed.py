"""Rejection note → what it names is hidden, in the name of who sent it (IHE RAD TF-3 4.66, IOCM).

A note asks for what `Archive.reject` does, so it needs the same permission and the same Scope, of its sender, as they
are when it is heeded. What it may not do it does not do in part of the house's own rights: it is kept as any object is,
nothing is hidden, and the audit trail and the log say so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from radiotheque.archive.current import current
from radiotheque.core.caller import Caller, Door, Permission
from radiotheque.core.errors import Gone, Malformed, NotFound, NotPermitted, TooLarge
from radiotheque.core.instance import Location, Selection
from radiotheque.core.ports import Act, AuditTrail, BlobStore, Catalog
from radiotheque.core.query import Level
from radiotheque.core.uid import UID, parse_uid
from radiotheque.dicom.rejection import RejectionNote, rejection_note

log = structlog.get_logger(__name__)

type Standing = Callable[[Caller], Caller]
"""Gives a caller with the permissions and the Scope that it has now. Raises `NotPermitted`."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What heeding a note needs of the house. `caller` is the house itself, which reads the note."""

    catalog: Catalog
    blobs: BlobStore
    audit: AuditTrail
    standing: Standing
    caller: Caller


def heed(payload: Mapping[str, Any], notes: Notes) -> None:
    """Hide what a kept note names, if its sender may; do nothing for a Key Object Selection of another title."""
    study, instance = parse_uid(payload["study"]), parse_uid(payload["instance"])
    given = payload["sender"]
    sender = Caller(given["name"], Door(given["door"]), given["address"], given["via"])
    try:
        kept = notes.catalog.locate(Selection(Level.IMAGE, studies=(study,), instances=(instance,)), notes.caller.scope)
    except NotFound:
        return  # rejected or disposed of meanwhile
    for location in kept:
        note = _read(location, notes)
        if note is not None:
            _heed(note, location, sender, notes)


def _read(location: Location, notes: Notes) -> RejectionNote | None:
    now = current(location, notes.blobs)
    try:
        return rejection_note(
            now.read, now.size, transfer_syntax=now.transfer_syntax, dataset_offset=now.dataset_offset
        )
    except (Malformed, TooLarge) as error:
        instance = location.identity.sop_instance
        log.warning("rejection note not understood, nothing was hidden", instance=instance, error=str(error))
        return None


def _heed(note: RejectionNote, location: Location, sender: Caller, notes: Notes) -> None:
    try:
        caller = _permitted(notes.standing(sender))
    except NotPermitted as error:
        _turned_down(location, sender, notes, f"nothing was hidden: {error}")
        return
    undone = sum(not _reject(named, location, caller, notes, code=note.code) for named in note.objects)
    if undone:
        # They never came, lie in another study, or are out of the sender's Scope: which of these is not told apart.
        _turned_down(location, caller, notes, f"{undone} of {len(note.objects)} objects are none of its study here")


def _permitted(caller: Caller) -> Caller:
    if Permission.STUDY_REJECT not in caller.permissions:
        raise NotPermitted("{name} may not reject ({permission})", name=caller.name, permission=Permission.STUDY_REJECT)
    return caller


def _reject(named: tuple[UID, UID, UID], location: Location, caller: Caller, notes: Notes, *, code: str) -> bool:
    """Hide one object, named by Study, Series and SOP Instance UID; say whether it is hidden now.

    A note speaks for the study that it is filed in: one about several studies is sent once in each, with the Identical
    Documents Sequence (PS3.3 C.17.6.2.1).
    """
    study, series, instance = named
    if study != location.identity.study:
        return False
    try:
        notes.catalog.reject(
            Selection(Level.IMAGE, studies=(study,), series=(series,), instances=(instance,)), caller, code=code
        )
    except Gone:
        return True  # another note, or this one before, rejected it
    except NotFound:
        return False
    return True


def _turned_down(location: Location, sender: Caller, notes: Notes, why: str) -> None:
    identity = location.identity
    notes.audit.read(
        Act(sender, "reject", study=identity.study, detail=f"rejection note: {why}"[:500], outcome="refused")
    )
    log.warning("rejection note turned down", instance=identity.sop_instance, sender=sender.name, why=why)
