"""What the database promises on every engine: acts apart, commits shared, our errors, recovery by itself."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pysqlite3.dbapi2
import pytest
import sqlalchemy

from contract.catalogs import KEY
from contract.postgres import fresh_database
from radiotheque.core.errors import Damaged, OutOfSpace, Unavailable, Unsupported
from radiotheque.core.ports import Transaction
from radiotheque.database.engine import Database, connection, open_database, session_of
from radiotheque.database.tables import mark


def put(name: str, value: int = 1, *, fail: bool = False) -> "object":
    def act(tx: Transaction) -> str:
        session_of(tx).run("INSERT INTO mark(name, value) VALUES (?, ?)", (name, value))
        if fail:
            raise ValueError(name)
        return name

    return act


def names(database: Database) -> list[str]:
    with database.reader() as session:
        return [row[0] for row in session.all("SELECT name FROM mark ORDER BY name")]


def test_an_act_gives_its_answer_and_what_it_wrote_can_be_read(database: Database) -> None:
    assert database.write(put("a")) == "a"
    assert names(database) == ["a"]


def test_an_act_that_raises_undoes_itself_alone(database: Database) -> None:
    def one(number: int) -> str:
        try:
            return database.write(put(f"{number:03d}", fail=number % 3 == 0))
        except ValueError:
            return "failed"

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(one, range(120)))
    assert answers.count("failed") == 40
    assert names(database) == [f"{number:03d}" for number in range(120) if number % 3]


def test_what_is_to_follow_a_commit_follows_only_a_commit(database: Database) -> None:
    done: list[str] = []

    def act(tx: Transaction, name: str, fail: bool) -> None:
        session_of(tx).after_commit(lambda: done.append(name))
        put(name, fail=fail)(tx)

    database.write(lambda tx: act(tx, "kept", False))
    with pytest.raises(ValueError, match="undone"):
        database.write(lambda tx: act(tx, "undone", True))
    assert done == ["kept"]


def test_core_statements_join_the_same_transaction(database: Database) -> None:
    def act(tx: Transaction) -> None:
        connection(tx).execute(sqlalchemy.insert(mark).values(name="core", value=2))
        put("text", fail=True)(tx)

    with pytest.raises(ValueError, match="text"):
        database.write(act)
    assert names(database) == []
    database.write(lambda tx: connection(tx).execute(sqlalchemy.insert(mark).values(name="core", value=2)))
    with database.read() as core:
        assert core.execute(sqlalchemy.select(mark.c.value)).scalar_one() == 2


def test_a_lazy_act_is_seen_at_once(database: Database) -> None:
    database.write(put("lazy"), durable=False)
    assert names(database) == ["lazy"]


def test_all_tables_of_the_schema_are_there(database: Database) -> None:
    with database.read() as core:
        there = set(sqlalchemy.inspect(core).get_table_names())
    assert set(mark.metadata.tables) <= there


def test_a_server_database_of_a_newer_version_is_refused(postgres_server: str) -> None:
    url = fresh_database(postgres_server)
    with open_database(url) as database:
        database.write(lambda tx: session_of(tx).run("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unsupported, match="newer"):
        open_database(url)


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with open_database(path) as database:
        database.write(lambda tx: session_of(tx).run("UPDATE alembic_version SET version_num = '9999'"))
    before = path.read_bytes()
    with pytest.raises(Unsupported, match="newer"):
        open_database(path)
    assert path.read_bytes() == before


def test_an_encrypted_file_opens_with_its_own_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    open_database(path, key=KEY).close()
    assert not path.read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(Damaged):
        open_database(path, key=bytes(32))
    open_database(path, key=KEY).close()


def test_a_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    open_database(tmp_path / "index.db").close()
    assert (tmp_path / "index.db").stat().st_mode & 0o077 == 0


def test_commits_are_durable_by_write_ahead_log_and_full_sync(tmp_path: Path) -> None:
    with open_database(tmp_path / "index.db") as database:
        settings = database.write(
            lambda tx: [
                session_of(tx).one(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        )
    assert settings == [("wal",), (2,), (1,)]


def test_a_locked_index_is_unavailable_and_recovers_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with open_database(path, busy_s=0.05) as database:
        other = pysqlite3.dbapi2.connect(str(path), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            database.write(put("a"))
        assert names(database) == []
        other.execute("ROLLBACK")
        other.close()
        database.write(put("a"))
        assert names(database) == ["a"]


FULL = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from radiotheque.core.errors import OutOfSpace, Unavailable
from radiotheque.database.engine import open_database, session_of
database = open_database(sys.argv[2])
insert = lambda n: database.write(lambda tx: session_of(tx).run("INSERT INTO feed(position, kind, payload, at) VALUES (?, 'k', ?, 0)", (n, "x" * 20000)))
insert(1)
soft = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, soft[1]))
kept = 1
try:
    while kept < 1000:
        insert(kept + 1)
        kept += 1
except (OutOfSpace, Unavailable) as error:
    print(type(error).__name__)
with database.reader() as session:
    print(session.one("SELECT count(*) FROM feed")[0] == kept)
resource.setrlimit(resource.RLIMIT_FSIZE, soft)
insert(5000)
with database.reader() as session:
    print(session.one("SELECT count(*) FROM feed")[0] == kept + 1)
"""


