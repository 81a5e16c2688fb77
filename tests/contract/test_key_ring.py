"""What a KeyRing promises: keys used once, durable in two places, opened by nobody without the master key."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from radiotheque.core.errors import Conflict, Damaged, Gone, Malformed, NotFound, Refused, Unavailable
from radiotheque.keys import FileKeyRing, KeyShredder, NullKeyRing, export_recovery, import_recovery, open_ring
from radiotheque.keys.folder import KeyFolders


@pytest.fixture
def place(tmp_path: Path) -> KeyFolders:
    return KeyFolders(tmp_path / "config" / "keys", tmp_path / "state" / "copy")


def opened(place: KeyFolders, *, demo: bool = True) -> FileKeyRing:
    return open_ring(place.main, place.copy, demo=demo)


@pytest.fixture(params=["files", "off"])
def ring(request, place):
    return opened(place) if request.param == "files" else NullKeyRing()


def test_a_fresh_key_is_never_given_twice_and_is_found_again(ring):
    keys = [ring.fresh() for _ in range(600)]
    assert len({key.key_id for key in keys}) == 600
    assert all(ring.get(key.key_id) == key for key in keys)


def test_key_ids_have_one_size_and_are_safe_in_a_blob_name(ring):
    for _ in range(20):
        key_id = ring.fresh().key_id
        assert len(key_id) == 32
        assert set(key_id) <= set("0123456789abcdef")


def test_study_keys_have_256_bits_and_differ(place):
    secrets = {opened(place).fresh().secret for _ in range(3)}
    assert len(secrets) == 3
    assert {len(secret) for secret in secrets} == {32}


def test_with_sealing_off_keys_have_no_secret():
    ring = NullKeyRing()
    assert ring.fresh().secret == b""
    assert ring.purpose_key("catalog") == b""


def test_a_ring_opened_again_has_every_key(place):
    keys = [opened(place).fresh() for _ in range(3)]
    again = opened(place)
    assert [again.get(key.key_id) for key in keys] == keys


def test_a_ring_knows_the_keys_that_another_process_made_meanwhile(place):
    one, other = opened(place), opened(place)
    key = other.fresh()
    assert one.get(key.key_id) == key


@pytest.mark.parametrize("key_id", ["", "zz", "00" * 16, "ab" * 15 + "AB", "ff" * 16, "00" * 15 + "01", "ab" * 17])
def test_an_unknown_key_is_not_found(place, key_id):
    with pytest.raises(NotFound):
        opened(place).get(key_id)


def _take(main: Path, copy: Path, gate, told) -> None:
    ring = open_ring(main, copy, demo=True)
    gate.wait()
    told.put([ring.fresh().key_id for _ in range(700)])


def test_processes_that_share_a_ring_never_hand_out_the_same_key(place):
    start = multiprocessing.get_context("spawn")
    gate, told = start.Barrier(3), start.Queue()
    workers = [start.Process(target=_take, args=(place.main, place.copy, gate, told)) for _ in range(3)]
    for worker in workers:
        worker.start()
    keys = [key for _ in workers for key in told.get(timeout=60)]
    for worker in workers:
        worker.join()
    assert len(set(keys)) == 2100
    ring = opened(place)
    assert all(ring.get(key).secret for key in keys)


def test_threads_never_get_the_same_key(place):
    ring, taken = opened(place), []
    threads = [threading.Thread(target=lambda: taken.extend(ring.fresh().key_id for _ in range(300))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 1800


def test_a_key_is_in_both_files_before_it_is_given(place):
    key = opened(place).fresh()
    for log in place.logs:
        assert bytes.fromhex(key.key_id) in log.read_bytes()
        assert key.secret not in log.read_bytes()


def test_no_key_is_given_when_the_second_place_cannot_be_written(place):
    ring = opened(place)
    place.logs[1].unlink()
    place.logs[1].mkdir()
    with pytest.raises(Unavailable):
        ring.fresh()


@pytest.mark.parametrize("lost", [0, 1])
def test_a_log_that_was_lost_is_made_again_from_the_other(place, lost):
    keys = [opened(place).fresh() for _ in range(2)]
    before = place.logs[lost].read_bytes()
    place.logs[lost].unlink()
    ring = opened(place)
    assert [ring.get(key.key_id) for key in keys] == keys
    assert place.logs[lost].read_bytes() == before


@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize("cut", [1, 50, 95, 96, 97, 96 * 256])
def test_a_torn_end_costs_no_key_that_was_given(place, lost, cut):
    key = opened(place).fresh()
    opened(place).fresh()
    log = place.logs[lost]
    os.truncate(log, log.stat().st_size - cut)
    ring = opened(place)
    newer = ring.fresh()
    assert ring.get(key.key_id) == key
    assert opened(place).get(newer.key_id) == newer
    assert place.logs[0].read_bytes() == place.logs[1].read_bytes()


def test_an_end_torn_in_both_files_is_left_behind(place):
    key = opened(place).fresh()
    for log in place.logs:
        with open(log, "ab") as file:
            file.write(b"STDY and half a record")
    ring = opened(place)
    newer = ring.fresh()
    assert opened(place).get(newer.key_id) == newer
    assert opened(place).get(key.key_id) == key


def test_a_record_damaged_in_one_file_is_read_from_the_other(place):
    key = opened(place).fresh()
    content = bytearray(place.logs[0].read_bytes())
    at = content.index(bytes.fromhex(key.key_id))
    content[at + 40] ^= 1
    place.logs[0].write_bytes(content)
    assert opened(place).get(key.key_id) == key


def test_another_master_key_is_refused_when_the_ring_is_opened(place, tmp_path):
    opened(place).fresh()
    other = KeyFolders(tmp_path / "other", tmp_path / "other-copy")
    opened(other)
    place.master.write_text(other.master.read_text())
    with pytest.raises(Damaged):
        opened(place)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_master_key_that_others_may_read_is_refused(place, mode):
    opened(place)
    place.master.chmod(mode)
    with pytest.raises(Refused, match="chmod 600"):
        opened(place)


def test_the_master_key_is_made_for_its_owner_alone(place):
    opened(place).fresh()
    assert place.master.stat().st_mode & 0o777 == 0o600
    assert place.main.stat().st_mode & 0o777 == 0o700
    assert all(log.stat().st_mode & 0o777 == 0o600 for log in place.logs)
    assert not (place.copy / "master.key").exists()


def test_keys_inside_the_data_folder_are_refused(tmp_path):
    data = tmp_path / "data"
    for main, copy in [(data / "keys", tmp_path / "copy"), (tmp_path / "keys", data / "a" / "copy"), (data, tmp_path)]:
        with pytest.raises(Refused, match="data folder"):
            open_ring(main, copy, data_folder=data)
    with pytest.raises(Refused, match="two folders"):
        open_ring(tmp_path / "keys", tmp_path / "keys", data_folder=data)


def test_a_lost_master_key_is_said_and_never_replaced_by_a_new_one(place):
    opened(place).fresh()
    place.master.unlink()
    with pytest.raises(Unavailable, match="keys import"):
        opened(place)
    assert not place.master.exists()


def test_a_key_log_that_is_gone_from_both_places_is_said(place):
    opened(place).fresh()
    for log in place.logs:
        log.unlink()
    with pytest.raises(Unavailable, match="put one of them back"):
        opened(place)


def test_a_ring_whose_making_was_cut_short_is_finished(place):
    opened(place)
    os.rename(place.master, place.unfinished)
    place.logs[1].unlink()
    key = opened(place).fresh()
    assert opened(place).get(key.key_id) == key


def test_a_ring_whose_making_was_cut_before_its_log_begins_again(place):
    place.main.mkdir(parents=True)
    place.unfinished.write_text("half a line")
    assert opened(place).fresh().secret


def test_no_key_is_made_before_a_recovery_key_was_exported(place):
    ring, beside = opened(place, demo=False), opened(place, demo=False)
    with pytest.raises(Unavailable, match="radiotheque keys export"):
        ring.fresh()
    export_recovery(beside)
    assert ring.fresh().secret
    assert opened(place, demo=False).fresh().secret


def test_the_recovery_key_and_one_log_open_everything(place, tmp_path):
    ring = opened(place)
    keys, catalog = [ring.fresh() for _ in range(3)], ring.purpose_key("catalog")
    written = export_recovery(ring)
    elsewhere = KeyFolders(tmp_path / "new" / "keys", tmp_path / "new" / "copy")
    elsewhere.copy.mkdir(parents=True)
    elsewhere.logs[1].write_bytes(place.logs[1].read_bytes())
    import_recovery(f"  {written.lower().replace('-', ' ')}\n", elsewhere)
    rescued = opened(elsewhere, demo=False)
    assert [rescued.get(key.key_id) for key in keys] == keys
    assert rescued.purpose_key("catalog") == catalog
    assert rescued.fresh().secret


def test_a_recovery_key_is_made_of_letters_that_a_person_can_copy(place):
    written = export_recovery(opened(place))
    groups = written.split("-")
    assert [len(group) for group in groups] == [4] * 14
    assert set("".join(groups)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t + "A", lambda t: t[5:9] + t[4:], lambda t: "", lambda t: "é" * 56]
)
def test_a_recovery_key_that_was_misread_is_told_from_a_right_one(place, spoil):
    written = export_recovery(opened(place))
    place.master.unlink()
    with pytest.raises(Malformed):
        import_recovery(spoil(written), place)
    wrong = "B" if written[0] == "A" else "A"
    with pytest.raises(Malformed):
        import_recovery(wrong + written[1:], place)
    assert not place.master.exists()


def test_the_recovery_key_of_another_ring_changes_nothing(place, tmp_path):
    opened(place)
    other = opened(KeyFolders(tmp_path / "other", tmp_path / "other-copy"))
    place.master.unlink()
    with pytest.raises(Damaged):
        import_recovery(export_recovery(other), place)
    assert not place.master.exists()


def test_a_master_key_that_is_there_is_not_replaced(place):
    written = export_recovery(opened(place))
    with pytest.raises(Conflict):
        import_recovery(written, place)


def test_purpose_keys_stay_the_same_and_differ_by_purpose_and_ring(place, tmp_path):
    catalog = opened(place).purpose_key("catalog")
    assert len(catalog) == 32
    assert opened(place).purpose_key("catalog") == catalog
    assert opened(place).purpose_key("derived") != catalog
    assert opened(KeyFolders(tmp_path / "x", tmp_path / "y")).purpose_key("catalog") != catalog


def test_a_destroyed_key_is_gone_from_memory_and_from_both_files(place):
    ring = opened(place)
    key, other = ring.fresh(), ring.fresh()
    record = place.logs[0].read_bytes()[int(key.key_id[24:], 16) * 96 :][:96]
    KeyShredder(ring).destroy(key.key_id)
    for reader in (ring, opened(place)):
        with pytest.raises(Gone):
            reader.get(key.key_id)
        assert reader.get(other.key_id) == other
    assert all(record[20:80] not in log.read_bytes() for log in place.logs)
    KeyShredder(ring).destroy(key.key_id)
    with pytest.raises(NotFound):
        KeyShredder(ring).destroy("ab" * 16)


def test_keys_are_not_shown_when_printed(place):
    key = opened(place).fresh()
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
