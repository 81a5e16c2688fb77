"""A publication that ended between its objects and the emptying of the draft is made again, and nothing comes twice."""

from pathlib import Path
from typing import Any

import pytest

from crash.truth import house_at, me
from drafts import draft
from phantoms import part10, phantom_dataset
from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.errors import Unavailable
from radiotheque.core.instance import Selection
from radiotheque.core.query import Level
from radiotheque.reading.drafts import DraftDesk


def test_an_interrupted_publication_is_made_again_and_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = phantom_dataset(patient_id="CUT")
    study = film.StudyInstanceUID

    def cut(*_given: Any) -> int:
        raise Unavailable("the power went away here")

    with house_at(tmp_path, sealing=False) as house:
        house.archive.receive(StreamIncoming(house.origin(me(), "stow"), [part10(film)]))
        version = house.reading.drafts.save(study, 0, draft(str(film.SOPInstanceUID)), me())
        with monkeypatch.context() as patched:
            patched.setattr(DraftDesk, "clear", cut)
            with pytest.raises(Unavailable):
                house.reading.publishing.publish(study, version, "Reading", me())

        def kept() -> set[str]:
            located = house.archive.locate(Selection(Level.STUDY, studies=(study,)), me(), act="view")
            return {str(location.identity.sop_instance) for location in located}

        first = kept()
        made = house.reading.publishing.publish(study, version, "Reading", me())
        assert kept() == first == {str(film.SOPInstanceUID), *(one["instance"] for one in made)}
        assert len(first) == 4
        assert house.reading.drafts.of(study, me())["annotations"] == []
