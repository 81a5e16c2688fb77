"""The parts of the documentation that mirror the code: `python -m tools.docs` writes them, a test compares them.

A page holds `<!-- table: NAME -->` and `<!-- end -->`; what stands between is made by the function of that name.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Bring every page up to date; say which changed."""
    for path in pages():
        old = path.read_text(encoding="utf-8")
        new = fresh(old)
        if new != old:
            path.write_text(new, encoding="utf-8")
            print(f"updated {path.relative_to(ROOT)}")
    return 0


def pages() -> Sequence[Path]:
    """Give every Markdown page of the repository, in a fixed order."""
    return sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))


def fresh(text: str) -> str:
    """Give a page with all its tables made anew. Raises `KeyError` for a table that nobody makes."""
    return _BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}{block[3]}", text)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def settings() -> str:
    """Every setting: name, environment variable, default, meaning."""
    from radiotheque.settings import PREFIX, Settings, default

    rows = (
        (f"`{name}`", f"`{PREFIX}{name.upper()}`", f"`{default(name)}`" if default(name) else "", field.description)
        for name, field in Settings.model_fields.items()
    )
    return table(("setting", "environment variable", "default", "meaning"), rows)


def exit_codes() -> str:
    """The exit codes of the command line."""
    from radiotheque.cli.exits import MEANINGS

    return table(("code", "meaning"), ((int(code), meaning) for code, meaning in MEANINGS.items()))


def roles() -> str:
    """Which role has which permission."""
    from radiotheque.core.caller import Permission
    from radiotheque.security import ROLES

    rows = ((f"`{name}`", _permissions(granted, frozenset(Permission))) for name, granted in ROLES.items())
    return table(("role", "permissions"), rows)


def _permissions(granted: frozenset[str], every: frozenset[str]) -> str:
    if granted == every:
        return "all"
    missing = every - granted
    if len(missing) <= 3:
        return "all but " + ", ".join(f"`{name}`" for name in sorted(missing))
    return ", ".join(f"`{name}`" for name in sorted(granted))


def transfer_syntaxes() -> str:
    """Every transfer syntax, in the order of preference."""
    from radiotheque.dicom.syntaxes import PREFERENCE, SYNTAXES

    rows = (
        (
            SYNTAXES[uid].name,
            f"`{uid}`",
            "yes" if SYNTAXES[uid].lossless else "no",
            _web(SYNTAXES[uid].may_be_on_the_web),
        )
        for uid in PREFERENCE
    )
    return table(("transfer syntax", "UID", "lossless", "over DICOMweb"), rows)


def _web(allowed: bool) -> str:
    return "as stored" if allowed else "transcoded (PS3.18 8.7.3.5.2)"


def pixel_syntaxes() -> str:
    """Which transfer syntaxes images are decoded from, and which they are encoded in without loss."""
    from radiotheque.dicom.decode import DECODED
    from radiotheque.dicom.encode import LOSSLESS
    from radiotheque.dicom.syntaxes import PREFERENCE, SYNTAXES

    rows = []
    for uid in PREFERENCE:
        row = SYNTAXES[uid]
        made = row.lossless and row.may_be_on_the_web and (uid in LOSSLESS or not row.encapsulated)
        rows.append((row.name, f"`{uid}`", _yes(uid in DECODED), _yes(made), f"`{row.media_type}`"))
    return table(("transfer syntax", "UID", "decoded", "made on request", "media type of a frame"), rows)


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def rendered_types() -> str:
    """What each kind of object is rendered as, the default first."""
    from radiotheque.dicom.sopclasses import Kind
    from radiotheque.wire.dicomweb.rendering import types_of

    shown = {kind: _named(types_of(kind)) for kind in Kind} | {Kind.PRESENTATION_STATE: "as the images it refers to"}
    rows = ((kind.value.replace("-", " "), media or "not rendered") for kind, media in shown.items())
    return table(("kind of object", "media types"), rows)


