"""Blobs as files: their modes, what a full or failing disk means, and what a power cut leaves."""

import errno
import fcntl
import gc
import os
import resource
import secrets
from pathlib import Path

import pytest

from radiotheque.blobs.disk import Disk, Draft
from radiotheque.blobs.files import FileEraser, FileStore
from radiotheque.blobs.space import Reserve, file_system_of, refuse_network_file_system
from radiotheque.core.errors import Conflict, Damaged, NotFound, OutOfSpace, RadiothequeError, Refused, Unavailable
from radiotheque.core.instance import BlobName
from radiotheque.testing.powercut import RecordingDisk, lay_out, survivors

A, B = BlobName("ab" * 16 + "/1"), BlobName("cd" * 16 + "/2")
both_kinds = pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed drafts", "named drafts"])


class Failing(Disk):
    """A disk on which one word fails with one error."""

    def __init__(self, word: str, number: int, *, unnamed: bool = True) -> None:
        super().__init__(unnamed=unnamed)
        self.word, self.number = word, number

    def _fail(self, word: str) -> None:
        if word == self.word:
            raise OSError(self.number, os.strerror(self.number))

    def create(self, drafts):
        self._fail("create")
        return super().create(drafts)

    def write(self, draft: Draft, data):
        self._fail("write")
        super().write(draft, data)

    def sync(self, draft):
        self._fail("sync")
        super().sync(draft)

    def publish(self, draft, path):
        self._fail("publish")
        super().publish(draft, path)

    def sync_folder(self, path):
        self._fail("sync_folder")
        super().sync_folder(path)

    def remove(self, path):
        self._fail("remove")
        super().remove(path)


def files_below(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.name != "layout")


def read(store: FileStore, name: BlobName) -> bytes:
    with store.open(name) as reader:
        return reader.read()


@both_kinds
def test_files_and_folders_are_for_their_owner_alone(tmp_path, unnamed):
    root = tmp_path / "a" / "blobs"
    FileStore(root, disk=Disk(unnamed=unnamed)).put(A, [b"x"])
    (file,) = files_below(root)
    assert file.relative_to(root).as_posix() == f"ab/{'ab' * 16}-1"
    assert file.stat().st_mode & 0o777 == 0o600
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in [root, *root.iterdir()] if path.is_dir())


@both_kinds
@pytest.mark.parametrize("word", ["create", "write", "sync", "publish", "sync_folder"])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, OutOfSpace),
        (errno.EDQUOT, OutOfSpace),
        (errno.EFBIG, OutOfSpace),
        (errno.EROFS, Unavailable),
        (errno.EIO, Unavailable),
    ],
)
def test_whatever_fails_nothing_is_left_and_the_error_is_ours(tmp_path, word, number, kind, unnamed):
    FileStore(tmp_path)
    store = FileStore(tmp_path, disk=Failing(word, number, unnamed=unnamed))
    with pytest.raises(kind) as told:
        store.put(A, [b"x" * 100_000])
    assert type(told.value) is kind
    assert files_below(tmp_path) == []
    assert list(FileStore(tmp_path).names()) == []


def test_an_error_of_the_sender_is_not_taken_for_one_of_the_disk(tmp_path):
    def stream():
        yield b"x"
        raise OSError(errno.ENOSPC, "the sender's own disk")

    with pytest.raises(OSError, match="own disk"):
        FileStore(tmp_path).put(A, stream())
    assert files_below(tmp_path) == []


