"""Who is behind a pseudonym: a table that is sealed row by row, asked by few, and every question audited.

A row is found by an HMAC of what replaced the original, so that neither the table nor its index names anyone, and
a stolen database without the keys says nothing. The rows are bound to their place: one moved to another fails.
"""

import hmac
import json
import os
from collections.abc import Callable, Mapping
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Damaged, NotFound, NotPermitted, Unsupported
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, session_of

type PurposeKey = Callable[[str], bytes]
"""Gives the 32-byte key of a purpose, b"" in a house without keys."""

_NONCE_BYTES = 12
_KEEP = """INSERT INTO reidentification (project, lookup, sealed, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (project, lookup) DO UPDATE SET sealed = excluded.sealed, at = excluded.at"""
_FIND = "SELECT sealed FROM reidentification WHERE project = ? AND lookup = ?"


class Sealer:
    """Seals JSON under a key of its own, bound to a place (AES-256-GCM). Raises `Unsupported` in a house without keys."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise Unsupported("without sealing there are no keys to make pseudonyms with; turn sealing on first")
        self._cipher = AESGCM(key)

    def seal(self, content: Mapping[str, object], place: str) -> bytes:
        """Give the content sealed."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, json.dumps(content, ensure_ascii=False).encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> dict[str, object]:
        """Give the content. Raises `Damaged` for a wrong key, another place, or altered bytes."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise Damaged("a sealed row does not open: another key, or it was altered") from error
        content: dict[str, object] = json.loads(plain)
        return content


class Reidentification:
    """The table of one house, for all its projects."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail, key: PurposeKey) -> None:
        self._database, self._clock, self._audit, self._key = database, clock, audit, key

    def note(self, tx: Transaction, project: str, rows: Mapping[str, Mapping[str, object]]) -> None:
        """Keep by what replaced it, a pseudonym or UID, what stood there; idempotent."""
        sealer = self._sealer(project)
        for replaced, original in rows.items():
            lookup = self._lookup(project, replaced)
            sealed = sealer.seal(original, f"{project}\0{lookup}")
            session_of(tx).run(_KEEP, (project, lookup, sealed, self._clock.now()))

    def who(self, project: str, replaced: str, caller: Caller, *, reason: str) -> dict[str, object]:
        """Give what a pseudonym or UID stands for. Audited before it is given, a refusal too.

        Raises `NotPermitted`, `NotFound`, `Damaged`.
        """
        detail = f"{project} {replaced[:64]}: {reason}"
        if Permission.STUDY_REIDENTIFY not in caller.permissions:
            self._audit.read(Act(caller, "reidentify", detail=detail, outcome="refused"))
            raise NotPermitted(f"{caller.name} may not do this ({Permission.STUDY_REIDENTIFY})")
        lookup = self._lookup(project, replaced)
        with self._database.reader() as session:
            row = session.one(_FIND, (project, lookup))
        self._database.write(lambda tx: self._audit.wrote(tx, Act(caller, "reidentify", detail=detail)))
        if row is None:
            raise NotFound("nothing was exported under that pseudonym or UID in this project")
        return self._sealer(project).open(bytes(row[0]), f"{project}\0{lookup}")

    def _sealer(self, project: str) -> Sealer:
        return Sealer(self._key(f"re-identification {project}"))

    def _lookup(self, project: str, replaced: str) -> str:
        return hmac.new(self._key(f"re-identification index {project}"), replaced.encode(), sha256).hexdigest()
