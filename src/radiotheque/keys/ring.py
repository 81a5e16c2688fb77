"""The key ring in files: pre-made study keys, wrapped under one master key, durable in two places."""

import os
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from radiotheque.core.errors import Damaged, Gone, NotFound, Unavailable
from radiotheque.core.ports import StudyKey
from radiotheque.keys.folder import (
    MASTER_BYTES,
    KeyFolders,
    check_place,
    key_errors,
    locked,
    make_key_folder,
    read_master,
    sync_folder,
    write_master,
)
from radiotheque.keys.log import KeyLog
from radiotheque.keys.records import SECRET, Kind, Record, blank, fresh_id, id_bytes, number_of, unwrap, wrap

BATCH = 256
_LOW = 64
_REMEMBERED = 4096
_RING_NUMBER, _EXPORT_NUMBER = 0, 1

_log = structlog.get_logger()


def open_ring(folder: Path, copy: Path, *, demo: bool = False, data_folder: Path | None = None) -> "FileKeyRing":
    """Open the ring in two folders, or make a new one when both are empty.

    `demo` lets it make keys before a recovery key was exported. Raises `Refused` (inside the data folder, or the
    master key readable by others), `Damaged` (another ring's master key), `Unavailable` (lost, or a disk error).
    """
    folders = KeyFolders(folder, copy)
    check_place(folders, data_folder)
    with key_errors("the folders of the keys cannot be made"):
        make_key_folder(folder)
        make_key_folder(copy)
    log = KeyLog(folders)
    with locked(folders), key_errors("the key ring cannot be opened"):
        _finish_or_make(folders, log)
        log.mend_locked()
    return FileKeyRing(folders, log, demo=demo)


def _finish_or_make(folders: KeyFolders, log: KeyLog) -> None:
    """Make a new ring in an order that a crash cannot confuse: the key aside, the log, then the key's name."""
    if folders.master.exists():
        if not log.exists():
            raise Unavailable(f"the key log is gone from {folders.main} and {folders.copy}; put one of them back")
        return
    if log.exists() and not folders.unfinished.exists():
        raise Unavailable(
            f"{folders.master} is gone, its key log is there; restore it with `radiotheque keys import` and the recovery key"
        )
    if not log.exists():
        folders.unfinished.unlink(missing_ok=True)
        write_master(folders.unfinished, os.urandom(MASTER_BYTES))
        cipher = wrapping_cipher(read_master(folders.unfinished))
        log.add_locked(lambda number: _first_records(cipher))
    os.rename(folders.unfinished, folders.master)
    sync_folder(folders.main)


def _first_records(cipher: AESGCM) -> Sequence[Record]:
    ring = wrap(cipher, Kind.RING, fresh_id(_RING_NUMBER), os.urandom(SECRET))
    return ring, blank(Kind.NOT_EXPORTED, fresh_id(_EXPORT_NUMBER))


def wrapping_cipher(master: bytes) -> AESGCM:
    """Give what wraps and unwraps the secrets in the log."""
    return AESGCM(HKDF(SHA256(), 32, None, b"radiotheque 1 wrapping key").derive(master))


def ring_salt(log: KeyLog, cipher: AESGCM) -> bytes:
    """Give the ring's salt, and so prove that this master key is its own. Raises `Damaged`, `NotFound`."""
    record = log.read(_RING_NUMBER)
    if record is None:
        raise NotFound("neither key log has its first record; put one of them back")
    if record.kind is not Kind.RING:
        raise Damaged("the key log does not begin with its ring's record; put one of its two files back")
    return unwrap(cipher, record)


