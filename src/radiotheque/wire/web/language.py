"""What the web door says to people, in their language; the screens translate for themselves."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from starlette.types import Scope

from radiotheque.wire.web.po import read

type Language = Literal["en", "fr"]
type Asked = Callable[[Scope], Awaitable[Language]]
"""Finds the language in which a request is answered."""

LANGUAGES: tuple[Language, ...] = ("en", "fr")
"""Every language that we speak; the one of the texts in the code first."""

_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.\d{1,3})?)\s*$")


def preferred(accept_language: str) -> Language:
    """Give the language of ours that an Accept-Language header wants most (RFC 9110 12.5.4), English for none."""
    wanted = sorted(map(_weighed, accept_language.split(",")), key=lambda each: -each[0])
    for weight, tag in wanted:
        for language in LANGUAGES:
            if weight and tag.partition("-")[0] == language:
                return language
    return "en"


async def asked(scope: Scope) -> Language:
    """Give the language that a request asks for by its Accept-Language."""
    return preferred(dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1"))


def marked(text: str) -> str:
    """Give a text as it is: called `_` where it is used, it marks one that is said in a language later."""
    return text


def speaker(language: Language) -> Callable[[str], str]:
    """Give the function, called `_` where it is used, that says a text in the language; what is not translated stays."""
    texts = _texts(language)
    return lambda text: texts.get(text, text)


def _weighed(part: str) -> tuple[float, str]:
    found = _WEIGHT.search(part)
    return (float(found[1]) if found else 1.0), part.partition(";")[0].strip().lower()


@cache
def _texts(language: Language) -> Mapping[str, str]:
    if language == "en":
        return {}
    place = Path(str(files("radiotheque"))) / "locale" / language / "LC_MESSAGES" / "radiotheque.po"
    return {entry.text: entry.forms[0] for entry in read(place) if entry.finished}
