"""`radiotheque peer`: the Application Entities that the house knows."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from radiotheque.cli.house import AsJson, Data, House, me, opened, show_json, show_table

if TYPE_CHECKING:
    from radiotheque.core.aetitle import AETitle
    from radiotheque.core.peer import Peer, Service

app = typer.Typer(help="Other Application Entities.", no_args_is_help=True)

May = Annotated[
    str | None,
    typer.Option(
        "--may",
        metavar="LIST",
        help='What it may ask for: echo,store,find,move,get,commit,worklist,reject; "" for all but reject, as at first.',
    ),
]
Destinations = Annotated[
    list[str] | None,
    typer.Option(
        "--destinations",
        metavar="AET",
        help='Where its C-MOVE may send to; may be repeated or comma-separated. "" for itself alone, as at first.',
    ),
]
Charset = Annotated[
    str | None, typer.Option("--charset", help="Specific Character Set assumed of it and answered in: Defined Terms.")
]
Issuer = Annotated[str | None, typer.Option("--issuer", help="Its default Issuer of Patient ID.")]
Tls = Annotated[bool | None, typer.Option("--tls/--no-tls", help="Call it over TLS.")]
Addresses = Annotated[
    list[str] | None,
    typer.Option(
        "--address", help='Address or network that it may call from; may be repeated. "" for any, as at first.'
    ),
]
Syntaxes = Annotated[
    list[str] | None,
    typer.Option(
        "--syntaxes",
        metavar="UID",
        help='Transfer syntaxes to take its objects in, best first; may be repeated or comma-separated. "" for the usual order.',
    ),
]
MaxAssociations = Annotated[
    int | None,
    typer.Option("--max-associations", min=0, help="Associations of it open at once; 0 for the house's own limit."),
]


@app.command("add")
def add_peer(
    aet: str,
    address: Annotated[str, typer.Argument(metavar="HOST:PORT")],
    data: Data = None,
    *,
    may: May = None,
    destinations: Destinations = None,
    charset: Charset = None,
    issuer: Issuer = None,
    tls: Tls = None,
    addresses: Addresses = None,
    syntaxes: Syntaxes = None,
    max_associations: MaxAssociations = None,
) -> None:
    """Add a peer, or change the one with its AE title: what is not given stays as it is."""
    from radiotheque.core.aetitle import parse_aetitle
    from radiotheque.core.uid import parse_uid
    from radiotheque.settings import host_port

    host, port = host_port(address)
    given = {
        "host": host,
        "port": port,
        "may": None if may is None else services(may),
        "destinations": _listed(destinations, parse_aetitle),
        "charset": charset,
        "issuer": issuer,
        "tls": tls,
        "addresses": _listed(addresses, str),
        "syntaxes": _listed(syntaxes, parse_uid),
        "max_associations": max_associations,
    }
    with opened(data) as house:
        house.security.peers.put(_changed(house, parse_aetitle(aet), given), me())


def _changed(house: House, aet: "AETitle", given: dict[str, Any]) -> "Peer":
    """Give the peer as it is to be: as it is, or a new one, with all that was given."""
    from radiotheque.core.errors import NotFound
    from radiotheque.core.peer import Peer

    said = {name: value for name, value in given.items() if value is not None}
    try:
        return dataclasses.replace(house.security.peers.get(aet), **said)
    except NotFound:
        return Peer(aet, **said)


@app.command("echo")
def echo_peer(aet: str, data: Data = None, as_json: AsJson = False) -> None:
    """Ask a peer whether it is there (C-ECHO)."""
    from radiotheque.core.aetitle import parse_aetitle

    with opened(data) as house:
        ms = house.echo(house.security.peers.get(parse_aetitle(aet)))
    if as_json:
        show_json({"aet": aet, "ms": round(ms, 1)})
    else:
        typer.echo(f"{aet} answered in {ms:.1f} ms")


@app.command("hold")
def hold_peer(aet: str, data: Data = None, as_json: AsJson = False) -> None:
    """Keep what is to be sent to a peer, and ask nothing of it, until it is released."""
    _hold(aet, data, as_json, held=True)


@app.command("release")
def release_peer(aet: str, data: Data = None, as_json: AsJson = False) -> None:
    """Let what was held for a peer go on at once."""
    _hold(aet, data, as_json, held=False)


def _hold(aet: str, data: Data, as_json: bool, *, held: bool) -> None:
    from radiotheque.core.aetitle import parse_aetitle

    with opened(data) as house:
        count = house.hold(parse_aetitle(aet), me(), held=held)
    if as_json:
        show_json({"aet": aet, "held": held, "jobs": count})
    else:
        typer.echo(f"{aet} is {'held' if held else 'released'}, with {count} jobs")


@app.command("list")
def list_peers(data: Data = None, as_json: AsJson = False) -> None:
    """List the peers."""
    with opened(data) as house:
        peers = house.security.peers.all()
    if as_json:
        names = ("aet", "host", "port", "charset", "issuer", "tls", "addresses", "syntaxes", "max_associations", "held")
        show_json(
            [
                {name: getattr(peer, name) for name in names}
                | {"may": sorted(peer.may), "destinations": sorted(peer.destinations)}
                for peer in peers
            ]
        )
    else:
        rows = [
            (
                peer.aet,
                f"{peer.host}:{peer.port}",
                ",".join(sorted(peer.may)),
                ",".join(sorted(peer.destinations)),
                "held" if peer.held else "",
            )
            for peer in peers
        ]
        show_table(("AE title", "Address", "May", "Destinations", "Held"), rows)


def services(text: str) -> "frozenset[Service]":
    """Give the services in a comma-separated list, the usual ones for "". Raises `Malformed`."""
    from radiotheque.core.errors import Malformed
    from radiotheque.core.peer import USUAL, Service

    if not text:
        return USUAL
    try:
        return frozenset(Service(word.strip()) for word in text.split(","))
    except ValueError as error:
        raise Malformed(f"--may takes a list of {', '.join(Service)}: {error}") from error


def _listed[T](given: list[str] | None, parse: Callable[[str], T]) -> tuple[T, ...] | None:
    """Give the words of an option that may be repeated or comma-separated, None when it was not given."""
    if given is None:
        return None
    return tuple(parse(word.strip()) for text in given for word in text.split(",") if word.strip())