def test_a_full_disk_is_said_clearly_and_writing_goes_on_when_there_is_room(tmp_path: Path) -> None:
    source = str(Path(__file__).resolve().parents[2] / "src")
    ran = subprocess.run(
        [sys.executable, "-c", FULL, source, str(tmp_path / "index.db")], capture_output=True, text=True, check=True
    )
    kind, *rest = ran.stdout.split()
    assert kind in (OutOfSpace.__name__, Unavailable.__name__)
    assert rest == ["True", "True"]


def test_another_process_writes_beside_the_house(tmp_path: Path) -> None:
    path, source = tmp_path / "index.db", str(Path(__file__).resolve().parents[2] / "src")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from radiotheque.database.engine import open_database, session_of\n"
        "with open_database(sys.argv[2]) as database:\n"
        "    for number in range(100):\n"
        "        database.write(lambda tx: session_of(tx).run('INSERT INTO mark(name, value) VALUES (?, 1)', (f'other {number}',)))\n"
    )
    with open_database(path) as database:
        other = subprocess.Popen([sys.executable, "-c", script, source, str(path)])
        for number in range(100):
            database.write(put(f"ours {number}"))
        assert other.wait(60) == 0
        assert len(names(database)) == 200


def test_a_lost_connection_to_the_server_is_replaced(postgres_server: str) -> None:
    with open_database(fresh_database(postgres_server)) as database:
        database.write(put("a"))
        with pytest.raises(Unavailable):
            database.write(lambda tx: session_of(tx).all("SELECT pg_terminate_backend(pg_backend_pid())"))
        database.write(put("b"))
        assert names(database) == ["a", "b"]


def test_colliding_acts_are_run_again(postgres_server: str) -> None:
    with open_database(fresh_database(postgres_server)) as database:
        for name in ("a", "b"):
            database.write(put(name, 0))
        both = threading.Barrier(2)

        def cross(first: str, second: str) -> None:
            tries = 0

            def act(tx: Transaction) -> None:
                nonlocal tries
                tries += 1
                session_of(tx).run("UPDATE mark SET value = value + 1 WHERE name = ?", (first,))
                if tries == 1:
                    both.wait(10)
                session_of(tx).run("UPDATE mark SET value = value + 1 WHERE name = ?", (second,))

            database.write(act)

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(cross, ("a", "b"), ("b", "a")))
        with database.reader() as session:
            assert session.all("SELECT value FROM mark ORDER BY name") == [(2,), (2,)]


def test_the_folder_of_a_file_need_not_be_writable_to_say_so(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises((Unavailable, PermissionError)):
        open_database(tmp_path / "index.db")


def test_an_index_that_is_moved_away_from_an_open_house_is_refused_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    place, aside = tmp_path / "index.db", tmp_path / "aside.db"
    with open_database(place) as database:
        database.write(put("before"))
        place.rename(aside)
        with pytest.raises(Unavailable, match="moved or replaced"):
            database.write(put("while it is away"))
        aside.rename(place)
        database.write(put("after"))
        assert names(database) == ["after", "before"]


def test_an_index_that_is_built_anew_under_an_open_house_is_neither_read_nor_written_by_it(tmp_path: Path) -> None:
    place = tmp_path / "index.db"
    with open_database(place) as database:
        database.write(put("before"))
        for file in tmp_path.glob("index.db*"):
            file.rename(tmp_path / f"aside-{file.name}")
        with open_database(place) as anew:
            anew.write(put("anew"))
            with pytest.raises(Unavailable, match="moved or replaced"):
                database.write(put("lost"))
            with pytest.raises(Unavailable, match="moved or replaced"):
                names(database)
            assert names(anew) == ["anew"]
