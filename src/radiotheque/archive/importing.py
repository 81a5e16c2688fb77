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
from radiotheque.archive.medium import DICOMDIR, UNREADABLE, FolderMedium, ZipMedium, missing
from radiotheque.core.errors import Malformed, RadiothequeError, TooLarge, Unavailable
from radiotheque.core.instance import Concern, Incoming, Origin, Outcome, Receipt

CHUNK_BYTES = 1 << 20
ZIP_MEMBERS = 1_000_000
ZIP_RATIO = 200
"""A member that inflates to more than this many times its size, and to more than `ZIP_RATIO_FROM_BYTES`, is refused."""
ZIP_RATIO_FROM_BYTES = 64 << 20
NOT_OBJECTS = frozenset({DICOMDIR, "THUMBS.DB", "DESKTOP.INI", ".DS_STORE", "AUTORUN.INF", "README.TXT"})
LINK = "a symbolic link, which is not followed; name what it points to, and that is imported too"


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


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one file that was taken in, as far as a report tells it."""

    outcome: Outcome
    concern: Concern = Concern.COERCED
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What became of an import, of all its runs together.

    `skipped` counts the files that an earlier run had done: they are in the other counts and lists too, as is a file
    that was `warned` of. What was `passed_over` was not looked at, and is in no count.
    """

    kept: int = 0
    duplicates: int = 0
    quarantined: int = 0
    skipped: int = 0
    refused: list[Refusal] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)
    passed_over: list[Refusal] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many files were looked at."""
        return self.kept + self.duplicates + self.quarantined + len(self.refused)

    def note(self, label: str, done: Done) -> None:
        """Count what became of one file, and keep what was said of it."""
        self.warned += [Warned(label, done.concern, warning) for warning in done.warnings]
        match done.outcome:
            case Outcome.KEPT:
                self.kept += 1
            case Outcome.QUARANTINED:
                self.quarantined += 1
            case Outcome.DUPLICATE | Outcome.STAYS_REJECTED:
                self.duplicates += 1


class Journal:
    """What an interrupted import had taken in, and what was said of it; one line a file, so that a torn one costs one.

    A refused file is not in it: the next run tries it again, and so names it again.
    """

    def __init__(self, folder: Path, paths: Iterable[Path]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256("\0".join(sorted(str(path.resolve()) for path in paths)).encode()).hexdigest()[:16]
        self._path = folder / f"{name}.jsonl"
        self._done = dict(self._lines())
        self._file = self._path.open("a", encoding="utf-8")
        self._file.write("\n")  # ends a line that an interruption tore

    def _lines(self) -> Iterator[tuple[str, Done]]:
        if not self._path.exists():
            return
        for line in self._path.read_text("utf-8", "replace").splitlines():
            with contextlib.suppress(ValueError, TypeError):  # torn, or of another version: the file is offered again
                digest, outcome, concern, *warnings = json.loads(line)
                yield digest, Done(Outcome(outcome), Concern(concern), tuple(warnings))

    def found(self, source: Source) -> Done | None:
        """Give what an earlier run made of a file, None when it did not come to it."""
        return self._done.get(_digest(source))

    def done(self, source: Source, done: Done) -> None:
        """Remember that the file is in (names are hashed: they may hold a patient's)."""
        self._file.write(json.dumps([_digest(source), done.outcome, done.concern, *done.warnings]) + "\n")
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
    report: Report,
    *,
    receive: Callable[[Incoming], Receipt],
    origin: Origin,
    journal: Journal,
    progress: Callable[[Report], None] = lambda _report: None,
) -> None:
    """Import every object below `paths`; a refused file is reported and does not stop the others.

    Equal objects that are held already change nothing, so an import may be repeated at any time. Raises
    `Unavailable` when the archive itself cannot take objects: `report` then says how far it came, and the journal
    lets the next run go on from there.
    """
    for source in sources(paths, report):
        if before := journal.found(source):
            report.skipped += 1
            report.note(source.label, before)
        elif done := _import_one(source, receive, origin, report):
            journal.done(source, done)
            report.note(source.label, done)
        progress(report)
    journal.finish()


