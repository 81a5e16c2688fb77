"""What every catalog promises of a query: what PS3.4 C.2.2.2 says, checked against matching without any index."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import brute_force
from brute_force import Thing
from contract.catalogs import ALL, ENGINES, MODALITY, Object, attributes, catalog_on, database_on, keep, numbered
from effort import effort
from radiotheque.catalog import Catalog, plan
from radiotheque.core.caller import Scope
from radiotheque.core.errors import Malformed
from radiotheque.core.instance import Selection
from radiotheque.core.query import Empty, Found, Key, Level, ListOf, Match, Query, Range, Single, Wildcard
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database

NAMES = (
    "Dupont^Marie", "DUPONT^Jean", "Dupond^Zoé", "Lefèvre^Anne-Marie", "LE GOFF^Yann", "d'Arc^Jeanne", "Müller^Jörg",
    "Yamada^Tarou=山田^太郎=やまだ^たろう", "Hong^Gildong=洪^吉洞=홍^길동", "", "O'Neil^Sh[a]ne", "Pont*^Percent%_",
)  # fmt: skip
STUDIES = [
    {
        "PatientName": name,
        "PatientID": f"P{number % 7}{'x' * (number % 3)}",
        "PatientSex": "MFO"[number % 3],
        "PatientBirthDate": f"19{50 + number % 9}0{1 + number % 9}15",
        "StudyDate": f"2024{1 + number % 12:02d}{1 + number % 28:02d}" if number % 5 else "",
        "StudyTime": ("101112", "1011", "235959.5", "10", "101112.25", "")[number % 6],
        "AccessionNumber": f"A{number % 11}",
        "StudyID": f"S_{number % 4}%",
        "StudyDescription": ("Thorax face", "thorax profil", "Main [gauche]", "")[number % 4],
        "ReferringPhysicianName": ("Curie^Marie", "Roux^Émile", "")[number % 3],
        "OtherPatientIDs": ("INS1\\INS2", "INS3", "")[number % 3],
    }
    for number, name in enumerate(NAMES * 3)
]
SERIES = (
    {"Modality": "DX", "SeriesNumber": "1", "BodyPartExamined": "CHEST", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1",
     "RequestAttributesSequence.ScheduledProcedureStepID": "SPS1\\SPS2",
     "RequestAttributesSequence.RequestedProcedureID": "RP1\\RP2"},
    {"Modality": "SR", "SeriesNumber": "02", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11"},
    {"Modality": "MG", "SeriesNumber": "10", "BodyPartExamined": "BREAST", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2"},
)  # fmt: skip


def population() -> list[dict[str, str]]:
    """Give the attributes of all instances: 36 studies of one to three series of one or two instances."""
    found = []
    for s, study in enumerate(STUDIES):
        for e in range(1 + s % 3):
            for i in range(1 + (s + e) % 2):
                uids = {
                    "StudyInstanceUID": f"1.2.{s}",
                    "SeriesInstanceUID": f"1.2.{s}.{e}",
                    "SOPInstanceUID": f"1.2.{s}.{e}.{i}",
                }
                kind = SERIES[(s + e) % 3]
                found.append({**study, **kind, **uids, "InstanceNumber": str(i + 1), "Rows": str(1000 + i)})
    return found


def to_object(given: dict[str, str]) -> Object:
    split = {keyword: tuple(text.split("\\")) for keyword, text in given.items() if text}
    return Object(
        given["StudyInstanceUID"], given["SeriesInstanceUID"], given["SOPInstanceUID"], given["PatientID"],
        sop_class=given["SOPClassUID"], attributes=split,
    )  # fmt: skip


THINGS = [Thing({keyword: tuple(text.split("\\")) for keyword, text in one.items() if text}) for one in population()]


@pytest.fixture(scope="module", params=ENGINES)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """One catalog on each engine with the whole population."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else ""
    with database_on(request.param, tmp_path_factory.mktemp("index"), server) as database:
        catalog = catalog_on(database)
        keep(catalog, *(to_object(one) for one in population()))
        yield catalog


