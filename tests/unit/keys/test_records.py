"""The key log and the recovery key against an implementation written from docs/reference/blob-format.md alone."""

import base64
import hashlib
import hmac
import json
import re

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.blobs.memory import MemoryStore
from radiotheque.blobs.sealed import Sealed
from radiotheque.core.instance import BlobName
from radiotheque.keys import export_recovery, import_recovery, open_ring
from radiotheque.keys.folder import KeyFolders
from radiotheque.keys.records import Kind, unpack
from radiotheque.keys.recovery import spell, unspell
from shared import REPOSITORY


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")


def opened(key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
    gcm = Cipher(algorithms.AES256(key), modes.GCM(nonce, sealed[-16:])).decryptor()
    gcm.authenticate_additional_data(aad)
    return gcm.update(sealed[:-16]) + gcm.finalize()


def master_by_the_document(recovery: str) -> bytes:
    raw = base64.b32decode(recovery.replace("-", ""))
    assert hashlib.sha256(b"radiotheque recovery key" + raw[:32]).digest()[:3] == raw[32:]
    return raw[:32]


def study_key_by_the_document(master: bytes, log: bytes, key_id: str) -> bytes:
    record = log[int(key_id[24:], 16) * 96 :][:96]
    assert (record[:4], record[4:20].hex()) == (b"STDY", key_id)
    assert hashlib.sha256(record[:80]).digest()[:16] == record[80:]
    return opened(hkdf(master, bytes(32), b"radiotheque 1 wrapping key"), record[20:32], record[:20], record[32:80])


def unsealed_by_the_document(key: bytes, name: str, sealed: bytes) -> bytes:
    subkey = hkdf(key, sealed[8:24], b"\x01" + name.encode())
    parts = [sealed[at : at + 65552] for at in range(24, len(sealed), 65552)]
    nonces = [number.to_bytes(11, "big") + bytes([number == len(parts) - 1]) for number in range(len(parts))]
    return b"".join(opened(subkey, nonce, sealed[:24], part) for nonce, part in zip(nonces, parts, strict=True))


def test_recovery_key_key_log_and_blobs_are_enough_by_the_document_alone(tmp_path):
    ring = open_ring(tmp_path / "keys", tmp_path / "copy")
    recovery = export_recovery(ring)
    inside = MemoryStore()
    names = [BlobName(f"{ring.fresh().key_id}/{number:032x}") for number in range(3)]
    for name in names:
        Sealed(inside, ring).put(name, [name.encode() * 3000])
    for name in names:
        log = (tmp_path / "copy" / "study-keys.log").read_bytes()
        key = study_key_by_the_document(master_by_the_document(recovery), log, name.split("/")[0])
        with inside.open(name) as reader:
            assert unsealed_by_the_document(key, name, reader.read()) == name.encode() * 3000


@pytest.fixture
def vector():
    text = (REPOSITORY / "docs" / "reference" / "blob-format.md").read_text()
    return json.loads(re.search(r"```json ring\n(.*?)```", text, re.S)[1])


def test_the_documents_ring_opens(vector, tmp_path):
    folders = KeyFolders(tmp_path / "keys", tmp_path / "copy")
    folders.copy.mkdir()
    folders.logs[1].write_bytes(bytes.fromhex(vector["key_log"]))
    import_recovery(vector["recovery_key"], folders)
    assert folders.master.read_text() == f"radiotheque master key 1 {vector['master_key']}\n"
    ring = open_ring(folders.main, folders.copy)
    assert ring.get(vector["key_id"]).secret.hex() == vector["study_key"]
    assert ring.purpose_key("catalog").hex() == vector["purpose_key_catalog"]
    assert ring.exported()


def test_the_documents_ring_is_what_the_document_says(vector):
    master, log = master_by_the_document(vector["recovery_key"]), bytes.fromhex(vector["key_log"])
    assert study_key_by_the_document(master, log, vector["key_id"]).hex() == vector["study_key"]


@given(st.binary(min_size=32, max_size=32))
def test_a_recovery_key_gives_its_master_key_back(master):
    assert unspell(spell(master)) == master
    assert unspell(spell(master).replace("O", "0").replace("I", "1").replace("B", "8")) == master


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_none(data):
    assert unpack(data) is None


def test_a_record_of_an_unknown_kind_is_none(vector):
    body = b"NEW!" + bytes.fromhex(vector["key_log"])[4:80]
    assert unpack(body + hashlib.sha256(body).digest()[:16]) is None
    assert unpack(bytes.fromhex(vector["key_log"])[:96]).kind is Kind.RING
