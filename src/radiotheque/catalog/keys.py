"""Which key belongs to a study: one for ever, by the Study Instance UID as received."""

import threading
from collections import OrderedDict

from radiotheque.core.ports import KeyRing, StudyKey, Transaction
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database, session_of

REMEMBERED = 4096


class StudyKeys:
    """The `core.ports.StudyKeys` of the house.

    A new study's key is known to this process alone until `record` makes it the study's own, in the transaction of its first
    instance. Where another process was faster, `record` says so, and the bytes are kept again under the other key.
    """

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database, self._ring = database, ring
        self._known: OrderedDict[UID, StudyKey] = OrderedDict()
        self._lock = threading.Lock()

    def key_for(self, study: UID) -> StudyKey:
        """Give the study's key, else one to become its own. The same to all threads of this process.

        Raises `Unavailable`; `NotFound` when the key was destroyed.
        """
        with self._lock:
            if known := self._known.get(study):
                self._known.move_to_end(study)
                return known
        key = self._held(study) or self._ring.fresh()
        with self._lock:
            if len(self._known) >= REMEMBERED:
                self._known.popitem(last=False)
            return self._known.setdefault(study, key)

    def forget(self, study: UID) -> None:
        """Ask the database again next time: another key became the study's own."""
        with self._lock:
            self._known.pop(study, None)

    def _held(self, study: UID) -> StudyKey | None:
        with self._database.reader() as session:
            row = session.one("SELECT key_id FROM study_key WHERE study_uid = ?", (study,))
        return self._ring.get(row[0]) if row else None


def claim_key(tx: Transaction, study: UID, key_id: str) -> str:
    """Make a key the study's own where it has none yet; give the one it has."""
    session = session_of(tx)
    if session.run("INSERT INTO study_key(study_uid, key_id) VALUES (?, ?) ON CONFLICT DO NOTHING", (study, key_id)):
        return key_id
    row = session.one("SELECT key_id FROM study_key WHERE study_uid = ?", (study,))
    return str(row[0]) if row else key_id