UID_OF = {Level.STUDY: "StudyInstanceUID", Level.SERIES: "SeriesInstanceUID", Level.IMAGE: "SOPInstanceUID"}


def uids(found: Sequence[Found]) -> list[str]:
    return [one.attributes[UID_OF[one.level]][0] for one in found]


def text_matches(values: Sequence[str]) -> st.SearchStrategy[Match]:
    """Matches on a text attribute: values that are there, pieces of them between wild cards, and others."""
    value = st.sampled_from([*sorted(set(values) - {""}), "absent"])

    @st.composite
    def pattern(draw: st.DrawFn) -> Match:
        text = draw(value)
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, len(text)))
        piece = "".join("?" if draw(st.integers(0, 7)) == 0 else letter for letter in text[start:end])
        wild = draw(st.sampled_from(["{}*", "*{}", "*{}*"])).format(piece)
        return Wildcard(wild)

    return st.one_of(value.map(Single), pattern(), st.just(Empty()))


def values_of(keyword: str) -> list[str]:
    return [value for thing in THINGS for value in thing.attributes.get(keyword, ())]


def flipped(match: Match) -> Match:
    """Give a match on a name in the other case: names are compared without it."""
    return Wildcard(match.pattern.swapcase()) if isinstance(match, Wildcard) else match


DATES = ["", "20240101", "20240315", "20240601", "20241231", "20240205"]
TIMES = ["", "10", "1011", "101112", "101112.25", "2359", "000000"]
ranges = {
    "StudyDate": st.tuples(st.sampled_from(DATES), st.sampled_from(DATES)).filter(any).map(lambda ends: Range(*ends)),
    "StudyTime": st.tuples(st.sampled_from(TIMES), st.sampled_from(TIMES)).filter(any).map(lambda ends: Range(*ends)),
}
TEXTS = ("PatientID", "PatientSex", "AccessionNumber", "StudyID", "StudyDescription", "OtherPatientIDs")
keys = st.one_of(
    *(st.builds(Key, st.just(name), text_matches(values_of(name))) for name in TEXTS),
    st.builds(Key, st.just("PatientName"), text_matches(values_of("PatientName")).map(flipped)),
    st.builds(Key, st.just("ReferringPhysicianName"), text_matches(values_of("ReferringPhysicianName"))),
    *(st.builds(Key, st.just(name), match) for name, match in ranges.items()),
    st.builds(Key, st.just("StudyDate"), st.sampled_from(DATES[1:]).map(Single)),
    st.builds(Key, st.just("ModalitiesInStudy"), st.sampled_from([("DX",), ("MG", "SR"), ("XA", "DX"), ("ZZ",)]).map(ListOf)),
    st.builds(Key, st.just("ModalitiesInStudy"), text_matches(["DX", "MG"])),
    st.builds(Key, st.just("SOPClassesInStudy"), st.sampled_from([one["SOPClassUID"] for one in SERIES]).map(Single)),
    st.builds(Key, st.just("StudyInstanceUID"), st.lists(st.sampled_from(["1.2.1", "1.2.2", "1.2.30", "9.9"]), min_size=1).map(tuple).map(ListOf)),
    st.builds(Key, st.just("SeriesInstanceUID"), st.sampled_from(["1.2.1.1", "1.2.5.2", "9.9"]).map(Single)),
    st.builds(Key, st.just("Modality"), text_matches(["DX", "MG", "SR"])),
    st.builds(Key, st.just("SeriesNumber"), st.sampled_from(["1", "2", "010", "7"]).map(Single)),
    st.builds(Key, st.just("BodyPartExamined"), text_matches(["CHEST", "BREAST"])),
    st.builds(Key, st.just("InstanceNumber"), st.sampled_from(["1", "2", "3"]).map(Single)),
    st.builds(Key, st.just("RequestAttributesSequence.ScheduledProcedureStepID"), st.sampled_from(["SPS1", "SPS2", "no"]).map(Single)),
    st.builds(Key, st.just("RequestAttributesSequence.RequestedProcedureID"), st.sampled_from(["RP1", "RP2"]).map(Single)),
)  # fmt: skip


