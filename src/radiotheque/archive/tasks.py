"""What follows a receipt: the jobs of the outbox that belong to the line itself."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from radiotheque.archive.dispatch import Task
from radiotheque.archive.forward import Give, Sent, send
from radiotheque.archive.heed import Notes, heed
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotFound, Unavailable
from radiotheque.core.instance import Edition, Location, Selection
from radiotheque.core.note import NOTE
from radiotheque.core.peer import Peer
from radiotheque.core.ports import Catalog, Job, PeerDirectory, Sender
from radiotheque.core.query import Level
from radiotheque.core.uid import parse_uid

log = structlog.get_logger(__name__)

SEND_LEASE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Line:
    """What the jobs need of the house. `caller` is the house itself."""

    catalog: Catalog
    sender: Sender
    directory: PeerDirectory
    give: Give
    notes: Notes
    caller: Caller
    settled: Callable[[Sequence[Edition]], None]
    """Given the series of a study that has settled, to read ahead what will be asked of them."""
    send_tries: int = 20
    sent: Callable[[Sequence[Location], Peer], None] = lambda _locations, _peer: None
    """Told when a peer has taken all that was sent to it."""


def tasks(line: Line) -> Mapping[str, Task]:
    """Give the work for every kind of event and job that the line has to do with."""
    return {
        NOTE: Task(lambda jobs: _heed(line.notes, jobs), batch=200),
        "StudySettled": Task(lambda jobs: _settled(line, jobs), batch=8, lease_s=300.0, when_quiet=True),
        "send": Task(lambda jobs: _send(line, jobs), batch=1, lease_s=SEND_LEASE_S, tries=line.send_tries),
    }


def _heed(notes: Notes, jobs: Sequence[Job]) -> None:
    for job in jobs:
        heed(job.payload, notes)


def _settled(line: Line, jobs: Sequence[Job]) -> None:
    """Make ready what the first reader of a study's series will ask for."""
    for job in jobs:
        selection = Selection(Level.STUDY, studies=(parse_uid(job.payload["study"]),))
        with suppress(NotFound):  # rejected or disposed of meanwhile
            line.settled(line.catalog.editions(selection, line.caller.scope))


def _send(line: Line, jobs: Sequence[Job]) -> None:
    """Send to a peer what a job selects. Raises `Unavailable` when any of it was not taken, to be tried again."""
    for job in jobs:
        payload = job.payload
        peer = line.directory.get(AETitle(payload["peer"]))
        locations = _located(line, selection_of(payload))
        failed = [sent for sent in send(locations, peer, sender=line.sender, give=line.give) if sent.failed]
        if failed:
            raise Unavailable(
                "{aet} did not take {count} of {count_2} instances: {why}",
                aet=peer.aet,
                count=len(failed),
                count_2=len(locations),
                why=_why(failed[0]),
            )
        line.sent(locations, peer)
        log.info("sent", peer=peer.aet, instances=len(locations))


def _why(sent: Sent) -> str:
    return sent.reason or f"status 0x{sent.status:04X}"


def payload_of(selection: Selection, peer: AETitle) -> dict[str, Any]:
    """Give a selection and a destination as the payload of a `send` job."""
    return {
        "peer": peer,
        "level": selection.level.value,
        "studies": list(selection.studies),
        "series": list(selection.series),
        "instances": list(selection.instances),
    }


def selection_of(payload: Mapping[str, Any]) -> Selection:
    """Give the selection of a `send` job's payload."""
    return Selection(
        Level(payload["level"]),
        studies=tuple(map(parse_uid, payload["studies"])),
        series=tuple(map(parse_uid, payload["series"])),
        instances=tuple(map(parse_uid, payload["instances"])),
    )


def _located(line: Line, selection: Selection) -> Sequence[Location]:
    try:
        return line.catalog.locate(selection, line.caller.scope)
    except NotFound:
        return ()  # rejected or disposed of meanwhile
