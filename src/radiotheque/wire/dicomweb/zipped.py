"""A study, series or instance as a ZIP with a DICOMDIR: outside PS3.18, and what people carry away (PS3.10 8, PS3.11 D)."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from radiotheque.archive.exporting import DIRECTORY, directory_of, filed, indexed
from radiotheque.core.caller import Scope
from radiotheque.core.instance import Location, Selection
from radiotheque.core.uid import UID
from radiotheque.wire.dicomweb.accept import ZIP
from radiotheque.wire.dicomweb.parts import plain
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, caller_of, selection_of
from radiotheque.wire.dicomweb.validators import etag_of, unchanged
from radiotheque.wire.dicomweb.zipping import Member, zip_chunks, zip_size

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive


def zip_of(request: Request, desk: Desk) -> Response:
    """Give what the path selects as a ZIP of exactly known length; needs the permission to export."""
    caller, selection = caller_of(request), selection_of(request)
    locations = desk.archive.locate(selection, caller, act="export")
    etag = etag_of(locations, ZIP)
    unmodified = unchanged(request, etag)
    if unmodified is not None:
        return unmodified
    members = _members(desk.archive, selection, caller.scope, locations)
    moment = max(location.received_at for location in locations)
    headers = {
        **PRIVATE,
        "ETag": etag,
        "Content-Type": ZIP,
        "Content-Length": str(zip_size(members)),
        "Content-Disposition": f'attachment; filename="{_deepest(selection)}.zip"',
    }
    return StreamingResponse(plain(zip_chunks(members, modified_at=moment)), headers=headers)


def _deepest(selection: Selection) -> UID:
    """Give the UID of what was selected: study, series and instance are three files beside one another."""
    return (selection.instances or selection.series or selection.studies)[0]


def _members(archive: "Archive", selection: Selection, scope: Scope, locations: Sequence[Location]) -> list[Member]:
    files = filed(archive, locations, indexed(archive.catalog, selection, scope))
    members = [_member(archive, file.location, file.place) for file in files]
    directory = directory_of(files)
    return [Member(DIRECTORY, len(directory), lambda: iter((directory,))), *members]


def _member(archive: "Archive", location: Location, name: str) -> Member:
    """An instance as kept has the size of its blob; only under an amended identity must it be made to know."""
    if location.amendments:
        made = archive.outgoing(location)
        return Member(name, made.size_bytes, made.chunks)
    return Member(name, location.blob.size_bytes, partial(_opened, archive, location))


def _opened(archive: "Archive", location: Location) -> Iterator[bytes]:
    return archive.outgoing(location).chunks()
