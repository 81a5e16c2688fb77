"""What the build leaves: small, whole in itself, and as the page's policy wants it."""

import gzip
import re

import pytest

from tools.frontend import OUT

APPLICATION_BYTES = 450_000
"""All of the application's code and styles as it is sent, gzipped, without WebAssembly."""

pytestmark = pytest.mark.skipif(
    not (OUT / "index.html").exists(), reason="the web application is not installed: run `make test`, which builds it"
)


def test_the_application_is_small() -> None:
    sizes = [len(gzip.compress(path.read_bytes(), 9)) for path in OUT.rglob("*") if path.suffix in (".js", ".css")]
    assert sum(sizes) <= APPLICATION_BYTES


def test_the_page_has_no_script_and_no_style_of_its_own_and_names_files_of_ours_alone() -> None:
    page = (OUT / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\bstyle=|\bon\w+=", page) == []
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert named
    for name in named:
        assert name.startswith("/static/app/")
        assert (OUT / name.removeprefix("/static/app/")).is_file()


def test_every_file_of_some_size_has_its_compressed_copy() -> None:
    for path in OUT.rglob("*"):
        if path.suffix in (".js", ".css", ".wasm") and path.stat().st_size >= 1024:
            assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes()


def test_no_module_is_loaded_from_elsewhere() -> None:
    for path in OUT.rglob("*.js"):
        assert re.findall(r"""(?:import|from)\s*\(?["'`](?:https?:)?//""", path.read_text(encoding="utf-8")) == []
