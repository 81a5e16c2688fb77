"""Files, folders, ZIP archives and DICOMDIR media → the same way in as every other object."""

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.errors import Malformed, RadiothequeError, TooLarge, Unavailable
from radiotheque.core.instance import Concern, Incoming, Origin, Outcome, Receipt

CHUNK_BYTES = 1 << 20
ZIP_MEMBERS = 1_000_000
ZIP_RATIO = 200
"""A member that inflates to more than this many times its size, and to more than `ZIP_RATIO_FROM_BYTES`, is refused."""
ZIP_RATIO_FROM_BYTES = 64 << 20
NOT_OBJECTS = frozenset({"DICOMDIR", "THUMBS.DB", "DESKTOP.INI", ".DS_STORE", "AUTORUN.INF", "README.TXT"})


@dataclass(frozen=True, slots=True)
class Source:
    """One file to import. `label` is how the report names it; `mark` changes when the file does."""

    label: str
    mark: str
    size_bytes: int
    read: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not taken in, and why."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A file that was taken in all the same, and what is to be known of it."""

    label: str
    concern: Concern
    warning: str


@dataclass(slots=True)
class Report:
    """What became of an import. `skipped` were done by an earlier run; a file that was `warned` of is counted as kept too."""

    kept: int = 0
    duplicates: int = 0
    quarantined: int = 0
    skipped: int = 0
    refused: list[Refusal] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)

    def note(self, label: str, receipt: Receipt) -> None:
        """Count what became of one file, and keep what was said of it."""
        self.warned += [Warned(label, receipt.concern, warning) for warning in receipt.warnings]
        match receipt.outcome:
            case Outcome.KEPT:
                self.kept += 1
            case Outcome.QUARANTINED:
                self.quarantined += 1
            case Outcome.DUPLICATE | Outcome.STAYS_REJECTED:
                self.duplicates += 1


class Journal:
    """Which files an interrupted import had done; one line each, so that a torn last line costs one file."""

    def __init__(self, folder: Path, paths: Iterable[Path]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256("\0".join(sorted(str(path.resolve()) for path in paths)).encode()).hexdigest()[:16]
        self._path = folder / f"{name}.jsonl"
        self._done = set(self._lines())
        self._file = self._path.open("a", encoding="utf-8")

    def _lines(self) -> Iterator[str]:
        if not self._path.exists():
            return
        for line in self._path.read_text("utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                yield str(json.loads(line))

    def __contains__(self, source: Source) -> bool:
        return _digest(source) in self._done

    def done(self, source: Source) -> None:
        """Remember that the file is in (names are hashed: they may hold a patient's)."""
        self._file.write(json.dumps(_digest(source)) + "\n")
        self._file.flush()

    def finish(self) -> None:
        """Forget the journal: the import ended."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the journal for the run that goes on."""
        self._file.close()


def import_paths(
    paths: Iterable[Path],
    *,
    receive: Callable[[Incoming], Receipt],
    origin: Origin,
    journal: Journal,
    progress: Callable[[Source, Report], None] = lambda _source, _report: None,
) -> Report:
    """Import every object below `paths`; a refused file is reported and does not stop the others.

    Equal objects that are held already change nothing, so an import may be repeated at any time. Raises
    `Unavailable` when the archive itself cannot take objects: the journal then lets the next run go on from there.
    """
    report = Report()
    for source in sources(paths, report):
        if source in journal:
            report.skipped += 1
        else:
            _import_one(source, receive, origin, report)
            journal.done(source)
        progress(source, report)
    journal.finish()
    return report


def _import_one(source: Source, receive: Callable[[Incoming], Receipt], origin: Origin, report: Report) -> None:
    try:
        report.note(source.label, receive(StreamIncoming(origin, source.read())))
    except Unavailable:
        raise
    except RadiothequeError as error:
        report.refused.append(Refusal(source.label, str(error)))
    except (OSError, zipfile.BadZipFile) as error:
        report.refused.append(Refusal(source.label, f"cannot be read: {error}"))


def sources(paths: Iterable[Path], report: Report) -> Iterator[Source]:
    """Yield every file below `paths`, in order; what cannot be opened goes into the report."""
    for path in paths:
        if path.is_dir():
            yield from _folder(path, report)
        elif _is_zip(path):
            yield from _zip(path, report)
        elif path.name.upper() == "DICOMDIR":
            yield from _folder(path.parent, report)
        elif path.is_file():
            yield _file(path)
        else:
            report.refused.append(Refusal(str(path), "there is no such file or folder"))


def _folder(folder: Path, report: Report) -> Iterator[Source]:
    for root, names, files in os.walk(folder):
        names.sort()
        for name in sorted(files):
            path = Path(root, name)
            if name.upper() in NOT_OBJECTS or path.is_symlink() or not path.is_file():
                continue
            if name.lower().endswith(".zip") and _is_zip(path):
                yield from _zip(path, report)
            else:
                yield _file(path)


def _is_zip(path: Path) -> bool:
    """Whether a file is a ZIP archive and not a DICOM file that carries one behind it."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(132)
    return head[128:] != b"DICM" and zipfile.is_zipfile(path)


def _file(path: Path) -> Source:
    stat = path.stat()
    return Source(str(path), f"{stat.st_size}:{stat.st_mtime_ns}", stat.st_size, lambda: _read_file(path))


def _read_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _zip(path: Path, report: Report) -> Iterator[Source]:
    """Yield a ZIP's members as streams: nothing is unpacked to disk, so no member's name is ever a path of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > ZIP_MEMBERS:
                raise TooLarge(f"more than {ZIP_MEMBERS} members")
            for member in members:
                name = member.filename.rsplit("/", 1)[-1]
                if name.upper() not in NOT_OBJECTS:
                    yield _member(path, archive, member)
    except (zipfile.BadZipFile, OSError, NotImplementedError, TooLarge) as error:
        report.refused.append(Refusal(str(path), f"not a readable ZIP archive: {error}"))


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Source:
    label = f"{path}!{member.filename}"
    return Source(label, f"{member.CRC}:{member.file_size}", member.file_size, lambda: _read_member(archive, member))


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    read = 0
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                read += len(chunk)
                if read > ZIP_RATIO_FROM_BYTES and read > ZIP_RATIO * max(member.compress_size, 1):
                    raise TooLarge(f"inflates to more than {ZIP_RATIO} times its size; nothing was kept of it")
                yield chunk
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        # RuntimeError is what zipfile says of a member under a password
        raise Malformed(f"the ZIP member cannot be read: {error}") from error


def _digest(source: Source) -> str:
    return hashlib.sha256(f"{source.label}\0{source.mark}".encode()).hexdigest()[:24]
