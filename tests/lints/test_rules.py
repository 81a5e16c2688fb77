"""Each lint catches a planted breach, and lets the right way pass."""

from dataclasses import dataclass

import pytest

from tools.lints.module import parse
from tools.lints.rules import RULES, findings


@dataclass(frozen=True)
class Case:
    """A breach of one rule and the same thing done right, in the same file."""

    rule: str
    path: str
    wrong: str
    right: str


def src(place: str) -> str:
    return f"src/radiotheque/{place}"


CASES = [
    Case("scope-is-made-by-security", src("archive/find.py"), "s = Scope(everything=True)", "s = caller.scope"),
    Case("scope-is-made-by-security", src("wire/api.py"), "s = caller.Scope()", "from x import Scope"),
    Case(
        "broad-except-in-few-places",
        src("catalog/record.py"),
        "try:\n    f()\nexcept Exception:\n    g()",
        "try:\n    f()\nexcept BaseException:\n    g()\n    raise",
    ),
    Case(
        "broad-except-in-few-places",
        src("catalog/record.py"),
        "try:\n    f()\nexcept (ValueError, Exception):\n    g()",
        "try:\n    f()\nexcept ValueError:\n    g()",
    ),
    Case(
        "no-swallowed-error",
        src("blobs/files.py"),
        "try:\n    f()\nexcept OSError:\n    pass",
        "with suppress(OSError):\n    f()",
    ),
    Case("short-functions", src("a.py"), "def f():\n" + "    g()\n" * 60, "def f():\n" + "    g()\n" * 59),
    Case("short-modules", src("a.py"), "a = 1\n" * 450, "a = 1\n" * 400),
    Case("few-positional-parameters", src("a.py"), "def f(a, b, c, d, e): ...", "def f(self, a, b, c, d, *, e): ..."),
    Case("plain-names", src("a.py"), "class StudyManager: ...", "class Study: ..."),
    Case("plain-names", src("archive/utils.py"), "a = 1", ""),
    Case("nothing-undone", src("a.py"), "# TOD" + "O: later", "# it is done"),
    Case("no-machine-paths", "tests/test_a.py", "a = '/roo" + "t/data/x'", "a = '/dicom-web/studies'"),
    Case("only-lifecycle-erases", src("archive/retrieve.py"), "eraser.erase(name)", "put.discard()"),
    Case(
        "logs-know-no-patient", src("a.py"), "log.info('kept', name=study.patient_name)", "log.info('kept', study=uid)"
    ),
    Case("logs-know-no-patient", src("a.py"), "self._log.warning(f'{ds.PatientID} refused')", "log.warning('refused')"),
    Case("no-vendor-branches", src("dicom/header.py"), "if maker == 'SIEMENS':\n    f()", "if odd:\n    f()"),
    Case("settings-read-the-environment", src("blobs/files.py"), "a = os.environ['A']", "a = settings.a"),
    Case("tests-do-not-sleep", "tests/test_a.py", "time.sleep(1)", "event.wait(1)"),
    Case("tests-do-not-patch", "tests/test_a.py", "mock.patch('radiotheque.app.build')", "build(clock=clock)"),
]


def breaches(path: str, code: str) -> set[str]:
    return {finding.rule for finding in findings(parse(path, f'"""A module."""\n{code}\n'))}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_planted_breach_is_caught(case: Case) -> None:
    assert case.rule in breaches(case.path, case.wrong)


@pytest.mark.parametrize("case", [case for case in CASES if case.right], ids=lambda case: case.rule)
def test_the_right_way_passes(case: Case) -> None:
    assert breaches(case.path, case.right) == set()


def test_a_module_without_a_docstring_is_caught() -> None:
    assert {finding.rule for finding in findings(parse(src("a.py"), "a = 1"))} == {"says-what-it-is"}


def test_security_may_make_a_scope_and_the_dispatch_loop_may_catch_everything() -> None:
    assert breaches(src("security/rules.py"), "s = Scope()") == set()
    assert breaches(src("archive/dispatch.py"), "try:\n    f()\nexcept Exception:\n    g()") == set()


def test_every_rule_has_a_planted_breach() -> None:
    named = {case.rule for case in CASES} | {"says-what-it-is"}
    assert named == {rule.__name__.replace("_", "-") for rule in RULES}