def _import_one(source: Source, receive: Callable[[Incoming], Receipt], origin: Origin, report: Report) -> Done | None:
    """Take one file in; give what became of it, None when it was refused."""
    try:
        receipt = receive(StreamIncoming(origin, source.read()))
    except Unavailable:
        raise
    except RadiothequeError as error:
        report.refused.append(Refusal(source.label, str(error)))
    except (OSError, zipfile.BadZipFile) as error:
        report.refused.append(Refusal(source.label, f"cannot be read: {error}"))
    else:
        return Done(receipt.outcome, receipt.concern, receipt.warnings)
    return None


def count_files(paths: Iterable[Path]) -> int:
    """Give how many files an import of `paths` has to look at, without opening more than ZIP directories."""
    return sum(1 for _ in sources(paths, Report()))


def sources(paths: Iterable[Path], report: Report) -> Iterator[Source]:
    """Yield every file below `paths`, in order.

    What cannot be opened, what a DICOMDIR names in vain and what is passed over goes into the report. A link that is
    among `paths` itself is followed.
    """
    for path in paths:
        if path.is_dir():
            yield from _folder(path, report)
        elif _is_zip(path):
            yield from _zip(path, report)
        elif path.name.upper() == DICOMDIR:
            yield from _folder(path.parent, report)
        elif path.is_file():
            yield from _file(path, report)
        else:
            report.refused.append(Refusal(str(path), "there is no such file or folder"))


def _folder(folder: Path, report: Report) -> Iterator[Source]:
    def unread(error: OSError) -> None:
        report.refused.append(Refusal(str(error.filename), f"the folder cannot be read: {error.strerror}"))

    for root, names, files in os.walk(folder, onerror=unread):
        names.sort()
        report.passed_over += [Refusal(str(path), LINK) for name in names if (path := Path(root, name)).is_symlink()]
        for name in sorted(files):
            path = Path(root, name)
            if name.upper() == DICOMDIR and path.is_file():
                report.refused += _missing(FolderMedium(path))
            if name.upper() in NOT_OBJECTS:
                continue
            if reason := _passed_over(path):
                report.passed_over.append(Refusal(str(path), reason))
            elif name.lower().endswith(".zip") and _is_zip(path):
                yield from _zip(path, report)
            else:
                yield from _file(path, report)


def _passed_over(path: Path) -> str:
    """Give why an entry of a folder is not looked at, "" when it is: a link may lead anywhere, a pipe never ends."""
    if path.is_symlink():
        return LINK
    return "" if path.is_file() else "no regular file"


def _missing(medium: FolderMedium | ZipMedium) -> Iterator[Refusal]:
    """Name the files that a DICOMDIR refers to and that are not on its medium; one that is unreadable is named itself."""
    try:
        for label in missing(medium):
            yield Refusal(label, f"{medium.label} refers to this file, and it is not there")
    except (RadiothequeError, OSError, zipfile.BadZipFile, *UNREADABLE) as error:
        yield Refusal(medium.label, f"the DICOMDIR cannot be read, so nobody knows whether a file is missing: {error}")


def _is_zip(path: Path) -> bool:
    """Whether a file is a ZIP archive and not a DICOM file that carries one behind it."""
    try:
        with path.open("rb") as file:
            head = file.read(132)
        return head[128:] != b"DICM" and zipfile.is_zipfile(path)
    except OSError:
        return False  # reading it as an object says why


def _file(path: Path, report: Report) -> Iterator[Source]:
    try:
        stat = path.stat()
    except OSError as error:
        report.refused.append(Refusal(str(path), f"cannot be read: {error}"))
        return
    yield Source(str(path), f"{stat.st_size}:{stat.st_mtime_ns}", stat.st_size, lambda: _read_file(path))


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
                name = member.filename.rsplit("/", 1)[-1].upper()
                if name == DICOMDIR:
                    report.refused += _missing(ZipMedium(path, archive, member))
                if name not in NOT_OBJECTS:
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
    except (zipfile.BadZipFile, *UNREADABLE) as error:
        raise Malformed(f"the ZIP member cannot be read: {error}") from error


def _digest(source: Source) -> str:
    return hashlib.sha256(f"{source.label}\0{source.mark}".encode()).hexdigest()[:24]
