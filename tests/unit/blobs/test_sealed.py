"""The sealed form against an implementation written from docs/reference/blob-format.md alone, and against an attacker."""

import hashlib
import hmac
import json
import re
import secrets

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.blobs.memory import MemoryStore
from radiotheque.blobs.sealed import Sealed
from radiotheque.blobs.sealing import plain_size, seal_bytes, sealed_size, unseal_bytes
from radiotheque.core.errors import Damaged, NotFound
from radiotheque.core.instance import BlobName
from radiotheque.core.ports import StudyKey
from shared import REPOSITORY

CHUNK, TAG, HEADER = 65536, 16, 24
KEY_ID = "00" * 16
SECRET = bytes(range(32))
NAME = BlobName(f"{KEY_ID}/0192d5a0c0de7000800000000000beef")


class OneKey:
    """A key ring of the keys it was made with."""

    def __init__(self, **secrets_by_id: bytes) -> None:
        self.secrets = secrets_by_id

    def fresh(self) -> StudyKey:
        raise AssertionError("a store makes no keys")

    def get(self, key_id: str) -> StudyKey:
        if key_id not in self.secrets:
            raise NotFound(key_id)
        return StudyKey(key_id, self.secrets[key_id])


KEYS = OneKey(**{KEY_ID: SECRET, "11" * 16: bytes(32)})


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256 and one block of output."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")


def seal_by_the_document(secret: bytes, name: str, salt: bytes, plain: bytes) -> bytes:
    header = b"RTSEAL" + b"\x01" + b"\x10" + salt
    subkey = hkdf(secret, salt, b"\x01" + name.encode("ascii"))
    pieces = [plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK)] or [b""]
    sealed = header
    for number, piece in enumerate(pieces):
        last = b"\x01" if number == len(pieces) - 1 else b"\x00"
        gcm = Cipher(algorithms.AES256(subkey), modes.GCM(number.to_bytes(11, "big") + last)).encryptor()
        gcm.authenticate_additional_data(header)
        sealed += gcm.update(piece) + gcm.finalize() + gcm.tag
    return sealed


def kept(sealed: bytes, name: BlobName = NAME) -> Sealed:
    """Give a sealed store in which these bytes lie, wherever they come from."""
    inside = MemoryStore()
    inside.put(name, [sealed])
    return Sealed(inside, KEYS)


def raw(plain: bytes, name: BlobName = NAME, pieces: int = 10_000) -> bytes:
    inside = MemoryStore()
    Sealed(inside, KEYS).put(name, [plain[at : at + pieces] for at in range(0, len(plain), pieces)])
    with inside.open(name) as reader:
        return reader.read()


@pytest.mark.parametrize("size", [0, 1, 15, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK, 16 * CHUNK + 1, 40 * CHUNK])
@pytest.mark.parametrize("pieces", [999, CHUNK, 3 * CHUNK + 1])
def test_seals_byte_for_byte_as_the_document_says(size, pieces):
    plain = secrets.token_bytes(size)
    sealed = raw(plain, pieces=pieces)
    assert sealed == seal_by_the_document(SECRET, NAME, sealed[8:24], plain)
    assert len(sealed) == sealed_size(size)
    assert plain_size(len(sealed), NAME) == size


def document_vectors():
    text = (REPOSITORY / "docs" / "reference" / "blob-format.md").read_text()
    return json.loads(re.search(r"```json\n(.*?)```", text, re.S)[1])


@pytest.mark.parametrize("vector", document_vectors(), ids=lambda vector: vector["what"])
def test_the_documents_vectors_hold(vector):
    plain = bytes.fromhex(vector["plain"]) * vector.get("times", 1)
    secret, name = bytes.fromhex(vector["study_key"]), BlobName(vector["name"])
    sealed = seal_by_the_document(secret, name, bytes.fromhex(vector["salt"]), plain)
    assert hashlib.sha256(sealed).hexdigest() == vector["sealed_sha256"]
    assert vector.get("sealed", sealed.hex()) == sealed.hex()
    inside = MemoryStore()
    inside.put(name, [sealed])
    with Sealed(inside, OneKey(**{name.split("/")[0]: secret})).open(name) as reader:
        assert reader.read() == plain


@given(st.binary(max_size=300), st.integers(1, 400), st.data())
def test_any_changed_byte_is_found(plain, cut, data):
    sealed = bytearray(raw(plain))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Damaged), kept(bytes(sealed)).open(NAME) as reader:
        reader.read()


LARGE = secrets.token_bytes(5 * CHUNK + 100)


@given(st.data())
def test_any_cut_is_found_when_the_end_is_read(data):
    sealed = seal_by_the_document(SECRET, NAME, b"s" * 16, LARGE)
    edges = [HEADER + number * (CHUNK + TAG) for number in range(6)] + [HEADER + TAG]
    end = data.draw(st.one_of(st.integers(0, len(sealed) - 1), st.sampled_from(edges)))
    start = data.draw(st.sampled_from([0, CHUNK, 5 * CHUNK + 50, 9 * CHUNK]))
    with pytest.raises(Damaged), kept(sealed[:end]).open(NAME, start) as reader:
        reader.read()


