"""What a sender is told of an amendment that holds for its study: others are given its object with other values."""

import json
from dataclasses import replace

from radiotheque.core.instance import Arrival, Concern, Outcome, Receipt

GIVEN_OUT = frozenset({Outcome.KEPT, Outcome.DUPLICATE})
"""A quarantined or rejected object is given to nobody, so nothing of it is coerced."""


def with_coercion(amended: str, arrival: Arrival, receipt: Receipt) -> Receipt:
    """Give the receipt with a warning that names each attribute that is given out with another value (PS3.4 B.2.3).

    `amended` is the study's column of that name.
    """
    if not amended or receipt.outcome not in GIVEN_OUT:
        return receipt
    shown, sent = json.loads(amended)["values"], arrival.header.attributes
    other = sorted(keyword for keyword, given in shown.items() if _said(given) != _said(sent.get(keyword, ())))
    if not other:
        return receipt
    warning = f"given out as corrected here: {', '.join(other)}; kept as it came"
    return replace(receipt, warnings=(*receipt.warnings, warning), concern=Concern.COERCED)


def _said(values: list[str] | tuple[str, ...]) -> list[str]:
    """Give the values without padding: an element that is there and empty says as little as one that is not."""
    return [value.strip() for value in values if value.strip()]
