"""A child that works as the house does and kills itself (SIGKILL) at the k-th step; run as `python -m crash.line_child`.

It reads orders, one JSON object a line, forks for each, and answers with one JSON line: how the fork ended. What is
wrapped are ports and the disk, composed as `app` composes them; the code between two steps is the house's own.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from crash.objects import a_days_work, offer
from crash.truth import Ledger, settings_for
from radiotheque.app import House, build
from radiotheque.archive.described import attributes_of
from radiotheque.archive.dispatch import Dispatcher
from radiotheque.archive.same import same_elements
from radiotheque.blobs.disk import Disk, Draft
from radiotheque.blobs.files import FileStore
from radiotheque.blobs.sealed import Sealed
from radiotheque.blobs.space import Reserve
from radiotheque.catalog.catalog import Catalog, open_catalog
from radiotheque.catalog.keys import StudyKeys
from radiotheque.core.instance import Buffer
from radiotheque.core.ports import BlobStore, KeyRing, StudyKey, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.database.session import Row, Session

TURNS = 20


class Steps:
    """Counts the steps of the line and ends the process at one of them."""

    def __init__(self, die_at: int) -> None:
        self._die_at = die_at
        self.labels: list[str] = []

    def __call__(self, label: str) -> None:
        self.labels.append(label)
        if len(self.labels) == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)


class SteppingDisk(Disk):
    """The real disk; dies in the middle of writing too, with half of a piece written."""

    def __init__(self, step: Steps) -> None:
        super().__init__()
        self._step = step

    def create(self, drafts: str) -> Draft:
        self._step("disk: before create")
        return super().create(drafts)

    def write(self, draft: Draft, data: Buffer) -> None:
        self._step("disk: before write")
        half = len(data) // 2
        with memoryview(data) as view:
            super().write(draft, view[:half])
            self._step("disk: half written")
            super().write(draft, view[half:])

    def sync(self, draft: Draft) -> None:
        self._step("disk: before sync")
        super().sync(draft)

    def publish(self, draft: Draft, path: str) -> None:
        self._step("disk: before publish")
        super().publish(draft, path)
        self._step("disk: after publish")

    def sync_folder(self, path: str) -> None:
        super().sync_folder(path)
        self._step("disk: folder synced")

    def remove(self, path: str) -> None:
        self._step("disk: before remove")
        super().remove(path)
        self._step("disk: after remove")


class SteppingSession:
    """A session that counts each statement; all else is the session's own."""

    def __init__(self, session: Session, step: Steps) -> None:
        self._session, self._step = session, step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def one(self, sql: str, parameters: Any = ()) -> Row | None:
        row = self._session.one(sql, parameters)
        self._stepped(sql)
        return row

    def run(self, sql: str, parameters: Any = ()) -> int:
        count = self._session.run(sql, parameters)
        self._stepped(sql)
        return count

    def many(self, sql: str, rows: Any) -> None:
        self._session.many(sql, rows)
        self._stepped(sql)

    def _stepped(self, sql: str) -> None:
        if not sql.lstrip().startswith("SELECT"):
            self._step(f"index: {' '.join(sql.split()[:3])}")


class SteppingDatabase(Database):
    """The open database of a house, its acts counted statement by statement, and its commits."""

    def __init__(self, database: Database, step: Steps) -> None:
        self._inner, self._step, self.words = database, step, database.words

    def write[T](self, act: Callable[[Transaction], T], *, durable: bool = True) -> T:
        def stepping(tx: Transaction) -> T:
            result = act(Transaction(SteppingSession(session_of(tx), self._step)))
            self._step("index: before commit")
            return result

        answer = self._inner.write(stepping, durable=durable)
        self._step("index: after commit")
        return answer

    @contextmanager
    def reader(self) -> Iterator[Session]:
        with self._inner.reader() as session:
            yield session

    def close(self) -> None:
        """The house closes it."""


class SteppingRing:
    """A key ring that counts the keys it gives out."""

    def __init__(self, ring: KeyRing, step: Steps) -> None:
        self._ring, self._step = ring, step

    def fresh(self) -> StudyKey:
        key = self._ring.fresh()
        self._step("keys: after fresh")
        return key

    def get(self, key_id: str) -> StudyKey:
        return self._ring.get(key_id)


def stepping(house: House, step: Steps) -> House:
    """Give the same house with a step before and after all that lasts."""
    database = SteppingDatabase(house.database, step)
    ring = SteppingRing(house.ring, step)
    folder = house.settings.data / "blobs"
    store: BlobStore = FileStore(folder, reserve=Reserve(folder, share=0), disk=SteppingDisk(step))
    blobs = Sealed(store, ring) if house.settings.sealing else store
    catalog = _catalog(house, database, blobs)
    same = partial(same_elements, blobs=blobs, workbench=house.workbench)
    keys = StudyKeys(database, ring)
    intake = replace(house.archive.intake, keys=keys, ring=ring, blobs=blobs, catalog=catalog, same=same)
    return replace(
        house,
        database=database,
        blobs=blobs,
        catalog=catalog,
        archive=replace(house.archive, intake=intake, catalog=catalog, blobs=blobs),
        sweep=replace(house.sweep, blobs=blobs, catalog=catalog, same=same),
    )


def _catalog(house: House, database: Database, blobs: BlobStore) -> Catalog:
    return open_catalog(
        database,
        audit=house.security.audit,
        clock=house.clock,
        attributes_of=partial(attributes_of, blobs=blobs),
        settle_s=0,
    )


def receive(house: House, order: dict[str, Any], step: Steps) -> None:
    """Take a day's work in, each answer noted in the ledger."""
    ledger = Ledger(Path(order["place"]) / "ledger")
    for sent in a_days_work(order["run"]):
        ledger.offered(sent.instance, sent.sha256)
        receipt = offer(house, sent)
        ledger.promised(sent.instance, sent.sha256, receipt.outcome)
        step("line: answered")


def sweep(house: House, order: dict[str, Any], step: Steps) -> None:
    """Offer again what no row names."""
    house.sweep.run(house.clock.now(), grace_s=0)


def dispatch(house: House, order: dict[str, Any], step: Steps) -> None:
    """Work the outbox until nothing waits."""
    dispatcher = Dispatcher(house.catalog.outbox, house.tasks, house.clock)
    for _ in range(TURNS):
        dispatcher.turn()
        step("outbox: after a turn")
        if not house.catalog.outbox.waiting():
            return


ACTS = {"receive": receive, "sweep": sweep, "dispatch": dispatch}


def live(order: dict[str, Any]) -> list[str]:
    """Do what is ordered; give the steps that it took."""
    step = Steps(order["die_at"])
    house = build(settings_for(Path(order["place"]), sealing=order["sealing"], settle_s=0))
    ACTS[order["act"]](stepping(house, step), order, step)
    house.close()
    return step.labels


def _fork(order: dict[str, Any]) -> dict[str, Any]:
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        os.dup2(2, 1)  # what the house logs is no answer
        code = 1
        try:
            labels = live(order)
            os.write(theirs, json.dumps(labels).encode())
            code = 0
        except BaseException:  # noqa: BLE001  a fork must end here, whatever happened
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours) as said:
        labels = json.loads(said.read() or "[]")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"status": status, "labels": labels}


def main() -> None:
    """Obey until the orders end."""
    for line in sys.stdin:
        print(json.dumps(_fork(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
