"""One key a study, for ever, whoever asks first."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from radiotheque.catalog import StudyKeys
from radiotheque.core.errors import NotFound
from radiotheque.core.ports import StudyKey
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database


class Ring:
    """Keys made on demand and kept in memory."""

    def __init__(self) -> None:
        self.made: dict[str, StudyKey] = {}
        self._lock = threading.Lock()

    def fresh(self) -> StudyKey:
        with self._lock:
            key = StudyKey(f"k{len(self.made)}", b"%032d" % len(self.made))
            self.made[key.key_id] = key
            return key

    def get(self, key_id: str) -> StudyKey:
        if key_id not in self.made:
            raise NotFound("no such key")
        return self.made[key_id]


def test_a_study_keeps_its_key_and_each_has_its_own(database: Database) -> None:
    ring = Ring()
    keys = StudyKeys(database, ring)
    first = keys.key_for(UID("1.2.1"))
    assert keys.key_for(UID("1.2.1")) == first
    assert keys.key_for(UID("1.2.2")) != first
    assert StudyKeys(database, ring).key_for(UID("1.2.1")) == first


def test_many_who_ask_at_once_get_the_same_key(database: Database) -> None:
    ring = Ring()
    askers = [StudyKeys(database, ring) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        given = set(threads.map(lambda keys: keys.key_for(UID("1.2.1")), askers))
    assert len(given) == 1


def test_a_destroyed_key_is_not_found(database: Database) -> None:
    ring = Ring()
    StudyKeys(database, ring).key_for(UID("1.2.1"))
    ring.made.clear()
    with pytest.raises(NotFound):
        StudyKeys(database, ring).key_for(UID("1.2.1"))
