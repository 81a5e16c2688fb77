"""What in the trail somebody should look at. Pure functions over entries; none says that anything was wrong.

Each gives suspicions with a key, so that the same one is raised once however often the rows are looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256

from radiotheque.core.names import words
from radiotheque.security.model import Entry

LOOKS = frozenset({"view", "print", "export", "retrieve", "send", "quarantine.show"})
"""To have seen images of somebody; thumbnails in a list are not."""

TAKES = frozenset({"export", "print", "retrieve", "send"})
"""To have taken images along."""

type Patient = tuple[str, str]
"""Patient ID and its issuer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is told. `night` is from the first hour to the last, in local time."""

    vip_callers: int = 3
    burst_callers: int = 8
    burst_s: float = 86_400.0
    bulk_studies: int = 20
    night: tuple[int, int] = (22, 6)
    sample: int = 20


def nobody_knows(_caller: str, _study: str) -> bool | None:
    """Stand in for what knows of care relations: nothing is known."""
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the rows.

    `names` are the words of patients' names, the family name first; `logins` the words of each account's name; `addresses`
    from where each caller came before; `related` whether a caller has a care relation with a study, None when that is not known.
    """

    names: Mapping[Patient, tuple[str, ...]] = field(default_factory=dict)
    logins: Mapping[str, frozenset[str]] = field(default_factory=dict)
    vips: frozenset[Patient] = frozenset()
    addresses: Mapping[str, frozenset[str]] = field(default_factory=dict)
    related: Callable[[str, str], bool | None] = nobody_knows
    zone: tzinfo | None = None
    limits: Limits = field(default_factory=Limits)

    def day(self, at: float) -> str:
        """Give the local day of a moment."""
        return datetime.fromtimestamp(at, self.zone).date().isoformat()


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something to look at: by whom, about whom, and the entry that completed it."""

    detector: str
    key: str
    entry: Entry
    detail: str


type Detector = Callable[[Sequence[Entry], Facts], Iterator[Suspicion]]


def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a name, folded: without accents, in lower case, of three letters at least."""
    return tuple(word for word in words(text) if len(word) >= 3)


def is_person(entry: Entry) -> bool:
    """Tell whether a person did it, not a program or a modality."""
    return entry.via in ("session", "basic")


def colleague(rows: Sequence[Entry], facts: Facts) -> Iterator[Suspicion]:
    """The patient bears the name of another account: family name and a given name."""
    for entry, patient in _looks(rows):
        name = facts.names.get(patient, ())
        for login, parts in facts.logins.items():
            if len(name) > 1 and name[0] in parts and parts & set(name[1:]) and login != entry.caller:
                yield _about("colleague", entry, facts, f"the patient bears the name of the account {login}")


def same_surname(rows: Sequence[Entry], facts: Facts) -> Iterator[Suspicion]:
    """The patient bears the family name of who looked."""
    for entry, patient in _looks(rows):
        name = facts.names.get(patient, ())
        if name and name[0] in facts.logins.get(entry.caller, frozenset(words_of(entry.caller))):
            yield _about("same-surname", entry, facts, "the patient bears the caller's own surname")


def vip_burst(rows: Sequence[Entry], facts: Facts) -> Iterator[Suspicion]:
    """Many people looked at one patient within a day; of somebody known, a few are many."""
    seen: dict[Patient, list[Entry]] = defaultdict(list)
    for entry, patient in _looks(rows):
        recent = [each for each in seen[patient] if entry.at - each.at <= facts.limits.burst_s] + [entry]
        seen[patient] = recent
        callers = {each.caller for each in recent}
        limit = facts.limits.vip_callers if patient in facts.vips else facts.limits.burst_callers
        if len(callers) >= limit:
            key = f"vip-burst|{patient[1]}|{patient[0]}|{facts.day(entry.at)}"
            yield Suspicion("vip-burst", key, entry, f"{len(callers)} people looked within a day")


def no_relation(rows: Sequence[Entry], facts: Facts) -> Iterator[Suspicion]:
    """Who looked is known not to take part in the care."""
    for entry, _ in _looks(rows):
        if facts.related(entry.caller, entry.study) is False:
            yield _about("no-care-relation", entry, facts, "no care relation to the patient is known")


def night_bulk(rows: Sequence[Entry], facts: Facts) -> Iterator[Suspicion]:
    """Many studies were taken along in one night."""
    taken: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in rows:
        night = _night(entry.at, facts)
        if entry.kind not in TAKES or entry.outcome != "success" or entry.door in ("dimse", "house") or not night:
            continue
        studies = taken[entry.caller, night]
        studies.add(entry.study)
        if len(studies) >= facts.limits.bulk_studies:
            key = f"night-bulk|{entry.caller}|{night}"
            yield Suspicion("night-bulk", key, entry, f"{len(studies)} studies in the night of {night}")


def new_address(rows: Sequence[Entry], facts: Facts) -> Iterator[Suspicion]:
    """Somebody came from where they never came from before."""
    for entry in rows:
        before = facts.addresses.get(entry.caller, frozenset())
        if is_person(entry) and before and entry.address and entry.address not in before:
            key = f"new-address|{entry.caller}|{entry.address}"
            yield Suspicion("new-address", key, entry, f"first seen from {entry.address}")


DETECTORS: Mapping[str, Detector] = {
    "colleague": colleague,
    "same-surname": same_surname,
    "vip-burst": vip_burst,
    "no-care-relation": no_relation,
    "night-bulk": night_bulk,
    "new-address": new_address,
}


def suspicions(rows: Sequence[Entry], facts: Facts, *, after: int = 0) -> list[Suspicion]:
    """Give what all detectors say of rows in order, each once, as far as a row behind position `after` completed it."""
    found: dict[str, Suspicion] = {}
    for detector in DETECTORS.values():
        for suspicion in detector(rows, facts):
            if suspicion.entry.position > after:
                found.setdefault(suspicion.key, suspicion)
    return list(found.values())


def sample(rows: Iterable[Entry], seed: bytes, month: str, count: int) -> list[Suspicion]:
    """Give a random sample of looks: nobody can foresee it without the seed, and everybody can draw it again with it."""
    looks = [entry for entry, _ in _looks(rows)]
    looks.sort(key=lambda entry: sha256(seed + entry.position.to_bytes(8)).digest())
    return [
        Suspicion("sample", f"sample|{month}|{entry.position}", entry, f"random sample of {month}")
        for entry in looks[:count]
    ]


def _looks(rows: Iterable[Entry]) -> Iterator[tuple[Entry, Patient]]:
    """Yield what persons saw, with whose images these were."""
    for entry in rows:
        if entry.kind in LOOKS and entry.outcome == "success" and is_person(entry) and entry.patient_id:
            yield entry, (entry.patient_id, entry.issuer)


def _about(detector: str, entry: Entry, facts: Facts, detail: str) -> Suspicion:
    key = f"{detector}|{entry.caller}|{entry.issuer}|{entry.patient_id}|{facts.day(entry.at)}"
    return Suspicion(detector, key, entry, detail)


def _night(at: float, facts: Facts) -> str:
    """Give the day on whose evening the night of a moment began, "" by day."""
    moment, (first, last) = datetime.fromtimestamp(at, facts.zone), facts.limits.night
    if moment.hour >= first:
        return moment.date().isoformat()
    return (moment - timedelta(days=1)).date().isoformat() if moment.hour < last else ""
