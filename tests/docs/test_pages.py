"""The pages say what the code does: tables are fresh, files and links that are named are there."""

import re
from pathlib import Path

import pytest

from shared import REPOSITORY
from tools.docs import fresh, pages

LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)")
SOURCE = re.compile(r"`((?:src|tests|tools|benchmarks|docs|deploy)/[\w./-]+|[\w./-]+\.(?:py|md))`")
HOUSE = REPOSITORY / "src" / "radiotheque"


def relative(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("page", pages(), ids=relative)
def test_the_tables_of_a_page_are_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == fresh(text), "run `python -m tools.docs`"


@pytest.mark.parametrize("page", pages(), ids=relative)
def test_every_link_and_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [target for target in LINK.findall(text) if not (page.parent / target).exists()]
    roots = (REPOSITORY, HOUSE, page.parent)
    missing += [name for name in SOURCE.findall(text) if not any((root / name).exists() for root in roots)]
    assert [name for name in missing if "/" in name or not named_anywhere(name)] == []


def named_anywhere(name: str) -> bool:
    """Say whether a source or test file has this bare name."""
    return any(True for folder in ("src", "tests") for _ in (REPOSITORY / folder).rglob(name))
