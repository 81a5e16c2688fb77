"""The one door of the line: every wire calls these verbs, so each obeys the same permissions and audit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from radiotheque.archive import commit, receive, retrieve
from radiotheque.archive.receive import Intake
from radiotheque.archive.renditions import Renditions
from radiotheque.archive.retrieve import Outgoing
from radiotheque.archive.video import Film, kept_film, playable_film
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import NotPermitted, RadiothequeError
from radiotheque.core.instance import Buffer, Edition, Held, Incoming, Location, Receipt, Selection
from radiotheque.core.ports import Act, AuditTrail, BlobStore, Catalog, Workbench
from radiotheque.core.query import Found, Level, Page, Query
from radiotheque.core.uid import UID
from radiotheque.dicom.recipe import Recipe

NEEDED = {
    "view": Permission.STUDY_VIEW,
    "thumbnail": Permission.STUDY_VIEW,
    "print": Permission.STUDY_VIEW,
    "retrieve": Permission.STUDY_VIEW,
    "export": Permission.STUDY_EXPORT,
    "send": Permission.STUDY_SEND,
}
"""The permission that each act of `locate` asks for."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What the archive does for whoever asks, whichever way they came in."""

    intake: Intake
    catalog: Catalog
    blobs: BlobStore
    originals: BlobStore
    """The same without what is kept near: what is truly held is asked of this one."""
    renditions: Renditions
    workbench: Workbench
    audit: AuditTrail
    told: Callable[[], None]
    """Called after a commit that put work into the outbox."""

    def receive(self, incoming: Incoming) -> Receipt:
        """Take one object in; returns only when it is durable and indexed (or quarantined).

        Raises `Malformed`, `Mismatch`, `NotPermitted`, `Unsupported`, `TooLarge`, `OutOfSpace`, `Unavailable`:
        nothing is then kept of the object.
        """
        try:
            receipt = receive.receive(incoming, self.intake)
        except RadiothequeError:
            self.intake.observer.received(incoming.origin.channel, "refused", 0)
            raise
        self.told()
        return receipt

    def find(self, query: Query, caller: Caller) -> Page:
        """Give one page of matches within the caller's Scope. Raises `NotPermitted`, `Malformed`."""
        self._require(caller, Permission.STUDY_FIND, "find")
        self.audit.read(Act(caller, "find", detail=described(query)))
        self.intake.observer.found(caller.door)
        return self.catalog.find(query, caller.scope)

    def find_each(self, query: Query, caller: Caller) -> Iterator[Found]:
        """Yield every match within the caller's Scope; closing it stops the work. Raises as `find`."""
        self._require(caller, Permission.STUDY_FIND, "find")
        self.audit.read(Act(caller, "find", detail=described(query)))
        self.intake.observer.found(caller.door)
        return self.catalog.find_each(query, caller.scope)

    def locate(self, selection: Selection, caller: Caller, *, act: str, to: str = "") -> Sequence[Location]:
        """Give where the selected instances are, for an act of `NEEDED`; `to` names who they are sent to.

        Audited once per study, before any byte of it goes out. Raises `NotPermitted`, `NotFound`, `Gone`.
        """
        self._require(caller, NEEDED[act], act)
        locations = self.catalog.locate(selection, caller.scope)
        for study in dict.fromkeys(location.identity.study for location in locations):
            self.audit.read(Act(caller, act, study=study, detail=f"to {to}" if to else ""))
        return locations

    def outgoing(self, location: Location, *, syntax: UID | None = None, at_once_bytes: int = 0) -> Outgoing:
        """Give an instance as a Part 10 file under its current identity. Raises `Unsupported`, `Damaged`.

        One of at most `at_once_bytes` is read now, a larger one when its bytes are asked for.
        """
        return retrieve.outgoing(
            location, syntax=syntax, blobs=self.blobs, workbench=self.workbench, at_once_bytes=at_once_bytes
        )

    def metadata(self, location: Location) -> bytes:
        """Give an instance's header as a DICOM JSON object in UTF-8 (PS3.18 F.2), current identity in it."""
        return self.renditions.metadata(location)

    def editions(self, selection: Selection, caller: Caller) -> Sequence[Edition]:
        """Give the series of what is selected, to view their metadata; audited once a study.

        Raises `NotPermitted`, `NotFound`, `Gone`.
        """
        self._require(caller, Permission.STUDY_VIEW, "view")
        editions = self.catalog.editions(selection, caller.scope)
        for study in dict.fromkeys(edition.study for edition in editions):
            self.audit.read(Act(caller, "view", study=study))
        return editions

    def joined_metadata(self, editions: Sequence[Edition], caller: Caller, base: str) -> Iterator[list[Buffer]]:
        """Yield the inside of a JSON array, series by series: the pieces of the instances' headers joined by commas.

        BulkDataURIs are absolute, below `base`, the address of the DICOMweb service.
        """

        def locate(edition: Edition) -> Sequence[Location]:
            selection = Selection(Level.SERIES, studies=(edition.study,), series=(edition.series,))
            return self.catalog.locate(selection, caller.scope)

        return self.renditions.joiner(locate).joined(editions, base)

    def bulk(self, location: Location, path: str) -> bytes:
        """Give the bytes of the bulk data element at `path` (as in the metadata's BulkDataURI). Raises `NotFound`."""
        return self.renditions.bulk(location, path)

    def frames(self, location: Location, numbers: Sequence[int], *, syntax: UID | None) -> Iterator[bytes]:
        """Yield frames by number from 1, each encoded in `syntax` (None: as stored).

        Raises `NotFound` for a number out of range, `Unsupported` when it cannot be given in that syntax.
        """
        return self.renditions.frames(location, numbers, syntax)

    def rendered(self, location: Location, frame: int, recipe: Recipe, state: bytes = b"") -> tuple[str, bytes]:
        """Give a picture of a frame (from 1), under a presentation state if one is given: media type and bytes.

        Raises `NotFound`, `Unsupported`, `Damaged`, `TooLarge`.
        """
        return self.renditions.rendered(location, frame, recipe, state)

    def viewed(self, location: Location, frame: int) -> tuple[bytes, bytes]:
        """Give the facts of a frame (from 1), as JSON, and its bytes for a viewer. Raises as `rendered`."""
        return self.renditions.viewed(location, frame)

    def film(self, location: Location) -> Film:
        """Give the bit stream of a video as it came. Raises `Unsupported` when it is none, `NotFound`, `Undecodable`."""
        return kept_film(location, self.renditions)

    def playable(self, location: Location) -> Film:
        """Give a video as an MP4 file that browsers open. Raises `Unsupported` when it is not given so, else as `film`."""
        return playable_film(location, self.renditions)

    def render_model(self, location: Location, frame: int, state: Location | None = None) -> bytes:
        """Give the render model of a frame (from 1), under a presentation state if one is given; as JSON, current identity in it.

        Raises as `rendered`.
        """
        kept = self.outgoing(state).read() if state is not None else b""
        return self.renditions.render_model(location, frame, kept)

    def reject(self, selection: Selection, caller: Caller, *, code: str) -> int:
        """Hide what is selected, with a reason code; give how many instances. Raises `NotPermitted`, `NotFound`."""
        self._require(caller, Permission.STUDY_REJECT, "reject")
        count = self.catalog.reject(selection, caller, code=code)
        self.told()
        return count

    def restore(self, selection: Selection, caller: Caller) -> int:
        """Take a rejection back; give how many instances show again. Raises `NotPermitted`, `NotFound`."""
        self._require(caller, Permission.STUDY_REJECT, "restore")
        count = self.catalog.restore(selection, caller)
        self.told()
        return count

    def holds(self, wanted: Sequence[tuple[UID, UID]], caller: Caller) -> list[int]:
        """Say for each (SOP Class, SOP Instance) whether it is truly held: 0, or a Failure Reason (PS3.3 C.14.1.1).

        The bytes are read and hashed again where they are kept; a quarantined object counts as held.
        """
        self._require(caller, Permission.COMMIT_REQUEST, "commitment")
        self.audit.read(Act(caller, "commitment", detail=f"{len(wanted)} instances"))
        held = self.catalog.held([instance for _, instance in wanted])
        return [self._holds(sop_class, held.get(instance)) for sop_class, instance in wanted]

    def _holds(self, sop_class: UID, held: Held | None) -> int:
        if held is None:
            return commit.Failure.NO_SUCH_OBJECT
        if held.sop_class != sop_class:
            return commit.Failure.CLASS_INSTANCE_CONFLICT
        return commit.check_bytes(held.blob, held.dataset_offset, self.originals)

    def _require(self, caller: Caller, permission: Permission, act: str) -> None:
        if permission not in caller.permissions:
            self.audit.read(Act(caller, act, outcome="refused"))
            raise NotPermitted(
                "{name} may not do this ({permission}); ask an administrator for the role",
                name=caller.name,
                permission=permission,
            )


def described(query: Query) -> str:
    """Give what was asked for in words that hold no patient: the level and the attributes matched on."""
    return f"{query.level}: {', '.join(key.attribute for key in query.keys) or 'everything'}"
