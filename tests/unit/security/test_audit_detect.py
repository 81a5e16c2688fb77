"""Each detector on rows made for it, and on rows that only look like them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from radiotheque.security.audit_detect import Facts, Limits, Suspicion, sample, suspicions, words_of
from radiotheque.security.model import Entry
from unit.security.entries import entry

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC).timestamp()
FACTS = Facts(
    names={
        ("P1", ""): words_of("MARTIN^JEAN"),
        ("P2", ""): words_of("Durand^Élise"),
        ("P3", ""): words_of("Le Goff^Anne"),
    },
    logins={
        "jean.martin": frozenset(words_of("jean.martin")),
        "elise.durand": frozenset(words_of("elise.durand")),
        "p.martin": frozenset(words_of("p.martin")),
    },
    zone=UTC,
)


def look(position: int = 1, **changes: object) -> Entry:
    return entry(**{"position": position, "at": NOON, "issuer": "", **changes})


def found(rows: Sequence[Entry], facts: Facts = FACTS, *, after: int = 0) -> list[tuple[str, str]]:
    return [(each.detector, each.entry.caller) for each in suspicions(rows, facts, after=after)]


def test_a_patient_who_bears_the_name_of_an_account_is_a_colleague() -> None:
    assert found([look(caller="anna", patient_id="P2")]) == [("colleague", "anna")]


def test_who_looks_at_their_own_images_shares_the_surname_and_is_no_colleague() -> None:
    assert found([look(caller="elise.durand", patient_id="P2")]) == [("same-surname", "elise.durand")]


def test_one_who_shares_the_surname_looked_at_a_colleague() -> None:
    rows = [look(caller="p.martin", patient_id="P1")]
    assert found(rows) == [("colleague", "p.martin"), ("same-surname", "p.martin")]


def test_thumbnails_refusals_programs_and_strangers_are_nothing_to_look_at() -> None:
    rows = [
        look(1, caller="anna", patient_id="P2", kind="thumbnail"),
        look(2, caller="anna", patient_id="P2", outcome="refused"),
        look(3, caller="prefetcher", patient_id="P2", via="token"),
        look(4, caller="CR1", patient_id="P2", via="aet", door="dimse"),
        look(5, caller="anna", patient_id="P3"),
        look(6, caller="anna", patient_id=""),
    ]
    assert found(rows) == []


def test_the_same_is_told_once_a_day() -> None:
    rows = [look(1, caller="anna", patient_id="P2"), look(2, caller="anna", patient_id="P2", at=NOON + 60)]
    assert len(suspicions(rows, FACTS)) == 1
    assert (
        len(
            {each.key for each in suspicions([*rows, look(3, caller="anna", patient_id="P2", at=NOON + 86_400)], FACTS)}
        )
        == 2
    )


def burst(count: int, **changes: object) -> list[Entry]:
    return [look(at, caller=f"doctor{at}", patient_id="P9", at=NOON + at, **changes) for at in range(1, count + 1)]


def test_few_look_at_one_who_is_known_and_many_at_anybody() -> None:
    known = replace(FACTS, vips=frozenset({("P9", "")}))
    assert found(burst(2), known) == []
    assert found(burst(3), known) == [("vip-burst", "doctor3")]
    assert found(burst(7)) == []
    assert found(burst(8)) == [("vip-burst", "doctor8")]


def test_looks_on_different_days_are_no_burst() -> None:
    rows = [replace(row, at=NOON + 86_401 * row.position) for row in burst(8)]
    assert found(rows) == []


def test_only_a_relation_that_is_known_to_be_none_is_told() -> None:
    for answer, told in ((None, []), (True, []), (False, [("no-care-relation", "anna")])):
        facts = replace(FACTS, related=lambda _caller, _study, answer=answer: answer)  # type: ignore[misc]
        assert found([look(caller="anna", patient_id="P9")], facts) == told


def taken(count: int, at: float, **changes: object) -> list[Entry]:
    return [
        look(n, kind="export", study=f"1.{n}", caller="anna", patient_id="", at=at + n, **changes)
        for n in range(1, count + 1)
    ]


def test_many_studies_taken_in_one_night_are_told_and_by_day_not() -> None:
    night = datetime(2027, 1, 15, 23, 50, tzinfo=UTC).timestamp()
    assert found(taken(20, night)) == [("night-bulk", "anna")]
    assert found(taken(19, night)) == []
    assert found(taken(20, NOON)) == []
    assert found(taken(20, night, door="dimse", via="aet")) == []


def test_a_night_goes_on_after_midnight() -> None:
    evening = datetime(2027, 1, 15, 23, 30, tzinfo=UTC).timestamp()
    rows = [
        *taken(10, evening),
        *(replace(row, at=row.at + 7200, study=f"2.{row.position}") for row in taken(10, evening)),
    ]
    (told,) = suspicions(rows, FACTS)
    assert told.detail == "20 studies in the night of 2027-01-15"


def test_a_new_address_is_told_of_who_had_one_before() -> None:
    facts = replace(FACTS, addresses={"anna": frozenset({"192.0.2.7"})})
    rows = [
        look(1, caller="anna", patient_id="", address="192.0.2.7", kind="sign-in"),
        look(2, caller="anna", patient_id="", address="198.51.100.9", kind="sign-in"),
        look(3, caller="new.here", patient_id="", address="198.51.100.9", kind="sign-in"),
    ]
    assert found(rows, facts) == [("new-address", "anna")]


def test_what_was_looked_at_before_is_not_told_again() -> None:
    rows = [look(1, caller="anna", patient_id="P2"), look(2, caller="anna", patient_id="P9")]
    assert found(rows, after=1) == []


def test_a_sample_can_be_drawn_again_with_its_seed_alone() -> None:
    rows = [look(at, patient_id="P9", caller="anna") for at in range(1, 101)]

    def drawn(seed: bytes) -> list[int]:
        made: list[Suspicion] = sample(rows, seed, "2027-01", Limits().sample)
        return [each.entry.position for each in made]

    assert len(drawn(b"a")) == 20
    assert drawn(b"a") == drawn(b"a")
    assert drawn(b"a") != drawn(b"b")
