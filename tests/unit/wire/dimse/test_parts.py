"""A data set is cut into fragments of even length, wherever its chunks begin and end (PS3.8 E.1)."""

from hypothesis import given
from hypothesis import strategies as st

from radiotheque.wire.dimse.upperlayer import _parts

SIZE = 16


@given(st.lists(st.binary(max_size=40)))
def test_fragments_are_even_small_enough_and_together_the_data_set(chunks: list[bytes]) -> None:
    parts = [(bytes(part), last) for part, last in _parts(chunks, SIZE)]
    whole = b"".join(chunks)
    assert b"".join(part for part, _ in parts) == whole + b"\0" * (len(whole) % 2)
    assert all(len(part) % 2 == 0 and len(part) <= SIZE for part, _ in parts)
    assert [last for _, last in parts] == [False] * (len(parts) - 1) + [True]
