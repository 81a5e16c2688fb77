"""The metadata of a whole series in one derived blob, so that giving them is one read.

Layout: a line of JSON (`revision`, `stamp`, `mark`), then the DICOM JSON objects joined by commas. The revision is the study's
when they were made: while it stays, nothing below the study has changed. The stamp says which blobs in which amendment
version are in it: when only another series of the study changed, they are good still. URIs of bulk data begin with the random
mark, which is replaced by the address that the service is called by.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from radiotheque.core.instance import Edition, Location
from radiotheque.core.ports import Derived
from radiotheque.core.uid import UID

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
            first, _, body = self._kept(edition).partition(b"\n")
            mark: str = orjson.loads(first)["mark"]
            yield body.replace(mark.encode(), base.encode())

    def build(self, editions: Sequence[Edition]) -> None:
        """Make the joined metadata of these series beforehand, where they are not there yet."""
        for edition in editions:
            self._kept(edition)

    def _kept(self, edition: Edition) -> bytes:
        name = _name(edition.series)
        kept = self.derived.get(name)
        if kept is not None and kept.startswith(b'{"revision":%d,' % edition.revision):
            return kept
        locations = self.locate(edition)
        stamp = _stamp(locations)
        first, _, body = kept.partition(b"\n") if kept is not None else (b"{}", b"", b"")
        said = orjson.loads(first)
        if said.get("stamp") != stamp:
            said = {"mark": os.urandom(12).hex()}
            body = _body(locations, said["mark"], self.metadata)
        head = orjson.dumps({"revision": edition.revision, "stamp": stamp, "mark": said["mark"]})
        made = head + b"\n" + body
        self.derived.put(name, made)
        return made


def _body(locations: Sequence[Location], mark: str, metadata: Callable[[Location], bytes]) -> bytes:
    objects = []
    for location in locations:
        identity = location.identity
        where = f"/studies/{identity.study}/series/{identity.series}/instances/{identity.sop_instance}/bulkdata/"
        absolute = b'"BulkDataURI":"' + mark.encode() + where.encode()
        # a quote inside a DICOM text is escaped in JSON, so only true URIs match
        objects.append(metadata(location).replace(_RELATIVE, absolute))
    return b",".join(objects)


def _stamp(locations: Sequence[Location]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\0".join(f"{location.blob.name} {location.version}" for location in locations).encode())
    return digest.hexdigest()


def _name(series: UID) -> str:
    return f"metadata/{hashlib.blake2b(series.encode(), digest_size=16).hexdigest()}"
