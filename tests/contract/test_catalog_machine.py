"""Whatever order things come in, the catalog shows what a list of all that happened says it shows."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from contract.catalogs import ALL, MODALITY, Object, attributes, catalog_on, database_on, record_compared
from effort import effort
from radiotheque.core.errors import Gone, NotFound
from radiotheque.core.instance import Outcome, Receipt, Selection, Twin
from radiotheque.core.query import Level, Query
from radiotheque.core.uid import UID

uids = st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 3))
patients = st.sampled_from(["P1", "P2", ""])


class Machine(RuleBasedStateMachine):
    """Objects of three studies come, come again, change, are rejected and restored."""

    engine, server = "sqlite", ""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self._opened = database_on(self.engine, Path(self._folder.name), self.server)
        self.catalog = catalog_on(self._opened.__enter__())
        self.kept: dict[tuple[int, int, int], str] = {}  # content by place
        self.patient: dict[int, str] = {}
        self.hidden: set[tuple[int, int, int]] = set()
        self.cases: set[tuple[tuple[int, int, int], str, str]] = set()

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)
        self._folder.cleanup()

    @rule(place=uids, patient=patients, content=st.sampled_from(["a", "b"]))
    def receive(self, place: tuple[int, int, int], patient: str, content: str) -> None:
        """An object comes: kept, a duplicate, or put aside, as what was held before says."""
        s, e, i = place
        one = Object(f"1.{s}", f"1.{s}.{e}", f"1.{s}.{e}.{i}", patient, content=f"{content} of {patient}")
        one = Object(
            one.study, one.series, one.instance, patient, content=one.content, attributes=attributes(Modality="CR")
        )
        expected = self._expected(place, patient, one.content)
        answer = self.catalog.record(one.arrival())
        if isinstance(answer, Twin):
            answer = record_compared(self.catalog, one.arrival(), equal=False)
        assert isinstance(answer, Receipt)
        assert answer.outcome is expected
        if expected is Outcome.KEPT:
            self.kept[place] = one.content
            self.patient.setdefault(s, patient)
        elif expected is Outcome.QUARANTINED:
            self.cases.add((place, patient, one.content))

    def _expected(self, place: tuple[int, int, int], patient: str, content: str) -> Outcome:
        if (place, patient, content) in self.cases:
            return Outcome.QUARANTINED
        if place in self.kept:
            if self.kept[place] != content:
                return Outcome.QUARANTINED
            return Outcome.STAYS_REJECTED if place in self.hidden else Outcome.DUPLICATE
        return Outcome.KEPT if self.patient.get(place[0], patient) == patient else Outcome.QUARANTINED

    @rule(place=uids, depth=st.integers(1, 3), restore=st.booleans())
    def reject_or_restore(self, place: tuple[int, int, int], depth: int, restore: bool) -> None:
        """A study, series or instance is rejected or restored, or is not there to be."""
        reached = {one for one in self.kept if one[:depth] == place[:depth]}
        wanted = {one for one in reached if (one in self.hidden) == restore}
        selection = _selection(place, depth)
        act = (
            (lambda: self.catalog.restore(selection, MODALITY))
            if restore
            else (lambda: self.catalog.reject(selection, MODALITY, code="113001"))
        )
        if wanted:
            assert act() == len(wanted)
            self.hidden = self.hidden - wanted if restore else self.hidden | wanted
        else:
            with pytest.raises(Gone if reached and not restore else NotFound):
                act()

    @invariant()
    def shows_what_was_kept_and_is_not_hidden(self) -> None:
        """Every level, count and location agrees with the list."""
        shown = set(self.kept) - self.hidden
        found = self.catalog.find(Query(Level.IMAGE), ALL).matches
        assert sorted(one.attributes["SOPInstanceUID"][0] for one in found) == sorted(
            "1." + ".".join(map(str, p)) for p in shown
        )
        studies = self.catalog.find(Query(Level.STUDY), ALL).matches
        counts = {one.attributes["StudyInstanceUID"][0]: one.attributes for one in studies}
        assert set(counts) == {f"1.{s}" for s, _, _ in shown}
        for study, given in counts.items():
            inside = [one for one in shown if f"1.{one[0]}" == study]
            assert given["NumberOfStudyRelatedInstances"] == (str(len(inside)),)
            assert given["NumberOfStudyRelatedSeries"] == (str(len({one[1] for one in inside})),)
        assert len(self.catalog.cases()) == len(self.cases)


def _selection(place: tuple[int, int, int], depth: int) -> Selection:
    uid = UID("1." + ".".join(map(str, place[:depth])))
    level = (Level.STUDY, Level.SERIES, Level.IMAGE)[depth - 1]
    studies = (uid,) if depth == 1 else ()
    return Selection(level, "", studies, (uid,) if depth == 2 else (), (uid,) if depth == 3 else ())


@pytest.mark.parametrize(("engine", "runs"), [("sqlite", 25), ("postgresql", 6)])
def test_any_order_of_receiving_rejecting_and_restoring_shows_what_it_should(
    request: pytest.FixtureRequest, engine: str, runs: int
) -> None:
    server = request.getfixturevalue("postgres_server") if engine == "postgresql" else ""
    machine = type("MachineOnEngine", (Machine,), {"engine": engine, "server": server})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=effort(runs), stateful_step_count=30, deadline=None)
    )
