"""The command line: serve the archive, and work beside it."""

import sys

import typer

from radiotheque.cli import audit, checking, finding, media, peers, people, serving
from radiotheque.cli import keys as key_commands
from radiotheque.cli.exits import exit_code
from radiotheque.core.errors import RadiothequeError

app = typer.Typer(
    name="radiotheque",
    help="A hospital X-ray archive: keeps, finds, shows and gives back radiographs over DICOM and DICOMweb.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for _module in (serving, media, finding, checking):
    _module.register(app)
app.add_typer(key_commands.app, name="keys")
app.add_typer(people.users, name="user")
app.add_typer(people.tokens, name="token")
app.add_typer(peers.app, name="peer")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Run the command line and end the process with its exit code (`cli/exits.py`)."""
    try:
        app()
    except RadiothequeError as error:
        typer.echo(f"radiotheque: {error}", err=True)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(130)
