"""An export of everything asks the index page by page, and misses nothing between the pages."""

from pathlib import Path
from typing import Any

from crash.objects import made, offer
from crash.truth import house_at
from radiotheque.app import House
from radiotheque.cli.media import PAGE_STUDIES, wanted

NOTHING: dict[str, str] = {}


def asked(house: House, filters: dict[str, str] = NOTHING, **given: Any) -> list[str]:
    """Give the studies that `export` would write, in its order."""
    return list(wanted(house, [], filters, **{"since": "", "until": "", "everything": False, **given}))


def test_an_export_of_all_goes_past_its_first_page(tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=False) as house:
        sent = [made(patient_id=f"PAGE-{number % 2}", study=str(number)) for number in range(7)]
        for each in sent:
            offer(house, each)
        for page_studies in (2, 3, 7, PAGE_STUDIES):
            found = asked(house, everything=True, page_studies=page_studies)
            assert len(found) == 7
            assert set(found) == {each.study for each in sent}
        of_one = asked(house, {"patient_id": "PAGE-1"}, page_studies=1)
        assert set(of_one) == {each.study for each in sent[1::2]}
        assert len(of_one) == 3
