"""How each de-identified export stands: what was ordered, which images wait to be looked at, what a person decided."""

from collections.abc import Callable, Mapping
from typing import Any

from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotFound
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.security.deidentified_tables import deidentified_export, reidentification
from radiotheque.security.reidentification import PurposeKey, Reidentification, Sealer

TABLES = (deidentified_export, reidentification)

_ADD = """INSERT INTO deidentified_export (project, state, created_by, created_at, version, sealed)
    VALUES (?, ?, ?, ?, 1, ?) RETURNING id"""
_ONE = "SELECT project, state, created_by, created_at, sealed FROM deidentified_export WHERE id = ?"
_WRITE = "UPDATE deidentified_export SET state = ?, sealed = ?, version = version + 1 WHERE id = ?"
_PURPOSE = "de-identified exports"


class Deidentified:
    """The exports of a house. A content is JSON; its key `state` stands in the clear too."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail, key: PurposeKey) -> None:
        self._database, self._clock, self._audit, self._key = database, clock, audit, key
        self.reidentification = Reidentification(database, clock, audit, key)

    def add(
        self, content: Mapping[str, Any], originals: Mapping[str, Mapping[str, object]], caller: Caller
    ) -> tuple[int, dict[str, Any]]:
        """Keep a new export, and who is behind what will be given out, in one transaction; give its number and content."""
        project = str(content["project"])

        def act(tx: Transaction) -> int:
            self.reidentification.note(tx, project, originals)
            values = (project, content["state"], caller.name, self._clock.now(), self._sealed(content, project))
            row = session_of(tx).one(_ADD, values)
            for study in content["studies"]:
                self._audit.wrote(tx, Act(caller, "deidentify.begin", study=study, detail=project))
            return int(row[0]) if row else 0

        return self._database.write(act), dict(content)

    def get(self, number: int, caller: Caller) -> dict[str, Any]:
        """Give an export as it stands, to who made it. Raises `NotFound`."""
        with self._database.reader() as session:
            row = session.one(_ONE, (number,))
        if row is None or row[2] != caller.name:
            raise NotFound("there is no such export of yours")
        return self._opened(bytes(row[4]), str(row[0]))

    def change(self, number: int, caller: Caller, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Change an export under a lock, audited as a decision, or as its release; give it as it is then. Raises as `get` and `edit`."""

        def act(tx: Transaction) -> dict[str, Any]:
            session = session_of(tx)
            row = session.one(_ONE + session.words.lock_row, (number,))
            if row is None or row[2] != caller.name:
                raise NotFound("there is no such export of yours")
            content = edit(self._opened(bytes(row[4]), str(row[0])))
            session.run(_WRITE, (content["state"], self._sealed(content, str(row[0])), number))
            for study in content["studies"]:
                self._audit.wrote(
                    tx,
                    Act(
                        caller,
                        "deidentify.release" if content["state"] == "released" else "deidentify.decide",
                        study=study,
                        detail=str(row[0]),
                    ),
                )
            return content

        return self._database.write(act)

    def who(self, project: str, replaced: str, caller: Caller, *, reason: str) -> dict[str, object]:
        """Give what a pseudonym or UID stands for. Raises as `Reidentification.who`."""
        return self.reidentification.who(project, replaced, caller, reason=reason)

    def project_key(self, project: str) -> bytes:
        """Give the key that a project's pseudonyms, UIDs and shifts are made with. Raises `Unsupported`."""
        key = self._key(f"de-identification {project}")
        Sealer(key)  # without keys there are no pseudonyms
        return key

    def _sealed(self, content: Mapping[str, Any], project: str) -> bytes:
        return Sealer(self._key(_PURPOSE)).seal(content, project)

    def _opened(self, sealed: bytes, project: str) -> dict[str, Any]:
        return Sealer(self._key(_PURPOSE)).open(sealed, project)
