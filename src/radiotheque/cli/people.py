"""`radiotheque user` and `radiotheque token`: who may come in."""

import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from radiotheque.cli.house import Data, me, opened

users = typer.Typer(help="Accounts of persons.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens of programs.", no_args_is_help=True)

Roles = Annotated[list[str], typer.Option("--role", metavar="ROLE", help="Role; may be repeated.")]
Allow = Annotated[
    list[str] | None, typer.Option("--allow", metavar="TOKEN", help="See only studies that bear one of these.")
]
Deny = Annotated[
    list[str] | None, typer.Option("--deny", metavar="TOKEN", help="Never see studies that bear one of these.")
]


@users.callback()
def _users() -> None:
    """Keep `add` a command of its own."""


@tokens.callback()
def _tokens() -> None:
    """Keep `create` a command of its own."""


@users.command("add")
def add_user(
    name: str,
    role: Roles,
    data: Data = None,
    *,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="Read the password from a file.")
    ] = None,
    allow: Allow = None,
    deny: Deny = None,
) -> None:
    """Make an account. Asks for the password; without a terminal it makes one and prints it alone."""
    from radiotheque.security import Account

    with opened(data) as house:
        password, made = _password(password_file)
        given = Account(0, name, frozenset(role), frozenset(allow or ()), frozenset(deny or ()))
        house.security.accounts.add(name, password, given, me())
    if made:
        typer.echo(password)
    typer.echo(f"Account {name} is there.", err=True)


def _password(file: Path | None) -> tuple[str, bool]:
    """Give the password and whether it was made here."""
    from radiotheque.core.errors import NotFound

    if file is not None:
        try:
            return file.read_text("utf-8").rstrip("\r\n"), False
        except OSError as error:
            raise NotFound(f"{file} cannot be read: {error.strerror}") from error
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed, False
    return secrets.token_urlsafe(15), True


@tokens.command("create")
def create_token(
    name: str,
    role: Roles,
    data: Data = None,
    *,
    days: Annotated[float, typer.Option("--days", min=0, help="Days until it expires; 0 is never.")] = 0,
    allow: Allow = None,
    deny: Deny = None,
) -> None:
    """Make a token and print it alone; it is shown only now."""
    import time

    from radiotheque.security import Token

    expires_at = time.time() + days * 86400 if days else 0.0
    given = Token(0, name, frozenset(role), frozenset(allow or ()), frozenset(deny or ()), expires_at=expires_at)
    with opened(data) as house:
        secret, _ = house.security.tokens.create(name, given, me())
    typer.echo(secret)
