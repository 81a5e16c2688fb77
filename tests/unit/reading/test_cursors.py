"""Page markers: what was given out comes back, anything else is refused."""

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.core.errors import Malformed
from radiotheque.reading.cursors import Cursor, read_cursor, write_cursor


@given(st.builds(Cursor, st.integers(0, 50), st.integers(0, 10**6), st.text(min_size=1, max_size=90)))
def test_a_marker_comes_back_as_it_was_given_out(cursor: Cursor) -> None:
    assert read_cursor(write_cursor(cursor)) == cursor


@given(st.text(max_size=200))
def test_any_text_is_a_marker_or_refused(text: str) -> None:
    with suppress(Malformed):
        read_cursor(text)


@pytest.mark.parametrize(
    "values", [[], {}, None, [0, 0], [0, 0, ""], [-1, 0, "x"], [True, 0, "x"], [0, 1e30, "x"], "x"]
)
def test_values_that_no_marker_has_are_refused(values: object) -> None:
    with pytest.raises(Malformed):
        read_cursor(base64.urlsafe_b64encode(json.dumps(values).encode()).decode())