@st.composite
def queries(draw: st.DrawFn) -> Query:
    chosen = {key.attribute: key for key in draw(st.lists(keys, max_size=3))}
    return Query(draw(st.sampled_from([Level.STUDY, Level.SERIES, Level.IMAGE])), tuple(chosen.values()))


@settings(max_examples=effort(250), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries())
def test_finds_exactly_what_matching_without_an_index_finds(filled: Catalog, query: Query) -> None:
    page = filled.find(query, ALL)
    assert sorted(uids(page.matches)) == sorted(brute_force.find(THINGS, query))
    assert filled.unsupported(query) == ()


@settings(max_examples=effort(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries(), size=st.integers(1, 20), newest_first=st.booleans())
def test_pages_joined_are_the_whole_list_and_count_what_is_left(
    filled: Catalog, query: Query, size: int, newest_first: bool
) -> None:
    query = Query(query.level, query.keys, newest_first=newest_first)
    whole = uids(filled.find(query, ALL).matches)
    joined: list[str] = []
    after = ""
    while True:
        page = filled.find(Query(query.level, query.keys, limit=size, after=after, newest_first=newest_first), ALL)
        joined.extend(uids(page.matches))
        assert page.remaining == len(whole) - len(joined)
        after = page.next_cursor
        if not after:
            break
    assert joined == whole
    assert uids(list(filled.find_each(query, ALL))) == whole
    offset = filled.find(Query(query.level, query.keys, limit=size, offset=3, newest_first=newest_first), ALL)
    assert uids(offset.matches) == whole[3 : 3 + size]


def test_studies_come_newest_first_and_without_a_date_last(filled: Catalog) -> None:
    found = filled.find(Query(Level.STUDY), ALL).matches
    dates = [one.attributes["StudyDate"][0] if one.attributes["StudyDate"] else "" for one in found]
    assert dates == sorted(dates, reverse=True)


def test_patients_are_shown_once_as_in_their_newest_study(filled: Catalog) -> None:
    found = filled.find(Query(Level.PATIENT, returned=("NumberOfPatientRelatedStudies",)), ALL).matches
    identifiers = [one.attributes["PatientID"][0] for one in found]
    assert sorted(identifiers) == sorted({study["PatientID"] for study in STUDIES})
    assert sum(int(one.attributes["NumberOfPatientRelatedStudies"][0]) for one in found) == len(STUDIES)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("marie dupont", {"Dupont^Marie"}),
        ("DUPOMT", {"Dupont^Marie", "DUPONT^Jean"}),  # one letter wrong; from Dupond it is two
        ("lefevre annemarie", {"Lefèvre^Anne-Marie"}),
        ("Anne Marie Lefebvre", {"Lefèvre^Anne-Marie"}),
        ("LEGOFF", {"LE GOFF^Yann"}),
        ("goff yann", {"LE GOFF^Yann"}),
        ("Jeanne Arc", {"d'Arc^Jeanne"}),
        ("Muller", {"Müller^Jörg"}),
        ("山田", {"Yamada^Tarou=山田^太郎=やまだ^たろう"}),
        ("たろう", {"Yamada^Tarou=山田^太郎=やまだ^たろう"}),
        ("taro yamada", {"Yamada^Tarou=山田^太郎=やまだ^たろう"}),
        ("*dup*", {"Dupont^Marie", "DUPONT^Jean", "Dupond^Zoé"}),
        ("zo", set()),  # no typing errors in words of less than four letters
        ("nobody", set()),
    ],
)  # fmt: skip
def test_fuzzy_matching_forgives_order_particles_hyphens_and_typing(
    filled: Catalog, key: str, expected: set[str]
) -> None:
    match = Wildcard(key) if "*" in key else Single(key)
    page = filled.find(Query(Level.STUDY, (Key("PatientName", match),), fuzzy=True), ALL)
    assert {one.attributes["PatientName"][0] for one in page.matches} == expected


