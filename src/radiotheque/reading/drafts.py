"""Drafts of annotations: what a reader has drawn on a study and not published, with every version of it.

A draft belongs to one reader; nobody else sees it. Each save is a version of its own, made on the one before, so undoing
goes back step by step and is itself a version: nothing that was drawn is lost by it. The last hundred are kept.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict, cast

from radiotheque.core.caller import Caller
from radiotheque.core.errors import Conflict, Malformed, TooLarge
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database, session_of
from radiotheque.database.session import Row, Session
from radiotheque.dicom.annotations import annotation_of, shown
from radiotheque.dicom.drafted import view_given
from radiotheque.reading.model import Outdated, owner_of
from radiotheque.reading.rows import Rows

KEPT = 100
"""So many versions of a draft are kept."""
MAX_BYTES = 512 << 10
NOTED_S = 60.0
_LISTS = ("annotations", "key_images", "views", "calibrations")

_LAST = """SELECT version, parent, content, at FROM reading_draft WHERE study = ? AND owner = ?
    ORDER BY version DESC LIMIT 1"""
_ONE = "SELECT version, parent, content FROM reading_draft WHERE study = ? AND owner = ? AND version = ?"
_ADD = """INSERT INTO reading_draft(study, owner, version, parent, at, content) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_TRIM = "DELETE FROM reading_draft WHERE study = ? AND owner = ? AND version <= ?"
_HISTORY = "SELECT version, parent, at, content FROM reading_draft WHERE study = ? AND owner = ? ORDER BY version DESC"
_INSTANCES = """SELECT i.uid, e.uid FROM study s JOIN series e ON e.study_id = s.id JOIN instance i ON i.series_id = e.id
    WHERE s.uid = ?"""


class Annotation(TypedDict):
    """A drawing on one frame (from 1) of an instance; points are [column, row] in pixels (PS3.3 C.10.5.1.2 PIXEL)."""

    id: str
    kind: str
    instance: str
    frame: int
    points: list[list[float]]
    text: str
    label: str
    colour: str
    locked: bool


class KeyImage(TypedDict):
    """A frame, from 1, that its reader marked."""

    instance: str
    frame: int


class Calibration(TypedDict):
    """Millimetres a pixel, as a reader found them from an object of known size, for an instance or a series."""

    instance: NotRequired[str]
    series: NotRequired[str]
    mm_per_pixel: float


class Content(TypedDict):
    """What a reader has put down on a study. A view says how one image is shown: window, zoom, turn and flips."""

    annotations: list[Annotation]
    key_images: list[KeyImage]
    views: list[dict[str, Any]]
    calibrations: list[Calibration]


class Draft(Content):
    """A version of it; 0 is the empty one that nobody has saved."""

    version: int


