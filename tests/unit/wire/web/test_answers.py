"""Our errors in HTTP's words."""

import json

import pytest
from starlette.exceptions import HTTPException

from radiotheque.core import errors
from radiotheque.core.errors import RadiothequeError
from radiotheque.wire.web.answers import ANSWERS, answer_for, problem


def tree(root: type[RadiothequeError]) -> list[type[RadiothequeError]]:
    return [
        root,
        *(leaf for child in root.__subclasses__() if child.__module__ == errors.__name__ for leaf in tree(child)),
    ]


@pytest.mark.parametrize("error", tree(RadiothequeError))
def test_every_error_has_an_answer_of_its_own(error: type[RadiothequeError]) -> None:
    assert error in ANSWERS


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Malformed("x"), 400),
        (errors.NotPermitted("x"), 403),
        (errors.NotFound("x"), 404),
        (errors.Conflict("x"), 409),
        (errors.Gone("x"), 410),
        (errors.TooLarge("x"), 413),
        (errors.Busy("x"), 503),
        (errors.OutOfSpace("x"), 507),
    ],
)
def test_an_error_is_answered_with_the_status_that_rfc_9110_has_for_it(error: RadiothequeError, status: int) -> None:
    assert answer_for(error).status == status


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    answer = problem(errors.NotFound("there is no such study"), "abc")
    assert dict(answer.headers)[b"content-type"] == b"application/problem+json"
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "there is no such study",
        "instance": "urn:request:abc",
    }


def test_a_problem_that_may_pass_says_when_to_try_again() -> None:
    assert dict(problem(errors.Unavailable("later"), "").headers)[b"retry-after"].isdigit()


def test_a_defect_of_ours_says_nothing_of_itself() -> None:
    answer = problem(ValueError("a secret path and a name"), "abc")
    assert answer.status == 500
    assert b"secret" not in answer.body


def test_an_error_of_the_framework_keeps_its_status_and_header_fields() -> None:
    answer = problem(HTTPException(405, headers={"Allow": "GET"}), "abc")
    assert answer.status == 405
    assert (b"allow", b"GET") in answer.headers


def test_a_child_without_a_line_is_answered_like_its_parent() -> None:
    class Special(errors.Gone):
        """A kind that the table does not know."""

    assert answer_for(Special("x")) == ANSWERS[errors.Gone]
