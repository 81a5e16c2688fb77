"""`radiotheque export --deidentified`: studies without identity, in steps that wait for a person where one must look."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from radiotheque.cli.exits import Exit
from radiotheque.cli.house import House, me, show_json
from radiotheque.core.errors import Malformed, NotFound

if TYPE_CHECKING:
    from radiotheque.core.uid import UID


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the command line asks for; `looked_at` is a file with what a person decided of the images."""

    project: str
    profile: str
    options: tuple[str, ...]
    looked_at: Path | None


def order(house: House, studies: "list[UID]", to: Path, given: Ordered) -> None:
    """Order an export; write it when no image waits for a person. Raises `Malformed`, `NotFound`, `Unsupported`."""
    from radiotheque.archive.deidentifying import Wanted

    wanted = Wanted(given.project, given.profile, given.options)
    number, _ = house.deidentification.begin(studies, wanted, me())
    go_on(house, to, number, given.looked_at)


def go_on(house: House, to: Path, number: int, looked_at: Path | None) -> None:
    """Go on with an export: take decisions, and write it when it can be released.

    While images wait for a person, says which they are and ends the command as partly done.
    """
    from radiotheque.archive.deidentifying import pending

    desk = house.deidentification
    content = desk.get(number, me())
    for instance, masks in _decisions(looked_at).items():
        content = desk.decide(number, instance, masks, me())
    waiting = pending(content)
    if waiting:
        show_json({"export": number, "waiting": {name: content["images"][name] for name in waiting}})
        typer.echo(
            f"export {number} waits: look at these images, then run it again with --resume {number} and --looked-at FILE",
            err=True,
        )
        raise typer.Exit(Exit.PARTLY)
    _release(house, number, to)


def _release(house: House, number: int, to: Path) -> None:
    from radiotheque.dicom.deidentify_report import as_text

    desk = house.deidentification
    report = desk.release(number, me())
    typer.echo(as_text(report), err=True)
    if not report["released"]:
        raise typer.Exit(Exit.PARTLY)
    _write(house, number, to)
    show_json({"export": number, "instances": report["instances"], "refused": report["refused"]})


def _write(house: House, number: int, to: Path) -> None:
    from radiotheque.cli.writing import FolderWriter, ZipWriter

    with (ZipWriter if to.suffix.lower() == ".zip" else FolderWriter)(to) as writer:
        for place, data in house.deidentification.files(number, me()):
            writer.add_bytes(place, data)


def _decisions(path: Path | None) -> Mapping[str, Any]:
    """Give what a person decided: SOP Instance UID → frame from 1 → boxes; {} clears an image. Raises `Malformed`."""
    if path is None:
        return {}
    try:
        given = json.loads(path.read_text("utf-8"))
        return {
            name: {
                int(frame): [(int(a), int(b), int(c), int(d)) for a, b, c, d in boxes] for frame, boxes in masks.items()
            }
            for name, masks in given.items()
        }
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Malformed(f'{path} is not of the form {{"instance": {{"1": [[left, top, right, bottom]]}}}}') from error
