"""An older catalog is put back, or none: a sweep finds everything again, as it was received, and removes nothing."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from crash.objects import Sent, made, offer
from crash.truth import Ledger, check, house_at, located, me, shown, sweep_all, uid_of
from radiotheque.app import House
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Door
from radiotheque.core.errors import Busy, OutOfSpace, RadiothequeError, Unavailable
from radiotheque.core.instance import Arrival, BlobName, Form, Outcome, Selection, fresh_blob_name
from radiotheque.core.peer import Peer
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.security import house_caller

both = pytest.mark.parametrize("sealing", [True, False], ids=["sealed", "plain"])


def keep(house: House, ledger: Ledger, *objects: Sent, **origin: Any) -> list[Outcome]:
    """Offer objects and note what was promised."""
    outcomes = []
    for sent in objects:
        ledger.offered(sent.instance, sent.sha256)
        outcomes.append(offer(house, sent, **origin).outcome)
        ledger.promised(sent.instance, sent.sha256, outcomes[-1])
    return outcomes


def copy_of_the_index(place: Path) -> Path:
    """Back the index up as an operator does while nothing runs: its files, copied."""
    backup = place / "backup"
    backup.mkdir()
    for file in (place / "data").glob("index.db*"):
        shutil.copy2(file, backup)
    return backup


def put_back(place: Path, backup: Path) -> None:
    """Restore a backup of the index over what is there."""
    for file in (place / "data").glob("index.db*"):
        file.unlink()
    for file in backup.iterdir():
        shutil.copy2(file, place / "data")


def day(number: int) -> list[Sent]:
    """Give a day's objects: a new study, two more images of one that every day brings images for, one as a file."""
    growing: dict[str, Any] = {"patient_id": "EVERYDAY", "study": "long"}
    return [
        made(patient_id=f"DAY-{number}"),
        made(instance=f"{number}a", **growing),
        made(instance=f"{number}b", series=str(number), **growing),
        made(Form.PART10, patient_id=f"DAY-{number}", series="file"),
    ]


@both
def test_yesterdays_catalog_and_a_sweep_find_everything_again(tmp_path: Path, sealing: bool) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=sealing) as house:
        keep(house, ledger, *day(1))
    backup = copy_of_the_index(tmp_path)
    with house_at(tmp_path, sealing=sealing) as house:
        assert keep(house, ledger, *day(2), *day(3)) == [Outcome.KEPT] * 8
        expected = check(house, ledger.read())
    put_back(tmp_path, backup)
    with house_at(tmp_path, sealing=sealing) as house:
        assert len(shown(house, Level.IMAGE)) == 4
        assert sweep_all(house) == (8, 0)
        assert check(house, ledger.read()) == expected
        assert keep(house, ledger, *day(4)) == [Outcome.KEPT] * 4
        check(house, ledger.read())


@both
def test_without_any_catalog_a_sweep_finds_everything_again(tmp_path: Path, sealing: bool) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=sealing) as house:
        keep(house, ledger, *day(1), *day(2))
        expected = check(house, ledger.read())
        before = {name: house.blobs.size(name) for name in house.blobs.names()}
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    with house_at(tmp_path, sealing=sealing) as house:
        assert sweep_all(house) == (8, 0)
        assert check(house, ledger.read()) == expected
        assert {name: house.blobs.size(name) for name in house.blobs.names()} == before


@both
def test_a_study_goes_on_under_the_key_that_the_sweep_found(tmp_path: Path, sealing: bool) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=sealing) as house:
        keep(house, ledger, made())
        (key_id,) = {name.partition("/")[0] for name in house.blobs.names()}
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    with house_at(tmp_path, sealing=sealing) as house:
        sweep_all(house)
        keep(house, ledger, made(instance="2"))
        assert {name.partition("/")[0] for name in house.blobs.names()} == {key_id}


def test_what_was_received_after_the_backup_keeps_its_time_of_arrival(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=False) as house:
        keep(house, ledger, made())
        before = located(house, [made().study])[made().instance].received_at
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    with house_at(tmp_path, sealing=False) as house:
        sweep_all(house)
        after = located(house, [made().study])[made().instance].received_at
    assert abs(after - before) < 5


def test_the_default_issuer_is_the_same_on_the_day_of_the_sweep(tmp_path: Path) -> None:
    """Without it the rest of a study would be another patient's, and go to quarantine."""
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=False, default_issuer="HOSPITAL") as house:
        keep(house, ledger, made())
    backup = copy_of_the_index(tmp_path)
    with house_at(tmp_path, sealing=False, default_issuer="HOSPITAL") as house:
        keep(house, ledger, made(instance="2"))
    put_back(tmp_path, backup)
    with house_at(tmp_path, sealing=False, default_issuer="HOSPITAL") as house:
        assert sweep_all(house) == (1, 0)
        assert house.catalog.cases() == []
        check(house, ledger.read())


