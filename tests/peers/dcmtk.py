"""DCMTK's programs as DICOM peers (the Debian package `dcmtk`)."""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.uid import AllTransferSyntaxes, ExplicitVRLittleEndian
from pynetdicom.presentation import StoragePresentationContexts

from peers.processes import Child, free_port, listens, start, wait_until

# Proposed one of these, DCMTK 3.6.7 accepts it by its number and then fails on the data set: HTJ2K, JPEG XL, SMPTE.
_UNKNOWN = ("1.2.840.10008.1.2.4.20", "1.2.840.10008.1.2.4.11", "1.2.840.10008.1.2.7")

# every transfer syntax that it can take (PS3.5 10), the preferred one first: Explicit VR Little Endian
SYNTAXES = tuple(
    sorted(
        (str(uid) for uid in AllTransferSyntaxes if not uid.startswith(_UNKNOWN)),
        key=lambda uid: (uid != ExplicitVRLittleEndian, uid),
    )
)

PROGRAMS = ("echoscu", "storescu", "dcmsend", "findscu", "movescu", "getscu", "dcmrecv", "storescp", "dcmdump")


@dataclass(frozen=True, slots=True)
class Said:
    """What a program printed (both streams) and its exit code."""

    code: int
    text: str


def program(name: str) -> str:
    """Give the path of DCMTK's program `name`, never that of a Python package of the same name."""
    for folder in ("/usr/bin", "/usr/local/bin"):
        path = Path(folder, name)
        if os.access(path, os.X_OK):
            return str(path)
    return name


def call(name: str, *arguments: str, timeout_s: float = 300.0) -> Said:
    """Run one of DCMTK's programs to its end."""
    done = subprocess.run(
        [program(name), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout_s
    )
    return Said(done.returncode, done.stdout.decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Dcmtk:
    """DCMTK's clients calling one server: `port` of 127.0.0.1 under the title `called`, as `calling`."""

    port: int
    called: str = "RADIOTHEQUE"
    calling: str = "DCMTK"

    def _to(self) -> list[str]:
        return ["-aet", self.calling, "-aec", self.called, "127.0.0.1", str(self.port)]

    def echo(self) -> Said:
        return call("echoscu", "-v", *self._to())

    def store(self, files: Iterable[Path], *options: str) -> Said:
        """Send with storescu; options choose what it proposes (`-xs` JPEG Lossless, `-xr` RLE…)."""
        return call("storescu", "-v", *options, *self._to(), *map(str, files))

    def send(self, files: Iterable[Path], *options: str) -> Said:
        """Send with dcmsend, which proposes each file's own transfer syntax."""
        return call("dcmsend", "-v", *options, *self._to(), *map(str, files))

    def find(self, keys: Sequence[str], *options: str, model: str = "-S") -> Said:
        """Query with findscu; `keys` as `0010,0020=PID` or keywords; `model` is -P, -S or -W."""
        return call("findscu", "-v", model, *options, *self._to(), *_keys(keys))

    def get(self, keys: Sequence[str], into: Path, *options: str, model: str = "-S") -> Said:
        """Retrieve with getscu into a folder."""
        into.mkdir(parents=True, exist_ok=True)
        return call("getscu", "-v", model, "-od", str(into), *options, *self._to(), *_keys(keys))

    def move(self, keys: Sequence[str], destination: str, *options: str, model: str = "-S") -> Said:
        """Have the server send to another AE title with movescu."""
        return call("movescu", "-v", model, "-aem", destination, *options, *self._to(), *_keys(keys))


def _keys(keys: Sequence[str]) -> list[str]:
    return [word for key in keys for word in ("-k", key)]


def answers(said: Said) -> list[dict[str, str]]:
    """Give the data sets that findscu -v printed, as {"0010,0020": value}; absent values are ""."""
    found: list[dict[str, str]] = []
    for line in said.text.splitlines():
        if "Find Response:" in line and "Pending" in line:
            found.append({})
        value = re.match(r"I: \(([0-9a-f]{4},[0-9a-f]{4})\) \w\w (?:\[(.*?)\s*\]|(\S+))\s+#", line)
        if value and found:
            text = value.group(2) if value.group(2) is not None else value.group(3)
            found[-1][value.group(1)] = "" if text == "(no" else (text or "").rstrip("\0 ")
    return found


@dataclass(frozen=True, slots=True)
class Receiver:
    """A running dcmrecv: `files` are what it was sent."""

    aet: str
    port: int
    folder: Path
    child: Child

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.is_file())

    def stop(self) -> None:
        self.child.end()


def receive(place: Path, *options: str, aet: str = "DCMRECV", syntaxes: Sequence[str] = SYNTAXES) -> Receiver:
    """Start dcmrecv on a free port: it takes `syntaxes` and writes every data set exactly as it received it."""
    folder = place / "received"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    profile = place / "receive.cfg"
    profile.write_text(_profile(syntaxes))
    command = [program("dcmrecv"), "-xf", str(profile), "Everything", "-od", str(folder), "+B", "-aet", aet]
    child = start([*command, *options, str(port)], place / "dcmrecv.log")
    wait_until(lambda: listens(port), child)
    return Receiver(aet, port, folder, child)


def _profile(syntaxes: Sequence[str]) -> str:
    """Give an association profile of 128 storage SOP Classes: the built-in one takes uncompressed syntaxes alone."""
    classes = [str(context.abstract_syntax) for context in StoragePresentationContexts]
    lines = ["[[TransferSyntaxes]]", "[All]"]
    lines += [f"TransferSyntax{n} = {syntax}" for n, syntax in enumerate(syntaxes, 1)]
    lines += ["[[PresentationContexts]]", "[Storage]"]
    lines += [f"PresentationContext{n} = {uid}\\All" for n, uid in enumerate(classes, 1)]
    lines += ["[[Profiles]]", "[Everything]", "PresentationContexts = Storage", ""]
    return "\n".join(lines)


def dump(path: Path, *options: str) -> str:
    """Give what dcmdump prints of a file; the test fails when DCMTK cannot read it."""
    said = call("dcmdump", *options, str(path))
    assert said.code == 0, said.text
    return said.text


def environment() -> Mapping[str, str]:
    """Give an environment in which DCMTK finds its dictionary."""
    return {**os.environ, "DCMDICTPATH": os.environ.get("DCMDICTPATH", "/usr/share/libdcmtk17/dicom.dic")}