def web_resources() -> str:
    """Every resource of the Studies service, with its media types and parameters."""
    from typing import cast

    from radiotheque.archive.archive import Archive
    from radiotheque.wire.dicomweb import WebSettings
    from radiotheque.wire.dicomweb.requests import Desk
    from radiotheque.wire.dicomweb.routes import offered

    offers = offered(Desk(cast(Archive, None), WebSettings()))  # what is offered does not depend on what is kept
    rows = ((f"{each.method} `{each.path}`", _types(each.gives), _named(each.parameters)) for each in offers)
    return table(("resource", "media types given", "parameters"), rows)


def _types(media: Sequence[str]) -> str:
    """Give single parts by name, and of multiparts what they are made of."""
    alone = [each for each in media if ";" not in each]
    parts = [each.split('"')[1] for each in media if '"' in each]
    return _named(alone) + ("<br>" if alone and parts else "") + (f"in parts: {_named(parts)}" if parts else "")


def _named(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def storage_classes() -> str:
    """Every storage SOP Class."""
    from radiotheque.dicom.sopclasses import STORAGE

    rows = ((row.name + (" (retired)" if row.retired else ""), f"`{uid}`") for uid, row in STORAGE.items())
    return table(("SOP Class", "UID"), rows)


def store_statuses() -> str:
    """What C-STORE answers to each error."""
    return _statuses("STORE")


def find_statuses() -> str:
    """What C-FIND answers to each error."""
    return _statuses("FIND")


def retrieve_statuses() -> str:
    """What C-MOVE and C-GET answer to each error."""
    return _statuses("RETRIEVE")


def commitment_statuses() -> str:
    """What N-ACTION answers to each error."""
    return _statuses("NORMALISED")


def _statuses(tongue: str) -> str:
    from radiotheque.wire.dimse.answers import ANSWERS, Tongue

    rows = ((_sentence(error), f"`{status:04X}`") for error, status in ANSWERS[Tongue[tongue]].items())
    return table(("what happened", "status"), rows)


def http_statuses() -> str:
    """What DICOMweb answers to each error."""
    from radiotheque.wire.dicomweb.answers import STATUS

    return table(("what happened", "HTTP status"), ((_sentence(error), status) for error, status in STATUS.items()))


def _sentence(error: type[Exception]) -> str:
    first = (error.__doc__ or "").strip().split("\n")[0].rstrip(".")
    return f"`{error.__name__}`: {first}"


def rejections() -> str:
    """How an association is refused."""
    from radiotheque.wire.dimse import negotiation

    reasons = (
        ("the application context is not DICOM's", negotiation.APPLICATION_CONTEXT_NOT_SUPPORTED),
        ("the protocol version has no bit 0", negotiation.PROTOCOL_VERSION_NOT_SUPPORTED),
        (
            "the calling AE title is no configured peer, or calls from a wrong address",
            negotiation.CALLING_AET_NOT_RECOGNISED,
        ),
        ("the called AE title is none of the house's", negotiation.CALLED_AET_NOT_RECOGNISED),
        ("too many associations, of this peer or of all", negotiation.LOCAL_LIMIT_EXCEEDED),
        ("the user identity was not verified", negotiation.NO_REASON),
    )
    rows = ((text, f"{reject.result} / {reject.source} / {reject.reason}") for text, reject in reasons)
    return table(("why", "result / source / reason"), rows)


def errors() -> str:
    """The tree of errors and how each is answered."""
    from radiotheque.core.errors import RadiothequeError
    from radiotheque.wire.dicomweb.answers import status_of
    from radiotheque.wire.dimse.answers import Tongue, answer_for

    rows = (
        (
            f"{'&nbsp;&nbsp;' * depth}{_sentence(error)}",
            *(f"`{answer_for(error(''), tongue).status:04X}`" for tongue in Tongue),
            status_of(error("")),
        )
        for depth, error in _tree(RadiothequeError)
        if depth
    )
    return table(("error", *(tongue.value for tongue in Tongue), "HTTP"), rows)


def _tree(root: type[Any], depth: int = 0) -> Iterator[tuple[int, type[Any]]]:
    yield depth, root
    for child in (child for child in root.__subclasses__() if child.__module__ == root.__module__):
        yield from _tree(child, depth + 1)


def events() -> str:
    """What is told through the outbox."""
    from radiotheque.core import events as told

    kinds = [kind for kind in vars(told).values() if isinstance(kind, type) and is_dataclass(kind)]
    rows = (
        (f"`{kind.__name__}`", ", ".join(f"`{item.name}`" for item in fields(kind)), _prose(kind)) for kind in kinds
    )
    return table(("event", "holds", "meaning"), rows)


def _prose(kind: type[Any]) -> str:
    return " ".join((kind.__doc__ or "").split())


def commands() -> str:
    """Every command with its options."""
    import typer.main

    from radiotheque.cli import app

    return "".join(_command(words, found) for words, found in _leaves("radiotheque", typer.main.get_command(app)))


def _leaves(words: str, found: Any) -> Iterator[tuple[str, Any]]:
    for name, child in getattr(found, "commands", {}).items():
        yield from _leaves(f"{words} {name}", child)
    if not hasattr(found, "commands"):
        yield words, found


def _command(words: str, found: Any) -> str:
    options = [item for item in found.params if item.param_type_name == "option"]
    named = [item.metavar or item.name.upper() for item in found.params if item.param_type_name == "argument"]
    rows = ((", ".join(f"`{name}`" for name in item.opts + item.secondary_opts), item.help or "") for item in options)
    head = f"### {' '.join((words, *(f'`{name}`' for name in named)))}\n\n{' '.join((found.help or '').split())}\n\n"
    return head + (table(("option", "meaning"), rows) + "\n" if options else "")


def keys() -> str:
    """The keys of the application as they come, read from the tables of the application itself."""
    rows = [*_keys_in("app/App.tsx"), *_keys_in("app/worklist/actions.ts"), *_keys_in("viewer/tools.ts")]
    presets = ("viewer", "Window preset 1 to 9", "`1` … `9`")
    return table(("where", "what", "keys"), [*rows, presets])


_KEYED = re.compile(r'(?:deed|tool)\("(?P<v>[\w.]+)", t\("(?P<w>[^"]+)"\), \[(?P<k>[^\]]+)\]'
                    r'|id: "(?P<id>[\w.]+)",\s+label: t\("(?P<l>[^"]+)"\),\s+keys: \[(?P<ks>[^\]]+)\]')  # fmt: skip


def _keys_in(source: str) -> Iterator[tuple[str, str, str]]:
    for found in _KEYED.finditer((ROOT / "frontend" / source).read_text(encoding="utf-8")):
        where = (found["id"] or "viewer.").partition(".")[0]
        names = re.findall(r'"([^"]+)"', found["k"] or found["ks"])
        yield (
            {"app": "everywhere"}.get(where, where),
            found["w"] or found["l"],
            ", ".join(f"`{name}`" for name in names),
        )


def audit_kinds() -> str:
    """Which kind of audited act is which event."""
    from radiotheque.security import audit_events

    return table(("kind", "event", "action", "types"), audit_events())


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "exit-codes": exit_codes,
    "roles": roles,
    "transfer-syntaxes": transfer_syntaxes,
    "pixel-syntaxes": pixel_syntaxes,
    "rendered-types": rendered_types,
    "web-resources": web_resources,
    "storage-classes": storage_classes,
    "store-statuses": store_statuses,
    "find-statuses": find_statuses,
    "retrieve-statuses": retrieve_statuses,
    "commitment-statuses": commitment_statuses,
    "http-statuses": http_statuses,
    "rejections": rejections,
    "errors": errors,
    "events": events,
    "commands": commands,
    "keys": keys,
    "audit-kinds": audit_kinds,
}

if __name__ == "__main__":
    sys.exit(main())