def chunks_of(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + CHUNK + TAG] for at in range(HEADER, len(sealed), CHUNK + TAG)]


@given(st.permutations(range(6)).filter(lambda order: order != list(range(6))))
def test_chunks_in_another_order_are_found(order):
    sealed = seal_by_the_document(SECRET, NAME, b"s" * 16, LARGE)
    parts = chunks_of(sealed)
    with pytest.raises(Damaged), kept(sealed[:HEADER] + b"".join(parts[at] for at in order)).open(NAME) as reader:
        reader.read()


@pytest.mark.parametrize("at", [0, 2, 5])
def test_a_chunk_from_another_blob_of_the_same_study_is_found(at):
    other = BlobName(f"{KEY_ID}/ffff")
    mine, theirs = raw(LARGE), raw(LARGE, other)
    parts = chunks_of(mine)
    parts[at] = chunks_of(theirs)[at]
    with pytest.raises(Damaged), kept(mine[:HEADER] + b"".join(parts)).open(NAME) as reader:
        reader.read()


def test_a_chunk_put_twice_or_added_behind_the_last_is_found():
    sealed = raw(LARGE[: 2 * CHUNK])
    first, second = chunks_of(sealed)
    for parts in ([first, first, second], [first, second, second], [first, second, secrets.token_bytes(50)]):
        with pytest.raises(Damaged), kept(sealed[:HEADER] + b"".join(parts)).open(NAME) as reader:
            reader.read()


def test_a_blob_moved_to_another_name_is_found():
    with (
        pytest.raises(Damaged),
        kept(raw(b"x"), BlobName(f"{KEY_ID}/other")).open(BlobName(f"{KEY_ID}/other")) as reader,
    ):
        reader.read()


def test_a_blob_under_another_studys_key_is_found():
    name = BlobName(f"{'11' * 16}/{NAME.split('/')[1]}")
    with pytest.raises(Damaged, match="another"), kept(raw(b"x"), name).open(name) as reader:
        reader.read()


def test_a_lost_key_says_so():
    inside = MemoryStore()
    Sealed(inside, KEYS).put(NAME, [b"x"])
    with pytest.raises(NotFound):
        Sealed(inside, OneKey()).open(NAME)
    with pytest.raises(NotFound):
        Sealed(inside, OneKey()).put(BlobName(f"{KEY_ID}/other"), [b"x"])


def test_a_blob_that_was_kept_unsealed_is_told_from_a_damaged_one():
    with pytest.raises(Damaged, match="not sealed"):
        kept(bytes(128) + b"DICM" + bytes(1000)).open(NAME)


def test_a_later_version_is_told_from_damage():
    sealed = bytearray(raw(b"x"))
    sealed[6] = 2
    with pytest.raises(Damaged, match="version 02"):
        kept(bytes(sealed)).open(NAME)


def test_what_lies_below_shows_nothing_of_the_content():
    plain = b"PATIENT^NAME" * 50_000
    sealed = raw(plain)
    assert b"PATIENT" not in sealed
    assert raw(plain) != sealed, "the same content twice has nothing in common"


def test_a_range_is_read_without_the_chunks_around_it():
    sealed = bytearray(raw(LARGE))
    for number in (0, 1, 3, 4, 5):
        sealed[HEADER + number * (CHUNK + TAG) + 7] ^= 1
    store = kept(bytes(sealed))
    with store.open(NAME, 2 * CHUNK, 3 * CHUNK) as reader:
        assert reader.read() == LARGE[2 * CHUNK : 3 * CHUNK]
    with pytest.raises(Damaged), store.open(NAME, 2 * CHUNK, 3 * CHUNK + 1) as reader:
        reader.read()


@given(st.binary(max_size=200), st.text(max_size=20))
def test_a_value_is_unsealed_to_what_was_sealed(plain, name):
    assert unseal_bytes(SECRET, name, seal_bytes(SECRET, name, plain)) == plain


@pytest.mark.parametrize(("size", "chunk_bits"), [(0, 16), (65_536, 16), (65_537, 17), (600_000, 20)])
def test_a_value_of_any_size_is_one_chunk_whose_size_the_header_says(size, chunk_bits):
    sealed = seal_bytes(SECRET, "n", bytes(size))
    assert (sealed[7], len(sealed)) == (chunk_bits, 24 + size + 16)
    assert unseal_bytes(SECRET, "n", sealed) == bytes(size)


@pytest.mark.parametrize("cut", [0, 24, 39, 65_000])
def test_a_value_that_was_cut_is_damaged(cut):
    with pytest.raises(Damaged):
        unseal_bytes(SECRET, "n", seal_bytes(SECRET, "n", bytes(70_000))[:cut])


def test_a_value_larger_than_a_chunk_of_a_blob():
    assert unseal_bytes(SECRET, "n", seal_bytes(SECRET, "n", LARGE)) == LARGE
