"""What is wrong with a request that is not of the shape which the API describes."""

from collections.abc import Mapping, Sequence
from typing import Any

from radiotheque.wire.web.answers import Problem, written
from radiotheque.wire.web.language import Language, speaker
from radiotheque.wire.web.language import marked as _

_FAULTS: Mapping[str, str] = {
    "missing": _("is missing"),
    "extra_forbidden": _("is not known here"),
    "string_too_long": _("has at most {max_length} characters"),
    "string_too_short": _("has at least {min_length} characters"),
    "too_long": _("has at most {max_length} entries"),
    "too_short": _("has at least {min_length} entries"),
    "greater_than_equal": _("is at least {ge}"),
    "less_than_equal": _("is at most {le}"),
    "literal_error": _("is one of {expected}"),
    "json_invalid": _("is not JSON"),
}
"""By the type of the fault (pydantic); any other has the last words below."""
_OTHERWISE = _("is not of the type that the description of the API says")


def invalid(faults: Sequence[Mapping[str, Any]], request_id: str, language: Language) -> Problem:
    """Say which parameters are wrong, not what was in them: it may be a patient's name."""
    say = speaker(language)
    told = [f"{'.'.join(map(str, fault['loc']))}: {_fault(fault, language)}" for fault in faults]
    title = say(_("The request cannot be understood"))
    return written(400, title, "; ".join(told), request_id, language=language)


def _fault(fault: Mapping[str, Any], language: Language) -> str:
    if language == "en":
        return str(fault["msg"])
    text = speaker(language)(_FAULTS.get(fault["type"], _OTHERWISE))
    return text.format_map(fault.get("ctx") or {}) if fault["type"] in _FAULTS else text
