"""The server process holds no codec, and a function named for the workbench is there."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from pydicom import charset, datadict

import radiotheque
from radiotheque.dicom import charsets, dictionary

SOURCE = Path(radiotheque.__file__).parent
HEAVY = {
    "cv2",
    "imagecodecs",
    "gdcm",
    "_gdcm",
    "PIL",
    "numpy",
    "scipy",
    "pydicom",
    "pynetdicom",
    "obstore",
    "alembic",
    "psycopg",
    "rich",
    "highdicom",
    "typst",
}
ONLY_TO_SERVE = {"fastapi", "starlette", "prometheus_client", "uvicorn", "granian"}


def loaded_by(module: str) -> set[str]:
    code = f"import {module}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_server_holds_no_codec_and_no_foreign_dicom_library():
    assert not loaded_by("radiotheque.running") & HEAVY


def test_a_command_holds_no_web_server():
    assert not loaded_by("radiotheque.app") & (HEAVY | ONLY_TO_SERVE)


def names_for_the_workbench() -> list[str]:
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split("[")[0] == "Remote":
                found.append(ast.literal_eval(node.args[0]))
    return found


@pytest.mark.parametrize("name", names_for_the_workbench())
def test_a_function_named_for_the_workbench_is_there(name):
    module, _, function = name.partition(":")
    assert callable(getattr(import_module(module), function))


def test_the_functions_of_the_workbench_are_found():
    assert len(names_for_the_workbench()) >= 7


def test_the_dictionary_says_what_pydicom_says_of_every_tag():
    for tag, row in datadict.DicomDictionary.items():
        assert dictionary.vr_of(tag) == row[0]
        assert dictionary.keyword_known(tag) == row[4]
        assert not row[4] or dictionary.tag_named(row[4]) == datadict.tag_for_keyword(row[4])


@pytest.mark.parametrize("tag", [0x60000010, 0x60023000, 0x50040110, 0x7F020010, 0x60011010, 0x00091001])
def test_repeating_groups_are_those_of_pydicom(tag):
    try:
        expected = datadict.dictionary_VR(tag)
    except KeyError:
        expected = "UN"
    assert dictionary.vr_of(tag) == expected
    assert dictionary.keyword_known(tag) == datadict.keyword_for_tag(tag)


@pytest.mark.parametrize(
    ("tag", "creator"),
    [(0x00291010, "SIEMENS CSA HEADER"), (0x00431027, "GEMS_PARM_01"), (0x20051080, "Philips MR Imaging DD 001")],
)
def test_private_elements_are_those_of_pydicom(tag, creator):
    assert dictionary.vr_of(tag, creator) == datadict.private_dictionary_VR(tag, creator) != "UN"


def test_the_character_sets_are_those_of_pydicom_and_latin_9():
    ours = dict(charsets._CODECS)
    assert {ours.pop("ISO_IR 203"), ours.pop("ISO 2022 IR 203")} == {"iso8859_15"}
    assert ours == charset.python_encoding
    escapes = dict(charsets._ESCAPES)
    assert escapes.pop(b"\x1b-b") == "iso8859_15"
    assert escapes == {**charset.CODES_TO_ENCODINGS, b"\x1b(B": "ascii"}
