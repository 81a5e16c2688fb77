"""The chain over the rows of the trail, and its signed checkpoints. Pure, but for the file of the last checkpoint.

A link is SHA-256 over the link before it, its position, and its row: numbers in 8 bytes, big-endian, a moment as IEEE 754
double, each text as its length in 4 bytes and its UTF-8 (docs/reference/audit.md). A checkpoint says which link stood at a
position, signed by Ed25519 (RFC 8032): who cuts the chain's end off, or writes it anew, cannot sign that.
"""

import base64
import json
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from radiotheque.core.errors import Damaged, Malformed, Unavailable
from radiotheque.security.audit_message import moment
from radiotheque.security.model import Entry

GENESIS = bytes(32)
"""What stands before the first link."""

_DOMAIN = b"radiotheque audit link 1\0"
_NUMBERS = struct.Struct(">QQd")
_LENGTH = struct.Struct(">I")
MOST_KEPT = 100


def canonical(entry: Entry, position: int) -> bytes:
    """Give a row at its position as the bytes that are hashed; no two rows give the same."""
    parts = [_NUMBERS.pack(position, entry.entry_id, entry.at)]
    for text in (
        entry.caller, entry.door, entry.address, entry.via, entry.kind, entry.study, entry.detail, entry.outcome,
        entry.patient_id, entry.issuer,
    ):  # fmt: skip
        data = text.encode("utf-8", "surrogatepass")
        parts += (_LENGTH.pack(len(data)), data)
    return b"".join(parts)


def link(previous: bytes, entry: Entry, position: int) -> bytes:
    """Give the link of a row behind the link `previous`."""
    return sha256(_DOMAIN + previous + canonical(entry, position)).digest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which link stood at a position; `row` is the highest number of a row that has a link up to there.

    `previous` is the position of the checkpoint before it, `about` "checkpoint", or "verified" for how far a verification
    has come. `key` names the key that signed: the first 16 hexadecimal digits of the public key's SHA-256.
    """

    position: int
    row: int
    sha256: bytes
    at: float
    previous: int = 0
    about: str = "checkpoint"
    key: str = ""
    signature: bytes = b""

    def statement(self) -> bytes:
        """Give what is signed: lines of text, so that a person can read what was signed."""
        return (
            f"radiotheque audit {self.about} 1\nposition {self.position}\nrow {self.row}\nlink {self.sha256.hex()}\n"
            f"at {moment(self.at)}\nprevious {self.previous}\n"
        ).encode()


class Signer:
    """Signs checkpoints by the key of the house."""

    def __init__(self, seed: bytes) -> None:
        """Take 32 secret bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = key_id(self.public)

    def sign(self, checkpoint: Checkpoint) -> Checkpoint:
        """Give the checkpoint with its signature."""
        return replace(checkpoint, key=self.key_id, signature=self._key.sign(checkpoint.statement()))


def key_id(public: bytes) -> str:
    """Give the name of a public key."""
    return sha256(public).hexdigest()[:16]


def is_signed(checkpoint: Checkpoint, public: bytes) -> bool:
    """Tell whether the key has signed the checkpoint as it stands."""
    if checkpoint.key != key_id(public):
        return False
    with suppress(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(checkpoint.signature, checkpoint.statement())
        return True
    return False


def to_json(checkpoint: Checkpoint, public: bytes) -> dict[str, Any]:
    """Give a checkpoint as it is exported: with the public key, and the statement as text."""
    return {
        "statement": checkpoint.statement().decode(),
        "position": checkpoint.position,
        "row": checkpoint.row,
        "link": checkpoint.sha256.hex(),
        "at": checkpoint.at,
        "previous": checkpoint.previous,
        "about": checkpoint.about,
        "key": checkpoint.key,
        "public_key": base64.b64encode(public).decode(),
        "signature": base64.b64encode(checkpoint.signature).decode(),
    }


def from_json(given: Mapping[str, Any]) -> Checkpoint:
    """Give the checkpoint of an export. Raises `Malformed`."""
    try:
        return Checkpoint(
            int(given["position"]),
            int(given["row"]),
            bytes.fromhex(given["link"]),
            float(given["at"]),
            int(given["previous"]),
            str(given["about"]),
            str(given["key"]),
            base64.b64decode(given["signature"], validate=True),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("this is no checkpoint of an audit trail") from error


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A file beside the database that has the last checkpoint: who cuts the tables has not cut it.

    An older one stays in it as long as the chain does not have its link.
    """

    path: Path
    public: bytes

    def read(self) -> Sequence[Checkpoint]:
        """Give what it holds, none when it is not there. Raises `Damaged`, `Unavailable`."""
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be read: {error.strerror}") from error
        try:
            return [from_json(each) for each in json.loads(text)]
        except (Malformed, ValueError) as error:
            raise Damaged(f"{self.path} does not hold checkpoints; what it held cannot be compared") from error

    def keep(self, newest: Checkpoint, holds: Callable[[Checkpoint], bool]) -> None:
        """Put the newest in, durably, and what the chain holds out. Raises `Unavailable`, `Damaged`."""
        at_odds = [each for each in self.read() if not holds(each)][:MOST_KEPT]
        self.write([*at_odds, newest])

    def write(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Replace all, durably: a crash leaves the old or the new. Raises `Unavailable`."""
        fresh = self.path.with_suffix(".new")
        data = json.dumps([to_json(each, self.public) for each in checkpoints], indent=1).encode()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, data)
                os.fsync(fd)
            finally:
                os.close(fd)
            os.replace(fresh, self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be written: {error.strerror}") from error


def file_seed(path: Path) -> bytes:
    """Give the 32 secret bytes of a file, made at first; for a house whose keys are no ring. Raises `Unavailable`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, os.urandom(32))
                os.fsync(fd)
            finally:
                os.close(fd)
        seed = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    if len(seed) != 32:
        raise Unavailable(f"{path} does not hold the 32 bytes of a key")
    return seed