class Revision(TypedDict):
    """A version in the history: when it was saved (seconds since the epoch), upon which, and how much is in it."""

    version: int
    parent: int
    at: float
    annotations: int
    key_images: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A version of a draft, and when it was saved, in seconds since the epoch."""

    version: int
    content: Content
    saved_at: float


class DraftDesk:
    """Keeps drafts."""

    def __init__(self, database: Database, rows: Rows, audit: AuditTrail, clock: Clock) -> None:
        self._database, self._rows, self._audit, self._clock = database, rows, audit, clock

    def of(self, study: UID, caller: Caller) -> Draft:
        """Give the caller's draft on a study. Raises `NotFound` when they may not see the study."""
        self._rows.one(study, caller)
        with self._database.reader() as session:
            return _draft(session.one(_LAST, (study, owner_of(caller))))

    def saved(self, study: UID, caller: Caller) -> Saved:
        """Give the caller's draft with the time at which it was saved. Raises `NotFound`."""
        self._rows.one(study, caller)
        with self._database.reader() as session:
            row = session.one(_LAST, (study, owner_of(caller)))
        return Saved(_version(row), _content(_draft(row)), row[3] if row else 0.0)

    def save(self, study: UID, version: int, given: Mapping[str, Any], caller: Caller) -> int:
        """Keep a draft made on a version; give the new one. Raises `NotFound`, `Malformed`, `TooLarge`, `Outdated`."""
        self._rows.one(study, caller)
        content = self._checked(study, given)
        return self._write(study, version, content, caller)

    def clear(self, study: UID, version: int, caller: Caller) -> int:
        """Empty a draft whose version was published; give the new version. Raises `Outdated`."""
        return self._write(study, version, _content({}), caller)

    def undo(self, study: UID, version: int | None, caller: Caller) -> Draft:
        """Go a step back from a version, the last one when None; give what is there then, as a version of its own.

        Raises `NotFound`, `Outdated`, `Conflict` when there is nothing to go back to.
        """
        self._rows.one(study, caller)
        owner = owner_of(caller)

        def act(tx: Transaction) -> Draft:
            session = session_of(tx)
            last = session.one(_LAST, (study, owner))
            held = _version(last)
            if version is not None and version != held:
                raise Outdated(caller.name)
            target = session.one(_ONE, (study, owner, last[1])) if last and last[1] else None
            if last is None or (last[1] and target is None) or not held:
                raise Conflict("there is nothing to undo")
            if not last[1] and json.loads(last[2]) == _content({}):
                raise Conflict("there is nothing to undo")
            parent, text = (target[1], target[2]) if target else (0, _text(_content({})))
            self._add(session, (study, owner, held + 1), parent, text)
            self._note(tx, study, last, caller)
            return _draft((held + 1, parent, text))

        return self._database.write(act)

    def history(self, study: UID, caller: Caller) -> Sequence[Revision]:
        """Give the versions of the caller's draft that are kept, the newest first. Raises `NotFound`."""
        self._rows.one(study, caller)
        with self._database.reader() as session:
            return [_revision(row) for row in session.all(_HISTORY, (study, owner_of(caller)))]

    def _write(self, study: UID, version: int, content: Content, caller: Caller) -> int:
        owner, text = owner_of(caller), _text(content)
        if len(text.encode()) > MAX_BYTES:
            raise TooLarge("a draft has at most {most} bytes; nothing was saved", most=MAX_BYTES)

        def act(tx: Transaction) -> int:
            session = session_of(tx)
            last = session.one(_LAST, (study, owner))
            held = _version(last)
            if version != held:
                raise Outdated(caller.name)
            if last is not None and last[2] == text:
                return held
            self._add(session, (study, owner, held + 1), held, text)
            self._note(tx, study, last, caller)
            return held + 1

        return self._database.write(act)

    def _add(self, session: Session, key: tuple[UID, str, int], parent: int, text: str) -> None:
        if not session.run(_ADD, (*key, parent, self._clock.now(), text)):
            raise Outdated(key[1])  # another window of the same reader was first
        session.run(_TRIM, (*key[:2], key[2] - KEPT))

    def _note(self, tx: Transaction, study: UID, last: Row | None, caller: Caller) -> None:
        """Audit a change of a draft, once a minute: it is saved a second after each stroke."""
        if last is None or self._clock.now() - last[3] >= NOTED_S:
            self._audit.wrote(tx, Act(caller, "annotation.draft", study=study))

    def _checked(self, study: UID, given: Mapping[str, Any]) -> Content:
        """Give a draft as it is kept: annotations parsed, and all of it of instances of this study."""
        content = _content(given)
        for each in given.get("views", ()):
            view_given(each)
        content["annotations"] = [cast(Annotation, shown(annotation_of(one))) for one in given["annotations"]]
        with self._database.reader() as session:
            held = {uid for row in session.all(_INSTANCES, (study,)) for uid in row}
        named = {
            part[name]
            for each in _LISTS
            for part in cast(Mapping[str, Sequence[Mapping[str, Any]]], content)[each]
            for name in ("instance", "series")
            if part.get(name)
        }
        if not named <= held:
            raise Malformed("the draft names an instance or series that is not of this study; nothing was saved")
        return content


def _content(given: Mapping[str, Any]) -> Content:
    return cast(Content, {name: given.get(name, []) for name in _LISTS})


def _text(content: Content) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _version(row: Row | None) -> int:
    return int(row[0]) if row else 0


def _draft(row: Row | None) -> Draft:
    if row is None:
        return {"version": 0, **_content({})}
    return {"version": row[0], **_content(json.loads(row[2]))}


def _revision(row: Row) -> Revision:
    content = _content(json.loads(row[3]))
    counts = {"annotations": len(content["annotations"]), "key_images": len(content["key_images"])}
    return cast(Revision, {"version": row[0], "parent": row[1], "at": row[2], **counts})
