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
from radiotheque.wire.web.language import Language, speaker
from radiotheque.wire.web.language import marked as _

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
    Malformed: Answer(400, _("The request cannot be understood")),
    Mismatch: Answer(409, _("The object contradicts its request")),
    NotPermitted: Answer(403, _("Not permitted")),
    Conflict: Answer(409, _("It contradicts what is kept")),
    Unsupported: Answer(415, _("Not spoken here")),
    TooLarge: Answer(413, _("Over a limit")),
    Refused: Answer(422, _("Turned down")),
    NotFound: Answer(404, _("Not found")),
    Gone: Answer(410, _("Gone")),
    OutOfSpace: Answer(507, _("Out of space")),
    Busy: Answer(503, _("Busy"), retry=True),
    Unavailable: Answer(503, _("Unavailable"), retry=True),
    Damaged: Answer(500, _("Kept bytes are damaged")),
    Undecodable: Answer(406, _("Kept as it came, and cannot be decoded")),
    RadiothequeError: Answer(500, _("Internal error"), says_why=False),
}
"""Every leaf of the tree has its own line; a test compares."""

_PHRASES = (_("Not Found"), _("Method Not Allowed"), _("Content Too Large"), _("Internal Server Error"))
"""Reason phrases of errors that the framework raises."""

CHANGES_FORGOTTEN = "urn:radiotheque:problem:changes-forgotten"
FOREIGN_PAGE = "urn:radiotheque:problem:csrf"
BEING_READ = "urn:radiotheque:problem:being-read"
OUTDATED = "urn:radiotheque:problem:outdated"


class ChangesForgotten(Gone):
    """Changes behind a position are kept no longer: whoever reads from there would miss some without knowing it."""

    def __init__(self, resume_after: int) -> None:
        super().__init__(
            "changes up to position {resume_after} are kept no longer; compare what you hold with the archive, then go "
            "on with after={resume_after}",
            resume_after=resume_after,
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


def problem(error: BaseException, request_id: str, language: Language = "en") -> Problem:
    """Give the problem document of an error; one that is not ours is an internal error without details."""
    say = speaker(language)
    if isinstance(error, HTTPException):
        extra = [(name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()]
        return written(error.status_code, say(str(error.detail)), "", request_id, extra=extra, language=language)
    if not isinstance(error, RadiothequeError):
        return written(500, say("Internal error"), "", request_id, language=language)
    answer = answer_for(error)
    extra = [(b"retry-after", str(RETRY_AFTER_S).encode())] if answer.retry else []
    detail = error.said(say(error.text)) if answer.says_why else ""
    return written(
        answer.status, say(answer.title), detail, request_id, extra=extra, more=_more(error), language=language
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


def unauthorized(
    request_id: str, error: RadiothequeError, *, prompt: bool = True, language: Language = "en"
) -> Problem:
    """Give the 401 that asks for a token or a password (RFC 9110 11.6.1).

    Without `prompt` a password is not asked for: a browser would put a window of its own above the page.
    """
    challenges = [(b"www-authenticate", b'Bearer realm="Radiotheque"')]
    if prompt:
        challenges.append((b"www-authenticate", b'Basic realm="Radiotheque", charset="UTF-8"'))
    say = speaker(language)
    detail = error.said(say(error.text))
    return written(401, say(_("Sign in")), detail, request_id, extra=challenges, language=language)


def written(
    status: int,
    title: str,
    detail: str,
    request_id: str,
    *,
    extra: list[tuple[bytes, bytes]] | None = None,
    more: Mapping[str, str | float] | None = None,
    language: Language = "en",
) -> Problem:
    """Give a problem document (RFC 9457 3.1); `title` and `detail` are said in `language`."""
    fields = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status, **(more or {})}
    if detail:
        fields["detail"] = detail
    if request_id:
        fields["instance"] = f"urn:request:{request_id}"
    body = orjson.dumps(fields)
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    headers.append((b"content-language", language.encode()))
    return Problem(status, headers + (extra or []), body)
