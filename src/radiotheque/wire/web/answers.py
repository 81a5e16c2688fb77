"""Our errors in HTTP's words: problem details (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException

from radiotheque.core.errors import (
    Busy,
    Conflict,
    Damaged,
    Gone,
    Malformed,
    Mismatch,
    NotFound,
    NotPermitted,
    OutOfSpace,
    RadiothequeError,
    Refused,
    TooLarge,
    Unavailable,
    Undecodable,
    Unsupported,
)
from radiotheque.reading import BeingRead, Outdated

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """How one error is answered. `says_why` tells whether its message goes out; a fault of ours stays inside."""

    status: int
    title: str
    says_why: bool = True
    retry: bool = False


ANSWERS: Mapping[type[RadiothequeError], Answer] = {
    Malformed: Answer(400, "The request cannot be understood"),
    Mismatch: Answer(409, "The object contradicts its request"),
    NotPermitted: Answer(403, "Not permitted"),
    Conflict: Answer(409, "It contradicts what is kept"),
    Unsupported: Answer(415, "Not spoken here"),
    TooLarge: Answer(413, "Over a limit"),
    Refused: Answer(422, "Turned down"),
    NotFound: Answer(404, "Not found"),
    Gone: Answer(410, "Gone"),
    OutOfSpace: Answer(507, "Out of space"),
    Busy: Answer(503, "Busy", retry=True),
    Unavailable: Answer(503, "Unavailable", retry=True),
    Damaged: Answer(500, "Kept bytes are damaged"),
    Undecodable: Answer(406, "Kept as it came, and cannot be decoded"),
    RadiothequeError: Answer(500, "Internal error", says_why=False),
}
"""Every leaf of the tree has its own line; a test compares."""

CHANGES_FORGOTTEN = "urn:radiotheque:problem:changes-forgotten"
FOREIGN_PAGE = "urn:radiotheque:problem:csrf"
BEING_READ = "urn:radiotheque:problem:being-read"
OUTDATED = "urn:radiotheque:problem:outdated"


class ChangesForgotten(Gone):
    """Changes behind a position are kept no longer: whoever reads from there would miss some without knowing it."""

    def __init__(self, resume_after: int) -> None:
        super().__init__(
            f"changes up to position {resume_after} are kept no longer; compare what you hold with the archive, then go "
            f"on with after={resume_after}"
        )
        self.resume_after = resume_after


class ForeignPage(NotPermitted):
    """A change by the cookie of a session without the token that a page of ours says with it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer ready to be sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def answer_for(error: RadiothequeError) -> Answer:
    """Give the answer of the error's own class, or of its nearest ancestor that has one."""
    for ancestor in type(error).__mro__:
        if ancestor in ANSWERS:
            return ANSWERS[ancestor]
    return ANSWERS[RadiothequeError]


def problem(error: BaseException, request_id: str) -> Problem:
    """Give the problem document of an error; one that is not ours is an internal error without details."""
    if isinstance(error, HTTPException):
        extra = [(name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()]
        return written(error.status_code, str(error.detail), "", request_id, extra=extra)
    if not isinstance(error, RadiothequeError):
        return written(500, "Internal error", "", request_id)
    answer = answer_for(error)
    extra = [(b"retry-after", str(RETRY_AFTER_S).encode())] if answer.retry else []
    more = _more(error)
    return written(
        answer.status, answer.title, str(error) if answer.says_why else "", request_id, extra=extra, more=more
    )


def _more(error: RadiothequeError) -> Mapping[str, str | float]:
    """Give the type and the members of its own that a problem has (RFC 9457 3.2)."""
    if isinstance(error, ChangesForgotten):
        return {"type": CHANGES_FORGOTTEN, "resume_after": error.resume_after}
    if isinstance(error, ForeignPage):
        return {"type": FOREIGN_PAGE}
    if isinstance(error, BeingRead):
        return {"type": BEING_READ, "reader": error.reader, "until": error.until}
    if isinstance(error, Outdated):
        return {"type": OUTDATED, "changed_by": error.changed_by}
    return {}


def unauthorized(request_id: str, detail: str, *, prompt: bool = True) -> Problem:
    """Give the 401 that asks for a token or a password (RFC 9110 11.6.1).

    Without `prompt` a password is not asked for: a browser would put a window of its own above the page.
    """
    challenges = [(b"www-authenticate", b'Bearer realm="Radiotheque"')]
    if prompt:
        challenges.append((b"www-authenticate", b'Basic realm="Radiotheque", charset="UTF-8"'))
    return written(401, "Sign in", detail, request_id, extra=challenges)


def written(
    status: int,
    title: str,
    detail: str,
    request_id: str,
    *,
    extra: list[tuple[bytes, bytes]] | None = None,
    more: Mapping[str, str | float] | None = None,
) -> Problem:
    """Give a problem document (RFC 9457 3.1)."""
    fields = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status, **(more or {})}
    if detail:
        fields["detail"] = detail
    if request_id:
        fields["instance"] = f"urn:request:{request_id}"
    body = orjson.dumps(fields)
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    return Problem(status, headers + (extra or []), body)
