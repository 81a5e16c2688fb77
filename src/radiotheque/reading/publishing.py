"""A reader's draft becomes DICOM objects of the study, and is empty then: in this order, so that nothing drawn is lost."""

from collections.abc import Callable, Sequence
from typing import TypedDict

from radiotheque.archive.publication import Draft
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Unavailable
from radiotheque.core.ports import Act, AuditTrail
from radiotheque.core.uid import UID
from radiotheque.dicom.drafted import Made
from radiotheque.reading.drafts import DraftDesk
from radiotheque.reading.model import Outdated, owner_of

type Publish = Callable[[UID, Draft, Caller], Sequence[Made]]
"""Writes a draft as DICOM objects, durable on return; the same again for the same version."""


def writes_nothing(_study: UID, _draft: Draft, _caller: Caller) -> Sequence[Made]:
    """Publish nothing, in a house that cannot. Raises `Unavailable`."""
    raise Unavailable("nothing can be published here; the draft is kept")


class PublishedObject(TypedDict):
    """A DICOM object that a publication made."""

    instance: str
    series: str
    sop_class: str


class PublishDesk:
    """Publishes drafts."""

    def __init__(self, drafts: DraftDesk, publish: Publish, audit: AuditTrail) -> None:
        self._drafts, self._publish, self._audit = drafts, publish, audit

    def publish(self, study: UID, version: int, title: str, caller: Caller) -> list[PublishedObject]:
        """Publish a draft as it was saved in a version; the draft is empty then.

        What is interrupted between the objects and the draft is done again by publishing again: equal objects are kept
        once. Raises `Outdated`, `Malformed` for an empty draft, `NotFound`, `TooLarge`, `Conflict`.
        """
        held = self._drafts.saved(study, caller)
        if held.version != version:
            raise Outdated(caller.name)
        draft = Draft(held.content, version, owner_of(caller), held.saved_at, title)
        made = self._publish(study, draft, caller)
        self._audit.read(Act(caller, "annotation.publish", study=study, detail=f"{len(made)} objects"))
        self._drafts.clear(study, version, caller)
        return [{"instance": one.instance, "series": one.series, "sop_class": one.sop_class} for one in made]
