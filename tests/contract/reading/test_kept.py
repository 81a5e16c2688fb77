"""What people keep in the reading room, on every database: views, preferences, presets, protocols, drafts."""

from dataclasses import replace
from typing import Any

import pytest

from contract.catalogs import keep
from contract.reading.room import GUEST, LEA, MAX, drawn, ids, study, uid
from radiotheque.catalog import Catalog
from radiotheque.core.errors import Conflict, Malformed, NotFound, NotPermitted
from radiotheque.reading import (
    Outdated,
    Reading,
    Written,
)


def test_views_are_ones_own_or_shared_and_have_versions(reading: Reading) -> None:
    view = Written("Mine", False, {"query": {"q": "7d"}, "columns": ["patient"], "sort": "date", "order": "desc"})
    mine = reading.views.add(view, LEA)
    assert (mine["version"], mine["owner"], mine["query"]) == (1, "lea", {"q": "7d"})
    assert reading.views.all(MAX) == []
    with pytest.raises(Conflict):
        reading.views.add(view, LEA)
    with pytest.raises(NotFound):
        reading.views.replace(mine["id"], 1, view, MAX)
    shared = reading.views.replace(mine["id"], 1, replace(view, shared=True), LEA)
    assert [one["version"] for one in reading.views.all(GUEST)] == [2] == [shared["version"]]
    with pytest.raises(Outdated):
        reading.views.replace(mine["id"], 1, view, LEA)
    with pytest.raises(NotPermitted):
        reading.views.remove(mine["id"], 2, GUEST)
    with pytest.raises(NotPermitted):
        reading.views.add(replace(view, shared=True), GUEST)
    reading.views.remove(mine["id"], 2, LEA)
    assert reading.views.all(LEA) == []


def test_preferences_are_each_persons_own(reading: Reading) -> None:
    unchosen = reading.preferences.of(LEA)
    assert (unchosen["version"], unchosen["language"], unchosen["screens"]) == (0, "", {})
    assert reading.preferences.save({**unchosen, "language": "fr"}, LEA) == 1
    assert reading.preferences.of(LEA)["language"] == reading.preferences.of_account("lea")["language"] == "fr"
    assert reading.preferences.of(MAX)["language"] == ""
    with pytest.raises(Outdated):
        reading.preferences.save({**unchosen, "language": "en"}, LEA)
    # a program's token of the same name is not the person
    assert reading.preferences.of(replace(LEA, via="token"))["language"] == ""


def test_the_presets_that_say_more_of_an_image_come_first(reading: Reading) -> None:
    window: dict[str, Any] = {"centre": 2048.0, "width": 4096.0, "function": "LINEAR"}
    presets: list[Any] = [
        {"name": "all", "modality": "", "body_part": "", "view": "", **window},
        {"name": "chest", "modality": "DX", "body_part": "CHEST", "view": "", **window},
        {"name": "hand", "modality": "DX", "body_part": "HAND", "view": "", **window},
        {"name": "chest PA", "modality": "DX", "body_part": "thorax", "view": "PA", **window},
    ]
    assert reading.presets.save(presets, 0, LEA) == 1
    with pytest.raises(Outdated):
        reading.presets.save([], 0, LEA)
    assert [one["name"] for one in reading.presets.applying("DX", "CHEST", "PA")] == ["chest PA", "chest", "all"]
    assert [one["name"] for one in reading.presets.applying("DX", "", "")] == ["all"]


def test_shipped_protocols_are_there_and_stay(reading: Reading) -> None:
    protocols = {one["id"]: one for one in reading.protocols.all(LEA)}
    assert {"builtin:chest-two-views-prior", "builtin:mammography", "builtin:mammography-prior"} <= protocols.keys()
    cells = [(slot["from"], slot["select"]["view"], slot["select"]["laterality"], slot["align"]) for slot in
             protocols["builtin:mammography"]["slots"]]  # fmt: skip
    assert cells == [  # chest walls back to back
        ("current", ["CC"], ["R"], "right"),
        ("current", ["CC"], ["L"], "left"),
        ("current", ["MLO"], ["R"], "right"),
        ("current", ["MLO"], ["L"], "left"),
    ]
    with pytest.raises(NotPermitted):
        reading.protocols.remove("builtin:mammography", None, LEA)


def test_a_protocol_has_its_slots_inside_its_grid(reading: Reading) -> None:
    content = dict(reading.protocols.all(LEA)[0])
    content = {name: content[name] for name in ("priority", "match", "rows", "columns", "slots")}
    kept = reading.protocols.add(Written("Copy", False, content), LEA)
    assert (kept["built_in"], kept["version"], kept["slots"]) == (False, 1, content["slots"])
    with pytest.raises(Malformed):
        reading.protocols.add(Written("Small", False, {**content, "rows": 1, "columns": 1}), LEA)


def test_a_draft_is_its_readers_own_and_has_versions(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1))
    assert reading.drafts.of(uid(1), LEA)["version"] == 0
    assert reading.drafts.save(uid(1), 0, drawn(1), LEA) == 1
    assert reading.drafts.save(uid(1), 1, drawn(1), LEA) == 1  # nothing new
    assert ids(reading.drafts.of(uid(1), LEA)) == ["a1"]
    assert reading.drafts.of(uid(1), MAX)["version"] == 0
    with pytest.raises(Outdated):
        reading.drafts.save(uid(1), 0, drawn(2), LEA)


def test_undoing_goes_back_step_by_step_and_loses_nothing(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1))
    for number in (1, 2, 3):
        reading.drafts.save(uid(1), number - 1, drawn(number), LEA)
    steps = [reading.drafts.undo(uid(1), None, LEA) for _ in range(3)]
    assert [(step["version"], ids(step)) for step in steps] == [(4, ["a2"]), (5, ["a1"]), (6, [])]
    with pytest.raises(Conflict):
        reading.drafts.undo(uid(1), None, LEA)
    assert [one["version"] for one in reading.drafts.history(uid(1), LEA)] == [6, 5, 4, 3, 2, 1]
    with pytest.raises(Outdated):
        reading.drafts.undo(uid(1), 3, LEA)


def test_a_draft_speaks_of_its_own_study_alone(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1), study(2))
    with pytest.raises(Malformed):
        reading.drafts.save(uid(2), 0, drawn(1), LEA)
    with pytest.raises(Malformed):
        reading.drafts.save(uid(1), 0, {**drawn(1), "key_images": [{"instance": f"{uid(2)}.1.1", "frame": 1}]}, LEA)


def test_what_was_published_leaves_the_draft(reading: Reading, catalog: Catalog) -> None:
    keep(catalog, study(1))
    reading.drafts.save(uid(1), 0, drawn(1), LEA)
    with pytest.raises(Outdated):
        reading.drafts.clear(uid(1), 0, LEA)
    assert reading.drafts.clear(uid(1), 1, LEA) == 2
    assert ids(reading.drafts.of(uid(1), LEA)) == []
    assert ids(reading.drafts.undo(uid(1), None, LEA)) == ["a1"]
