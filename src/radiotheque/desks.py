"""The catalog's verbs in the shapes that the web door asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from radiotheque.catalog import quarantine
from radiotheque.catalog.catalog import Catalog
from radiotheque.catalog.oversight import Oversight
from radiotheque.core.caller import Caller, Scope
from radiotheque.core.uid import UID
from radiotheque.wire.web.services import Case, Change, Rejection


@dataclass(frozen=True, slots=True)
class FeedDesk:
    """The change feed."""

    catalog: Catalog

    def changes(self, after: int, limit: int, scope: Scope) -> Sequence[Change]:
        """Give the changes behind a position that the scope may see, in order."""
        return [
            Change(one.position, one.kind, str(one.payload.get("study", "")), one.at, one.payload)
            for one in self.catalog.feed.changes(after, limit, scope)
        ]


@dataclass(frozen=True, slots=True)
class QuarantineDesk:
    """The cases of the quarantine."""

    catalog: Catalog

    def cases(self, *, state: str, before: int, limit: int) -> Sequence[Case]:
        """Give cases in a state ("" for all), newest first, older than the case `before` (0: the newest)."""
        return [_case(one) for one in self.catalog.cases(state=state, before=before, limit=limit)]

    def case(self, number: int) -> Case:
        """Give one case. Raises `NotFound`."""
        return _case(self.catalog.case(number))

    def release(self, number: int, caller: Caller) -> Case:
        """Index and show the object. Raises `NotFound`, `Conflict`."""
        self.catalog.release(number, caller)
        return self.case(number)

    def discard(self, number: int, caller: Caller) -> Case:
        """Close the case without showing the object. Raises `NotFound`, `Conflict`."""
        self.catalog.discard(number, caller)
        return self.case(number)


def _case(one: quarantine.Case) -> Case:
    return Case(
        case=one.id,
        state=one.state,
        reason=one.reason,
        detail=one.detail,
        study=one.identity.study,
        series=one.identity.series,
        instance=one.identity.sop_instance,
        sop_class=one.identity.sop_class,
        patient_id=one.identity.patient_id,
        patient_name=one.patient_name,
        origin=one.origin,
        size_bytes=one.blob.size_bytes,
        received_at=one.received_at,
        closed_by=one.closed_by,
        closed_at=one.closed_at,
    )


@dataclass(frozen=True, slots=True)
class Corrections:
    """Changes of what is shown."""

    catalog: Catalog
    oversight: Oversight

    def amend(self, study: UID, values: Mapping[str, Sequence[str]], caller: Caller, *, reason: str) -> int:
        """Show other values for attributes of patient and study; give the new version. Raises `NotFound`, `Malformed`."""
        changes = {keyword: tuple(given) for keyword, given in values.items()}
        return self.catalog.amend_study(study, changes, caller, reason=reason)

    def rejections(self, *, study: str, limit: int) -> Sequence[Rejection]:
        """Give rejections, newest first."""
        return [
            Rejection(one.study, one.series, one.instance, one.code, one.by, one.at, one.restored_by, one.restored_at)
            for one in self.oversight.rejections(study=study, limit=limit)
        ]
