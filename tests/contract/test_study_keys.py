"""One key a study, for ever, whoever asks first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from contract.catalogs import Object, catalog_on
from radiotheque.catalog import StudyKeys
from radiotheque.core.errors import NotFound
from radiotheque.core.instance import OtherKey, Receipt, Twin, fresh_blob_name
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


def record(database: Database, study: str, key_id: str, instance: str) -> Receipt | Twin | OtherKey:
    arrival = Object(study, f"{study}.1", f"{study}.1.{instance}").arrival()
    return catalog_on(database).record(replace(arrival, blob=replace(arrival.blob, name=fresh_blob_name(key_id))))


def test_a_study_keeps_its_key_and_each_has_its_own(database: Database) -> None:
    ring = Ring()
    keys = StudyKeys(database, ring)
    first = keys.key_for(UID("1.2.1"))
    assert keys.key_for(UID("1.2.1")) == first
    assert keys.key_for(UID("1.2.2")) != first
    assert isinstance(record(database, "1.2.1", first.key_id, "1"), Receipt)
    assert StudyKeys(database, ring).key_for(UID("1.2.1")) == first


def test_many_threads_that_ask_at_once_get_the_same_key(database: Database) -> None:
    keys = StudyKeys(database, Ring())
    with ThreadPoolExecutor(8) as threads:
        given = set(threads.map(lambda _: keys.key_for(UID("1.2.1")), range(32)))
    assert len(given) == 1


def test_of_two_processes_that_begin_a_study_the_first_that_records_gives_it_its_key(database: Database) -> None:
    ring = Ring()
    early, late = StudyKeys(database, ring), StudyKeys(database, ring)
    slow, quick = early.key_for(UID("1.2.1")), late.key_for(UID("1.2.1"))
    assert isinstance(record(database, "1.2.1", quick.key_id, "1"), Receipt)
    assert record(database, "1.2.1", slow.key_id, "2") == OtherKey(quick.key_id)
    early.forget(UID("1.2.1"))
    assert early.key_for(UID("1.2.1")) == quick


def test_a_destroyed_key_is_not_found(database: Database) -> None:
    ring = Ring()
    record(database, "1.2.1", ring.fresh().key_id, "1")
    ring.made.clear()
    with pytest.raises(NotFound):
        StudyKeys(database, ring).key_for(UID("1.2.1"))