def test_a_limit_on_file_size_is_out_of_space_and_the_store_recovers(tmp_path):
    store = FileStore(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(OutOfSpace):
            store.put(A, [bytes(300_000)] * 5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files_below(tmp_path) == []
    assert store.put(A, [bytes(300_000)] * 5).size_bytes == 1_500_000


def test_below_the_reserve_nothing_new_is_taken_and_reads_go_on(tmp_path):
    FileStore(tmp_path).put(A, [b"kept"])
    full = FileStore(tmp_path, reserve=Reserve(tmp_path, share=1.0, floor_bytes=1 << 60))
    with pytest.raises(OutOfSpace, match="reserve"):
        full.put(B, [b"x"])
    assert read(full, A) == b"kept"
    assert list(full.names()) == [A]


def test_the_reserve_is_the_smaller_of_a_share_and_a_size(tmp_path):
    total = Reserve(tmp_path).room().total_bytes
    assert Reserve(tmp_path, share=0.05, floor_bytes=1 << 60).room().reserve_bytes == int(total * 0.05)
    assert Reserve(tmp_path, share=0.5, floor_bytes=1000).room().reserve_bytes == 1000


def test_dead_drafts_are_removed_at_start_and_living_ones_stay(tmp_path):
    store = FileStore(tmp_path, disk=Disk(unnamed=False))
    store.put(A, [b"kept"])
    dead, alive = tmp_path / "drafts" / "dead", tmp_path / "drafts" / "alive"
    dead.write_bytes(b"half")
    alive.write_bytes(b"half")
    with alive.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_SH)
        FileStore(tmp_path)
    assert not dead.exists()
    assert alive.exists()
    assert read(store, A) == b"kept"


def test_a_draft_that_another_process_is_writing_survives_a_second_store(tmp_path):
    store = FileStore(tmp_path, disk=Disk(unnamed=False))

    def stream():
        yield b"first" * 20_000
        FileStore(tmp_path)
        yield b"second"

    store.put(A, stream())
    assert read(store, A) == b"first" * 20_000 + b"second"


def test_a_file_cut_while_it_is_read_is_damage_not_a_short_answer(tmp_path):
    store = FileStore(tmp_path)
    store.put(A, [bytes(100_000)])
    with store.open(A) as reader:
        reader.read(10)
        os.truncate(files_below(tmp_path)[0], 50_000)
        with pytest.raises(Damaged):
            reader.read()


def test_a_layout_of_a_later_version_is_refused(tmp_path):
    FileStore(tmp_path)
    (tmp_path / "layout").write_bytes(b"radiotheque blobs 2\n")
    with pytest.raises(Unavailable, match="upgrade"):
        FileStore(tmp_path)


def test_a_stray_file_is_no_blob(tmp_path):
    store = FileStore(tmp_path)
    store.put(A, [b"x"])
    (tmp_path / "ab" / ".nfs0001").write_bytes(b"")
    (tmp_path / "ab" / "README").write_bytes(b"")
    (tmp_path / "lost+found").mkdir()
    assert list(store.names()) == [A]


def test_an_eraser_removes_originals(tmp_path):
    store = FileStore(tmp_path)
    store.put(A, [b"x"])
    store.put(B, [b"y"])
    FileEraser(tmp_path).erase(A)
    assert list(store.names()) == [B]
    with pytest.raises(NotFound):
        FileEraser(tmp_path).erase(A)
    with pytest.raises(Unavailable):
        FileEraser(tmp_path, disk=Failing("remove", errno.EROFS)).erase(B)


def open_descriptors() -> int:
    gc.collect()  # stores of other tests, held by their errors' tracebacks
    return len(os.listdir("/proc/self/fd"))


def test_one_descriptor_a_folder_stays_open_until_the_store_is_closed(tmp_path):
    FileStore(tmp_path).close()
    store, second = FileStore(tmp_path), BlobName(A[:-1] + "2")
    before = open_descriptors()
    for name in (A, second):
        store.put(name, [b"x"])
        read(store, name)
    with pytest.raises(Conflict):
        store.put(A, [b"x"])
    with pytest.raises(NotFound):
        store.open(B)
    assert open_descriptors() == before + 1
    store.close()
    assert open_descriptors() == before
    store.put(B, [b"y"])
    assert read(store, B) == b"y"
    del store
    assert open_descriptors() == before, "a store that nobody closed"


def test_network_file_systems_are_refused_and_local_ones_are_not(tmp_path):
    refuse_network_file_system(tmp_path / "not" / "there" / "yet")
    assert file_system_of(Path("/proc")) == "proc"
    assert file_system_of(tmp_path) not in ("", "nfs4", "proc")


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:45 / {0}/net rw - nfs4 server:/export rw
41 40 8:2 / {0}/net/local\\040disk rw - xfs /dev/sdb1 rw
42 22 0:46 / {0}/win rw - cifs //server/share rw
"""


@pytest.mark.parametrize(
    ("place", "kind"), [("net/blobs", "nfs4"), ("net/local disk/x", ""), ("win", "cifs"), ("nets", "")]
)
def test_the_innermost_mount_decides(tmp_path, place, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(tmp_path))
    (tmp_path / place).mkdir(parents=True)
    if not kind:
        refuse_network_file_system(tmp_path / place, mounts=mounts)
        return
    with pytest.raises(Refused, match=kind):
        refuse_network_file_system(tmp_path / place, mounts=mounts)


type Promise = tuple[int, BlobName, bytes | None]


def history(root: Path, disk: RecordingDisk) -> list[Promise]:
    """Do some work; give after how many steps each blob was promised, and with None the one that was discarded."""
    store = FileStore(root, disk=disk)
    promised: list[Promise] = []
    for number, size in enumerate([0, 1, 70_000, 900_000]):
        name, data = BlobName(f"{number:02x}{secrets.token_hex(15)}/{number}"), secrets.token_bytes(size)
        put = store.put(name, [data[at : at + 50_000] for at in range(0, size, 50_000)])
        promised.append((len(disk.steps), name, data))
        if number == 1:
            promised[-1] = (len(disk.steps), name, None)
            put.discard()
    odd = BlobName("zz/odd")
    store.put(odd, [b"in a folder not foreseen"])
    return [*promised, (len(disk.steps), odd, b"in a folder not foreseen")]


def broken_promises(disk: RecordingDisk, promised: list[Promise], root: Path, *, names_last: bool) -> list[str]:
    """Cut the power after each step and give what is then not as promised."""
    target = root.parent / "after"
    FileStore(target)
    wrong = []
    for at in range(len(disk.steps) + 1):
        for file in files_below(target):
            file.unlink()
        lay_out(survivors(disk.steps[:at], names_last=names_last), root, target)
        wrong += [f"after step {at}: {what}" for what in _wrong_in(target, at, promised)]
    return wrong


def _wrong_in(target: Path, at: int, promised: list[Promise]) -> list[str]:
    try:
        store = FileStore(target)
        kept = {name: read(store, name) for name in store.names()}
    except RadiothequeError as error:
        return [f"does not open: {error}"]
    known = {name: data for _, name, data in promised}
    lost = [f"{name} is lost" for step, name, data in promised if step <= at and data is not None and name not in kept]
    torn = [f"{name} is torn" for name, got in kept.items() if known[name] is not None and got != known[name]]
    return lost + torn


two_disks = pytest.mark.parametrize("names_last", [False, True], ids=["only what was synced", "names outrun bytes"])


@both_kinds
@two_disks
def test_wherever_the_power_is_cut_a_blob_is_whole_or_was_not_promised(tmp_path, unnamed, names_last):
    root = tmp_path / "blobs"
    FileStore(root)
    disk = RecordingDisk(unnamed=unnamed)
    promised = history(root, disk)
    assert broken_promises(disk, promised, root, names_last=names_last) == []


@two_disks
def test_wherever_the_power_is_cut_in_the_making_of_a_store_it_opens_after(tmp_path, names_last):
    root, disk = tmp_path / "data" / "blobs", RecordingDisk()
    FileStore(root, disk=disk)
    for at in [0, 1, 2, 3, 100, *range(len(disk.steps) - 6, len(disk.steps) + 1)]:
        target = tmp_path / str(at)
        lay_out(survivors(disk.steps[:at], names_last=names_last), root, target)
        store = FileStore(target)
        store.put(A, [b"x"])
        assert read(store, A) == b"x"
    assert (target / "layout").read_bytes() == b"radiotheque blobs 1\n"
    assert len(survivors(disk.steps)) == 256 + 4, "the folders, drafts, layout, blobs and data are durable"


class Forgetful(RecordingDisk):
    """A disk that says it has synced and has not."""

    def __init__(self, forgets: str) -> None:
        super().__init__()
        self.forgets = forgets

    def sync(self, draft):
        if self.forgets != "sync":
            super().sync(draft)

    def sync_folder(self, path):
        if self.forgets != "sync_folder":
            super().sync_folder(path)


@pytest.mark.parametrize(("forgets", "names_last"), [("sync", True), ("sync", False), ("sync_folder", False)])
def test_the_power_cut_finds_a_store_that_forgets_to_sync(tmp_path, forgets, names_last):
    root = tmp_path / "blobs"
    FileStore(root)
    disk = Forgetful(forgets)
    promised = history(root, disk)
    assert broken_promises(disk, promised, root, names_last=names_last) != []
