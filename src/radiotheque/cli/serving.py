"""`radiotheque serve`: the whole archive in one process."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from radiotheque.cli.house import Data

if TYPE_CHECKING:
    from radiotheque.settings import Loaded

TARGET = "radiotheque.running:application"
"""The factory that the web server's worker calls; it reads `settings.inherited()`."""

Http = Annotated[str | None, typer.Option("--http", metavar="HOST:PORT", help="Web door. [default: 127.0.0.1:8080]")]
Dicom = Annotated[
    str | None, typer.Option("--dicom", metavar="HOST:PORT", help="DICOM door. [default: 127.0.0.1:11112]")
]
DicomTls = Annotated[
    str | None, typer.Option("--dicom-tls", metavar="HOST:PORT", help="DICOM door over TLS. [default: 127.0.0.1:2762]")
]
Aets = Annotated[list[str] | None, typer.Option("--aet", metavar="AET", help="AE title to answer to; may be repeated.")]
Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="Index database. [default: SQLite in the data folder]")
]
Blobs = Annotated[
    str | None, typer.Option("--blobs", metavar="URL", help="Where images are kept. [default: in the data folder]")
]
Sealing = Annotated[Literal["on", "off"] | None, typer.Option("--sealing", help="Encrypt at rest. [default: on]")]
DemoKeys = Annotated[bool | None, typer.Option("--demo-keys", help="Take objects without an exported recovery key.")]
Only = Annotated[
    Literal["dimse", "web", "worker"] | None, typer.Option("--only", help="Run one part; needs PostgreSQL.")
]
PasswordFile = Annotated[
    Path | None, typer.Option("--admin-password-file", metavar="FILE", help="Password of the first administrator.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def serve(
        data: Data = None,
        *,
        http: Http = None,
        dicom: Dicom = None,
        dicom_tls: DicomTls = None,
        aet: Aets = None,
        database: Database = None,
        blobs: Blobs = None,
        sealing: Sealing = None,
        demo_keys: DemoKeys = None,
        only: Only = None,
        admin_password_file: PasswordFile = None,
    ) -> None:
        """Serve the archive until SIGTERM. The first line printed is JSON: {"ready": true, "http": …, "dicom": …}."""
        run(
            data=data,
            http=http,
            dicom=dicom,
            dicom_tls=dicom_tls,
            aets=tuple(aet) if aet else None,
            database=database,
            blobs=blobs,
            sealing=sealing,
            demo_keys=demo_keys,
            only=only,
            admin_password_file=admin_password_file,
        )


def run(**options: Any) -> None:
    """Check the settings, then serve. Raises `Malformed`, and `Unavailable` when the folder or an address is taken."""
    from radiotheque.database.alone import serve_alone
    from radiotheque.settings import hand_over, host_port, load
    from radiotheque.wire.web.serve import Place, become_server, free_port

    loaded = load(options)
    settings = loaded.settings
    for name in loaded.unknown:
        typer.echo(f"radiotheque: {name} is no setting; see `radiotheque settings`", err=True)
    if not settings.database.startswith("postgres"):  # where many nodes make one house
        serve_alone(settings.data)
    remember(loaded, options)
    host, wanted = host_port(settings.http)
    port = free_port(host, wanted)
    hand_over(options | {"http": f"[{host}]:{port}" if ":" in host else f"{host}:{port}"})
    become_server(TARGET, Place(host, port, settings.http_certificate, settings.http_key, settings.log_level))


def remember(loaded: "Loaded", options: Mapping[str, Any]) -> None:
    """Write what was said on the command line about where and how the house keeps things into a new data folder.

    So the commands that run beside the server, and the next start, find the same house. A file that is there is
    left as it is. Raises `Malformed` when it cannot be written.
    """
    from radiotheque.core.errors import Malformed
    from radiotheque.settings import CONFIG_VARIABLE, FILE_NAME, LASTING

    file = loaded.settings.data / FILE_NAME
    kept = {name: getattr(loaded.settings, name) for name in LASTING if options.get(name) is not None}
    if file.exists() or not kept or os.environ.get(CONFIG_VARIABLE):
        return
    text = "# Written by the first `radiotheque serve`; yours to edit.\n"
    text += "".join(f"{name} = {_toml(value)}\n" for name, value in kept.items())
    try:
        loaded.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise Malformed(f"data: {file} cannot be written: {error.strerror}; choose a folder that can be") from error


def _toml(value: Any) -> str:
    """Give a TOML value: JSON writes strings, numbers, truth values and lists alike (TOML 1.0)."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
