"""What the headers of a series say of its instances, kept in one small derived blob a series.

Layout: a line of JSON (`layout`, `revision`), then the facts as a JSON array. The revision is the study's when they were
read: an amendment, an arrival or a rejection below the study makes another, and they are read again from the joined
metadata of the series, which is one read as well.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from radiotheque.archive.joined import Joiner
from radiotheque.archive.renditions import Renditions
from radiotheque.core.caller import Scope
from radiotheque.core.errors import Damaged, Malformed, TooLarge
from radiotheque.core.instance import Edition, Location, Selection
from radiotheque.core.ports import Catalog, Derived
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.dicom.facts import Fact, Header, fact_of

_LAYOUT = 1
_UNREADABLE = (TooLarge, Malformed, Damaged)


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """Gives the facts of series. `editions` finds series within a Scope; `apart` reads each instance by itself."""

    derived: Derived
    joiner: Joiner
    editions: Callable[[Selection, Scope], Sequence[Edition]]
    apart: Callable[[Edition], Sequence[Fact]]

    def of(self, edition: Edition) -> Sequence[Fact]:
        """Give what the headers say of the instances of a series, in their order; kept when it was read."""
        return self.at_hand(edition) or self._read(edition)

    def at_hand(self, edition: Edition) -> Sequence[Fact] | None:
        """Give it when it is kept and still true, None when it is not."""
        kept = self.derived.get(_name(edition.series))
        head, _, body = (kept or b"").partition(b"\n")
        if head != _head(edition):
            return None
        facts: Sequence[Fact] = orjson.loads(body)
        return facts

    def _read(self, edition: Edition) -> Sequence[Fact]:
        try:
            pieces = next(iter(self.joiner.joined([edition], "")))
        except _UNREADABLE:
            return self.apart(edition)  # one instance that cannot be read does not hide the others
        facts = [fact_of(header) for header in orjson.loads(b"".join((b"[", *pieces, b"]")))]
        self.derived.put(_name(edition.series), b"\n".join((_head(edition), orjson.dumps(facts))))
        return facts


def open_facts(derived: Derived, renditions: Renditions, catalog: Catalog, scope: Scope) -> SeriesFacts:
    """Give the facts of the series of a catalog; `scope` is the house's own, in which the headers of a series are read."""

    def located(edition: Edition) -> Sequence[Location]:
        selection = Selection(Level.SERIES, studies=(edition.study,), series=(edition.series,))
        return catalog.locate(selection, scope)

    def apart(edition: Edition) -> Sequence[Fact]:
        return [_fact(renditions, location) for location in located(edition)]

    return SeriesFacts(derived, renditions.joiner(located), catalog.editions, apart)


def _fact(renditions: Renditions, location: Location) -> Fact:
    try:
        return fact_of(orjson.loads(renditions.metadata(location)))
    except _UNREADABLE:
        return fact_of(_indexed(location))


def _indexed(location: Location) -> Header:
    """Give as a header what the index knows of an instance whose own cannot be read."""
    known = {
        "00080016": location.identity.sop_class,
        "00080018": location.identity.sop_instance,
        "00080060": location.modality,
        "00083002": location.transfer_syntax,
        "00280008": location.frames,
    }
    return {tag: {"Value": [value]} for tag, value in known.items()}


def _head(edition: Edition) -> bytes:
    return orjson.dumps({"layout": _LAYOUT, "revision": edition.revision})


def _name(series: UID) -> str:
    return f"facts/{hashlib.blake2b(series.encode(), digest_size=16).hexdigest()}"
