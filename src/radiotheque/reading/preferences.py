"""What a person chose for themselves: language, theme, keys, mouse, columns, screens; and the site's window presets."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, cast

from radiotheque.core.caller import Caller
from radiotheque.reading.documents import Document, Documents
from radiotheque.reading.model import owner_of
from radiotheque.reading.regions import region_of


class ScreenScale(TypedDict):
    """How large the pixels of a screen are, and when that was measured (seconds since the epoch)."""

    mm_per_css_px: float
    calibrated_at: float


class Preferences(TypedDict):
    """The choices of one person; "" and {} for what they did not choose."""

    version: int
    language: Literal["", "en", "fr"]
    theme: Literal["", "dark", "light"]
    shortcuts: dict[str, str]
    mouse: dict[str, str]
    columns: list[str]
    screens: dict[str, ScreenScale]
    hanging: dict[str, Any]


class Preset(TypedDict):
    """A window of the site for images of a modality, a part of the body and a view; "" for any."""

    name: str
    modality: str
    body_part: str
    view: str
    centre: float
    width: float
    function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


_UNCHOSEN: Mapping[str, Any] = {
    "language": "",
    "theme": "",
    "shortcuts": {},
    "mouse": {},
    "columns": [],
    "screens": {},
    "hanging": {},
}


class PreferenceDesk:
    """Keeps what each person chose."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def of(self, caller: Caller) -> Preferences:
        """Give the caller's preferences."""
        return _preferences(self._documents.single(owner_of(caller)))

    def of_account(self, name: str) -> Preferences:
        """Give the preferences of an account by its name."""
        return _preferences(self._documents.single(name))

    def save(self, given: Preferences, caller: Caller) -> int:
        """Keep the caller's preferences, made on the version that they name; give the new one. Raises `Outdated`."""
        content = {name: given.get(name, usual) for name, usual in _UNCHOSEN.items()}
        return self._documents.write_single(owner_of(caller), given["version"], content, caller)


class PresetDesk:
    """Keeps the window presets of the site."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def all(self) -> tuple[int, Sequence[Preset]]:
        """Give the version of the list, and the list."""
        held = self._documents.single("")
        return held.version, held.content.get("presets", [])

    def save(self, presets: Sequence[Preset], version: int | None, caller: Caller) -> int:
        """Keep another list in place of `version`, of any when None; give its version. Raises `Outdated`."""
        return self._documents.write_single("", version, {"presets": list(presets)}, caller)

    def applying(self, modality: str, body_part: str, view: str) -> Sequence[Preset]:
        """Give the presets that apply to an image; those that say more of it first."""
        held = [preset for preset in self.all()[1] if _applies(preset, modality, body_part, view)]
        return sorted(held, key=lambda preset: -sum(bool(preset[name]) for name in ("modality", "body_part", "view")))


def _preferences(document: Document) -> Preferences:
    return cast(Preferences, {"version": document.version, **_UNCHOSEN, **document.content})


def _applies(preset: Preset, modality: str, body_part: str, view: str) -> bool:
    wanted = preset["body_part"]
    same_part = wanted.upper() == body_part.upper() or (region_of(wanted) or wanted) == region_of(body_part)
    return (
        preset["modality"] in ("", modality)
        and preset["view"].upper() in ("", view.upper())
        and (not wanted or same_part)
    )