def test_date_and_time_given_together_are_one_moment(filled: Catalog) -> None:
    keys = (Key("StudyDate", Range("20240204", "20240206")), Key("StudyTime", Range("120000", "110000")))
    apart = filled.find(Query(Level.STUDY, keys), ALL).matches
    together = filled.find(Query(Level.STUDY, keys, combined_datetime=True), ALL).matches
    assert apart == ()  # no time of day is after 12 and before 11
    expected = [
        thing.one("StudyInstanceUID")
        for thing in {t.one("StudyInstanceUID"): t for t in THINGS}.values()
        if thing.one("StudyDate") and (thing.one("StudyDate"), thing.one("StudyTime").ljust(6, "0")) >= ("20240204", "120000")
        and (thing.one("StudyDate"), thing.one("StudyTime").ljust(6, "0")) <= ("20240206", "110000.999999")
    ]  # fmt: skip
    assert sorted(uids(together)) == sorted(expected)


def test_a_cursor_that_is_not_ours_is_malformed(filled: Catalog) -> None:
    for cursor in ("nonsense", "WzFd", "////"):
        with pytest.raises(Malformed):
            filled.find(Query(Level.STUDY, after=cursor), ALL)


def test_request_attributes_are_answered_as_items(filled: Catalog) -> None:
    [series] = filled.find(Query(Level.SERIES, (Key("SeriesInstanceUID", Single("1.2.0.0")),)), ALL).matches
    assert series.sequences == {
        "RequestAttributesSequence": (
            {"ScheduledProcedureStepID": ("SPS1",), "RequestedProcedureID": ("RP1",)},
            {"ScheduledProcedureStepID": ("SPS2",), "RequestedProcedureID": ("RP2",)},
        )
    }


def test_an_unknown_key_matches_everything_and_is_named(filled: Catalog) -> None:
    query = Query(Level.STUDY, (Key("PatientAge", Single("030Y")),))
    assert filled.unsupported(query) == ("PatientAge",)
    assert len(filled.find(query, ALL).matches) == len(STUDIES)


def test_a_fuzzy_query_names_the_names_that_it_matches_plainly(filled: Catalog) -> None:
    keys = (
        Key("PatientName", Single("Dupont")),
        Key("ReferringPhysicianName", Single("Dubois")),
        Key("PerformingPhysicianName", Empty()),
        Key("OperatorsName", Single("Martin")),
        Key("StudyDescription", Single("Chest")),
    )
    assert filled.matched_plainly(Query(Level.STUDY, keys, fuzzy=True)) == ("ReferringPhysicianName",)
    assert filled.matched_plainly(Query(Level.STUDY, keys)) == ()
    assert filled.unsupported(Query(Level.STUDY, keys, fuzzy=True)) == ("OperatorsName",)


def test_an_indexed_name_is_matched_plainly_too(database: Database) -> None:
    catalog = catalog_on(database, extra={"NameOfPhysiciansReadingStudy": Level.STUDY, "StudyComments": Level.STUDY})
    keys = (Key("NameOfPhysiciansReadingStudy", Single("Curie")), Key("StudyComments", Single("none")))
    assert catalog.matched_plainly(Query(Level.STUDY, keys, fuzzy=True)) == ("NameOfPhysiciansReadingStudy",)


SCOPES = {
    "nothing": (Scope(), lambda s: False),
    "one ward": (Scope(allow=frozenset({"ward:1"})), lambda s: s % 3 == 1),
    "two wards": (Scope(allow=frozenset({"ward:1", "ward:2"})), lambda s: s % 3 in (1, 2)),
    "all but the secret": (Scope(everything=True, deny=frozenset({"secret"})), lambda s: s % 4 != 0),
    "a ward without the secret": (Scope(allow=frozenset({"ward:0"}), deny=frozenset({"secret"})), lambda s: s % 3 == 0 and s % 4 != 0),
}  # fmt: skip


