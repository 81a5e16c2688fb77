"""Objects whose identity lies behind what is looked at first: taken in whole, or refused once and with nothing kept."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from crash.objects import made, offer
from crash.truth import house_at, shown
from radiotheque.archive.receive import GLANCE_BYTES, HEAD_BYTES
from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.core.instance import BlobName, Form, Outcome, fresh_blob_name
from radiotheque.core.query import Level


def without_a_study(total: int) -> bytes:
    """Give a data set of `total` bytes in Explicit VR that ends inside a private element, before any Study UID."""
    head = struct.pack("<HH2s2xI", 0x0009, 0x1001, b"OB", 0xFFFFFE)
    return head + bytes(total - len(head))


@pytest.mark.parametrize("size", [at + by for at in (GLANCE_BYTES, HEAD_BYTES) for by in (-2, 0, 2)])
def test_an_object_that_ends_before_its_study_is_refused_and_leaves_nothing(tmp_path: Path, size: int) -> None:
    broken = replace(made(), data=without_a_study(size))
    with house_at(tmp_path, sealing=True) as house:
        with pytest.raises((Malformed, TooLarge)):
            offer(house, broken)
        assert list(house.blobs.names()) == []
        assert offer(house, made()).outcome is Outcome.KEPT


def test_an_object_with_a_long_head_is_kept_once_and_its_spool_is_gone(tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=True) as house:
        assert offer(house, made(long_head=True)).outcome is Outcome.KEPT
        assert len(list(house.blobs.names())) == 1
        assert len(shown(house, Level.IMAGE)) == 1


def test_a_sweep_makes_a_case_of_a_blob_that_ends_before_its_study(tmp_path: Path) -> None:
    meta = made(Form.PART10)
    head = meta.data[: len(meta.data) - len(meta.dataset)]
    with house_at(tmp_path, sealing=True) as house:
        name: BlobName = fresh_blob_name(house.archive.intake.ring.fresh().key_id)
        house.blobs.put(name, iter([head + without_a_study(HEAD_BYTES - len(head))]))
        swept = house.sweep.run(2e10, grace_s=0)
        assert (swept.seen, swept.found_again, swept.orphans) == (1, 0, 1)
