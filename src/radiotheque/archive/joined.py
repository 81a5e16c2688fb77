"""The metadata of a whole series in one derived blob, so that giving them is one read.

Layout: a line of JSON (`layout`, `revision`, `stamp`, `cuts`), then the DICOM JSON objects joined by commas. The revision is the study's
when they were made: while it stays, nothing below the study has changed. The stamp says which blobs in which amendment
version are in it: when only another series of the study changed, they are good still. URIs of bulk data lack the address that
the service is called by: it belongs at the cuts, which are offsets into the objects, so that nothing is searched for.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import orjson

from radiotheque.core.instance import Buffer, Edition, Location
from radiotheque.core.ports import Derived
from radiotheque.core.uid import UID

_LAYOUT = 2
_RELATIVE = b'"BulkDataURI":"bulkdata/'


@dataclass(frozen=True, slots=True)
class Joiner:
    """Joins the metadata of series, and keeps them so. `locate` gives the shown instances of a series in order."""

    derived: Derived
    locate: Callable[[Edition], Sequence[Location]]
    metadata: Callable[[Location], bytes]

    def joined(self, editions: Sequence[Edition], base: str) -> Iterator[bytes]:
        """Yield, for each series in turn, its instances' DICOM JSON objects joined by commas.

        `base` is the address of the service, before `/studies`.
        """
        for edition in editions:
            yield _placed(self._kept(edition), base.encode())

    def build(self, editions: Sequence[Edition]) -> None:
        """Make the joined metadata of these series beforehand, where they are not there yet."""
        for edition in editions:
            self._kept(edition)

    def _kept(self, edition: Edition) -> bytes:
        name = _name(edition.series)
        kept = self.derived.get(name)
        if kept is not None and kept.startswith(b'{"layout":%d,"revision":%d,' % (_LAYOUT, edition.revision)):
            return kept
        locations = self.locate(edition)
        stamp = _stamp(locations)
        said, body = _split(kept or b"{}\n")
        if said.get("layout") == _LAYOUT and said["stamp"] == stamp:
            cuts = said["cuts"]
        else:
            cuts, body = _body(locations, self.metadata)
        head = {"layout": _LAYOUT, "revision": edition.revision, "stamp": stamp, "cuts": cuts}
        made = b"\n".join((orjson.dumps(head), body))
        self.derived.put(name, made)
        return made


def _split(kept: bytes) -> tuple[dict[str, Any], Buffer]:
    """Give what the first line says, and the objects behind it."""
    end = kept.index(b"\n")
    return orjson.loads(kept[:end]), memoryview(kept)[end + 1 :]


def _placed(kept: bytes, base: bytes) -> bytes:
    """Give the objects with `base` at every cut."""
    said, body = _split(kept)
    edges = (0, *said["cuts"], len(body))
    return base.join([body[start:stop] for start, stop in pairwise(edges)])


def _body(locations: Sequence[Location], metadata: Callable[[Location], bytes]) -> tuple[list[int], bytes]:
    """Give where in the objects an address belongs, and the objects without it, joined by commas."""
    mark = os.urandom(12).hex().encode()  # in no text of any header
    objects = []
    for location in locations:
        identity = location.identity
        where = f"/studies/{identity.study}/series/{identity.series}/instances/{identity.sop_instance}/bulkdata/"
        # a quote inside a DICOM text is escaped in JSON, so only true URIs match
        objects.append(metadata(location).replace(_RELATIVE, b'"BulkDataURI":"' + mark + where.encode()))
    pieces = b",".join(objects).split(mark)
    return list(accumulate(map(len, pieces[:-1]))), b"".join(pieces)


def _stamp(locations: Sequence[Location]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\0".join(f"{location.blob.name} {location.version}" for location in locations).encode())
    return digest.hexdigest()


def _name(series: UID) -> str:
    return f"metadata/{hashlib.blake2b(series.encode(), digest_size=16).hexdigest()}"
