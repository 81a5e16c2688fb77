"""Derived data: kept, replaced, evicted by prefix, bounded, and never believed when it does not check out."""

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radiotheque.blobs.derived import FileDerived, MemoryDerived, SealedDerived
from radiotheque.blobs.space import Reserve

KEY = bytes(range(32))
STORES = {
    "memory": lambda place: MemoryDerived(),
    "files": FileDerived,
    "sealed files": lambda place: SealedDerived(FileDerived(place), KEY),
}


@pytest.fixture(params=STORES)
def derived(request, tmp_path):
    return STORES[request.param](tmp_path / "derived")


def files_below(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_gives_back_what_was_put_last(derived):
    assert derived.get("1.2/metadata/3") is None
    derived.put("1.2/metadata/3", b"old")
    derived.put("1.2/metadata/3", b"new" * 100_000)
    assert derived.get("1.2/metadata/3") == b"new" * 100_000
    derived.put("1.2/empty", b"")
    assert derived.get("1.2/empty") == b""
    assert derived.get("1.2") is None


names = st.text(min_size=1, max_size=60) | st.from_regex(r"[0-9.]{1,6}(/[a-z0-9.]{1,4}){0,3}", fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(names, max_size=8, unique=True), st.data())
def test_evicts_whatever_begins_with_a_prefix_and_nothing_else(derived, some, data):
    try:
        for name in some:
            derived.put(name, name.encode("utf-8", "surrogatepass"))
        prefix = data.draw(st.sampled_from([name[:cut] for name in some for cut in range(1, len(name) + 1)] or ["x"]))
        derived.evict(prefix)
        left = [name for name in some if derived.get(name) is not None]
        assert left == [name for name in some if not name.startswith(prefix)]
    finally:
        derived.evict("")


def test_very_long_names_are_told_apart_and_evicted(derived):
    one, other = "é" * 300 + "/a", "é" * 300 + "/b"
    derived.put(one, b"1")
    derived.put(other, b"2")
    derived.put("9/" + "x" * 500, b"3")
    assert (derived.get(one), derived.get(other), derived.get("9/" + "x" * 500)) == (b"1", b"2", b"3")
    derived.evict("é" * 299)
    derived.evict("9/" + "x" * 400)
    assert (derived.get(one), derived.get(other), derived.get("9/" + "x" * 500)) == (None, None, None)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..", ".", "a/../b", "\0", "a\0b/c", "~", "a/", "/"]
)
def test_no_name_leaves_the_folder(tmp_path, name):
    root = tmp_path / "in" / "derived"
    derived = FileDerived(root)
    derived.put(name, b"x")
    assert derived.get(name) == b"x"
    assert len(files_below(tmp_path)) == 1
    assert files_below(root) == files_below(tmp_path)


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    "spoil", [lambda d: d[:-1], lambda d: b"", lambda d: d[:20] + bytes([d[20] ^ 1]) + d[21:], lambda d: d + b"x"]
)
def test_what_does_not_check_out_counts_as_absent(tmp_path, sealed, spoil):
    derived = STORES["sealed files" if sealed else "files"](tmp_path)
    derived.put("1/a", b"something of more than twenty bytes")
    (file,) = files_below(tmp_path)
    file.write_bytes(spoil(file.read_bytes()))
    assert derived.get("1/a") is None


@pytest.mark.parametrize("sealed", [False, True])
def test_what_is_changed_within_a_tick_of_the_clock_after_it_was_given_counts_as_absent(tmp_path, sealed):
    derived = STORES["sealed files" if sealed else "files"](tmp_path)
    derived.put("1/a", b"something of more than twenty bytes")
    assert derived.get("1/a") == b"something of more than twenty bytes"
    (file,) = files_below(tmp_path)
    spoil_in_place(file)
    assert derived.get("1/a") is None


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_believed_for_long_and_is_changed_counts_as_absent(tmp_path, sealed, monkeypatch):
    derived = STORES["sealed files" if sealed else "files"](tmp_path)
    derived.put("1/a", b"something of more than twenty bytes")
    later = time.time_ns() + 60 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: later)  # so that the file counts as old
    assert derived.get("1/a") == derived.get("1/a") == b"something of more than twenty bytes"
    (file,) = files_below(tmp_path)
    spoil_in_place(file)
    os.utime(
        file, (1_000_000, 1_000_000)
    )  # as a write after a while would: the kernel's clock may be too coarse for this one
    assert derived.get("1/a") is None


def spoil_in_place(file: Path) -> None:
    kept = file.read_bytes()
    file.write_bytes(kept[:20] + bytes([kept[20] ^ 1]) + kept[21:])


def test_sealed_values_cannot_be_read_or_moved(tmp_path):
    inside = MemoryDerived()
    derived = SealedDerived(inside, KEY)
    derived.put("1/a", b"PATIENT^NAME")
    assert b"PATIENT" not in inside.get("1/a")
    inside.put("2/b", inside.get("1/a"))
    assert derived.get("2/b") is None
    assert SealedDerived(inside, bytes(32)).get("1/a") is None


def test_beyond_its_size_the_oldest_go(tmp_path):
    derived = FileDerived(tmp_path, limit_bytes=10_000)
    for number in range(20):
        derived.put(f"{number}/x", bytes(1000))
        if (file := next(tmp_path.glob(f"*/={number}/*"), None)) is not None:
            os.utime(file, (1_000_000 + number, 1_000_000 + number))
    for beside in [thread for thread in threading.enumerate() if thread.name == "derived-tidy"]:
        beside.join()  # while it tidies, nobody else does
    derived.tidy()
    left = [number for number in range(20) if derived.get(f"{number}/x") is not None]
    assert 1 <= len(left) <= 10
    assert left == sorted(left)
    assert left[-1] == 19


def test_on_a_full_disk_nothing_new_is_kept_and_nothing_fails(tmp_path):
    derived = FileDerived(tmp_path, reserve=Reserve(tmp_path, share=1.0, floor_bytes=1 << 60))
    derived.put("1/a", b"x")
    assert derived.get("1/a") is None


def test_files_are_for_their_owner_alone(tmp_path):
    FileDerived(tmp_path / "d").put("1/a", b"x")
    assert [file.stat().st_mode & 0o777 for file in files_below(tmp_path)] == [0o600]
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700
