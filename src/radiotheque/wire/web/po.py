"""Reads a gettext catalogue (.po): the translations that people edit are the ones that are shown, without a step between.

It stands alone, since the build of a wheel loads it by its file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r'(msgid|msgid_plural|msgstr|msgstr\[(\d)\])?\s*"(.*)"$')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One text and its translation; of a plural text one form for each number of the language."""

    text: str
    plural: str
    forms: tuple[str, ...]
    fuzzy: bool = False

    @property
    def finished(self) -> bool:
        """Say whether every form is there and was looked at by a person."""
        return not self.fuzzy and all(self.forms) and len(self.forms) == (2 if self.plural else 1)


def read(path: Path) -> list[Entry]:
    """Give the entries of a catalogue in its order, without its header and what is commented out."""
    blocks = re.split(r"\n[ \t]*\n", path.read_text(encoding="utf-8"))
    return [entry for block in blocks for entry in _entries(block)]


def _entries(block: str) -> Iterator[Entry]:
    """Yield the entry of a block of lines, if it has one."""
    parts: dict[str, str] = {}
    at, fuzzy = "", False
    for line in block.splitlines():
        if line.startswith("#,") and "fuzzy" in line:
            fuzzy = True
        found = _LINE.match(line.strip())
        if found is None:
            continue
        at = found[1] or at
        parts[at] = parts.get(at, "") + _ESCAPE.sub(lambda each: _ESCAPED.get(each[1], each[1]), found[3])
    forms = tuple(text for name, text in sorted(parts.items()) if name.startswith("msgstr"))
    if parts.get("msgid"):
        yield Entry(parts["msgid"], parts.get("msgid_plural", ""), forms, fuzzy)
