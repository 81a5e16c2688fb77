"""The walk over elements: hand-made bytes, and any bytes at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import effort
from radiotheque.core.errors import TooLarge
from radiotheque.dicom.walker import (
    BIG,
    CLOSE_ITEM,
    ELEMENT,
    END_FRAGMENTS,
    END_SEQUENCE,
    EXPLICIT,
    FRAGMENT,
    FRAGMENTS,
    IMPLICIT,
    OPEN_ITEM,
    SEQUENCE,
    Encoding,
    Limits,
    Source,
    Token,
    Walk,
)

ID = b"\x10\0\x20\0LO\x02\0AB"
NESTED_ID = b"\x10\0\x20\0\x02\0\0\0AB"
OPEN, CLOSE, END = b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"
UNDEFINED = b"\xff\xff\xff\xff"


def walked(data: bytes, encoding: Encoding = EXPLICIT) -> list[Token]:
    return list(Walk(Source.of(data), 0, encoding))


def kinds(data: bytes, encoding: Encoding = EXPLICIT) -> list[int]:
    return [token[0] for token in walked(data, encoding)]


def test_an_element_is_given_by_its_offsets() -> None:
    assert walked(ID) == [(ELEMENT, 0x00100020, "LO", 0, 8, 10)]
    assert walked(b"\0\x10\0\x20LO\0\x02AB", BIG) == [(ELEMENT, 0x00100020, "LO", 0, 8, 10)]
    assert walked(NESTED_ID, IMPLICIT) == [(ELEMENT, 0x00100020, "LO", 0, 8, 10)]


ITEM_OF_ONE = [SEQUENCE, OPEN_ITEM, ELEMENT, CLOSE_ITEM, END_SEQUENCE]


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + OPEN + ID + CLOSE + END,
        b"\x08\0\x40\x11SQ\0\0\x12\0\0\0\xfe\xff\x00\xe0\x0a\0\0\0" + ID,
        b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + b"\xfe\xff\x00\xe0\x0a\0\0\0" + ID + END,
        # PS3.5 6.2.2 Note 2: UN of undefined length is a sequence in Implicit VR
        b"\x09\0\x40\x11UN\0\0" + UNDEFINED + OPEN + NESTED_ID + CLOSE + END,
        # a sequence known to the dictionary, written as UN of defined length
        b"\x08\0\x40\x11UN\0\0\x12\0\0\0\xfe\xff\x00\xe0\x0a\0\0\0" + NESTED_ID,
    ],
    ids=["undefined", "defined", "mixed", "UN undefined", "UN defined"],
)
def test_a_sequence_is_opened_and_closed(data: bytes) -> None:
    assert kinds(data + ID) == [*ITEM_OF_ONE, ELEMENT]


def test_fragments_are_given_one_by_one() -> None:
    data = b"\xe0\x7f\x10\0OB\0\0" + UNDEFINED + b"\xfe\xff\x00\xe0\0\0\0\0" + b"\xfe\xff\x00\xe0\x02\0\0\0xy" + END
    assert kinds(data) == [FRAGMENTS, FRAGMENT, FRAGMENT, END_FRAGMENTS]


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + OPEN + ID + CLOSE + ID,  # the sequence is never closed
        b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + OPEN + ID + END + ID,  # the item is never closed
    ],
    ids=["sequence", "item"],
)
def test_what_was_never_closed_ends_where_it_must(data: bytes) -> None:
    assert kinds(data) == [*ITEM_OF_ONE, ELEMENT]


def test_stray_delimiters_and_rubbish_behind_the_last_element_are_passed_over() -> None:
    assert kinds(END + ID + CLOSE) == [ELEMENT]
    assert kinds(ID + b"\0" * 40) == [ELEMENT]
    assert kinds(ID + b"--- end of file ---") == [ELEMENT]


def test_a_length_beyond_the_end_allocates_nothing() -> None:
    token = walked(b"\x09\0\x10\x10OB\0\0\xfe\xff\xff\x7f1234")[0]
    assert token[4:] == (12, 12 + 0x7FFFFFFE)


def test_a_single_element_can_be_walked() -> None:
    walk = Walk(Source.of(b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + OPEN + ID + CLOSE + END + ID), 0, EXPLICIT, single=True)
    assert [token[0] for token in walk] == ITEM_OF_ONE
    assert walk.position == 12 + 8 + 10 + 8 + 8


def test_depth_and_number_of_elements_are_bounded() -> None:
    deep = (b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + OPEN) * 20_000
    with pytest.raises(TooLarge, match="64 levels"):
        walked(deep)
    with pytest.raises(TooLarge, match="elements"):
        list(Walk(Source.of(ID * 11), 0, EXPLICIT, limits=Limits(elements=10)))


@settings(max_examples=effort(300), deadline=None)
@given(st.binary(max_size=200), st.sampled_from([EXPLICIT, IMPLICIT, BIG]))
def test_any_bytes_are_walked_to_an_end(data: bytes, encoding: Encoding) -> None:
    walk = Walk(Source.of(data), 0, encoding)
    depth = 0
    for kind, _, _, start, value, _ in walk:
        depth += (kind in (SEQUENCE, OPEN_ITEM, FRAGMENTS)) - (kind in (CLOSE_ITEM, END_SEQUENCE, END_FRAGMENTS))
        assert depth >= 0
        assert 0 <= start <= value


@given(st.integers(1, 64), st.integers(0, 40), st.integers(0, 80))
def test_a_small_window_gives_the_same_as_the_whole(window: int, start: int, length: int) -> None:
    data = bytes(range(100))
    source = Source(lambda first, last: data[first:last], len(data), window)
    for at in (start, 0, start + 7):
        assert source.take(at, at + length) == data[at : at + length]


@pytest.mark.parametrize("window", [12, 16, 40, 4096])
def test_a_file_is_walked_through_a_window_of_any_size(window: int) -> None:
    data = b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + (OPEN + ID * 5 + CLOSE) * 4 + END + ID
    source = Source(lambda first, last: data[first:last], len(data), window)
    assert list(Walk(source, 0, EXPLICIT)) == walked(data)