def test_the_issuer_of_a_peer_is_found_by_the_title_kept_in_the_file_meta(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    modality = house_caller(Door.DIMSE, "CT_NORTH")
    with house_at(tmp_path, sealing=False) as house:
        house.security.peers.put(Peer(AETitle("CT_NORTH"), "127.0.0.1", 104, issuer="NORTH"), me())
        keep(house, ledger, made(), caller=modality, default_issuer="NORTH")
    backup = copy_of_the_index(tmp_path)
    with house_at(tmp_path, sealing=False) as house:
        keep(house, ledger, made(instance="2"), caller=modality, default_issuer="NORTH")
    put_back(tmp_path, backup)
    with house_at(tmp_path, sealing=False) as house:
        assert sweep_all(house) == (1, 0)
        assert {location.identity.issuer for location in located(house, [made().study]).values()} == {"NORTH"}
        check(house, ledger.read())


def test_an_amended_identity_holds_for_what_the_sweep_finds(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    study = made().study
    with house_at(tmp_path, sealing=True) as house:
        keep(house, ledger, made())
        house.catalog.amend_study(UID(study), {"PatientName": ("Right^Name",), "PatientID": ("NEW-1",)}, me())
    backup = copy_of_the_index(tmp_path)
    with house_at(tmp_path, sealing=True) as house:
        keep(house, ledger, made(instance="2"))
    put_back(tmp_path, backup)
    with house_at(tmp_path, sealing=True) as house:
        assert sweep_all(house) == (1, 0)
        assert house.catalog.cases() == []
        assert {uid_of(found, "PatientID") for found in shown(house, Level.STUDY)} == {"NEW-1"}
        there = located(house, [study])
        assert set(there) == {made().instance, made(instance="2").instance}
        assert {location.amendments["PatientID"] for location in there.values()} == {("NEW-1",)}
        for location in there.values():
            assert b"Right^Name" in house.archive.outgoing(location).read()


def test_what_was_rejected_stays_rejected_when_its_blob_is_offered_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=False) as house:
        keep(house, ledger, made(), made(instance="2"))
        chosen = Selection(Level.IMAGE, instances=(UID(made().instance),))
        house.archive.reject(chosen, me(), code="113001")
        house.blobs.put(fresh_blob_name(house.ring.fresh().key_id), [made(Form.PART10).data])
        assert sweep_all(house) == (0, 1)
        assert [uid_of(found, "SOPInstanceUID") for found in shown(house, Level.IMAGE)] == [made(instance="2").instance]


def test_a_blob_that_cannot_be_read_becomes_a_case_and_stays(tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=False) as house:
        name = fresh_blob_name(house.ring.fresh().key_id)
        house.blobs.put(name, [b"no DICOM at all " * 64])
        assert sweep_all(house) == (0, 1)
        (case,) = house.catalog.cases()
        assert (case.blob.name, case.reason, case.channel) == (name, "unindexable", "sweep")
        with house.blobs.open(name) as blob:
            assert blob.read() == b"no DICOM at all " * 64


def test_a_sealed_blob_that_was_tampered_with_becomes_a_case_and_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=True) as house:
        keep(house, ledger, made(), made(instance="2"))
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    victim = min((tmp_path / "data" / "blobs").glob("??/*"))
    sealed = bytearray(victim.read_bytes())
    sealed[-20] ^= 1
    victim.write_bytes(sealed)
    with house_at(tmp_path, sealing=True) as house:
        assert sweep_all(house) == (1, 1)
        (case,) = house.catalog.cases()
        assert case.detail.startswith("Damaged")
    assert victim.read_bytes() == sealed


class Away:
    """A catalog that records nothing: `error` is why."""

    def __init__(self, inner: Any, error: RadiothequeError) -> None:
        self._inner, self._error = inner, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def record(self, arrival: Arrival) -> NoReturn:
        raise self._error


@pytest.mark.parametrize("error", [Busy("locked"), OutOfSpace("the disk of the index is full")], ids=["locked", "full"])
def test_bytes_that_the_index_certainly_did_not_take_are_taken_back(tmp_path: Path, error: RadiothequeError) -> None:
    with house_at(tmp_path, sealing=True) as house:
        intake = replace(house.archive.intake, catalog=Away(house.catalog, error))
        with pytest.raises(type(error)):
            offer(replace(house, archive=replace(house.archive, intake=intake)), made())
        assert list(house.blobs.names()) == []


