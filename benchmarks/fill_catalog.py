"""Fill a catalog with N studies of one instance each, and say what its queries take, without any wire around them.

    python -m benchmarks.fill_catalog --studies 1000000 --database /tmp/index.db [--key] [--repeats 60]

A database that holds the studies already is only queried. Three callers ask: an administrator, a radiologist from
whom half a percent of studies is hidden, and a ward doctor who may see 2,000 of them.
"""

import argparse
import hashlib
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from benchmarks.population import study as study_of
from radiotheque.catalog import Catalog, open_catalog, values
from radiotheque.catalog.placing import patient_key
from radiotheque.catalog.record import insert
from radiotheque.core.caller import Caller, Door, Scope
from radiotheque.core.instance import Arrival, Blob, BlobName, Header, Identity, Keep, Origin
from radiotheque.core.ports import Transaction
from radiotheque.core.query import Key, Level, Query, Range, Single, Wildcard
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database, open_database, session_of
from radiotheque.reading import NEW, READ, lists_for

BATCH = 20_000
SECRET, WARD = "secret", "ward"
WARD_STUDIES = 2_000
FILLER = Caller("FILLER", Door.CLI)
KEY = bytes(range(32))


@dataclass(slots=True)
class Ids:
    """Row numbers given so far."""

    patients: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)


def arrival(number: int) -> Arrival:
    """Give the one instance of a study of the population."""
    made = study_of(number)
    attributes = {
        keyword: (str(made[keyword]),)
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
                        "AccessionNumber", "Modality", "StudyDescription")
    }  # fmt: skip
    attributes |= {"SeriesNumber": ("1",), "InstanceNumber": ("1",), "Rows": ("2000",), "Columns": ("2000",)}
    uid = str(made["StudyInstanceUID"])
    identity = Identity(
        UID("1.2.840.10008.5.1.4.1.1.1"), UID(f"{uid}.1.1"), UID(uid), UID(f"{uid}.1"), str(made["PatientID"]), ""
    )
    digest = hashlib.sha256(uid.encode()).digest()
    blob = Blob(BlobName(f"{digest.hex()[:32]}/{number:032x}"), 500_000, digest, digest)
    header = Header(identity, UID("1.2.840.10008.1.2.1"), attributes, (), 400, 1200)
    return Arrival(header, blob, Origin(FILLER, "import", 1_700_000_000.0 + number), Keep())


