"""Drafts of readers → DICOM objects in their study; objects that lie there, by whomever, → what a viewer shows of them.

The objects of a publication come in by the same line as any other (`receive`): bytes, rows, answer. They bear the
identity of their images as received, so that an amendment shows on them as on the images, and is taken back with it.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from radiotheque.archive.archive import Archive
from radiotheque.archive.current import WHOLE_HEAD_BYTES
from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Conflict, Malformed, NotFound, TooLarge, Undecodable, Unsupported
from radiotheque.core.instance import Location, Origin, Outcome, Selection
from radiotheque.core.ports import Clock, Derived, Remote
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.dicom.drafted import REGIONS, About, Greys, Image, Made, Order
from radiotheque.dicom.sopclasses import Kind, kind

COMPOSE = Remote[list[Made]]("radiotheque.dicom.composition:compose")
READ_PUBLISHED = Remote[dict[str, Any]]("radiotheque.dicom.published:read_published")

MAX_IMAGES = 200
_READ_AS = "2"
"""Changes when published objects come to be read another way."""
_SHOWN = frozenset({Kind.PRESENTATION_STATE, Kind.KEY_OBJECTS, Kind.REPORT})


@dataclass(frozen=True, slots=True)
class Draft:
    """One version of a reader's draft: what is in it, who drew it, and when it was saved (seconds since the epoch)."""

    content: Mapping[str, Any]
    version: int
    owner: str
    saved_at: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """Publishes drafts, and reads what is published."""

    archive: Archive
    derived: Derived
    clock: Clock
    software: str

    def publish(self, study: UID, draft: Draft, caller: Caller) -> Sequence[Made]:
        """Write a draft as presentation states, a key object note and a measurement report; durable on return.

        Done again for the same version it gives the same objects. Raises `Malformed` for an empty draft, `TooLarge`,
        `NotFound`, `Conflict` when an object went to quarantine (it is kept there).
        """
        content = draft.content
        names = dict.fromkeys(
            each["instance"] for part in ("annotations", "key_images", "views") for each in content[part]
        )
        if not names:
            raise Malformed("there is nothing to publish: nothing was drawn, marked or turned")
        if len(names) > MAX_IMAGES:
            raise TooLarge("a publication names at most {most} images; nothing was published", most=MAX_IMAGES)
        selection = Selection(Level.IMAGE, studies=(study,), instances=tuple(UID(name) for name in names))
        located = self.archive.locate(selection, caller, act="view")
        missing = names.keys() - {location.identity.sop_instance for location in located}
        if missing:
            raise NotFound("an image that the draft names was rejected or moved; nothing was published")
        made = self.archive.workbench.run(COMPOSE, self._images(located, content), self.order(study, draft))
        for one in made:
            self._keep(one, study, located[0], caller)
        return made

    def published(self, study: UID, caller: Caller) -> Sequence[Mapping[str, Any]]:
        """Give what lies published in a study, the oldest first; what cannot be read is passed over. Raises `NotFound`."""
        located = self.archive.locate(Selection(Level.STUDY, studies=(study,)), caller, act="view")
        shown = [self._shown(location) for location in located if kind(location.identity.sop_class) in _SHOWN]
        return sorted((one for one in shown if one is not None), key=lambda one: (one["created"], one["instance"]))

    def order(self, study: UID, draft: Draft) -> Order:
        """Give what the child needs to know of a draft."""
        moment = time.strftime("%Y%m%d%H%M%S", time.localtime(draft.saved_at))
        title = draft.title.strip()
        about = About(author=draft.owner, label="READING", description=title or "Reading", version=self.software)
        return Order(draft.content, about, f"{study} {draft.owner} {draft.version} {title} {self.software}", moment)

    def _images(self, located: Sequence[Location], content: Mapping[str, Any]) -> dict[str, Image]:
        wanted: dict[str, set[int]] = {}
        for each in content["annotations"]:
            if each["kind"] in REGIONS:
                wanted.setdefault(each["instance"], set()).add(each["frame"])
        return {
            location.identity.sop_instance: self.image(location, wanted.get(location.identity.sop_instance, set()))
            for location in located
        }

    def image(self, location: Location, frames: set[int]) -> Image:
        """Give an image with the frames, from 1, whose pixels are needed. Raises `TooLarge`, `Damaged`."""
        stop = location.pixel_offset if location.pixel_offset >= 0 else location.blob.size_bytes
        if stop > WHOLE_HEAD_BYTES:
            raise TooLarge("the header of an image is too long to be written about; nothing was published")
        with self.archive.blobs.open(location.blob.name, 0, stop) as stream:
            head = stream.read()
        if location.pixel_offset < 0:
            return Image(head)
        return Image(head, dict(self._frames(location, frames)), self._window(location))

    def _window(self, location: Location) -> Greys | None:
        """Give the window that an image is shown with at first; where its header names none, its pixels do."""
        try:
            return _first_window(self.archive.renditions.render_model(location, 1))
        except (NotFound, Unsupported, Undecodable, TooLarge):  # no viewer shows its pixels either
            return None

    def _frames(self, location: Location, numbers: set[int]) -> Iterator[tuple[int, bytes]]:
        if numbers:
            layout = self.archive.renditions.layout(location)
            yield from ((number, layout.frame(number)) for number in sorted(numbers) if number <= len(layout.spans))

    def _keep(self, made: Made, study: UID, beside: Location, caller: Caller) -> None:
        origin = Origin(caller, "publish", self.clock.now(), default_issuer=beside.identity.issuer)
        receipt = self.archive.receive(StreamIncoming(origin, [made.part10], study=study))
        if receipt.outcome is Outcome.QUARANTINED:
            raise Conflict(
                "an object of the publication was put into quarantine as case {case}: {reason}",
                case=receipt.case,
                reason=receipt.reason,
            )

    def _shown(self, location: Location) -> Mapping[str, Any] | None:
        name = f"{location.blob.name.replace('/', '-')}/published-{_READ_AS}"
        held = self.derived.get(name)
        if held is not None:
            return _loaded(held)
        if location.blob.size_bytes > WHOLE_HEAD_BYTES:
            return None
        try:
            made = orjson.dumps(self._read(location))
        except TooLarge:  # of time; another time there may be more of it
            return None
        self.derived.put(name, made)
        return _loaded(made)

    def _read(self, location: Location) -> Mapping[str, Any] | None:
        with self.archive.blobs.open(location.blob.name) as stream:
            data = stream.read()
        try:
            return self.archive.workbench.run(READ_PUBLISHED, data)
        except (Unsupported, Undecodable):
            return None


def _loaded(held: bytes) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = orjson.loads(held)
    return found


def _first_window(model: bytes) -> Greys | None:
    """Give the window that a render model shows first, None for a table."""
    first = orjson.loads(model)["voi"][0]
    return None if first["lut"] is not None else (first["centre"], first["width"], first["function"])
