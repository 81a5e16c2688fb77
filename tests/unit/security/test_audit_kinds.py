"""Every act that the code writes has its meaning in the tables."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import radiotheque
from radiotheque.core.caller import Permission
from radiotheque.security.audit_kinds import KINDS, RESTRICTED, Shape, known, meaning_of

SOURCE = Path(radiotheque.__file__).parent

COMPUTED = {
    # where the kind is computed: what it can be
    "archive/archive.py": ("view", "thumbnail", "print", "retrieve", "export", "send", "find", "commitment", "reject", "restore"),
    "catalog/quarantine.py": ("quarantine.release", "quarantine.discard"),
    "catalog/record.py": ("store", "quarantine"),
    "catalog/reject.py": ("reject", "restore"),
    "reading/documents.py": tuple(
        f"{kind}.{what}"
        for kind in ("view", "protocol", "preferences", "presets")
        for what in ("add", "change", "remove")
    ),
    "cli/keys.py": ("key.export", "key.import"),
    "running.py": ("start", "stop"),
    "wire/web/permit.py": tuple(Permission),
    "security/audit_desk.py": (
        "audit.search", "audit.feed", "audit.patient", "audit.user", "audit.reviews", "audit.checkpoint", "audit.verify",
    ),
}  # fmt: skip


def acts() -> Iterator[tuple[str, ast.expr]]:
    """Yield every call of `Act` in the product: its file and its kind."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Act":
                named = [keyword.value for keyword in node.keywords if keyword.arg == "kind"]
                yield path.relative_to(SOURCE).as_posix(), (named or node.args[1:2])[0]


def literals(kind: ast.expr) -> list[str] | None:
    """Give the kinds that an expression can be when they stand in it, None when they are computed elsewhere."""
    if isinstance(kind, ast.Constant):
        return [str(kind.value)]
    if isinstance(kind, ast.IfExp):
        first, second = literals(kind.body), literals(kind.orelse)
        return first + second if first is not None and second is not None else None
    return None


def test_every_kind_that_the_code_writes_has_a_meaning() -> None:
    found = list(acts())
    assert len(found) > 30
    for place, kind in found:
        kinds = literals(kind)
        assert kinds is not None or place in COMPUTED, f"{place} computes a kind: say in COMPUTED what it can be"
        for name in kinds if kinds is not None else COMPUTED[place]:
            assert known(name), f"{place} writes {name!r}, and audit_kinds.py does not say what that is"


def test_a_kind_of_another_version_is_the_use_of_a_restricted_function() -> None:
    assert not known("teleport")
    assert meaning_of("teleport") == RESTRICTED
    assert RESTRICTED.event.value == "110113"
    assert [code.value for code in RESTRICTED.types] == ["110132"]  # PS3.16 CID 401


@pytest.mark.parametrize(
    ("kind", "event", "action", "types"),
    [
        ("view", "110103", "R", []),  # PS3.15 A.5.3.6
        ("amend", "110103", "U", []),
        ("store", "110104", "C", []),  # A.5.3.7
        ("retrieve", "110104", "R", []),
        ("send", "110102", "E", []),  # A.5.3.3
        ("export", "110106", "R", []),  # A.5.3.4
        ("find", "110112", "E", []),  # A.5.3.10
        ("sign-in", "110114", "E", ["110122"]),  # A.5.3.12
        ("sign-out", "110114", "E", ["110123"]),
        ("association.begin", "110108", "E", ["110124"]),  # A.5.3.9
        ("association.end", "110108", "E", ["110125"]),
        ("start", "110100", "E", ["110120"]),  # A.5.3.1
        ("stop", "110100", "E", ["110121"]),
        ("audit.search", "110101", "R", []),  # A.5.3.2
        ("user.change", "110113", "E", ["110137"]),  # A.5.3.11
        ("peer.put", "110113", "E", ["110128"]),
        ("break-glass.begin", "110113", "E", ["110127"]),
    ],
)
def test_acts_have_the_codes_of_the_standard(kind: str, event: str, action: str, types: list[str]) -> None:
    meaning = meaning_of(kind, study="1.2.3")
    assert (meaning.event.value, meaning.action) == (event, action)
    assert [code.value for code in meaning.types] == types


def test_what_was_refused_before_its_study_was_looked_up_is_no_access_to_one() -> None:
    assert meaning_of("view", outcome="refused") == RESTRICTED
    assert meaning_of("view", study="1.2", outcome="refused").shape is Shape.ACCESS


def test_an_association_that_was_refused_is_a_node_that_was_not_authenticated() -> None:
    meaning = meaning_of("association.begin", outcome="refused")
    assert (meaning.event.value, meaning.types[0].value) == ("110113", "110126")


def test_an_import_by_the_command_line_is_data_import() -> None:
    assert meaning_of("store", study="1.2", door="cli").event.value == "110107"  # A.5.3.5


def test_an_export_always_names_its_medium() -> None:
    assert all(meaning.medium for meaning in KINDS.values() if meaning.shape is Shape.EXPORT)
