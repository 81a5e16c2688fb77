"""Where an export goes: a folder of files, or one ZIP archive."""

import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from radiotheque.archive.retrieve import Outgoing
from radiotheque.core.errors import Unavailable

# files of one archive bear one fixed moment: an export of the same studies gives the same bytes
_MOMENT = (1980, 1, 1, 0, 0, 0)


class FolderWriter:
    """Files below a folder; each appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, place: str, outgoing: Outgoing) -> None:
        """Write a file; one of the same size that is there already is kept. Raises `Unavailable`."""
        path = self._folder / place
        if not path.is_file() or path.stat().st_size != outgoing.size_bytes:
            self._write(path, outgoing.chunks())

    def add_bytes(self, place: str, data: bytes) -> None:
        """Write a file, or replace it. Raises `Unavailable`."""
        self._write(self._folder / place, (data,))

    def _write(self, path: Path, chunks: Iterable[bytes]) -> None:
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
            os.replace(part, path)
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close."""


class ZipWriter:
    """One ZIP archive, its members stored as they are: images are compressed already, or are to stay as they were."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")

    def add(self, place: str, outgoing: Outgoing) -> None:
        """Write a member. Raises `Unavailable`."""
        self._write(place, outgoing.size_bytes, outgoing.chunks())

    def add_bytes(self, place: str, data: bytes) -> None:
        """Write a member. Raises `Unavailable`."""
        self._write(place, len(data), (data,))

    def _write(self, place: str, size_bytes: int, chunks: Iterable[bytes]) -> None:
        member = zipfile.ZipInfo(place, _MOMENT)
        member.file_size = size_bytes
        try:
            with self._archive.open(member, "w", force_zip64=size_bytes >= zipfile.ZIP64_LIMIT) as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._archive = zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED, allowZip64=True)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Close the archive; one that was not finished is taken away."""
        self._archive.close()
        if kind is None:
            os.replace(self._part, self._path)
        else:
            self._part.unlink(missing_ok=True)
