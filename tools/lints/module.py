"""A source file as the lints see it, and what they say about it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCES = ("src", "tests", "tools", "benchmarks")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: `path` is relative to the repository, with slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path inside the package (`archive/receive.py`), "" for a file that is not product code."""
        prefix = "src/radiotheque/"
        return self.path.removeprefix(prefix) if self.path.startswith(prefix) else ""

    @property
    def generated(self) -> bool:
        """Whether the file says in its first lines that a program wrote it."""
        return "generated" in "\n".join(self.text.splitlines()[:5]).lower()

    def within(self, *places: str) -> bool:
        """Say whether the file is one of `places`, or below one that ends with a slash."""
        return any(self.place.startswith(place) if place.endswith("/") else self.place == place for place in places)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach of a rule; printed as `path:line: rule: message`."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


def parse(path: str, text: str) -> Module:
    """Give the module in `text`. Raises `SyntaxError`."""
    return Module(path, text, ast.parse(text, path))


def modules(root: Path) -> Iterator[Module]:
    """Yield every Python file of the repository, in a fixed order."""
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield parse(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))


def dotted(node: ast.expr) -> str:
    """Give `a.b.c` of a name or attribute, "" of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""
