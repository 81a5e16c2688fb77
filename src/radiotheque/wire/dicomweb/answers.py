"""Our errors in HTTP's words (PS3.18 8.5), and the one guard that answers with them."""

from collections.abc import Awaitable, Callable

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from radiotheque.core import errors

STATUS: dict[type[errors.RadiothequeError], int] = {
    errors.Malformed: 400,
    errors.NotPermitted: 403,
    errors.Conflict: 409,
    errors.Unsupported: 406,
    errors.TooLarge: 413,
    errors.Refused: 409,
    errors.Gone: 410,
    errors.NotFound: 404,
    errors.OutOfSpace: 507,
    errors.Busy: 503,
    errors.Unavailable: 503,
    errors.Undecodable: 406,  # there is no representation but the one it came in
    errors.Damaged: 500,
    errors.RadiothequeError: 500,
}
"""The nearest class in an error's line of descent answers for it."""

RETRY_AFTER_S = "5"

log = structlog.get_logger("dicomweb")


def status_of(error: errors.RadiothequeError) -> int:
    """Give the HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def refusal(status: int, detail: str, **headers: str) -> Response:
    """Give a status report as the payload of a failure (PS3.18 8.6.3): problem details of RFC 9457."""
    body = orjson.dumps({"status": status, "detail": detail})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, {"Cache-Control": "no-store", **named}, "application/problem+json")


def answer_for(error: errors.RadiothequeError) -> Response:
    """Give the response that tells an error to the one who asked."""
    status = status_of(error)
    headers = {"Retry_After": RETRY_AFTER_S} if status == 503 else {}
    return refusal(status, str(error) or type(error).__name__, **headers)


type Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(endpoint: Endpoint) -> Endpoint:
    """Give the endpoint with every error of ours answered, and anything unforeseen as a plain 500."""

    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except errors.RadiothequeError as error:
            log.info("refused", status=status_of(error), kind=type(error).__name__)
            return answer_for(error)
        except ClientDisconnect:
            return refusal(400, "the sender left before the end of the request")
        except Exception:  # the wire's answer guard: whatever happens, the peer gets an answer
            log.exception("failed")
            return refusal(500, "an unforeseen fault; it is in the log")

    return answering
