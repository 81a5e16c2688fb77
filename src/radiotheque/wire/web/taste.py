"""The language in which the API answers a request: the one that its person chose, else the one that it asks for."""

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from radiotheque.core.errors import RadiothequeError
from radiotheque.wire.web.gate import API
from radiotheque.wire.web.language import Asked, Language, asked
from radiotheque.wire.web.services import Services


def chosen(services: Services) -> Asked:
    """Give what finds it. The tongues beside the API, which programs speak, stay English."""

    async def find(scope: Scope) -> Language:
        state = scope.get("state") or {}
        if not scope["path"].startswith(API):
            return "en"
        if state.get("session") is None:
            return await asked(scope)
        try:
            taste = await run_in_threadpool(services.tastes, state["caller"].name)
        except RadiothequeError:  # an error is being answered: that the database is away must not hide it
            return await asked(scope)
        return taste.language or await asked(scope)

    return find
