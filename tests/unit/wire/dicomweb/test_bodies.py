"""Bodies in pieces: any range of them is that range of the whole."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.core.errors import Damaged
from radiotheque.wire.dicomweb.bodies import Held, Joined, Spanned
from radiotheque.wire.dicomweb.spool import Spool


class File:
    def __init__(self, data: bytes) -> None:
        self.data, self.size_bytes = data, len(data)

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        yield from (self.data[at : at + 1] for at in range(start, len(self.data) if stop is None else stop))


@given(
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=5),
    st.integers(0, 80),
    st.integers(0, 80),
)
def test_ranges_of_ranges(data: bytes, given_spans: list[tuple[int, int]], start: int, stop: int) -> None:
    spans = [(min(at, len(data)), min(at + size, len(data))) for at, size in given_spans]
    whole = b"".join(data[first:last] for first, last in spans)
    body = Spanned(File(data), spans)  # type: ignore[arg-type]
    assert body.size_bytes == len(whole)
    assert b"".join(body.chunks(start, stop)) == whole[start:stop]
    joined = Joined((Held(data), body, Held(b"end")))
    assert b"".join(joined.chunks(start, stop)) == (data + whole + b"end")[start:stop]


def test_pixel_data_behind_the_end_of_the_file_is_told_before_the_first_byte() -> None:
    with pytest.raises(Damaged):
        Spanned(File(b"abc"), [(1, 5)])  # type: ignore[arg-type]


@given(st.binary(max_size=5000), st.integers(0, 6000), st.integers(0, 6000))
def test_what_was_spooled_is_read_back_from_anywhere(data: bytes, start: int, stop: int) -> None:
    spool = Spool(10_000)
    spool.write(iter((data[:7], data[7:])))
    assert spool.read(start, stop) == data[start:stop]
    spool.close()


def test_what_is_spooled_to_disk_cannot_be_read_there() -> None:
    spool = Spool(1 << 24)
    secret = b"Dupont^Marie" * 200_000
    spool.write(iter((secret,)))
    spool._file.seek(0)  # what lies on the disk
    assert b"Dupont" not in spool._file.read()
    assert spool.read() == secret
    spool.close()
