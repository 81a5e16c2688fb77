"""The pace of a video, by what its header says of it (PS3.3 C.7.6.5)."""

from typing import Any

import pytest

from radiotheque.wire.web.api.video import frame_time_of


@pytest.mark.parametrize(
    ("header", "milliseconds"),
    [
        ({"00181063": {"vr": "DS", "Value": [33.33]}, "00180040": {"vr": "IS", "Value": [25]}}, 33.33),
        ({"00181063": {"vr": "DS", "Value": [0]}, "00180040": {"vr": "IS", "Value": [25]}}, 40.0),
        ({"00181063": {"vr": "DS"}, "00082144": {"vr": "IS", "Value": [50]}}, 20.0),
        ({"00181063": {"vr": "DS", "Value": ["fast"]}}, 0.0),
        ({"00180040": {"vr": "IS", "Value": [-5]}}, 0.0),
        ({}, 0.0),
    ],
)
def test_frame_time_comes_before_rates_and_nonsense_says_nothing(header: dict[str, Any], milliseconds: float) -> None:
    assert frame_time_of(header) == milliseconds
