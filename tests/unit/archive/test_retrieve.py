"""What is given back of a kept object, read at once or while it is sent."""

from collections.abc import Callable
from typing import Any

import pytest

from radiotheque.archive.retrieve import Outgoing, outgoing
from radiotheque.blobs.memory import MemoryStore
from radiotheque.core.errors import Damaged
from radiotheque.core.instance import Blob, BlobName, Identity, Location
from radiotheque.core.uid import UID

NAME = BlobName("0123456789abcdef0123456789abcdef/0001")
REST = b"DICM and everything behind it"
AT_ONCE, LATER = 1 << 20, 0


class NoWorkbench:
    """A workbench that nothing is to be asked of."""

    def run[T](self, function: Callable[..., T], *args: Any) -> T:
        raise AssertionError("nothing is transcoded here")


def given(kept: bytes, at_once_bytes: int, *, size_bytes: int = 0, dataset_offset: int = 132) -> Outgoing:
    """Give what goes out of an object kept as these bytes, `size_bytes` long as far as the index knows."""
    store = MemoryStore()
    store.put(NAME, (kept,))
    identity = Identity(UID("1.9"), UID("1.2.3.1"), UID("1.2"), UID("1.2.3"), "P", "")
    blob = Blob(NAME, size_bytes or len(kept))
    location = Location(identity, blob, UID("1.2.840.10008.1.2.1"), dataset_offset, -1, 1, 0)
    return outgoing(location, syntax=None, blobs=store, workbench=NoWorkbench(), at_once_bytes=at_once_bytes)


@pytest.mark.parametrize("at_once_bytes", [AT_ONCE, LATER])
def test_a_program_in_the_preamble_does_not_go_out(at_once_bytes: int) -> None:
    made = given(b"MZ" + bytes(126) + REST, at_once_bytes)
    assert made.read() == bytes(128) + REST
    assert made.size_bytes == 128 + len(REST)


@pytest.mark.parametrize("at_once_bytes", [AT_ONCE, LATER])
def test_a_tiff_header_in_the_preamble_goes_out_as_it_came(at_once_bytes: int) -> None:
    tiff = b"II*\0" + bytes(124)  # PS3.10 7.1, dual-personality files
    assert given(tiff + REST, at_once_bytes).read() == tiff + REST


@pytest.mark.parametrize("at_once_bytes", [AT_ONCE, LATER])
def test_a_file_without_preamble_and_any_part_of_it_go_out_as_they_came(at_once_bytes: int) -> None:
    made = given(REST, at_once_bytes, dataset_offset=0)
    assert made.read() == REST
    assert b"".join(made.chunks(5, 9)) == REST[5:9]


def test_a_blob_that_is_shorter_than_the_index_says_is_damaged_before_anything_goes_out() -> None:
    with pytest.raises(Damaged, match="cut short"):
        given(bytes(128) + REST, AT_ONCE, size_bytes=1000)


def test_only_what_is_small_enough_is_read_at_once() -> None:
    kept = bytes(128) + REST
    given(kept, len(kept) - 1, size_bytes=len(kept) + 1)  # nothing was read, so nothing is missed yet