def test_bytes_whose_commit_is_in_doubt_stay_and_the_sweep_finds_them(tmp_path: Path) -> None:
    """An I/O error while the log is synced may leave the row: had the bytes been removed, it would name nothing."""
    ledger = Ledger(tmp_path / "ledger")
    sent = made()
    ledger.offered(sent.instance, sent.sha256)
    with house_at(tmp_path, sealing=True) as house:
        intake = replace(house.archive.intake, catalog=Away(house.catalog, Unavailable("the index cannot be written")))
        with pytest.raises(Unavailable):
            offer(replace(house, archive=replace(house.archive, intake=intake)), sent)
        assert sweep_all(house) == (1, 0)
        assert check(house, ledger.read()) == {sent.instance: sent.sha256}


def test_a_sweep_that_finds_the_index_locked_makes_no_case_of_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=False) as house:
        keep(house, ledger, made())
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    with house_at(tmp_path, sealing=False) as house:
        away = replace(house.sweep, catalog=Away(house.catalog, Busy("locked")))
        with pytest.raises(Busy):
            away.run(house.clock.now(), grace_s=0)
        assert house.catalog.cases() == []
        assert sweep_all(house) == (1, 0)
        check(house, ledger.read())


def test_blobs_whose_keys_are_missing_wait_until_the_key_log_is_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=True) as house:
        keep(house, ledger, made())
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    shutil.move(tmp_path / "keys", tmp_path / "right")
    shutil.move(tmp_path / "keys-copy", tmp_path / "right-copy")
    with house_at(tmp_path, sealing=True) as house:
        swept = house.sweep.run(house.clock.now(), grace_s=0)
        assert (swept.seen, swept.found_again, swept.orphans, swept.unread) == (1, 0, 0, 1)
    for name in ("keys", "keys-copy"):
        shutil.rmtree(tmp_path / name)
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    shutil.move(tmp_path / "right", tmp_path / "keys")
    shutil.move(tmp_path / "right-copy", tmp_path / "keys-copy")
    with house_at(tmp_path, sealing=True) as house:
        assert sweep_all(house) == (1, 0)
        check(house, ledger.read())


@pytest.mark.parametrize("sealing", [True, False])
def test_two_processes_that_begin_a_study_at_once_keep_it_under_one_key(tmp_path: Path, sealing: bool) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=sealing) as one, house_at(tmp_path, sealing=sealing) as other:
        study = UID(made().study)
        asked = one.archive.intake.keys.key_for(study)
        keep(other, ledger, made())
        keep(one, ledger, made(instance="2"), made(instance="3"))
        names = list(one.blobs.names())
        assert len(names) == 3
        (key_id,) = {name.partition("/")[0] for name in names}
        assert key_id == other.archive.intake.keys.key_for(study).key_id != asked.key_id
        check(one, ledger.read())


def test_a_blob_under_another_key_than_its_studys_is_kept_again_under_that(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=True) as house:
        keep(house, ledger, made())
        left = fresh_blob_name(house.ring.fresh().key_id)
        house.blobs.put(left, [made(Form.PART10, instance="2").data])
        assert house.sweep.run(house.clock.now(), grace_s=0).found_again == 1
        assert [uid_of(found, "SOPInstanceUID") for found in shown(house, Level.IMAGE)] == [
            made().instance,
            made(instance="2").instance,
        ]
        (case,) = house.catalog.cases()
        assert (case.blob.name, case.reason) == (left, "unindexable")
        names = {name for name in house.blobs.names() if name != left}
        assert {name.partition("/")[0] for name in names} == {
            house.archive.intake.keys.key_for(UID(made().study)).key_id
        }


def test_a_young_blob_is_left_alone_within_the_period_of_grace(tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=False) as house:
        name: BlobName = fresh_blob_name(house.ring.fresh().key_id)
        house.blobs.put(name, [made(Form.PART10).data])
        swept = house.sweep.run(house.clock.now())
        assert (swept.seen, swept.found_again, swept.orphans) == (1, 0, 0)
        assert house.catalog.named([name]) == set()
        later = house.sweep.run(house.clock.now() + 25 * 3600)
        assert (later.seen, later.found_again) == (1, 1)


def test_the_command_line_sweeps_what_came_since_the_backup(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with house_at(tmp_path, sealing=True) as house:
        keep(house, ledger, *day(1))
    for file in (tmp_path / "data").glob("index.db*"):
        file.unlink()
    env = {**os.environ, "RADIOTHEQUE_DATA": str(tmp_path / "data"), "RADIOTHEQUE_KEYS": str(tmp_path / "keys")}
    command = [sys.executable, "-m", "radiotheque", "sweep", "--grace-hours", "0", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"seen": 4, "found_again": 4, "orphans": 0, "unread": 0}
    with house_at(tmp_path, sealing=True) as house:
        check(house, ledger.read())
