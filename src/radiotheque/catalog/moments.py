"""Date and time ranges that are one moment together, and the offsets they are given in (PS3.4 C.2.2.2.5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from radiotheque.catalog.columns import COLUMNS
from radiotheque.catalog.matching import Condition, last_moment
from radiotheque.catalog.values import as_date, as_time
from radiotheque.core.errors import Malformed
from radiotheque.core.query import Key, Match, Range, Single
from radiotheque.database.session import Session

PAIRS = (
    ("StudyDate", "StudyTime"),
    ("SeriesDate", "SeriesTime"),
    ("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
    ("ContentDate", "ContentTime"),
)


def combined(session: Session, keys: Sequence[Key], timezone: str) -> tuple[list[Condition], list[Key]]:
    """Give conditions for the dates and times that go together, and the keys that are left. Raises `Malformed`."""
    if timezone:
        minutes_of(timezone)  # a wrong one is said to be so, whatever zones are kept
    by_name = {key.attribute: key for key in keys}
    conditions: list[Condition] = []
    left = list(keys)
    for date_name, time_name in PAIRS:
        pair = by_name.get(date_name), by_name.get(time_name)
        dates, times = _range(pair[0]), _range(pair[1])
        if pair[0] is None or pair[1] is None or dates is None or times is None:
            continue
        left = [key for key in left if key not in pair]
        conditions.append(_moment(session, (date_name, time_name), _Span(dates, times), timezone))
    return conditions, left


class _Span:
    """The two ends of a range of moments, each (YYYYMMDD, HHMMSS.F); a date of "" is open."""

    def __init__(self, dates: Range, times: Range) -> None:
        self.start = (as_date(dates.start), as_time(times.start) or "000000")
        self.end = (as_date(dates.end), last_moment(times.end) or "235959.999999")

    def shifted(self, minutes: int) -> "tuple[tuple[str, str], tuple[str, str]]":
        return _shift(self.start, minutes), _shift(self.end, minutes)


def _range(key: Key | None) -> Range | None:
    match: Match | None = key.match if key else None
    if isinstance(match, Single):
        return Range(match.value, match.value)
    return match if isinstance(match, Range) else None


def _moment(session: Session, names: tuple[str, str], span: _Span, timezone: str) -> Condition:
    date, time = COLUMNS[names[0]], COLUMNS[names[1]]
    plain, parameters = _between(date.matched, time.matched, span.start, span.end)
    drive = "ix_study_newest" if names[0] == "StudyDate" else ""
    stored = [zone for zone in _stored_zones(session) if zone != timezone] if timezone else []
    if not stored:
        return Condition(plain, tuple(parameters), date.level, drive)
    # what bears no offset, or the key's own, is compared as it is; the rest at its own offset
    options = [f"(s.timezone NOT IN ({', '.join('?' * len(stored))}) AND {plain})"]
    values: list[object] = [*stored, *parameters]
    for zone in stored:
        sql, ends = _between(date.matched, time.matched, *span.shifted(minutes_of(zone) - minutes_of(timezone)))
        options.append(f"(s.timezone = ? AND {sql})")
        values.extend((zone, *ends))
    return Condition(" OR ".join(options), tuple(values), date.level)


def _between(date: str, time: str, start: tuple[str, str], end: tuple[str, str]) -> tuple[str, list[object]]:
    parts, parameters = [f"{date} <> ''"], list[object]()
    if start[0]:
        parts.append(f"({date}, {time}) >= (?, ?)")
        parameters.extend(start)
    if end[0]:
        parts.append(f"({date}, {time}) <= (?, ?)")
        parameters.extend(end)
    return " AND ".join(parts), parameters


def _stored_zones(session: Session) -> list[str]:
    """Give the offsets that studies bear, by skipping from one to the next in their index."""
    zones: list[str] = []
    last = ""
    while row := session.one(
        "SELECT timezone FROM study WHERE timezone <> '' AND timezone > ? ORDER BY timezone LIMIT 1", (last,)
    ):
        last = str(row[0])
        if _is_zone(last):
            zones.append(last)
    return zones


def _is_zone(text: str) -> bool:
    return len(text) == 5 and text[0] in "+-" and text[1:].isdecimal()


def minutes_of(zone: str) -> int:
    """Give an offset from UTC in minutes (PS3.3 C.12.1.1.8). Raises `Malformed`."""
    if not _is_zone(zone):
        raise Malformed("not an offset from UTC like +0100: {zone}", zone=f"{zone[:10]!r}")
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    return -minutes if zone[0] == "-" else minutes


def _shift(moment: tuple[str, str], minutes: int) -> tuple[str, str]:
    date, time = moment
    if not date or len(date) != 8 or not date.isdecimal():
        return moment
    whole, _, fraction = time.partition(".")
    try:
        at = datetime.strptime(date + whole[:4], "%Y%m%d%H%M") + timedelta(minutes=minutes)
    except (ValueError, OverflowError):  # 20240231 is written where a month ends; text knows its place all the same
        return moment
    return at.strftime("%Y%m%d"), f"{at:%H%M}{whole[4:6]}{'.' if fraction else ''}{fraction}"
