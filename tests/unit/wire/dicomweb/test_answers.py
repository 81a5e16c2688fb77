"""No error lacks an answer over HTTP, nor a Failure Reason in a store response."""

import pytest

from radiotheque.core import errors
from radiotheque.wire.dicomweb.answers import STATUS, answer_for, status_of
from radiotheque.wire.dicomweb.report import REASONS, Failure


def every(kind: type[errors.RadiothequeError]) -> list[type[errors.RadiothequeError]]:
    return [
        kind,
        *(leaf for child in kind.__subclasses__() if child.__module__ == errors.__name__ for leaf in every(child)),
    ]


@pytest.mark.parametrize("kind", every(errors.RadiothequeError))
def test_every_error_has_a_status_and_a_failure_reason(kind: type[errors.RadiothequeError]) -> None:
    error = kind("what happened")
    assert 400 <= status_of(error) <= 599
    assert 0 < Failure(error).reason <= 0xFFFF
    assert answer_for(error).status_code == status_of(error)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.Malformed, 400),
        (errors.Mismatch, 400),
        (errors.NotPermitted, 403),
        (errors.NotFound, 404),
        (errors.Unsupported, 406),
        (errors.Conflict, 409),
        (errors.Gone, 410),
        (errors.TooLarge, 413),
        (errors.Damaged, 500),
        (errors.Busy, 503),
        (errors.OutOfSpace, 507),
    ],
)
def test_an_error_is_answered_as_the_standard_asks(kind: type[errors.RadiothequeError], status: int) -> None:
    assert status_of(kind("x")) == status


def test_both_tables_name_only_errors_of_the_tree() -> None:
    assert set(STATUS) <= set(every(errors.RadiothequeError))
    assert set(REASONS) <= set(every(errors.RadiothequeError))


def test_ours_say_when_to_come_again() -> None:
    assert answer_for(errors.Busy("x")).headers["retry-after"] == "5"
