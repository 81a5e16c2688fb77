"""`radiotheque peer`: the Application Entities that the house knows."""

from typing import TYPE_CHECKING, Annotated

import typer

from radiotheque.cli.house import AsJson, Data, me, opened, show_json, show_table

if TYPE_CHECKING:
    from radiotheque.core.peer import Service

app = typer.Typer(help="Other Application Entities.", no_args_is_help=True)

May = Annotated[
    str,
    typer.Option(
        "--may",
        metavar="LIST",
        help="What it may ask for: echo,store,find,move,get,commit,worklist,reject. [default: all but reject]",
    ),
]
Destinations = Annotated[
    list[str] | None,
    typer.Option(
        "--destinations",
        metavar="AET",
        help="Where its C-MOVE may send to; may be repeated or comma-separated. [default: only itself]",
    ),
]
Charset = Annotated[str, typer.Option("--charset", help="Specific Character Set assumed of it and answered in.")]
Issuer = Annotated[str, typer.Option("--issuer", help="Its default Issuer of Patient ID.")]
Addresses = Annotated[
    list[str] | None,
    typer.Option("--address", help="Address or network that it may call from; may be repeated. [default: any]"),
]


@app.command("add")
def add_peer(
    aet: str,
    address: Annotated[str, typer.Argument(metavar="HOST:PORT")],
    data: Data = None,
    *,
    may: May = "",
    destinations: Destinations = None,
    charset: Charset = "",
    issuer: Issuer = "",
    tls: Annotated[bool, typer.Option("--tls", help="Call it over TLS.")] = False,
    addresses: Addresses = None,
) -> None:
    """Add a peer, or replace the one with its AE title."""
    from radiotheque.core.aetitle import parse_aetitle
    from radiotheque.core.peer import Peer
    from radiotheque.settings import host_port

    host, port = host_port(address)
    peer = Peer(
        aet=parse_aetitle(aet),
        host=host,
        port=port,
        may=services(may),
        destinations=frozenset(parse_aetitle(title) for title in _words(destinations)),
        charset=charset,
        issuer=issuer,
        tls=tls,
        addresses=tuple(_words(addresses)),
    )
    with opened(data) as house:
        house.security.peers.put(peer, me())


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


def _words(given: list[str] | None) -> list[str]:
    return [word.strip() for text in given or () for word in text.split(",") if word.strip()]
