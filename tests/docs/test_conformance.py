"""The conformance statement says of every parameter of a picture what it takes."""

import pytest

from radiotheque.wire.dicomweb import rendered, wado_uri
from shared import REPOSITORY

PAGE = (REPOSITORY / "docs" / "reference" / "conformance.md").read_text(encoding="utf-8")


def section(number: str) -> str:
    """Give the text of section 3.`number`."""
    return PAGE.partition(f"### 3.{number} ")[2].partition("\n### ")[0]


@pytest.mark.parametrize("name", sorted({*rendered.PARAMETERS} - {"accept"}))
def test_each_parameter_of_a_rendered_resource_is_described(name: str) -> None:
    assert f"| `{name}` |" in section("2")


@pytest.mark.parametrize("name", wado_uri.PARAMETERS)
def test_each_parameter_of_wado_uri_is_described(name: str) -> None:
    rows = [line.partition(" | ")[0] for line in section("3").splitlines() if line.startswith("| `")]
    assert any(f"`{name}`" in row for row in rows)
