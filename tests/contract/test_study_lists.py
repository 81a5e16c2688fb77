"""Lists that rooms keep lead to their studies, on every database."""

import random
from collections.abc import Iterable

import pytest

from contract.catalogs import ALL, MODALITY, HeldClock, Object, attributes, catalog_on, keep
from radiotheque.catalog import Catalog
from radiotheque.catalog.lists import StudyLists
from radiotheque.core.caller import Scope
from radiotheque.core.instance import Header, Selection
from radiotheque.core.query import Key, Level, Query, Range, Single, Wildcard
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database


def lists_for(header: Header, fresh: bool) -> Iterable[str]:
    body_part = header.attributes.get("BodyPartExamined", ())
    return (*(("new",) if fresh else ()), *(f"body:{name}" for name in body_part))


@pytest.fixture
def catalog(database: Database, clock: HeldClock) -> Catalog:
    return catalog_on(database, clock=clock, lists_for=lists_for)


def study(number: int, **given: str) -> Object:
    about = {
        "StudyDate": f"202401{number:02d}",
        "StudyTime": "10",
        "PatientName": f"DUPONT^N{number}",
        "Modality": "DX",
    }
    return Object(
        f"1.2.{number}", f"1.2.{number}.1", f"1.2.{number}.1.1", f"P{number}", attributes=attributes(**about | given)
    )


def found(catalog: Catalog, query: Query, scope: Scope = ALL) -> list[str]:
    return [match.attributes["StudyInstanceUID"][0] for match in catalog.find(query, scope).matches]


def move(catalog: Catalog, number: int, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> None:
    catalog.database.write(lambda tx: StudyLists().move(tx, UID(f"1.2.{number}"), on=on, off=off))


def test_a_study_comes_on_the_lists_of_its_first_instance_and_of_each_series(catalog: Catalog) -> None:
    keep(catalog, study(1, BodyPartExamined="CHEST"))
    keep(catalog, Object("1.2.1", "1.2.1.2", "1.2.1.2.1", "P1", attributes=attributes(BodyPartExamined="HAND")))
    keep(catalog, Object("1.2.1", "1.2.1.2", "1.2.1.2.2", "P1", attributes=attributes(BodyPartExamined="FOOT")))
    for name in ("new", "body:CHEST", "body:HAND"):
        assert found(catalog, Query(Level.STUDY, listed=((name,),))) == ["1.2.1"]
    assert found(catalog, Query(Level.STUDY, listed=(("body:FOOT",),))) == []


def test_a_list_is_in_order_of_date_and_is_paged(catalog: Catalog) -> None:
    keep(catalog, *(study(number) for number in (3, 1, 4, 2, 5)))
    move(catalog, 4, on=["read"], off=["new"])
    page = catalog.find(Query(Level.STUDY, listed=(("new",),), limit=2), ALL)
    assert [match.attributes["StudyInstanceUID"][0] for match in page.matches] == ["1.2.5", "1.2.3"]
    assert page.remaining == 2
    after = page.next_cursor
    assert found(catalog, Query(Level.STUDY, listed=(("new",),), limit=2, after=after)) == ["1.2.2", "1.2.1"]
    assert found(catalog, Query(Level.STUDY, listed=(("new",),), newest_first=False))[0] == "1.2.1"


def test_what_was_rejected_is_on_no_list_until_it_is_restored(catalog: Catalog) -> None:
    keep(catalog, study(1))
    whole = Selection(Level.STUDY, studies=(UID("1.2.1"),))
    catalog.reject(whole, MODALITY, code="113001")
    assert found(catalog, Query(Level.STUDY, listed=(("new",),))) == []
    catalog.restore(whole, MODALITY)
    assert found(catalog, Query(Level.STUDY, listed=(("new",),))) == ["1.2.1"]


def test_lists_go_together_with_keys_and_scope_as_a_model_says(database: Database, clock: HeldClock) -> None:
    catalog = catalog_on(
        database, clock=clock, lists_for=lists_for, tokens_for=lambda header, _: (header.identity.patient_id,)
    )
    draw = random.Random(4)
    made = {}
    for number in range(1, 29):
        modality, on = draw.choice(["DX", "MG"]), {name for name in ("read", "stat", "mine") if draw.random() < 0.5}
        keep(catalog, study(number, Modality=modality))
        move(catalog, number, on=on)
        made[number] = (modality, {"new", *on})
    scopes = {
        "all": (ALL, set(made)),
        "denied": (Scope(everything=True, deny=frozenset({"P7", "P9"})), set(made) - {7, 9}),
        "one": (Scope(allow=frozenset({"P8"})), {8}),
        "few": (Scope(allow=frozenset({"P8", "P9", "P10"})), {8, 9, 10}),
    }
    keys = {
        "none": ((), lambda number: True),
        "modality": ((Key("ModalitiesInStudy", Single("MG")),), lambda number: made[number][0] == "MG"),
        "dates": ((Key("StudyDate", Range("20240105", "20240115")),), lambda number: 5 <= number <= 15),
        "prefix": ((Key("PatientName", Wildcard("dup*")),), lambda number: True),
        "letters": ((Key("PatientName", Wildcard("*pont^n1*")),), lambda number: str(number)[0] == "1"),
        "series": ((Key("Modality", Single("MG")),), lambda number: made[number][0] == "MG"),
    }
    groups = ((("stat",),), (("read", "mine"),), (("mine",), ("read", "stat")))
    for scope, seen in scopes.values():
        for given, holds in keys.values():
            for listed in groups:
                for unlisted in ((), ("stat",)):
                    expected = [
                        f"1.2.{number}"
                        for number in sorted(seen, reverse=True)
                        if holds(number)
                        and all(made[number][1] & set(names) for names in listed)
                        and not made[number][1] & set(unlisted)
                    ]
                    query = Query(Level.STUDY, given, listed=listed, unlisted=unlisted)
                    assert found(catalog, query, scope) == expected, (query, scope)


def test_a_fuzzy_name_is_looked_for_on_a_list(catalog: Catalog) -> None:
    keep(catalog, study(1), study(2))
    move(catalog, 2, off=["new"])
    query = Query(Level.STUDY, (Key("PatientName", Single("dupond")),), fuzzy=True, listed=(("new",),))
    assert found(catalog, query) == ["1.2.1"]
