"""What every endpoint reads of a request: who asks, from where, and what they accept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotPermitted
from radiotheque.core.instance import Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import UID, parse_uid
from radiotheque.wire.dicomweb.accept import MediaRange, acceptable
from radiotheque.wire.dicomweb.answers import Endpoint
from radiotheque.wire.dicomweb.settings import WebSettings
from radiotheque.wire.dicomweb.threads import Threads
from radiotheque.wire.dicomweb.urls import ServiceRoot, root_url

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive

_THREADS = Threads()

PRIVATE = {"Cache-Control": "private, no-cache"}
"""On whatever holds an identity: a browser may keep it, and asks again before it shows it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the endpoints share."""

    archive: "Archive"
    settings: WebSettings

    def base(self, request: Request) -> ServiceRoot:
        """Give the service's base URL as this client sees it."""
        return ServiceRoot(root_url(request, self.settings.trusted_proxies) + self.settings.prefix)


@dataclass(frozen=True, slots=True)
class Offer:
    """A method on a resource, its path below the service's prefix, and who answers it.

    `gives` and `takes` are media types, `parameters` those of the query: what the capabilities tell.
    """

    method: str
    path: str
    endpoint: Endpoint
    gives: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ("accept",)


def caller_of(request: Request) -> Caller:
    """Give who asks, as the sign-in middleware found. Raises `NotPermitted` where it let nobody in."""
    caller = request.scope.get("state", {}).get("caller")
    if not isinstance(caller, Caller):
        raise NotPermitted("sign in first")
    return caller


def accepted(request: Request, *, rendered: bool = False) -> tuple[MediaRange, ...]:
    """Give what the client accepts of a DICOM or a `rendered` resource, best first. Raises `Malformed`."""
    parameter = request.query_params.getlist("accept") if request.scope["query_string"] else ()
    return acceptable(parameter, request.headers.getlist("accept"), rendered=rendered)


def selection_of(request: Request) -> Selection:
    """Give what the path selects. Raises `Malformed`."""
    path = request.path_params
    uids = {name: (parse_uid(path[name]),) for name in ("study", "series", "instance") if name in path}
    level = Level.IMAGE if "instance" in uids else Level.SERIES if "series" in uids else Level.STUDY
    return Selection(level, studies=uids["study"], series=uids.get("series", ()), instances=uids.get("instance", ()))


def uids_above(request: Request) -> tuple[tuple[str, UID], ...]:
    """Give the keyword and UID of each level that the path names. Raises `Malformed`."""
    named = (("study", "StudyInstanceUID"), ("series", "SeriesInstanceUID"))
    return tuple(
        (keyword, parse_uid(request.path_params[name])) for name, keyword in named if name in request.path_params
    )


async def in_thread[T](work: Callable[[], T]) -> T:
    """Run what may wait for the database or the disk beside the event loop, and give its answer."""
    return await _THREADS.run(work)