@pytest.mark.parametrize("few", [plan.FEW, 0])  # 0: no scope is small enough to lead
@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_holds_for_every_level_count_and_way_in(
    database: object, scope: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "FEW", few)

    def tokens_for(header: object, origin: object) -> set[str]:
        number = int(header.identity.study.rpartition(".")[2])  # type: ignore[attr-defined]
        return {f"ward:{number % 3}"} | ({"secret"} if number % 4 == 0 else set())

    catalog = catalog_on(database, tokens_for=tokens_for)  # type: ignore[arg-type]
    keep(catalog, *numbered(27, attributes=attributes(PatientName="Dupont^Marie", Modality="DX", StudyDate="20240101")))
    hidden = tuple(UID(f"1.2.{number}") for number in (25, 26, 27))  # one of each ward
    catalog.reject(Selection(Level.STUDY, studies=hidden), MODALITY, code="113001")
    allowed, seen = SCOPES[scope]
    expected = sorted(f"1.2.{s}" for s in range(1, 25) if seen(s))
    for key in ((), (Key("PatientName", Wildcard("DUP*")),), (Key("PatientName", Wildcard("*PON*")),),
                (Key("ModalitiesInStudy", Single("DX")),), (Key("StudyDate", Range("20240101", "20240102")),)):  # fmt: skip
        for level in (Level.STUDY, Level.SERIES):
            found = catalog.find(Query(level, key, limit=5), allowed)
            whole = list(catalog.find_each(Query(level, key), allowed))
            assert sorted(one.attributes["StudyInstanceUID"][0] for one in whole) == expected
            assert len(found.matches) + found.remaining == len(expected)
    assert len(catalog.find(Query(Level.PATIENT), allowed).matches) == len(expected)
    for name, meant in (("marie dupont", True), ("dupond mari*", True), ("dupont pierre", False), ("pierre", False)):
        whole = catalog.find_each(Query(Level.STUDY, (Key("PatientName", Single(name)),), fuzzy=True), allowed)
        assert sorted(one.attributes["StudyInstanceUID"][0] for one in whole) == (expected if meant else [])


def test_remaining_is_counted_to_a_thousand_and_no_further(database: object) -> None:
    catalog = catalog_on(database)  # type: ignore[arg-type]
    with ThreadPoolExecutor(16) as threads:  # who arrive together share a commit
        list(threads.map(lambda one: keep(catalog, one), numbered(1012)))
    exact = catalog.find(Query(Level.STUDY, limit=12), ALL)
    assert (exact.remaining, exact.at_least) == (1000, False)
    cut = catalog.find(Query(Level.STUDY, limit=11), ALL)
    assert (cut.remaining, cut.at_least) == (1000, True)


def test_an_extra_attribute_is_matched_when_it_comes_and_after_it_was_indexed_later(database: object) -> None:
    levels = {"PatientAge": Level.STUDY, "KVP": Level.IMAGE}
    one = Object(attributes=attributes(PatientAge="030Y", KVP="70"))
    late = catalog_on(
        database,
        extra=levels,
        attributes_of=lambda location, names: {
            "PatientAge": {"vr": "AS", "Value": ["030Y"]},
            "KVP": {"vr": "DS", "Value": [70]},
        },
    )  # type: ignore[arg-type]
    keep(catalog_on(database), one)  # type: ignore[arg-type]
    keep(late, Object("1.2.2", "1.2.2.1", "1.2.2.1.1", "P2", attributes=attributes(PatientAge="040Y", KVP="60")))
    age, kvp = (
        Query(Level.STUDY, (Key("PatientAge", Wildcard("03*")),)),
        Query(Level.IMAGE, (Key("KVP", Single("60")),)),
    )
    assert late.find(age, ALL).matches == ()
    assert uids(late.find(kvp, ALL).matches) == ["1.2.2.1.1"]
    row = 0
    while row := late.index_extra(after=row, batch=1):
        pass
    assert uids(late.find(age, ALL).matches) == ["1.2.1"]
    assert uids(late.find(Query(Level.STUDY, kvp.keys), ALL).matches) == ["1.2.2"]
