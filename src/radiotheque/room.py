"""What a room offers the house: routes, ears, chores, permissions and kinds of audited acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from radiotheque.core.caller import Permission
from radiotheque.core.events import Event

type Ear = Callable[[Event], None]
"""Hears an event, perhaps more than once, so it is idempotent."""


@dataclass(frozen=True, slots=True)
class Chore:
    """Work by the clock: `do` is called every `every_s` seconds by one node at a time, and may be called again."""

    name: str
    every_s: float
    do: Callable[[], str]
    """Gives a few words on what came of it, without patients; raises when it is to be tried again soon."""


@dataclass(frozen=True, slots=True)
class Room:
    """The offers of one room, as data; `app` puts them together.

    `routes` are ready-made routes of the web door (opaque below `wire`), `ears` maps the class of an
    event to who hears it, `permissions` are those that its verbs ask for and `audit_kinds` those of
    the acts that it writes to the trail.
    """

    name: str
    routes: tuple[Any, ...] = ()
    ears: Mapping[type, tuple[Ear, ...]] = field(default_factory=dict)
    chores: tuple[Chore, ...] = ()
    permissions: frozenset[Permission] = frozenset()
    audit_kinds: frozenset[str] = frozenset()
