"""Links and checkpoints, worked out by hand with hashlib and by OpenSSL's Ed25519."""

import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.core.errors import Malformed
from radiotheque.security.audit_chain import (
    GENESIS,
    Checkpoint,
    CheckpointFile,
    Signer,
    canonical,
    file_seed,
    from_json,
    is_signed,
    link,
    to_json,
)
from radiotheque.security.model import Entry
from unit.security.entries import entry

SEED = bytes(range(32))


def test_a_link_is_the_hash_of_its_domain_the_link_before_and_the_row() -> None:
    row = Entry(3, 1.5, "a", "api", "", "", "view", "1.2", "é", "success", 0, "P", "")
    texts = ("a", "api", "", "", "view", "1.2", "é", "success", "P", "")
    by_hand = struct.pack(">QQd", 9, 3, 1.5)
    for text in texts:
        by_hand += struct.pack(">I", len(text.encode())) + text.encode()
    assert canonical(row, 9) == by_hand
    before = b"\x01" * 32
    assert link(before, row, 9) == hashlib.sha256(b"radiotheque audit link 1\x00" + before + by_hand).digest()


@given(st.lists(st.text(max_size=6), min_size=10, max_size=10), st.lists(st.text(max_size=6), min_size=10, max_size=10))
def test_no_two_rows_are_hashed_as_the_same_bytes(first: list[str], second: list[str]) -> None:
    def row(texts: list[str]) -> Entry:
        return Entry(1, 2.0, *texts[:8], 0, *texts[8:])  # type: ignore[arg-type]

    assert (canonical(row(first), 1) == canonical(row(second), 1)) == (first == second)


def test_a_link_depends_on_place_predecessor_and_number() -> None:
    some = entry()
    links = {
        link(GENESIS, some, 1), link(GENESIS, some, 2), link(b"\x01" * 32, some, 1),
        link(GENESIS, replace(some, entry_id=8), 1),
    }  # fmt: skip
    assert len(links) == 4


def test_a_checkpoint_is_signed_as_text_by_ed25519() -> None:
    signer = Signer(SEED)
    made = signer.sign(Checkpoint(12, 14, bytes(32), 1_800_000_000.25, 3))
    statement = (
        "radiotheque audit checkpoint 1\nposition 12\nrow 14\nlink " + "00" * 32
        + "\nat 2027-01-15T08:00:00.250Z\nprevious 3\n"
    )  # fmt: skip
    Ed25519PublicKey.from_public_bytes(signer.public).verify(made.signature, statement.encode())
    assert is_signed(made, signer.public)
    assert not is_signed(replace(made, position=13), signer.public)
    assert not is_signed(made, Signer(bytes(32)).public)


def test_the_statement_of_how_far_a_verification_came_is_no_checkpoint() -> None:
    signer = Signer(SEED)
    verified = signer.sign(Checkpoint(1, 1, GENESIS, 0.0, about="verified"))
    assert not is_signed(replace(verified, about="checkpoint"), signer.public)


def test_an_exported_checkpoint_comes_back_whole() -> None:
    signer = Signer(SEED)
    made = signer.sign(Checkpoint(12, 14, b"\x07" * 32, 1_800_000_000.25, 3))
    assert from_json(to_json(made, signer.public)) == made
    for wrong in ({}, {"position": "x"}, to_json(made, signer.public) | {"link": "zz"}):
        with pytest.raises(Malformed):
            from_json(wrong)


def test_a_file_keeps_the_last_checkpoint_and_whatever_the_chain_does_not_hold(tmp_path: Path) -> None:
    signer = Signer(SEED)
    file = CheckpointFile(tmp_path / "audit" / "checkpoints.json", signer.public)
    first, second, third = (signer.sign(Checkpoint(at, at, bytes(32), float(at))) for at in (1, 2, 3))
    assert file.read() == ()
    file.keep(first, lambda _: True)
    file.keep(second, lambda _: True)
    assert file.read() == [second]
    file.keep(third, lambda checkpoint: checkpoint.position != 2)
    assert file.read() == [second, third]
    assert (tmp_path / "audit" / "checkpoints.json").stat().st_mode & 0o077 == 0


def test_a_key_in_a_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "signing.key"
    assert file_seed(path) == file_seed(path)
    assert path.stat().st_mode & 0o077 == 0
