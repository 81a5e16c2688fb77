"""What is doubtful about millimetres and pixels is said beside the image, in the language of who reads it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.harness import House, axe_findings, shot
from browser.viewing import CHEST, opened
from phantoms import phantom

CORRECTED: dict[str, Any] = {
    **CHEST,
    "patient_id": "PH-0340",
    "study": "corrected",
    "extra": {**CHEST["extra"], "DistanceSourceToDetector": 1500, "DistanceSourceToPatient": 1200},
}
"""Magnified 1500 / 1200 = 1.25 times: pixels of 0.148 mm at the detector are 0.118 mm in the patient (PS3.3 C.8.7.5)."""


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    house.keep([phantom(**CORRECTED)], tmp_path_factory.mktemp("remarks"))


@pytest.mark.parametrize(
    ("locale", "name", "source", "remark"),
    [
        (
            "en-GB",
            "lea",
            "mm corrected for magnification (estimated) · 0.118",
            "Corrected by the distances of source, patient and detector · ÷ 1.25",
        ),
        (
            "fr-FR",
            "max",
            "0,118",
            "Corrigé d’après les distances entre source, patient et détecteur · ÷ 1,25",
        ),
    ],
)
def test_why_millimetres_are_as_they_are_stands_beside_them(  # the cases of one sentence
    reader_of: Callable[..., Page], house: House, *, locale: str, name: str, source: str, remark: str
) -> None:
    page = reader_of(name, locale=locale)
    opened(page, house, CORRECTED)
    words = page.locator("[data-cell='0'] .viewer-scale")
    expect(words).to_contain_text(source)
    expect(words.get_by_text(remark)).to_be_visible()
    expect(words.get_by_title(remark)).to_contain_text(source)
    assert axe_findings(page) == []
    shot(page, f"viewer-remark-{locale[:2]}")
    page.set_viewport_size({"width": 360, "height": 740})
    expect(words.get_by_text(remark)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    shot(page, f"viewer-remark-360-{locale[:2]}")
