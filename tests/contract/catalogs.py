"""Catalogs on every database that is spoken, and arrivals made for them."""

import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.postgres import fresh_database
from radiotheque.catalog import Catalog, open_catalog
from radiotheque.catalog.outbox import EVENTS
from radiotheque.core.caller import Caller, Door, Scope
from radiotheque.core.instance import (
    Arrival,
    Blob,
    BlobName,
    Header,
    Identity,
    Keep,
    Origin,
    Receipt,
    Twin,
    Verdict,
    fresh_blob_name,
)
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database, open_database

CR = UID("1.2.840.10008.5.1.4.1.1.1")
EXPLICIT = UID("1.2.840.10008.1.2.1")
JPEG_LS = UID("1.2.840.10008.1.2.4.80")
ALL = Scope(everything=True)
MODALITY = Caller("MOD1", Door.DIMSE, scope=ALL)
ENGINES = ("sqlite", "sqlcipher", "postgresql")
KEY = bytes(range(32))


@dataclass
class HeldClock:
    """A clock that a test moves."""

    time: float = 1_700_000_000.0

    def now(self) -> float:
        return self.time


@contextmanager
def database_on(engine: str, folder: Path, server: str = "") -> Iterator[Database]:
    """Open an empty database of one of `ENGINES`."""
    if engine == "postgresql":
        where: str | Path = fresh_database(server)
    else:
        where = folder / f"index-{os.urandom(4).hex()}.db"
    database = open_database(where, key=KEY if engine == "sqlcipher" else None)
    try:
        yield database
    finally:
        database.close()


def catalog_on(database: Database, **options: Any) -> Catalog:
    """Give a catalog with a held clock unless another is given, in a house that works on every event."""
    return open_catalog(database, **{"clock": HeldClock(), "heard": EVENTS, **options})


@dataclass(frozen=True)
class Object:
    """An object as a test thinks of it; `arrival()` is what the catalog is told."""

    study: str = "1.2.1"
    series: str = "1.2.1.1"
    instance: str = "1.2.1.1.1"
    patient_id: str = "P1"
    issuer: str = ""
    content: str = "pixels"
    syntax: UID = EXPLICIT
    sop_class: UID = CR
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def arrival(
        self, *, at: float = 1_700_000_000.0, verdict: Verdict | None = None, caller: Caller = MODALITY
    ) -> Arrival:
        identity = Identity(
            self.sop_class, UID(self.instance), UID(self.study), UID(self.series), self.patient_id, self.issuer
        )
        digest = hashlib.sha256(f"{self.instance} {self.content}".encode()).digest()
        blob = Blob(fresh_blob_name(f"key{self.study.replace('.', '')}"), 1234, digest, b"m" * 32)
        header = Header(identity, self.syntax, self.attributes, dataset_offset=300, pixel_offset=900)
        return Arrival(header, blob, Origin(caller, "dimse", at), verdict or Keep())


def attributes(**given: str) -> dict[str, tuple[str, ...]]:
    """Give attributes of a header from single texts, values separated by a backslash."""
    return {keyword.replace("__", "."): tuple(text.split("\\")) for keyword, text in given.items()}


def keep(catalog: Catalog, *objects: Object) -> list[Receipt]:
    """Record objects that all must get a receipt at once."""
    receipts = []
    for one in objects:
        answer = catalog.record(one.arrival())
        assert isinstance(answer, Receipt), answer
        receipts.append(answer)
    return receipts


def record_compared(catalog: Catalog, arrival: Arrival, *, equal: bool) -> Receipt:
    """Record as `receive` does: when asked for the twin, say whether its elements are equal."""
    answer = catalog.record(arrival)
    assert isinstance(answer, Twin)
    compared: tuple[BlobName, bool] = (answer.blob, equal)
    answer = catalog.record(Arrival(arrival.header, arrival.blob, arrival.origin, arrival.verdict, compared))
    assert isinstance(answer, Receipt)
    return answer


def numbered(studies: int, series: int = 1, instances: int = 1, **given: Any) -> Iterable[Object]:
    """Give objects of so many studies, each of a patient of its own."""
    for s, e, i in itertools.product(range(1, studies + 1), range(1, series + 1), range(1, instances + 1)):
        yield Object(f"1.2.{s}", f"1.2.{s}.{e}", f"1.2.{s}.{e}.{i}", f"P{s}", **given)
