"""Frames made for the viewer before anybody asks: of radiographs that were taken lately and have just come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from radiotheque.archive.facts import SeriesFacts
from radiotheque.archive.renditions import Renditions
from radiotheque.core.caller import Scope
from radiotheque.core.errors import Damaged, NotFound, Refused, Unavailable
from radiotheque.core.instance import Edition, Location, Selection
from radiotheque.core.ports import Catalog
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.dicom.facts import Fact

log = structlog.get_logger(__name__)

LATELY = timedelta(days=30)
RADIOGRAPHS = frozenset({"CR", "DX", "MG", "IO", "PX", "XA", "RF", "RG"})
"""Modalities whose images are large and looked at singly; a stack of slices is quick enough."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Encodes first frames of studies that settled, `frames` a study at most, 0 none. `now` gives seconds since the epoch.

    An image that was taken before `LATELY` is not likely looked at: so an old archive that is moved in is not encoded as a
    whole.
    """

    facts: SeriesFacts
    catalog: Catalog
    renditions: Renditions
    scope: Scope
    frames: int
    now: Callable[[], float]

    def read(self, editions: Sequence[Edition]) -> None:
        """Join the metadata of series that have settled and read the facts in them, then make frames of them."""
        facts = [self.facts.of(edition) for edition in editions]
        if self.frames:
            self._make(editions, facts)

    def _make(self, editions: Sequence[Edition], facts: Sequence[Sequence[Fact]]) -> None:
        """Make what a first reader of these series will ask for. What cannot be made is told to whoever asks for it."""
        since = (datetime.fromtimestamp(self.now(), UTC) - LATELY).strftime("%Y%m%d")
        left = self.frames
        for edition, known in zip(editions, facts, strict=True):
            wanted = [fact for fact in known if _likely(fact, since)][:left] if left else []
            try:
                for location in self._located(edition, wanted):
                    self._encoded(location)
            except Unavailable:  # a house that is busy has better things to do
                return
            left -= len(wanted)

    def _located(self, edition: Edition, wanted: Sequence[Fact]) -> Sequence[Location]:
        if not wanted:
            return ()
        instances = tuple(UID(fact["instance"]) for fact in wanted)
        selection = Selection(Level.IMAGE, studies=(edition.study,), series=(edition.series,), instances=instances)
        try:
            return self.catalog.locate(selection, self.scope)
        except NotFound:
            return ()  # rejected meanwhile

    def _encoded(self, location: Location) -> None:
        try:
            self.renditions.viewed(location, 1)
            self.renditions.render_model(location, 1)
        except (Damaged, Refused, NotFound) as error:
            log.info("not made ahead", instance=location.identity.sop_instance, error=type(error).__name__)


def _likely(fact: Fact, since: str) -> bool:
    return (
        fact["kind"] == "image"
        and not fact["for_processing"]
        and fact["modality"] in RADIOGRAPHS
        and fact["acquired"][:8] >= since
    )
