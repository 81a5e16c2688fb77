"""Documents that people and the site keep, each with a version: views, protocols, preferences, presets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Conflict, NotFound, NotPermitted, TooLarge
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.database.session import Row, Session
from radiotheque.reading.model import Outdated, owner_of

MAX_LENGTH = 256 << 10

_COLUMNS = "id, owner, name, shared, version, content"
_ADD = """INSERT INTO reading_document(kind, owner, name, shared, version, content, changed_by, changed_at)
    VALUES (?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"""
_SEEN = f"SELECT {_COLUMNS} FROM reading_document WHERE kind = ? AND (owner = ? OR shared = 1) ORDER BY name, id"
_ONE = f"SELECT {_COLUMNS}, changed_by FROM reading_document WHERE kind = ? AND id = ?"
_SINGLE = f"SELECT {_COLUMNS}, changed_by FROM reading_document WHERE kind = ? AND owner = ? AND name = ''"
_NAMED = "SELECT 1 FROM reading_document WHERE kind = ? AND owner = ? AND name = ? AND id <> ?"
_WRITE = """UPDATE reading_document SET name = ?, shared = ?, version = version + 1, content = ?, changed_by = ?,
    changed_at = ? WHERE id = ?"""
_DROP = "DELETE FROM reading_document WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `version` counts from 1; 0 is one that nobody has written yet."""

    id: int
    owner: str
    name: str
    shared: bool
    version: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """What a document is to be."""

    name: str
    shared: bool
    content: Mapping[str, Any]


class Documents:
    """The documents of one kind. A shared one is seen by all, and written by who may manage what all see."""

    def __init__(self, kind: str, database: Database, audit: AuditTrail, clock: Clock) -> None:
        self._kind, self._database, self._audit, self._clock = kind, database, audit, clock

    def seen_by(self, caller: Caller) -> Sequence[Document]:
        """Give the caller's own documents and all shared ones, by name."""
        with self._database.reader() as session:
            return [_document(row) for row in session.all(_SEEN, (self._kind, owner_of(caller)))]

    def add(self, written: Written, caller: Caller) -> Document:
        """Keep a new document. Raises `NotPermitted`, `Conflict` for a name that the caller has given already."""
        _may_share(written.shared, caller)
        owner = owner_of(caller)

        def act(tx: Transaction) -> int:
            row = session_of(tx).one(_ADD, (self._kind, owner, *self._values(written), caller.name, self._clock.now()))
            if row is None:
                raise Conflict("you have one of that name already; nothing was saved, choose another name")
            self._note(tx, "add", written, caller)
            return int(row[0])

        return Document(self._database.write(act), owner, written.name, written.shared, 1, written.content)

    def replace(self, number: int, version: int, written: Written, caller: Caller) -> Document:
        """Write a document anew. Raises `NotFound`, `NotPermitted`, `Outdated`, `Conflict`."""
        _may_share(written.shared, caller)

        def act(tx: Transaction) -> Document:
            session = session_of(tx)
            held = self._held(session, number, version, caller)
            if session.one(_NAMED, (self._kind, held.owner, written.name, number)):
                raise Conflict("there is one of that name already; nothing was saved, choose another name")
            session.run(_WRITE, (*self._values(written), caller.name, self._clock.now(), number))
            self._note(tx, "change", written, caller)
            return Document(number, held.owner, written.name, written.shared, version + 1, written.content)

        return self._database.write(act)

    def remove(self, number: int, version: int | None, caller: Caller) -> None:
        """Forget a document, in any version when None. Raises `NotFound`, `NotPermitted`, `Outdated`."""

        def act(tx: Transaction) -> None:
            session = session_of(tx)
            held = self._held(session, number, version, caller)
            session.run(_DROP, (number,))
            self._note(tx, "remove", Written(held.name, held.shared, {}), caller)

        self._database.write(act)

    def single(self, owner: str) -> Document:
        """Give the one document that an owner has, "" for the site; of version 0 when nobody has written it yet."""
        with self._database.reader() as session:
            row = session.one(_SINGLE, (self._kind, owner))
        return _document(row) if row else Document(0, owner, "", False, 0, {})

    def write_single(self, owner: str, version: int | None, content: Mapping[str, Any], caller: Caller) -> int:
        """Write the one document of an owner; give its version. Raises `Outdated`; None overwrites any version."""
        written = Written("", False, content)

        def act(tx: Transaction) -> int:
            session, now = session_of(tx), self._clock.now()
            row = session.one(_SINGLE + session.words.lock_row, (self._kind, owner))
            held = int(row[4]) if row else 0
            if version is not None and version != held:
                raise Outdated(str(row[6]) if row else "")
            if row is None:
                if session.one(_ADD, (self._kind, owner, *self._values(written), caller.name, now)) is None:
                    raise Outdated("")
            else:
                session.run(_WRITE, (*self._values(written), caller.name, now, row[0]))
            self._note(tx, "change", written, caller)
            return held + 1

        return self._database.write(act)

    def _held(self, session: Session, number: int, version: int | None, caller: Caller) -> Document:
        """Give a document that the caller may change. One that they may not see is not there."""
        row = session.one(_ONE + session.words.lock_row, (self._kind, number))
        held = _document(row) if row else None
        if row is None or held is None or not (held.shared or held.owner == owner_of(caller)):
            raise NotFound("there is none of that number, or you may not see it")
        if held.owner != owner_of(caller) and Permission.READING_MANAGE not in caller.permissions:
            raise NotPermitted("it is another's; save one of your own")
        if version is not None and version != held.version:
            raise Outdated(str(row[6]))
        return held

    def _values(self, written: Written) -> tuple[object, ...]:
        text = json.dumps(written.content, ensure_ascii=False)
        if len(text) > MAX_LENGTH:
            raise TooLarge("it has at most {most} characters; nothing was saved", most=MAX_LENGTH)
        return written.name, int(written.shared), text

    def _note(self, tx: Transaction, what: str, written: Written, caller: Caller) -> None:
        """Audit what concerns others; what somebody likes for themselves is nobody's business."""
        if written.shared or self._kind == "presets":
            self._audit.wrote(tx, Act(caller, f"{self._kind}.{what}", detail=written.name))


def _may_share(shared: bool, caller: Caller) -> None:
    if shared and Permission.READING_MANAGE not in caller.permissions:
        raise NotPermitted(
            "{name} may not share with all ({permission}); keep it as your own",
            name=caller.name,
            permission=Permission.READING_MANAGE,
        )


def _document(row: Row) -> Document:
    return Document(row[0], row[1], row[2], bool(row[3]), row[4], json.loads(row[5]))
