"""Lost and wrong keys: the house does not open, says why, and destroys nothing."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crash.objects import made, offer
from crash.truth import Ledger, check, house_at, settings_for
from radiotheque.app import build
from radiotheque.core.errors import Damaged, RadiothequeError, Unavailable
from radiotheque.keys import export_recovery, import_recovery, open_ring
from radiotheque.keys.folder import KeyFolders


@pytest.fixture
def lived_in(tmp_path: Path) -> Path:
    """A sealed house that keeps an image and has exported its recovery key (in `recovery`)."""
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=True) as house:
        sent = made()
        ledger.offered(sent.instance, sent.sha256)
        ledger.promised(sent.instance, sent.sha256, offer(house, sent).outcome)
    ring = open_ring(tmp_path / "keys", tmp_path / "keys-copy")
    (tmp_path / "recovery").write_text(export_recovery(ring))
    ring.close()
    return tmp_path


def contents(place: Path) -> dict[str, str]:
    """Give the hashes of all that the house keeps: blobs, index, keys."""
    return {
        str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("data", "keys", "keys-copy")
        for path in sorted((place / folder).rglob("*"))
        if path.is_file() and path.name != "lock" and not path.name.endswith(("-shm", "-wal"))
    }


def refused(place: Path, kind: type[RadiothequeError], words: str) -> None:
    """The house does not open, says `words`, and everything is as it was."""
    before = contents(place)
    with pytest.raises(kind, match=words):
        build(settings_for(place, sealing=True))
    assert contents(place) == before


def opens_whole(place: Path) -> None:
    with house_at(place, sealing=True) as house:
        check(house, Ledger(place / "ledger").read())


def test_a_lost_master_key_is_told_and_restored_from_the_recovery_key(lived_in: Path) -> None:
    (lived_in / "keys" / "master.key").unlink()
    refused(lived_in, Unavailable, "master.key is gone.*keys import")
    import_recovery((lived_in / "recovery").read_text(), KeyFolders(lived_in / "keys", lived_in / "keys-copy"))
    opens_whole(lived_in)


def test_another_houses_master_key_is_refused_and_nothing_is_written(lived_in: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    open_ring(other / "keys", other / "keys-copy", demo=True).close()
    shutil.copy2(lived_in / "keys" / "master.key", lived_in / "master.kept")
    shutil.copy2(other / "keys" / "master.key", lived_in / "keys" / "master.key")
    refused(lived_in, Damaged, "does not open under this master key")
    shutil.copy2(lived_in / "master.kept", lived_in / "keys" / "master.key")
    opens_whole(lived_in)


def test_a_whole_other_ring_does_not_open_the_index(lived_in: Path, tmp_path: Path) -> None:
    for name in ("keys", "keys-copy"):
        shutil.move(lived_in / name, lived_in / f"right-{name}")
    open_ring(lived_in / "keys", lived_in / "keys-copy", demo=True).close()
    refused(lived_in, Damaged, "its key is another one")
    for name in ("keys", "keys-copy"):
        shutil.rmtree(lived_in / name)
        shutil.move(lived_in / f"right-{name}", lived_in / name)
    opens_whole(lived_in)


def test_keys_that_are_gone_altogether_are_not_made_anew_over_a_sealed_index(lived_in: Path) -> None:
    for name in ("keys", "keys-copy"):
        shutil.move(lived_in / name, lived_in / f"right-{name}")
    index = (lived_in / "data" / "index.db").read_bytes()
    with pytest.raises(Damaged, match="its key is another one"):
        build(settings_for(lived_in, sealing=True))
    assert (lived_in / "data" / "index.db").read_bytes() == index
    for name in ("keys", "keys-copy"):
        shutil.rmtree(lived_in / name)
        shutil.move(lived_in / f"right-{name}", lived_in / name)
    opens_whole(lived_in)


def test_sealing_switched_off_over_a_sealed_index_is_refused(lived_in: Path) -> None:
    before = contents(lived_in)
    with pytest.raises(RadiothequeError):
        build(settings_for(lived_in, sealing=False))
    assert contents(lived_in) == before
    opens_whole(lived_in)


def test_sealing_switched_on_over_a_plain_index_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=False) as house:
        sent = made()
        ledger.offered(sent.instance, sent.sha256)
        ledger.promised(sent.instance, sent.sha256, offer(house, sent).outcome)
    with pytest.raises(RadiothequeError):
        build(settings_for(tmp_path, sealing=True))
    with house_at(tmp_path, sealing=False) as house:
        check(house, ledger.read())


@pytest.mark.parametrize("folder", ["keys", "keys-copy"])
def test_one_lost_key_log_is_made_whole_from_the_other(lived_in: Path, folder: str) -> None:
    (lived_in / folder / "study-keys.log").unlink()
    opens_whole(lived_in)
    both = [(lived_in / name / "study-keys.log").read_bytes() for name in ("keys", "keys-copy")]
    assert both[0] == both[1]


def test_both_key_logs_lost_are_told_and_nothing_is_written(lived_in: Path) -> None:
    for name in ("keys", "keys-copy"):
        shutil.move(lived_in / name / "study-keys.log", lived_in / f"{name}.log")
    refused(lived_in, Unavailable, "key log is gone")
    for name in ("keys", "keys-copy"):
        shutil.move(lived_in / f"{name}.log", lived_in / name / "study-keys.log")
    opens_whole(lived_in)


def test_the_command_line_says_what_is_wrong_in_one_line_and_ends(lived_in: Path) -> None:
    (lived_in / "keys" / "master.key").unlink()
    env = {**os.environ, "RADIOTHEQUE_DATA": str(lived_in / "data"), "RADIOTHEQUE_KEYS": str(lived_in / "keys")}
    done = subprocess.run(
        [sys.executable, "-m", "radiotheque", "verify"], env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
    assert "master.key is gone" in done.stderr
    assert "Traceback" not in done.stderr
