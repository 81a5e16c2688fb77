"""Full disk, read-only disk, locked index, over the wire: the sender is told, nothing is half kept, it heals by itself."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pysqlite3.dbapi2
import pytest
import requests

from crash.objects import Sent, made
from crash.syscalls import need_strace
from crash.truth import Ledger, check, house_at
from crash.wires import OUT_OF_RESOURCES, SUCCESS, Told, c_store, found, given_back, know, stow
from peers.processes import wait_until
from peers.server import Running
from phantoms import phantom
from radiotheque.core.instance import Form

NO_RESERVE = {"RADIOTHEQUE_FREE_SPACE_RESERVE_PERCENT": "0", "RADIOTHEQUE_SETTLE_S": "0"}
ROOM = 4 << 20


class SmallDisk:
    """A file system of a few megabytes in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self, free_bytes: int) -> None:
        """Fill the disk but for so many bytes."""
        facts = os.statvfs(self.folder)
        (self.folder / "filler").write_bytes(bytes(facts.f_bavail * facts.f_frsize - free_bytes))

    def fill(self) -> None:
        """Leave not a byte."""
        with (self.folder / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))

    def free(self) -> None:
        (self.folder / "filler").unlink()

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


def wide(number: int) -> tuple[Sent, bytes]:
    """Give an object of 128 KiB of pixels, and the file it is."""
    wishes = {"patient_id": f"ROOM-{number}", "rows": 256, "columns": 256}
    file = phantom(**wishes)  # type: ignore[arg-type]
    return made(Form.PART10, **wishes), file  # type: ignore[arg-type]


def kept_files(blobs: Path) -> set[str]:
    return {path.name for path in blobs.glob("??/*")} | {path.name for path in blobs.glob("drafts/*")}


def promises_hold(place: Path, sent: list[tuple[Sent, bytes]], **settings: str) -> None:
    """After the server ended: all that was answered with Success is there, and nothing else is."""
    ledger = Ledger(place / "ledger")
    for each, _ in sent:
        ledger.offered(each.instance, each.sha256)
        ledger.promised(each.instance, each.sha256, "kept")
    with house_at(place, sealing=False, **settings) as house:
        assert set(check(house, ledger.read())) == {each.instance for each, _ in sent}


def test_a_full_and_a_read_only_disk_of_blobs_are_told_and_heal(
    radiotheque: Callable[..., Running], small_disk: SmallDisk
) -> None:
    blobs = small_disk.folder / "blobs"
    house = radiotheque(sealing="off", blobs=str(blobs), env=NO_RESERVE)
    know(house)
    first, second, third = wide(1), wide(2), wide(3)
    with house.session() as session:
        assert c_store(house, *first).status == SUCCESS
        small_disk.fill()
        refused(house, session, second, blobs, first, says="space", http=507)
        small_disk.free()
        assert c_store(house, *second).status == SUCCESS
        small_disk.remount("ro")
        try:
            refused(house, session, third, blobs, first, says="read-only", http=503)
        finally:
            small_disk.remount("rw")
        assert stow(house, session, [third[1]]).status_code == 200
    house.stop()
    promises_hold(house.data.parent, [first, second, third], blobs=str(blobs))


type Whole = tuple[Sent, bytes]


def refused(
    house: Running, session: requests.Session, sent: Whole, blobs: Path, kept: Whole, *, says: str, http: int
) -> None:
    """Both doors say why, nothing is half kept, and reads go on."""
    before = kept_files(blobs)
    told = c_store(house, *sent)
    assert told.status == OUT_OF_RESOURCES
    assert says in told.comment.lower()
    assert stow(house, session, [sent[1]]).status_code == http
    assert kept_files(blobs) == before
    assert found(house, session, sent[0].instance) == 0
    assert found(house, session, kept[0].instance) == 1
    assert kept[0].dataset in given_back(house, session, kept[0])


type Apart = Callable[..., Running]


@pytest.fixture
def index_apart(radiotheque: Apart, small_disk: SmallDisk, tmp_path: Path) -> Apart:
    """Start an archive whose index alone is on the small disk; its images are in the folder `blobs`."""

    def start(env: dict[str, str]) -> Running:
        (small_disk.folder / "data").mkdir()
        (tmp_path / "archive-0").mkdir()
        (tmp_path / "archive-0" / "data").symlink_to(small_disk.folder / "data")
        house = radiotheque(sealing="off", blobs=str(tmp_path / "blobs"), env=env)
        know(house)
        return house

    return start


