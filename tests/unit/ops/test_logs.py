"""A line of the log says what happened, and of a failure where; never what a variable held."""

from collections.abc import Iterator

import pytest
import structlog

from radiotheque.ops import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put the set-up of the logs back as it was."""
    kept = structlog.get_config()
    yield
    structlog.configure(**kept)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_names_places_and_no_values(as_json: bool, capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs(as_json=as_json)
    try:
        fail_over("^".join(("Paule", "Phantom")))
    except ZeroDivisionError:
        structlog.get_logger("test").exception("not done")
    said = capfd.readouterr().err
    assert "not done" in said
    assert "ZeroDivisionError" in said
    assert "fail_over" in said
    assert "Paule^" not in said


def fail_over(patient: str) -> float:
    return len(patient) / 0
