"""A disk that remembers what was synced, and can show what is left when the power is cut after any step.

`kill -9` keeps the page cache; a power cut does not. `RecordingDisk` does what a `Disk` does and writes down each
step; `survivors` replays the first steps on a model in which bytes last from `sync` on and names from `sync_folder` on.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from radiotheque.blobs.disk import Disk, Draft
from radiotheque.core.instance import Buffer


@dataclass(frozen=True, slots=True)
class Step:
    """One thing said to the disk: `what` is the name of the `Disk` method, `file` tells drafts apart."""

    what: str
    path: str = ""
    file: int = 0
    data: bytes = b""


class RecordingDisk(Disk):
    """The real disk, and a list of all that it was told. For one thread."""

    def __init__(self, *, unnamed: bool = True) -> None:
        super().__init__(unnamed=unnamed)
        self.steps: list[Step] = []
        self._files: dict[int, int] = {}  # file descriptor → number of the draft

    def create(self, drafts: str) -> Draft:
        draft = super().create(drafts)
        number = sum(step.what == "create" for step in self.steps) + 1
        self._files[draft.fd] = number
        self.steps.append(Step("create", draft.path, number))
        return draft

    def write(self, draft: Draft, data: Buffer) -> None:
        super().write(draft, data)
        self.steps.append(Step("write", "", self._files[draft.fd], bytes(data)))

    def sync(self, draft: Draft) -> None:
        super().sync(draft)
        self.steps.append(Step("sync", "", self._files[draft.fd]))

    def publish(self, draft: Draft, path: str) -> None:
        super().publish(draft, path)
        self.steps.append(Step("publish", path, self._files[draft.fd]))
        if draft.path:
            self.steps.append(Step("remove", draft.path))

    def abandon(self, draft: Draft) -> None:
        super().abandon(draft)
        if draft.path:
            self.steps.append(Step("remove", draft.path))

    def sync_folder(self, path: str) -> None:
        super().sync_folder(path)
        self.steps.append(Step("sync_folder", path))

    def make_folder(self, path: str) -> None:
        super().make_folder(path)
        self.steps.append(Step("make_folder", path))

    def remove(self, path: str) -> None:
        super().remove(path)
        self.steps.append(Step("remove", path))


@dataclass(slots=True)
class _Platter:
    """Names now and names that last, both path → file number (0 is a folder); bytes now and bytes that last."""

    now: dict[str, int] = field(default_factory=dict)
    lasting: dict[str, int] = field(default_factory=dict)
    written: dict[int, bytes] = field(default_factory=dict)
    synced: dict[int, bytes] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        match step.what:
            case "write":
                self.written[step.file] = self.written.get(step.file, b"") + step.data
            case "sync":
                self.synced[step.file] = self.written.get(step.file, b"")
            case "remove":
                self.now.pop(step.path, None)
            case "sync_folder":
                self._keep_names(step.path)
            case _ if step.path:  # create with a name, publish, make_folder
                self.now[step.path] = step.file

    def _keep_names(self, folder: str) -> None:
        for names in (self.now, self.lasting):
            for path in [path for path in names if os.path.dirname(path) == folder]:
                if path in self.now:
                    self.lasting[path] = self.now[path]
                else:
                    del self.lasting[path]


def survivors(steps: Sequence[Step], *, names_last: bool = False) -> dict[str, bytes | None]:
    """Give what lies on the disk when the power is cut after `steps`: path → bytes, None for a folder.

    Only what was synced is left; with `names_last` every name is left too (a disk may always keep more than
    it was told to), with the synced bytes of its file alone.
    """
    platter = _Platter()
    for step in steps:
        platter.take(step)
    names = platter.now if names_last else platter.lasting
    made = {step.path for step in steps if step.what == "make_folder"}
    return {
        path: platter.synced.get(file, b"") if file else None
        for path, file in sorted(names.items())
        if all(str(parent) in names for parent in Path(path).parents if str(parent) in made)
    }


def lay_out(left: dict[str, bytes | None], root: Path, target: Path) -> None:
    """Write survivors below `root` into `target`, for a store to be opened there."""
    target.mkdir(parents=True, exist_ok=True)
    for path, data in left.items():
        if not Path(path).is_relative_to(root):
            continue
        place = target / Path(path).relative_to(root)
        if data is None:
            place.mkdir(exist_ok=True)
        else:
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)