def test_below_the_reserve_of_the_index_nothing_new_is_taken_and_reads_go_on(
    index_apart: Apart, small_disk: SmallDisk, tmp_path: Path
) -> None:
    """The volume of the images has room enough: it is the index's that has none."""
    reserve = {"RADIOTHEQUE_FREE_SPACE_RESERVE_PERCENT": "99", "RADIOTHEQUE_FREE_SPACE_RESERVE_BYTES": str(1 << 20)}
    house = index_apart(NO_RESERVE | reserve)
    first, second = wide(1), wide(2)
    with house.session() as session:
        assert c_store(house, *first).status == SUCCESS
        small_disk.leave((1 << 20) - 8192)
        wait_until(lambda: c_store(house, *first).status == OUT_OF_RESOURCES, house.child)  # looked at twice a second
        refused(house, session, second, tmp_path / "blobs", first, says="index", http=507)
        small_disk.free()
        wait_until(lambda: c_store(house, *second).status == SUCCESS, house.child)
    house.stop()
    promises_hold(house.data.parent, [first, second], blobs=str(tmp_path / "blobs"))


def test_a_full_disk_of_the_index_is_told_and_heals(index_apart: Apart, small_disk: SmallDisk, tmp_path: Path) -> None:
    blobs = tmp_path / "blobs"
    house = index_apart(NO_RESERVE)
    sent = [wide(number) for number in range(3)]
    with house.session() as session:
        assert c_store(house, *sent[0]).status == SUCCESS
        small_disk.fill()
        accepted = [sent[0]]
        told = c_store(house, *sent[1])
        for number in range(10, 60):  # what the log of the index had room for before may still be used up
            if told.status != SUCCESS:
                break
            accepted.append(wide(number))
            told = c_store(house, *accepted[-1])
            if told.status != SUCCESS:
                accepted.pop()
        else:
            pytest.fail("the index never ran full")
        assert told.status == OUT_OF_RESOURCES
        assert "index" in told.comment
        # what a sender tries again and again leaves no copies
        assert c_store(house, *sent[1]).status == OUT_OF_RESOURCES
        assert len(kept_files(blobs)) == len(accepted)
        small_disk.free()
        assert c_store(house, *sent[2]).status == SUCCESS
        assert found_again(house, session, sent[2][0].instance)
    house.stop()
    ledger_of_index(house, [*accepted, sent[2]], [sent[1], *[wide(n) for n in range(10, 60)]], str(blobs))


def test_a_start_on_a_read_only_index_is_told_and_the_next_one_goes_on(
    index_apart: Apart, small_disk: SmallDisk, tmp_path: Path
) -> None:
    """What a kernel makes of a disk with errors: nothing is taken in, and all that was promised is there after."""
    house = index_apart(NO_RESERVE)
    first, second = wide(1), wide(2)
    assert c_store(house, *first).status == SUCCESS
    house.stop()
    small_disk.remount("ro")
    try:
        with pytest.raises(AssertionError, match=r"(?i)read-?only|readonly"):
            house.restart()
    finally:
        small_disk.remount("rw")
    house.restart()
    assert c_store(house, *second).status == SUCCESS
    house.stop()
    promises_hold(house.data.parent, [first, second], blobs=str(tmp_path / "blobs"))


def test_an_index_that_turns_read_only_under_the_server_is_told_and_heals(radiotheque: Callable[..., Running]) -> None:
    """A volume with errors is made read-only by the kernel: from then on every write to the open files is EROFS.

    The bytes of what was refused stay for the sweep: behind an error of the disk a commit may hide.
    """
    need_strace()
    house = radiotheque(sealing="off", env=NO_RESERVE)
    know(house)
    first, second, third = wide(1), wide(2), wide(3)
    index = house.data / "index.db"
    with house.session() as session:
        assert c_store(house, *first).status == SUCCESS
        with read_only(worker(house), index, index.with_name("index.db-wal")):
            told = c_store(house, *second)
            assert told.status == OUT_OF_RESOURCES
            assert "index" in told.comment
            assert stow(house, session, [second[1]]).status_code == 503
            assert found(house, session, second[0].instance) == 0
            assert first[0].dataset in given_back(house, session, first[0])
        assert c_store(house, *second).status == SUCCESS
        assert stow(house, session, [third[1]]).status_code == 200
        assert found_again(house, session, third[0].instance)
    house.stop()
    promises_hold(house.data.parent, [first, second, third])


def worker(house: Running) -> int:
    """Give the process that holds the house: the server's only child."""
    (pid,) = Path(f"/proc/{house.pid}/task/{house.pid}/children").read_text().split()
    return int(pid)


