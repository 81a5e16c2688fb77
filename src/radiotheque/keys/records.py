"""One record of the key log, 96 bytes: pure, no I/O (docs/reference/blob-format.md, "The key log").

    kind (4 bytes) ‖ key id (16) ‖ nonce (12) ‖ AES-256-GCM(wrapping key, nonce, secret, AAD = kind ‖ key id) (48)
    ‖ first 16 bytes of SHA-256 over all before

A key id is 12 random bytes ‖ the record's number in the log (4 bytes, big-endian), so a key is found by one read.
"""

import os
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from radiotheque.core.errors import Damaged, NotFound

SIZE = 96
SECRET = 32
_ID = 16
_NONCE = 12
_WRAPPED = SECRET + 16
_CHECK = 16


class Kind(Enum):
    """What a record is for."""

    RING = b"RING"  # record 0: the ring's salt; opens only under the right master key
    NOT_EXPORTED = b"NOEX"  # record 1, until a recovery key was exported
    EXPORTED = b"EXPO"  # record 1 after that
    STUDY = b"STDY"
    DESTROYED = b"GONE"  # was a study key; its secret is overwritten


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies in the log, the secret still wrapped."""

    kind: Kind
    key_id: bytes
    nonce: bytes
    wrapped: bytes

    def pack(self) -> bytes:
        """Give the 96 bytes."""
        body = self.kind.value + self.key_id + self.nonce + self.wrapped
        return body + sha256(body).digest()[:_CHECK]


def unpack(data: bytes) -> Record | None:
    """Give the record in 96 bytes, None when they are torn or none."""
    body = data[: SIZE - _CHECK]
    if len(data) != SIZE or sha256(body).digest()[:_CHECK] != data[SIZE - _CHECK :]:
        return None
    try:
        kind = Kind(body[:4])
    except ValueError:
        return None
    at = 4 + _ID
    return Record(kind, body[4:at], body[at : at + _NONCE], body[at + _NONCE :])


def fresh_id(number: int) -> bytes:
    """Give a new key id for the record of this number."""
    return os.urandom(_ID - 4) + number.to_bytes(4, "big")


def number_of(key_id: str) -> int:
    """Give the number of the record that a key id names. Raises `NotFound` when it is no key id."""
    return int.from_bytes(id_bytes(key_id)[_ID - 4 :], "big")


def id_bytes(key_id: str) -> bytes:
    """Give a key id's 16 bytes. Raises `NotFound` when it is none."""
    try:
        raw = bytes.fromhex(key_id)
    except ValueError:
        raw = b""
    if len(raw) != _ID or raw.hex() != key_id:
        raise NotFound(f"no key is named {key_id[:40]!r}: a key id is 32 hexadecimal digits")
    return raw


def wrap(cipher: AESGCM, kind: Kind, key_id: bytes, secret: bytes) -> Record:
    """Give a record of `secret`, wrapped."""
    nonce = os.urandom(_NONCE)
    return Record(kind, key_id, nonce, cipher.encrypt(nonce, secret, kind.value + key_id))


def unwrap(cipher: AESGCM, record: Record) -> bytes:
    """Give the 32 bytes of the secret. Raises `Damaged` under another master key."""
    try:
        return cipher.decrypt(record.nonce, record.wrapped, record.kind.value + record.key_id)
    except InvalidTag as error:
        raise Damaged(
            f"key {record.key_id.hex()} does not open under this master key; put the right master.key back, "
            "or restore it with `radiotheque keys import`"
        ) from error


def blank(kind: Kind, key_id: bytes) -> Record:
    """Give a record of this kind without a secret."""
    return Record(kind, key_id, os.urandom(_NONCE), bytes(_WRAPPED))
