"""The metadata of a whole series in one derived blob, so that giving them is one read.

Layout: a line of JSON (`stamp`, `mark`), then the DICOM JSON objects joined by commas. The stamp says which blobs in
which amendment version are in it: another stamp means that it is stale, and it is made again. URIs of bulk data begin
with the random mark, which is replaced by the address that the service is called by.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import orjson

from radiotheque.core.instance import Location
from radiotheque.core.ports import Derived
from radiotheque.core.uid import UID

_RELATIVE = b'"BulkDataURI":"bulkdata/'

type Metadata = Callable[[Location], bytes]


def joined(locations: Sequence[Location], base: str, *, derived: Derived, metadata: Metadata) -> Iterator[bytes]:
    """Yield, for each series in turn, its instances' DICOM JSON objects joined by commas.

    `base` is the address of the service, before `/studies`. Instances of a series are taken to stand together.
    """
    for series, group in groupby(locations, key=lambda location: location.identity.series):
        yield _series(series, list(group), derived=derived, metadata=metadata, base=base.encode())


def _series(series: UID, locations: list[Location], *, derived: Derived, metadata: Metadata, base: bytes) -> bytes:
    name, stamp = _name(series), _stamp(locations)
    kept = derived.get(name)
    if kept is None or not kept.startswith(_first_words(stamp)):
        kept = _made(locations, stamp, metadata)
        derived.put(name, kept)
    first, _, body = kept.partition(b"\n")
    mark: str = orjson.loads(first)["mark"]
    return body.replace(mark.encode(), base)


def build(locations: Sequence[Location], *, derived: Derived, metadata: Metadata) -> None:
    """Make the joined metadata of these instances' series beforehand, where they are not there yet."""
    for _ in joined(locations, "", derived=derived, metadata=metadata):
        pass


def _made(locations: Sequence[Location], stamp: str, metadata: Metadata) -> bytes:
    mark = os.urandom(12).hex()
    objects = []
    for location in locations:
        identity = location.identity
        where = f"/studies/{identity.study}/series/{identity.series}/instances/{identity.sop_instance}/bulkdata/"
        absolute = b'"BulkDataURI":"' + mark.encode() + where.encode()
        # a quote inside a DICOM text is escaped in JSON, so only true URIs match
        objects.append(metadata(location).replace(_RELATIVE, absolute))
    return orjson.dumps({"stamp": stamp, "mark": mark}) + b"\n" + b",".join(objects)


def _first_words(stamp: str) -> bytes:
    return b'{"stamp":"' + stamp.encode() + b'"'


def _stamp(locations: Sequence[Location]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\0".join(f"{location.blob.name} {location.version}" for location in locations).encode())
    return digest.hexdigest()


def _name(series: UID) -> str:
    return f"metadata/{hashlib.blake2b(series.encode(), digest_size=16).hexdigest()}"
