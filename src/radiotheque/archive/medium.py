"""A DICOMDIR against its medium: which of the files that it refers to are there (PS3.10 8.6)?

Its records are read for their file names alone, and no file is opened by such a name: what is imported is what lies on
the medium, whether the DICOMDIR knows it or not.
"""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from radiotheque.core.errors import TooLarge
from radiotheque.dicom.dicomdir import FileID, referenced_files

DICOMDIR = "DICOMDIR"
MAX_BYTES = 64 << 20
"""Some 100,000 images: what is longer is no medium's directory."""
UNREADABLE = (RuntimeError, NotImplementedError, EOFError, ValueError)
"""What zipfile says of a member it cannot read; RuntimeError of one under a password."""


class Medium(Protocol):
    """A DICOMDIR with the files around it; `label` is how a report names it."""

    @property
    def label(self) -> str: ...
    def head(self, size: int) -> bytes:
        """Give the first `size` bytes of the DICOMDIR."""
        ...

    def place(self, file_id: FileID) -> str:
        """Give how a report names a file of the medium."""
        ...

    def files(self) -> Iterator[FileID]:
        """Give every file of the medium, as the components of its path from the DICOMDIR's own folder."""
        ...


def missing(medium: Medium) -> Iterator[str]:
    """Give the files that a DICOMDIR refers to and that are not on its medium. Raises `Malformed`, `TooLarge`.

    Systems show the names of a CD in small letters or with ISO 9660's version behind them: such a file is there.
    """
    data = medium.head(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"it is larger than {MAX_BYTES} bytes")
    there = {_folded(file) for file in medium.files()}
    for file_id in dict.fromkeys(referenced_files(data)):
        if _folded(file_id) not in there:
            yield medium.place(file_id)


def _folded(file_id: FileID) -> FileID:
    return tuple(part.casefold().removesuffix(";1").removesuffix(".") for part in file_id)


@dataclass(frozen=True, slots=True)
class FolderMedium:
    """A medium in a folder: a CD, or a copy of one."""

    path: Path

    @property
    def label(self) -> str:
        return str(self.path)

    def head(self, size: int) -> bytes:
        with self.path.open("rb") as file:
            return file.read(size)

    def place(self, file_id: FileID) -> str:
        return str(Path(self.path.parent, *file_id))

    def files(self) -> Iterator[FileID]:
        for root, _, files in os.walk(self.path.parent):
            folder = Path(root).relative_to(self.path.parent).parts
            yield from ((*folder, name) for name in files)


@dataclass(frozen=True, slots=True)
class ZipMedium:
    """A medium in a ZIP archive, or in a folder of one."""

    path: Path
    archive: zipfile.ZipFile
    member: zipfile.ZipInfo

    @property
    def label(self) -> str:
        return f"{self.path}!{self.member.filename}"

    @property
    def _folder(self) -> str:
        return self.member.filename[: -len(DICOMDIR)]

    def head(self, size: int) -> bytes:
        with self.archive.open(self.member) as stream:
            return stream.read(size)

    def place(self, file_id: FileID) -> str:
        return f"{self.path}!{self._folder}{'/'.join(file_id)}"

    def files(self) -> Iterator[FileID]:
        for name in self.archive.namelist():
            if name.startswith(self._folder):
                yield tuple(name[len(self._folder) :].split("/"))
