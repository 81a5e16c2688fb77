"""The texts that people read: `python -m tools.messages extract`, `check` or `compile`.

`extract` finds every text in the code and brings `src/radiotheque/locale/radiotheque.pot` and the catalogues up to date;
translations stay. `check` ends with 1 when a text is not in a catalogue, not translated, fuzzy, or translated with other
`{places}` than it has. `compile` writes the JSON that the web application loads.

A text is the first argument of `t`, `tn` or `msg` in TypeScript and of `_` in Python, written out there; `tn` has the
plural second. So is the first argument of an error of ours in the modules that a person at a screen can meet (`TOLD`).
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract as extracted
from babel.messages.pofile import read_po, write_po

from radiotheque.core import errors
from radiotheque.wire.web.po import Entry, read
from tools.frontend import CATALOGUES, FRONTEND, LANGUAGES, ROOT, compile_texts

TEMPLATE = CATALOGUES / "radiotheque.pot"

_ERRORS = frozenset({name for name, kind in vars(errors).items() if isinstance(kind, type)}) | {"ForeignPage"}
_DICOM = (
    "annotations codestream coerce colour decode drafted encode frames jpeg pictures published reading recipe rejection "
    "report scale sheet smaller"
)
_SECURITY = "accounts audit passwords policy rules sessions tokens"
_ARCHIVE = "admission archive forward heed printing publication receive renditions retrieve tasks"
TOLD = (
    *("core/*.py", "reading/*.py", "catalog/*.py", "ops/*.py", "wire/web/*.py", "wire/web/api/*.py", "workbench.py"),
    *(f"dicom/{name}.py" for name in _DICOM.split()),
    *(f"security/{name}.py" for name in _SECURITY.split()),
    *(f"archive/{name}.py" for name in _ARCHIVE.split()),
)
"""Modules whose errors the API tells people. Those of the other tongues and of the command line stay English."""

_STRING = r"""(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\$]|\$(?!\{))*`)"""
_JOINED = rf"{_STRING}(?:\s*\+\s*{_STRING})*"
# strings are matched too, so that what looks like a comment inside one stays
_COMMENT = re.compile(rf"({_STRING})|/\*.*?\*/|//[^\n]*", re.DOTALL)
_CALL = re.compile(rf"(?<![\w$])(?P<name>t|tn|msg)\(\s*(?P<one>{_JOINED})\s*(?:,\s*(?P<many>{_JOINED}))?", re.DOTALL)
_ESCAPE = re.compile(r"\\(u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|\n|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_PLACE = re.compile(r"\{\w+\}")
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands for the time in the head of a catalogue, which would make two people's changes collide."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text of the code, its plural or "", and the file that it is in."""

    text: str
    plural: str
    file: str


def messages_of_typescript(code: str, file: str = "") -> Iterator[Message]:
    """Yield the texts of a TypeScript module."""
    bare = _COMMENT.sub(lambda found: found[1] or " ", code)
    for call in _CALL.finditer(bare):
        many = call["many"] if call["name"] == "tn" else None
        yield Message(_joined(call["one"]), _joined(many) if many else "", file)


def messages_of_python(path: Path) -> Iterator[Message]:
    """Yield the texts of a Python module."""
    with path.open("rb") as stream:
        for _, text, _, _ in extracted("python", stream, keywords={"_": None}):
            yield Message(str(text), "", _named(path))


def messages_of_errors(code: str, file: str = "") -> Iterator[Message]:
    """Yield what the errors of a Python module say. Raises `SyntaxError` for a text that is put together there."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _is_said(node):
            if isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
                raise SyntaxError(f"{file}:{node.lineno}: the text of an error has {{places}} for its values")
            if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                yield Message(node.args[0].value, "", file)


def _is_said(call: ast.Call) -> bool:
    """Tell whether a call makes one of our errors, or is that of a kind of them to its parent."""
    if isinstance(call.func, ast.Name):
        return call.func.id in _ERRORS
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "super().__init__"


def messages() -> dict[str, Message]:
    """Give every text of the code once, by itself."""
    found: dict[str, Message] = {}
    for path in _typescript():
        for message in messages_of_typescript(path.read_text(encoding="utf-8"), _named(path)):
            _add(found, message)
    for path in sorted((ROOT / "src").rglob("*.py")):
        if re.search(r"\b_\(", path.read_text(encoding="utf-8")):
            for message in messages_of_python(path):
                _add(found, message)
    for path in sorted(path for pattern in TOLD for path in (ROOT / "src" / "radiotheque").glob(pattern)):
        for message in messages_of_errors(path.read_text(encoding="utf-8"), _named(path)):
            _add(found, message)
    return found


def faults(wanted: Mapping[str, Message], entries: list[Entry]) -> Iterator[str]:
    """Yield what is wrong with a catalogue, a line each."""
    have = {entry.text: entry for entry in entries}
    for text, message in sorted(wanted.items()):
        entry = have.get(text)
        if entry is None or entry.plural != message.plural:
            yield f"not in the catalogue (extract it): {text!r} of {message.file}"
        elif entry.fuzzy:
            yield f"fuzzy: {text!r} of {message.file}"
        elif not entry.finished:
            yield f"not translated: {text!r} of {message.file}"
        else:
            yield from _wrong_places(entry)
    for text in sorted(have.keys() - wanted.keys()):
        yield f"in no code any more (extract again): {text!r}"


def _wrong_places(entry: Entry) -> Iterator[str]:
    """Yield a line when a form names other places than its text; the singular may do without its number."""
    allowed = set(_PLACE.findall(entry.text + entry.plural))
    for form in entry.forms:
        missing = set(_PLACE.findall(entry.plural or entry.text)) - set(_PLACE.findall(form)) - {"{count}"}
        if missing or not set(_PLACE.findall(form)) <= allowed:
            yield f"other places than the text: {form!r} for {entry.text!r}"


def check() -> int:
    """Say every fault of every catalogue; give the exit code."""
    wanted, found = messages(), 0
    for language in LANGUAGES:
        for fault in faults(wanted, read(_catalogue(language))):
            print(f"{language}: {fault}")
            found += 1
    print(f"{len(wanted)} texts, {len(LANGUAGES) + 1} languages, {found} faults")
    return 1 if found else 0


def extract() -> int:
    """Bring the template and every catalogue up to date, keeping what is translated."""

    def write(path: Path, catalogue: Catalog) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_po(stream, catalogue, width=110, sort_output=True, ignore_obsolete=True, include_lineno=False)

    template = _template()
    write(TEMPLATE, template)
    for language in LANGUAGES:
        path = _catalogue(language)
        catalogue = Catalog(language, charset="utf-8")
        if path.exists():
            with path.open("rb") as stream:
                catalogue = read_po(stream, locale=language)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.creation_date = catalogue.revision_date = _NEVER
        catalogue.header_comment = f"# The texts of Radiotheque in {catalogue.locale_identifier}."
        write(path, catalogue)
    return 0


def _template() -> Catalog:
    template = Catalog(project="Radiotheque", version="1", creation_date=_NEVER, revision_date=_NEVER, fuzzy=False)
    template.header_comment = "# The texts of Radiotheque, as they stand in the code."
    for message in messages().values():
        key = (message.text, message.plural) if message.plural else message.text
        template.add(key, locations=[(message.file, 0)])
    return template


def _catalogue(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "radiotheque.po"


def _typescript() -> list[Path]:
    left_out = ("node_modules", "generated")
    return sorted(
        path
        for path in FRONTEND.rglob("*.ts*")
        if path.suffix in (".ts", ".tsx")
        and not any(part in left_out for part in path.parts)
        and not re.search(r"\.(test|d)\.tsx?$", path.name)
    )


def _joined(strings: str) -> str:
    """Give the text of string literals that are joined by `+`."""
    return "".join(_unescaped(literal[1:-1]) for literal in re.findall(_STRING, strings, re.DOTALL))


def _unescaped(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        code = found[2] or found[3] or found[4]
        return chr(int(code, 16)) if code else _ESCAPED.get(found[1], found[1])

    return _ESCAPE.sub(plain, text)


def _add(found: dict[str, Message], message: Message) -> None:
    """Keep a text; one that is used alone and with a plural has the plural."""
    if message.text and (message.text not in found or message.plural):
        found[message.text] = message


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _compile() -> int:
    compile_texts()
    return 0


_COMMANDS: Mapping[str, Callable[[], int]] = {"extract": extract, "check": check, "compile": _compile}


def main(arguments: list[str]) -> int:
    """Do what the command line asks; give the exit code."""
    if len(arguments) != 1 or arguments[0] not in _COMMANDS:
        print("usage: python -m tools.messages extract | check | compile", file=sys.stderr)
        return 2
    return _COMMANDS[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
