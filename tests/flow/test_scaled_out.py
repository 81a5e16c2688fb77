"""One house of several processes: DICOM, web and workers apart, on PostgreSQL and an object store, one key ring."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from contract.postgres import fresh_database, running_postgres
from contract.seaweed import ACCESS_KEY, BUCKET, SECRET_KEY, Seaweed, start_seaweed
from peers.dcmtk import Dcmtk
from peers.processes import wait_for
from peers.server import Running, start_radiotheque
from phantoms import phantom
from shared import dataset_offset

pytestmark = pytest.mark.peer("storescu")
STUDY = "1.2.826.0.1.3680043.10.7.1"


@dataclass(slots=True)
class House:
    """The processes of one house; `database` is the URL for psycopg."""

    web: Running
    dimse: Running
    workers: list[Running]
    database: str
    start: Callable[[str, str], Running]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    running = start_seaweed(tmp_path_factory.mktemp("seaweed"))
    yield running
    running.child.end()


@pytest.fixture(scope="module")
def house(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    place = tmp_path_factory.mktemp("house")
    started: list[Running] = []
    with running_postgres() as server:
        database = fresh_database(server)

        def start(name: str, only: str) -> Running:
            # by the settings in one process and by the URL and the environment in the others: it is the same store
            by_settings = {
                "RADIOTHEQUE_BLOBS_ENDPOINT": seaweed.endpoint,
                "RADIOTHEQUE_BLOBS_REGION": "us-east-1",
                "RADIOTHEQUE_BLOBS_ACCESS_KEY_ID": ACCESS_KEY,
                "RADIOTHEQUE_BLOBS_SECRET_ACCESS_KEY": SECRET_KEY,
            }
            store = by_settings if only == "web" else seaweed.environment
            options = {
                "database": database.replace("postgresql://", "postgresql+psycopg://"),
                "blobs": f"s3://{BUCKET}/house/" if only == "web" else seaweed.url("house/"),
                "extra": ("--only", only),
                "env": {**store, "RADIOTHEQUE_KEYS": str(place / "keys"), "RADIOTHEQUE_SETTLE_S": "1"},
            }
            started.append(start_radiotheque(place / name, **options))
            return started[-1]

        web = start("web", "web")
        try:
            yield House(web, start("dimse", "dimse"), [start("worker-1", "worker")], database, start)
        finally:
            for process in reversed(started):
                process.stop()


def films(folder: Path, study: str, count: int) -> list[Path]:
    paths = []
    for number in range(1, count + 1):
        path = folder / f"{number}.dcm"
        path.write_bytes(phantom(study=study, series=f"{study}.1", instance=f"{study}.1.{number}"))
        paths.append(path)
    return paths


def store(house: House, paths: list[Path]) -> None:
    said = Dcmtk(house.dimse.dicom[1]).store(paths)
    assert said.code == 0, said.text


def test_stored_into_one_process_found_and_given_back_by_another(house: House, tmp_path: Path) -> None:
    house.dimse.add_peer("DCMTK", 104)
    paths = films(tmp_path, STUDY, 3)
    store(house, paths)
    with house.web.session() as session:
        (found,) = session.get(f"{house.web.web}/studies", params={"StudyInstanceUID": STUDY}, timeout=60).json()
        assert found["00201208"]["Value"] == [3]
        for path in paths:
            sent = path.read_bytes()
            url = f"{house.web.web}/studies/{STUDY}/series/{STUDY}.1/instances/{STUDY}.1.{path.stem}"
            given = session.get(url, headers={"Accept": "application/dicom"}, timeout=60).content
            assert given[dataset_offset(given) :] == sent[dataset_offset(sent) :]


def test_the_worker_settles_what_the_other_process_took_in(house: House) -> None:
    wait_for(lambda: house.rows(f"SELECT settled_at > 0 FROM study WHERE uid = '{STUDY}'") == [(True,)])
    wait_for(lambda: not house.rows("SELECT 1 FROM outbox WHERE kind <> 'chore'"))
    with house.web.session() as session:
        answer = session.get(f"{house.web.web}/studies/{STUDY}/metadata", timeout=60)
    assert len(answer.json()) == 3


@pytest.mark.parametrize("name", ["dimse", "worker"])
def test_a_process_without_web_says_how_it_stands_and_nothing_else(house: House, name: str) -> None:
    process = house.dimse if name == "dimse" else house.workers[0]
    with process.session() as session:
        assert session.get(f"{process.url}/healthz", timeout=60).json() == {"status": "ok"}
        assert "radiotheque_queue_length" in session.get(f"{process.url}/metrics", timeout=60).text
        for path in ("/dicom-web/studies", "/api/me", "/api/docs", "/static/x"):
            assert session.get(process.url + path, timeout=60).status_code == 404, path


def test_only_the_dicom_process_listens_for_dicom(house: House) -> None:
    assert "dicom" in house.dimse.ready
    assert "dicom" not in house.web.ready
    assert "dicom" not in house.workers[0].ready


def test_another_worker_takes_over_from_one_that_was_killed(house: House, tmp_path: Path) -> None:
    house.workers[0].kill()
    study = f"{STUDY}9"
    store(house, films(tmp_path, study, 2))
    assert house.rows("SELECT count(*) > 0 FROM outbox WHERE kind = 'InstanceKept'") == [(True,)]
    house.workers.append(house.start("worker-2", "worker"))
    wait_for(lambda: house.rows(f"SELECT settled_at > 0 FROM study WHERE uid = '{study}'") == [(True,)])


def test_a_chore_asked_for_at_the_web_is_run_by_the_worker(house: House) -> None:
    with house.web.session() as session:
        assert session.post(f"{house.web.url}/api/chores/fixity/run", timeout=60).status_code == 202

        def outcome() -> str:
            chores = session.get(f"{house.web.url}/api/chores", timeout=60).json()["chores"]
            return str(next(chore["outcome"] for chore in chores if chore["name"] == "fixity"))

        wait_for(lambda: outcome() != "")
        assert outcome().startswith("5 objects")
        assert outcome().endswith(" 0 damaged")
