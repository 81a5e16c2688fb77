"""Accounts, tokens and the audit trail."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import NotPermitted
from radiotheque.security import Account, Token
from radiotheque.wire.web.api import audit
from radiotheque.wire.web.permit import Needs, signed_in
from radiotheque.wire.web.services import Services

Word = Annotated[str, Field(min_length=1, max_length=64)]


class Entitled(BaseModel):
    """Roles, and the tokens that narrow which studies are seen (empty `allow`: all of them)."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Word] = Field(min_length=1, max_length=16)
    allow: list[Word] = []
    deny: list[Word] = []


class NewAccount(Entitled):
    """An account to make."""

    name: str
    password: str = Field(repr=False)


class ChangedAccount(BaseModel):
    """What to change of an account; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Word] | None = None
    allow: list[Word] | None = None
    deny: list[Word] | None = None
    active: bool | None = None
    password: str | None = Field(None, repr=False)


class NewToken(Entitled):
    """A token to make; `expires_at` in seconds since the epoch, 0 for never."""

    name: str
    expires_at: float = Field(0.0, ge=0)


def _shown(row: Account | Token) -> dict[str, Any]:
    given = asdict(row)
    return given | {name: sorted(given[name]) for name in ("roles", "allow", "deny")}


def changed(account: Account, given: ChangedAccount) -> Account:
    """Give the account with what `given` names changed."""
    return Account(
        account.account_id,
        account.name,
        account.roles if given.roles is None else frozenset(given.roles),
        account.allow if given.allow is None else frozenset(given.allow),
        account.deny if given.deny is None else frozenset(given.deny),
        account.active if given.active is None else given.active,
    )


def routes(services: Services) -> APIRouter:
    """Give the routes of accounts, tokens and audit."""
    router = APIRouter(prefix="/api")
    _me(router)
    _users(router, services)
    _tokens(router, services)
    router.routes.extend(audit.routes(services).routes)
    return router


def _me(router: APIRouter) -> None:
    @router.get("/me", tags=["people"], summary="Who am I, and what may I do?")
    def me(caller: Annotated[Caller, Depends(signed_in)]) -> dict[str, Any]:
        permissions = sorted(caller.permissions)
        return {"name": caller.name, "via": caller.via, "roles": sorted(caller.roles), "permissions": permissions}


def _users(router: APIRouter, services: Services) -> None:
    accounts = services.security.accounts
    manager = Depends(Needs(Permission.USER_MANAGE, services.security.audit))

    @router.get("/users", tags=["people"], summary="List accounts")
    def list_users(caller: Annotated[Caller, manager]) -> dict[str, Any]:
        return {"users": [_shown(account) for account in accounts.all()]}

    @router.post("/users", tags=["people"], summary="Make an account", status_code=201)
    def add_user(given: NewAccount, caller: Annotated[Caller, manager]) -> dict[str, Any]:
        wanted = Account(0, given.name, frozenset(given.roles), frozenset(given.allow), frozenset(given.deny))
        return _shown(accounts.add(given.name, given.password, wanted, caller))

    @router.patch("/users/{name}", tags=["people"], summary="Change an account")
    def change_user(name: str, given: ChangedAccount, caller: Annotated[Caller, manager]) -> dict[str, Any]:
        if name == caller.name and caller.via != "token" and given.active is False:
            raise NotPermitted("an account cannot close itself")
        account = changed(accounts.get(name), given)
        return _shown(accounts.change(name, caller, password=given.password, given=account))


def _tokens(router: APIRouter, services: Services) -> None:
    tokens = services.security.tokens
    manager = Depends(Needs(Permission.USER_MANAGE, services.security.audit))

    @router.get("/tokens", tags=["people"], summary="List tokens, without their secrets")
    def list_tokens(caller: Annotated[Caller, manager]) -> dict[str, Any]:
        return {"tokens": [_shown(token) for token in tokens.all()]}

    @router.post("/tokens", tags=["people"], summary="Make a token; its secret is shown only now", status_code=201)
    def create_token(given: NewToken, caller: Annotated[Caller, manager]) -> dict[str, Any]:
        wanted = Token(
            0,
            given.name,
            frozenset(given.roles),
            frozenset(given.allow),
            frozenset(given.deny),
            expires_at=given.expires_at,
        )
        secret, made = tokens.create(given.name, wanted, caller)
        return _shown(made) | {"secret": secret}

    @router.delete("/tokens/{token_id}", tags=["people"], summary="Revoke a token", status_code=204)
    def revoke_token(token_id: int, caller: Annotated[Caller, manager]) -> Response:
        tokens.revoke(token_id, caller)
        return Response(status_code=204)