@contextlib.contextmanager
def read_only(pid: int, *files: Path) -> Iterator[None]:
    """Let every write of a running process to these files fail with EROFS."""
    calls = "write,pwrite64,writev,pwritev,ftruncate,fallocate"
    where = [word for path in files for word in ("-P", str(path))]
    options = ["-f", "-o", os.devnull, *where, "-e", f"trace={calls}", "-e", f"inject={calls}:error=EROFS"]
    with subprocess.Popen(["strace", *options, "-p", str(pid)], stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        try:
            assert "attached" in said, said
            yield
        finally:
            tracer.terminate()


def test_reads_go_on_while_the_index_is_full_and_not_one_is_missing_in_the_trail(
    index_apart: Apart, small_disk: SmallDisk
) -> None:
    """The trail's own space was taken beforehand: what is read meanwhile is there, and in the table later."""
    house = index_apart(NO_RESERVE | {"RADIOTHEQUE_AUDIT_RESERVE_BYTES": str(256 << 10)})
    spilled = house.data / "audit" / "0"
    kept = [wide(number) for number in range(4)]
    with house.session() as session:
        for each in kept:
            assert c_store(house, *each).status == SUCCESS
        small_disk.fill()
        full_up(house)
        for each in kept:
            before = used(spilled)
            assert found(house, session, each[0].instance) == 1
            assert each[0].dataset in given_back(house, session, each[0])
            wait_until(lambda before=before: used(spilled) > before, house.child)  # type: ignore[misc]
        assert session.get(f"{house.url}/api/status", timeout=60).status_code == 200
        house.kill()
        small_disk.free()
        house.restart()
    with house.session() as session:
        studies = {each[0].study for each in kept}

        def all_told() -> bool:
            entries = session.get(f"{house.url}/api/audit", params={"limit": 1000}, timeout=60).json()["entries"]
            return studies <= {entry["study"] for entry in entries if entry["kind"] in ("view", "retrieve")}

        wait_until(all_told, house.child)
        wait_until(lambda: spilled.read_bytes()[:4] == bytes(4), house.child)  # told, and forgotten here
    house.stop()
    promises_hold(house.data.parent, kept, blobs=str(house.data.parent.parent / "blobs"))


def used(spill: Path) -> int:
    """Give how many bytes of the trail's reserve hold rows."""
    return len(spill.read_bytes().rstrip(b"\0"))


def full_up(house: Running) -> None:
    """Send until the index takes nothing more: what its log had room for before is used up."""
    for number in range(10, 60):
        if c_store(house, *wide(number)).status == OUT_OF_RESOURCES:
            return
    pytest.fail("the index never ran full")


def ledger_of_index(
    house: Running, accepted: list[tuple[Sent, bytes]], maybe: list[tuple[Sent, bytes]], blobs: str
) -> None:
    ledger = Ledger(house.data.parent / "ledger")
    for each, _ in [*accepted, *maybe]:
        ledger.offered(each.instance, each.sha256)
    for each, _ in accepted:
        ledger.promised(each.instance, each.sha256, "kept")
    with house_at(house.data.parent, sealing=False, blobs=blobs) as opened:
        check(opened, ledger.read())


def found_again(house: Running, session: requests.Session, instance: str) -> bool:
    """Reads wait for the audit trail, which tries to write every half second: await that."""

    def answers() -> bool:
        answer = session.get(f"{house.web}/instances", params={"SOPInstanceUID": instance}, timeout=60)
        return answer.status_code == 200 and len(answer.json()) == 1

    wait_until(answers, house.child)
    return True


def test_an_index_locked_by_another_process_is_told_to_all_and_heals(radiotheque: Callable[..., Running]) -> None:
    """Many senders wait for one lock together: the last of them is told before it gives up (30 s, pynetdicom's own)."""
    house = radiotheque(sealing="off", env=NO_RESERVE)
    know(house)
    first, late = wide(1), [wide(number) for number in range(2, 6)]
    told: list[Told] = []
    with house.session() as session:
        assert c_store(house, *first).status == SUCCESS
        lock = pysqlite3.dbapi2.connect(str(house.data / "index.db"), isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        senders = [threading.Thread(target=lambda sent=each: told.append(c_store(house, *sent))) for each in late]
        for sender in senders:
            sender.start()
        by_web = stow(house, session, [late[0][1]])
        for sender in senders:
            sender.join()
        assert len(kept_files(house.data / "blobs")) == 1
        lock.execute("ROLLBACK")
        lock.close()
        assert {each.status for each in told} == {OUT_OF_RESOURCES}
        assert all("locked by another process" in each.comment for each in told)
        assert by_web.status_code == 503
        for each in late:
            assert c_store(house, *each).status == SUCCESS
        assert found_again(house, session, late[-1][0].instance)
    house.stop()
    promises_hold(house.data.parent, [first, *late])
