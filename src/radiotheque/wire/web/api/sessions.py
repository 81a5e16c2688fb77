"""Signing in at the screens and out again: a session is a cookie that no script can read."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import NotPermitted
from radiotheque.core.ports import Act
from radiotheque.security import Session
from radiotheque.wire.web.answers import Problem, unauthorized
from radiotheque.wire.web.identify import COOKIE, session_of
from radiotheque.wire.web.language import preferred
from radiotheque.wire.web.permit import signed_in
from radiotheque.wire.web.services import Services, Taste


class SignIn(BaseModel):
    """Name and password of an account."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=1024, repr=False)


class SessionShown(BaseModel):
    """Who is signed in, and what the screens need to know of that.

    `csrf` goes into the header X-CSRF-Token of every request that changes something. The session ends `idle_s` seconds
    after its last use, and at `expires_at` (seconds since the epoch) at the latest.
    """

    model_config = ConfigDict(title="Session")

    name: str
    roles: list[str]
    permissions: list[str]
    csrf: str
    language: Literal["en", "fr"]
    theme: Literal["dark", "light"]
    expires_at: float
    idle_s: float


def routes(services: Services) -> APIRouter:
    """Give the routes of the session."""
    router = APIRouter(prefix="/api", tags=["session"])
    sessions, policy, audit = services.security.sessions, services.security.policy, services.security.audit
    idle_s = sessions.limits.idle_s

    @router.post("/session", summary="Sign in", response_model=SessionShown)
    def sign_in(given: SignIn, request: Request, response: Response) -> SessionShown | Response:
        state = request.scope["state"]
        try:
            secret, session = sessions.open(given.name, given.password, state["address"])
        except NotPermitted as error:
            # without the name: what was typed there may be a password
            audit.read(Act(Caller("", Door.API, state["address"]), "sign-in", outcome="refused"))
            language = preferred(request.headers.get("accept-language", ""))
            return _sent(unauthorized(state["request_id"], error, prompt=False, language=language))
        caller, _ = policy.for_session(secret, door=Door.API, address=state["address"])
        if state["secret"]:
            sessions.end(state["secret"], caller)
        _set_cookie(response, secret, secure=state["secure"])
        return shown(caller, session, taste_of(request, services.tastes(caller.name)), idle_s)

    @router.get("/session", summary="Show who is signed in by the cookie")
    def show_session(
        request: Request, response: Response, caller: Annotated[Caller, Depends(signed_in)]
    ) -> SessionShown:
        session = session_of(request)
        response.headers["cache-control"] = "no-store"
        return shown(caller, session, taste_of(request, services.tastes(caller.name)), idle_s)

    @router.delete("/session", summary="Sign out", status_code=204)
    def sign_out(request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> Response:
        session_of(request)
        sessions.end(request.scope["state"]["secret"], caller)
        response = Response(status_code=204)
        _set_cookie(response, "", secure=request.scope["state"]["secure"])
        return response

    return router


def shown(caller: Caller, session: Session, taste: Taste, idle_s: float) -> SessionShown:
    """Give a session as JSON."""
    return SessionShown(
        name=caller.name,
        roles=sorted(caller.roles),
        permissions=sorted(caller.permissions),
        csrf=session.csrf,
        language=taste.language or "en",
        theme=taste.theme or "dark",
        expires_at=session.expires_at,
        idle_s=idle_s,
    )


def taste_of(request: Request, chosen: Taste) -> Taste:
    """Give what a person chose; where that says no language, the one that the browser asks for."""
    return Taste(chosen.language or preferred(request.headers.get("accept-language", "")), chosen.theme)


def _set_cookie(response: Response, secret: str, *, secure: bool) -> None:
    """Let the browser keep the secret until it is closed, or forget it: it goes to us alone, and no script sees it."""
    response.headers["cache-control"] = "no-store"
    response.set_cookie(
        COOKIE, secret, max_age=None if secret else 0, path="/", secure=secure, httponly=True, samesite="strict"
    )


def _sent(answer: Problem) -> Response:
    response = Response(answer.body, answer.status)
    response.raw_headers = list(answer.headers)
    return response