class FileKeyRing:
    """A `KeyRing` in two folders. Several processes may share them: each hands out only keys it made itself.

    `fresh` takes from a batch that is durable already, so it costs no fsync; a thread makes the next batch before
    this one is used up. Keys that a process leaves over are never used.
    """

    def __init__(self, folders: KeyFolders, log: KeyLog, *, demo: bool = False) -> None:
        master = read_master(folders.master)
        self.folders = folders
        self._log = log
        self._cipher = wrapping_cipher(master)
        self._salt = ring_salt(log, self._cipher)
        self._purposes = HKDF(SHA256(), 32, self._salt, b"radiotheque 1 purposes").derive(master)
        self._may_make = demo
        self._ready: deque[StudyKey] = deque()
        self._known: dict[str, StudyKey] = {}
        self._known_lock = threading.Lock()
        self._making = threading.Lock()

    def fresh(self) -> StudyKey:
        """Give a key never used before, durable in two places. Raises `Unavailable`."""
        self._require_export()
        while True:
            try:
                key = self._ready.popleft()
            except IndexError:
                self._make_batch()
                continue
            if len(self._ready) < _LOW and not self._making.locked():
                threading.Thread(target=self._make_beforehand, name="key-batch", daemon=True).start()
            self._remember(key)
            return key

    def _require_export(self) -> None:
        if not self._may_make:
            self._may_make = self.exported()
        if not self._may_make:
            raise Unavailable(
                "no recovery key was exported yet, so nothing is taken in: losing the keys would lose every image; "
                "run `radiotheque keys export` and keep what it prints apart from this machine"
            )

    def _make_batch(self) -> None:
        with self._making:
            if self._ready:
                return
            self._make_keys()

    def _make_beforehand(self) -> None:
        if not self._making.acquire(blocking=False):
            return
        try:
            if len(self._ready) < _LOW:
                self._make_keys()
        except Unavailable as error:  # the keys at hand still serve; fresh() says it when they are used up
            _log.warning("keys.not-made", reason=str(error))
        finally:
            self._making.release()

    def _make_keys(self) -> None:
        secrets = [os.urandom(SECRET) for _ in range(BATCH)]
        made: list[StudyKey] = []

        def records(number: int) -> Sequence[Record]:
            wrapped = [wrap(self._cipher, Kind.STUDY, fresh_id(number + at), secrets[at]) for at in range(BATCH)]
            made.extend(StudyKey(record.key_id.hex(), secret) for record, secret in zip(wrapped, secrets, strict=True))
            return wrapped

        self._log.add(records)
        self._ready.extend(made)

    def get(self, key_id: str) -> StudyKey:
        """Give a key that any process of this ring made. Raises `NotFound` (`Gone` when destroyed), `Damaged`."""
        known = self._known.get(key_id)
        if known is not None:
            return known
        record = self.find(key_id)
        if record.kind is Kind.DESTROYED:
            raise Gone(f"the key {key_id} was destroyed; what it sealed cannot be read by anyone")
        key = StudyKey(key_id, unwrap(self._cipher, record))
        self._remember(key)
        return key

    def find(self, key_id: str) -> Record:
        """Give a study key's record, still wrapped. Raises `NotFound`."""
        record = self._log.read(number_of(key_id))
        if record is None or record.key_id != id_bytes(key_id) or record.kind not in (Kind.STUDY, Kind.DESTROYED):
            raise NotFound(
                f"the key {key_id} is not in the key log of {self.folders.main}; is it the log of these blobs?"
            )
        return record

    def _remember(self, key: StudyKey) -> None:
        with self._known_lock:
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key.key_id] = key

    def forget(self, key_id: str) -> None:
        """Drop a key from memory; the log still has it."""
        with self._known_lock:
            self._known.pop(key_id, None)

    def purpose_key(self, purpose: str) -> bytes:
        """Give the 32-byte key of a fixed purpose ("catalog", "derived"): the same every time, in this ring alone."""
        return HKDF(SHA256(), 32, None, b"radiotheque 1 purpose " + purpose.encode()).derive(self._purposes)

    def exported(self) -> bool:
        """Say whether a recovery key was ever exported, by any process."""
        record = self._log.read(_EXPORT_NUMBER)
        return record is not None and record.kind is Kind.EXPORTED

    def mark_exported(self) -> None:
        """Record durably that a recovery key was exported."""
        self._log.replace(_EXPORT_NUMBER, blank(Kind.EXPORTED, fresh_id(_EXPORT_NUMBER)))

    def close(self) -> None:
        """Let go of the keys in memory."""
        self._ready.clear()
        with self._known_lock:
            self._known.clear()


class KeyShredder:
    """Destroys study keys, and with each all that it sealed; `app` gives it to `lifecycle` and to nobody else."""

    def __init__(self, ring: FileKeyRing) -> None:
        self._ring = ring
        self._log = KeyLog(ring.folders)

    def destroy(self, key_id: str) -> None:
        """Write over a key in both places, durably; idempotent. Raises `NotFound`, `Unavailable`.

        Copies in backups, and what a disk keeps of old blocks, are beyond its reach. Other processes
        may remember the key until they end.
        """
        record = self._ring.find(key_id)
        self._log.replace(number_of(key_id), blank(Kind.DESTROYED, record.key_id))
        self._ring.forget(key_id)