def fill(database: Database, first: int, studies: int) -> None:
    """Write the rows of studies [first, studies) straight into the tables."""
    ids = Ids()
    every = max(studies // WARD_STUDIES, 1)
    numbers = iter(range(first, studies))
    while chunk := list(islice(numbers, BATCH)):
        database.write(lambda tx, chunk=chunk: _write(tx, chunk, ids, every), durable=False)  # type: ignore[misc]
    database.tidy()


def _write(tx: Transaction, chunk: list[int], ids: Ids, every: int) -> None:
    session = session_of(tx)
    if session.is_sqlite:
        session.run("PRAGMA cache_size = -600000")
    made = [(number + 1, arrival(number)) for number in chunk]
    keys = {patient_key(one.header.identity): one.header.identity for _, one in made}
    fresh = [(ids.patients.setdefault(key, len(ids.patients) + 1), key, one.patient_id, "")
             for key, one in keys.items() if key not in ids.patients]  # fmt: skip
    session.many(insert("patient", ("id", "key", "patient_id", "issuer")), fresh)
    for table, columns, rows in (
        ("study", values.STUDY_COLUMNS, _studies(made, ids)),
        ("series", values.SERIES_COLUMNS, ((row, *values.series_values(one, row)) for row, one in made)),
        ("instance", values.INSTANCE_COLUMNS, ((row, *values.instance_values(one, row)) for row, one in made)),
    ):
        session.many(insert(table, ("id", *columns)), rows)
    moments = [(one.header.attributes["StudyDate"][0], one.header.attributes["StudyTime"][0], row) for row, one in made]
    modalities = [
        (one.header.attributes["Modality"][0], *moment) for moment, (_, one) in zip(moments, made, strict=True)
    ]
    session.many(insert("study_modality", ("modality", "date", "time", "study_id")), modalities)
    tokens = [(SECRET, *moment) for moment in moments if moment[2] % 200 == 7]
    tokens += [(WARD, *moment) for moment in moments if moment[2] % every == 0]
    session.many(insert("study_access", ("token", "date", "time", "study_id")), tokens)
    lists = [(name, *moment) for moment, (_, one) in zip(moments, made, strict=True) for name in _lists(one, moment[2])]
    session.many(insert("study_list", ("list", "date", "time", "study_id")), lists)
    _words(tx, made, ids)


def _lists(one: Arrival, row: int) -> list[str]:
    """Give the lists of a study as a house keeps them that reads all but one in a hundred of its studies."""
    return [name if name != NEW or row % 100 == 0 else READ for name in lists_for(one.header, True)]


def _studies(made: list[tuple[int, Arrival]], ids: Ids) -> Iterator[tuple[object, ...]]:
    for row, one in made:
        key = patient_key(one.header.identity)
        yield (row, *values.study_values(one, ids.patients[key], key))


def _words(tx: Transaction, made: list[tuple[int, Arrival]], ids: Ids) -> None:
    session = session_of(tx)
    borne = [(row, values.name_words(one.header.attributes["PatientName"][0])) for row, one in made]
    fresh = {word for _, words in borne for word in words} - ids.words.keys()
    for word in sorted(fresh):
        ids.words[word] = len(ids.words) + 1
    session.many(insert("name_word", ("id", "word")), [(ids.words[word], word) for word in sorted(fresh)])
    session.many(
        insert("study_word", ("word_id", "study_id")), [(ids.words[w], row) for row, words in borne for w in words]
    )


CALLERS = {
    "administrator": Scope(everything=True),
    "radiologist": Scope(everything=True, deny=frozenset({SECRET})),
    "ward doctor": Scope(allow=frozenset({WARD})),
}


def questions(studies: int, chance: random.Random) -> dict[str, Query]:
    """Give one query of each kind, for a study of the population."""
    made = study_of(chance.randrange(studies))
    day = str(made["StudyDate"])
    week, month = Range(f"{day[:6]}01", f"{day[:6]}07"), Range(f"{day[:6]}01", f"{day[:6]}28")
    name = str(made["PatientName"])

    def keys(**given: Single | Wildcard | Range) -> Query:
        return Query(Level.STUDY, tuple(Key(keyword, match) for keyword, match in given.items()), limit=25)

    fuzzy = keys(PatientName=Single(name.replace("^", " ")))
    return {
        "PatientID": keys(PatientID=Single(str(made["PatientID"]))),
        "AccessionNumber": keys(AccessionNumber=Single(str(made["AccessionNumber"]))),
        "StudyInstanceUID": keys(StudyInstanceUID=Single(str(made["StudyInstanceUID"]))),
        "no hit": keys(PatientID=Single("NOSUCH1")),
        "week": keys(StudyDate=week),
        "MG": keys(ModalitiesInStudy=Single("MG")),
        "MG and month": keys(ModalitiesInStudy=Single("MG"), StudyDate=month),
        "newest": keys(),
        "prefix DUP*": keys(PatientName=Wildcard("DUP*")),
        "prefix of a name": keys(PatientName=Wildcard(f"{name[:4]}*")),
        "infix *PONT*": keys(PatientName=Wildcard("*PONT*")),
        "infix *MARIE*": keys(PatientName=Wildcard("*MARIE*")),
        "DUP* and XA": keys(PatientName=Wildcard("DUP*"), ModalitiesInStudy=Single("XA")),
        "fuzzy name": Query(Level.STUDY, fuzzy.keys, fuzzy=True, limit=25),
        "patients DUP*": Query(Level.PATIENT, keys(PatientName=Wildcard("DUP*")).keys, limit=25),
        "series MG": Query(Level.SERIES, (Key("Modality", Single("MG")),), limit=25),
    }


def measure(ask: Callable[[Query, Scope], object], studies: int, repeats: int) -> None:
    """Print milliseconds of each query for each caller."""
    print("| query | " + " | ".join(f"{caller} p50 / p95 ms" for caller in CALLERS) + " |")
    print("|---|" + "---|" * len(CALLERS))
    chance, taken = random.Random(5), dict[tuple[str, str], list[float]]()
    for _ in range(repeats):
        for name, query in questions(studies, chance).items():
            for caller, scope in CALLERS.items():
                start = time.perf_counter()
                ask(query, scope)
                taken.setdefault((name, caller), []).append((time.perf_counter() - start) * 1e3)
    for name in questions(studies, chance):
        cells = (sorted(taken[name, caller]) for caller in CALLERS)
        print(
            f"| {name} | "
            + " | ".join(f"{statistics.median(t):.2f} / {t[int(len(t) * 0.95)]:.2f}" for t in cells)
            + " |"
        )


def main() -> None:
    """Fill what is missing, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--database", required=True, help="a path, or the URL of an empty PostgreSQL database")
    parser.add_argument("--key", action="store_true", help="encrypt the file (SQLCipher)")
    parser.add_argument("--repeats", type=int, default=60)
    given = parser.parse_args()
    with open_database(given.database, key=KEY if given.key else None) as database:
        catalog: Catalog = open_catalog(database)
        with database.reader() as session:
            row = session.one("SELECT count(*) FROM study")
        held = row[0] if row else 0
        if held < given.studies:
            start = time.perf_counter()
            fill(database, held, given.studies)
            print(f"filled to {given.studies} studies in {time.perf_counter() - start:.0f} s")
        measure(catalog.find, given.studies, given.repeats)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        stream = iter(catalog.find_each(Query(Level.STUDY), CALLERS["administrator"]))
        start = time.perf_counter()
        next(stream)
        print(f"first of all studies in {(time.perf_counter() - start) * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
