"""Answers without an end of their own: they end when whoever asked for them is shut out."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from anyio.to_thread import run_sync

from radiotheque.core.errors import NotPermitted
from radiotheque.security import Security
from radiotheque.wire.web.identify import caller_of

type Welcome = Callable[[], bool]
"""Tells whether whoever asked may still listen; it may read the database."""


def welcome(request: Any, security: Security) -> Welcome:
    """Give the question for the caller of a request: is their session open, or their account?

    To ask it is no use of the session: a page that only listens stands idle.
    """
    caller, secret = caller_of(request), request.scope["state"]["secret"]

    def still() -> bool:
        if caller.via == "session":
            return security.sessions.lives(secret)
        try:
            security.policy.anew(caller)
        except NotPermitted:
            return False
        return True

    return still if caller.via in ("session", "basic") else lambda: True


async def while_welcome(pieces: AsyncIterator[bytes], still: Welcome) -> AsyncIterator[bytes]:
    """Yield pieces as long as their listener is welcome; it is asked before each, and each keep-alive is one."""
    async for piece in pieces:
        if not await run_sync(still):
            return
        yield piece
