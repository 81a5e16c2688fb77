"""The metadata of a whole series in one derived blob, so that giving them is one read.

Layout: a line of JSON (`layout`, `revision`, `base`, `stamp`, `cuts`), then the DICOM JSON objects joined by commas. The revision
is the study's when they were made: while it stays, nothing below the study has changed. The stamp says which blobs in which
amendment version are in it: when only another series of the study changed, they are good still. URIs of bulk data begin with
the address that the service is called by, at the cuts, which are offsets into the objects, so that nothing is searched for:
`base` is the address that is there. It is "" until somebody asks, and then theirs; for another one it is exchanged.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson

from radiotheque.core.instance import Buffer, Edition, Location
from radiotheque.core.ports import Derived
from radiotheque.core.uid import UID

_LAYOUT = 3
_RELATIVE = b'"BulkDataURI":"bulkdata/'


@dataclass(frozen=True, slots=True)
class Joiner:
    """Joins the metadata of series, and keeps them so. `locate` gives the shown instances of a series in order."""

    derived: Derived
    locate: Callable[[Edition], Sequence[Location]]
    metadata: Callable[[Location], bytes]

    def joined(self, editions: Sequence[Edition], base: str) -> Iterator[list[Buffer]]:
        """Yield, for each series in turn, the pieces of its instances' DICOM JSON objects, with commas between these.

        `base` is the address of the service, before `/studies`. In pieces, so that an answer is put together once.
        """
        for edition in editions:
            yield self._given(edition, base)

    def _given(self, edition: Edition, base: str) -> list[Buffer]:
        said, body = _split(self._kept(edition))
        if said["base"] == base:
            return [body]
        pieces = _placed(said, body, base.encode())
        if not said["base"]:
            step = len(base.encode())
            cuts = [cut + number * step for number, cut in enumerate(said["cuts"])]
            self.derived.put(_name(edition.series), _packed({**said, "base": base, "cuts": cuts}, b"".join(pieces)))
        return pieces

    def _kept(self, edition: Edition) -> bytes:
        name = _name(edition.series)
        kept = self.derived.get(name)
        if kept is not None and kept.startswith(b'{"layout":%d,"revision":%d,' % (_LAYOUT, edition.revision)):
            return kept
        locations = self.locate(edition)
        stamp = _stamp(locations)
        said, body = _split(kept or b"{}\n")
        if said.get("layout") != _LAYOUT or said["stamp"] != stamp:
            cuts, body = _body(locations, self.metadata)
            said = {"base": "", "cuts": cuts}
        head = {
            "layout": _LAYOUT,
            "revision": edition.revision,
            "base": said["base"],
            "stamp": stamp,
            "cuts": said["cuts"],
        }
        made = _packed(head, body)
        self.derived.put(name, made)
        return made


def _packed(head: dict[str, Any], body: Buffer) -> bytes:
    return b"\n".join((orjson.dumps(head), body))


def _split(kept: bytes) -> tuple[dict[str, Any], Buffer]:
    """Give what the first line says, and the objects behind it."""
    end = kept.index(b"\n")
    return orjson.loads(kept[:end]), memoryview(kept)[end + 1 :]


def _placed(said: dict[str, Any], body: Buffer, base: bytes) -> list[Buffer]:
    """Give the pieces of the objects, with `base` at every cut in place of what is there."""
    cuts, there = said["cuts"], len(said["base"].encode())
    starts, stops = (0, *(cut + there for cut in cuts)), (*cuts, len(body))
    pieces: list[Buffer] = [base] * (2 * len(cuts) + 1)
    pieces[::2] = [body[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return pieces


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
