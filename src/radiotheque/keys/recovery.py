"""The recovery key: the master key in letters that a person can copy, with a checksum."""

import base64
import binascii
from hashlib import sha256

from radiotheque.core.errors import Malformed
from radiotheque.keys.folder import (
    MASTER_BYTES,
    KeyFolders,
    key_errors,
    locked,
    make_key_folder,
    read_master,
    write_master,
)
from radiotheque.keys.log import KeyLog
from radiotheque.keys.ring import FileKeyRing, ring_salt, wrapping_cipher

_CHECK = 3  # 32 + 3 bytes are exactly 56 base32 letters
_GROUP = 4
_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B"})  # base32 (RFC 4648) has none of these digits


def spell(master: bytes) -> str:
    """Give the recovery key of a master key: 14 groups of 4 letters and digits, hyphens between."""
    letters = base64.b32encode(master + _check(master)).decode()
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def unspell(text: str) -> bytes:
    """Give the master key of a recovery key, however it is spaced and in either case. Raises `Malformed`."""
    letters = "".join(text.split()).replace("-", "").upper().translate(_MISREAD)
    try:
        raw = base64.b32decode(letters)
    except (binascii.Error, ValueError):
        raw = b""
    master = raw[:MASTER_BYTES]
    if len(raw) != MASTER_BYTES + _CHECK or _check(master) != raw[MASTER_BYTES:]:
        raise Malformed(f"not a recovery key: {len(letters)} letters of 56, or one was misread; compare it, try again")
    return master


def _check(master: bytes) -> bytes:
    return sha256(b"radiotheque recovery key" + master).digest()[:_CHECK]


def export_recovery(ring: FileKeyRing) -> str:
    """Give the recovery key, and record durably that it was given: from now on the ring makes keys.

    Whoever holds it with the key log and the blobs can read every study. It belongs on paper or
    on a medium that lies with neither.
    """
    text = spell(read_master(ring.folders.master))
    ring.mark_exported()
    return text


def import_recovery(text: str, folders: KeyFolders) -> None:
    """Write `master.key` again from a recovery key, after it has opened the key log.

    Raises `Malformed` (misread), `Damaged` (another ring's, nothing was changed), `Conflict` (a master
    key is there already), `NotFound` (no key log in either folder), `Unavailable`.
    """
    master = unspell(text)
    with key_errors("the folders of the keys cannot be made"):
        make_key_folder(folders.main)
    with locked(folders), key_errors("the master key cannot be written"):
        ring_salt(KeyLog(folders), wrapping_cipher(master))
        write_master(folders.master, master)
