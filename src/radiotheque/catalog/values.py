"""Attributes as received → what columns hold: padded, folded, split, in the order of the INSERTs."""

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from radiotheque.catalog.columns import REQUEST_COLUMNS, REQUESTS
from radiotheque.core.instance import Arrival
from radiotheque.core.names import fold, parse_name, words

type Attributes = Mapping[str, tuple[str, ...]]

NO_NUMBER = 1 << 62
"""Sorts what has no number behind what has one."""

INT_MAX = (1 << 31) - 1


def first(attributes: Attributes, keyword: str) -> str:
    """Give the first value, "" when there is none. U+0000 is no text that a database keeps."""
    values = attributes.get(keyword)
    return values[0].replace("\0", "").strip(" ") if values else ""


def as_date(text: str) -> str:
    """Give a date as YYYYMMDD; ACR-NEMA's YYYY.MM.DD loses its dots, what is no date stays as it is."""
    bare = text.replace(".", "").replace("-", "")
    return bare if len(bare) == 8 and bare.isdecimal() else text


def as_time(text: str) -> str:
    """Give a time padded to HHMMSS, with its fraction without trailing zeros, so that text order is time's order."""
    whole, _, fraction = text.replace(":", "").partition(".")
    if not whole:
        return ""
    padded = whole.ljust(6, "0")
    fraction = fraction.rstrip("0")
    return f"{padded}.{fraction}" if fraction else padded


def as_order(text: str) -> int:
    """Give a number to sort by; what is none goes to the end."""
    try:
        number = int(text)
    except ValueError:
        return NO_NUMBER
    return number if abs(number) < NO_NUMBER else NO_NUMBER


def as_count(text: str) -> int:
    """Give a count, 0 for what is none."""
    try:
        return min(max(int(text), 0), INT_MAX)
    except ValueError:
        return 0


def as_list(values: Sequence[str]) -> str:
    """Give the JSON list of the values that hold something, "" for none."""
    kept = [value.replace("\0", "") for value in values if value]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else ""


def from_list(text: str) -> tuple[str, ...]:
    """Give the values of a list column."""
    if not text:
        return ()
    # without an escape there is no quotation mark inside a value, so that these part the values (RFC 8259 7)
    return tuple(json.loads(text)) if "\\" in text else tuple(text[2:-2].split('","'))


def fold_groups(text: str) -> tuple[str, str, str]:
    """Give the alphabetic, ideographic and phonetic group of a name, folded."""
    name = parse_name(text)
    return fold(name.alphabetic), fold(name.ideographic), fold(name.phonetic)


def name_words(text: str) -> frozenset[str]:
    """Give the words by which fuzzy matching finds a name.

    Beside each word also what a component's words are when written together: `LE GOFF` is found as
    `LEGOFF`, `Anne-Marie` as `ANNEMARIE`.
    """
    found: set[str] = set()
    for component in text.replace("=", "^").split("^"):
        parts = words(component)
        found.update(parts)
        found.update("".join(parts[at : at + size]) for size in (2, 3) for at in range(len(parts) - size + 1))
    return frozenset(word[:64] for word in found)


DEMOGRAPHICS = (
    "patient_name", "name_fold", "name_ideographic", "name_phonetic", "name_all", "other_ids", "birth_date", "birth_time",
    "sex", "patient_comments",
)  # fmt: skip

STUDY_COLUMNS = (
    "uid", "patient", "received_key", "patient_id", "issuer", *DEMOGRAPHICS, "date", "time", "time_shown", "accession",
    "study_id", "description", "referring", "referring_fold", "timezone", "modalities", "sop_classes", "n_series",
    "n_instances", "charset", "revision", "settling", "received_at", "changed_at",
)  # fmt: skip

SERIES_COLUMNS = (
    "uid", "study_id", "modality", "number", "ord", "description", "date", "time", "time_shown", "body_part",
    "laterality", "protocol", "station", "manufacturer", "model", "institution", "department", "operators", "performing",
    "performing_fold", "pps_date", "pps_time", "pps_time_shown", "pps_id", "pps_description", "requests", "n_instances",
)  # fmt: skip

INSTANCE_COLUMNS = (
    "uid", "series_id", "sop_class", "syntax", "number", "ord", "rows", "columns", "bits", "frames", "content_date",
    "content_time", "content_time_shown", "image_type", "photometric", "blob_name", "size_bytes", "dataset_sha256",
    "meta_sha256", "dataset_offset", "pixel_offset", "received_at", "origin", "channel",
)  # fmt: skip


def demographics(a: Attributes) -> tuple[str, ...]:
    """Give the values of `DEMOGRAPHICS`."""
    name = first(a, "PatientName")
    groups = fold_groups(name)
    others = (*a.get("OtherPatientIDs", ()), *a.get("OtherPatientIDsSequence.PatientID", ()))
    return (
        name,
        *groups,
        "=".join(groups).rstrip("="),
        as_list(tuple(dict.fromkeys(others))),
        as_date(first(a, "PatientBirthDate")),
        first(a, "PatientBirthTime"),
        first(a, "PatientSex"),
        first(a, "PatientComments"),
    )


def study_values(arrival: Arrival, patient_row: int, received_key: str) -> tuple[object, ...]:
    """Give the row of a study that begins with this instance."""
    a, identity, at = arrival.header.attributes, arrival.header.identity, arrival.origin.received_at
    referring, time = first(a, "ReferringPhysicianName"), first(a, "StudyTime")
    modality = first(a, "Modality")
    return (
        identity.study,
        patient_row,
        received_key,
        identity.patient_id,
        identity.issuer,
        *demographics(a),
        as_date(first(a, "StudyDate")),
        as_time(time),
        time,
        first(a, "AccessionNumber"),
        first(a, "StudyID"),
        first(a, "StudyDescription"),
        referring,
        fold_groups(referring)[0],
        first(a, "TimezoneOffsetFromUTC"),
        as_list((modality,)),
        as_list((identity.sop_class,)),
        1,
        1,
        "\\".join(arrival.header.charset),
        1,
        1,
        at,
        at,
    )


def series_values(arrival: Arrival, study_row: int) -> tuple[object, ...]:
    """Give the row of a series that begins with this instance."""
    a = arrival.header.attributes
    number, time, pps_time = (
        first(a, "SeriesNumber"),
        first(a, "SeriesTime"),
        first(a, "PerformedProcedureStepStartTime"),
    )
    performing = first(a, "PerformingPhysicianName")
    items = request_items(a)
    return (
        arrival.header.identity.series,
        study_row,
        first(a, "Modality"),
        number,
        as_order(number),
        first(a, "SeriesDescription"),
        as_date(first(a, "SeriesDate")),
        as_time(time),
        time,
        first(a, "BodyPartExamined"),
        first(a, "Laterality"),
        first(a, "ProtocolName"),
        first(a, "StationName"),
        first(a, "Manufacturer"),
        first(a, "ManufacturerModelName"),
        first(a, "InstitutionName"),
        first(a, "InstitutionalDepartmentName"),
        as_list(a.get("OperatorsName", ())),
        performing,
        fold_groups(performing)[0],
        as_date(first(a, "PerformedProcedureStepStartDate")),
        as_time(pps_time),
        pps_time,
        first(a, "PerformedProcedureStepID"),
        first(a, "PerformedProcedureStepDescription"),
        json.dumps(items, ensure_ascii=False) if items else "",
        1,
    )


def request_items(a: Attributes) -> list[dict[str, str]]:
    """Give the items of Request Attributes Sequence as far as they are indexed."""
    lists = [a.get(f"{REQUESTS}.{keyword}", ()) for keyword in REQUEST_COLUMNS]
    return [
        {keyword: value for keyword, value in zip(REQUEST_COLUMNS, item, strict=True) if value}
        for item in zip_longest(*lists, fillvalue="")
    ]


def instance_values(arrival: Arrival, series_row: int) -> tuple[object, ...]:
    """Give the row of an instance."""
    header, blob, origin = arrival.header, arrival.blob, arrival.origin
    a, identity = header.attributes, header.identity
    number, time = first(a, "InstanceNumber"), first(a, "ContentTime")
    return (
        identity.sop_instance,
        series_row,
        identity.sop_class,
        header.transfer_syntax,
        number,
        as_order(number),
        as_count(first(a, "Rows")),
        as_count(first(a, "Columns")),
        as_count(first(a, "BitsAllocated")),
        as_count(first(a, "NumberOfFrames")),
        as_date(first(a, "ContentDate")),
        as_time(time),
        time,
        as_list(a.get("ImageType", ())),
        first(a, "PhotometricInterpretation"),
        blob.name,
        blob.size_bytes,
        blob.dataset_sha256,
        blob.meta_sha256,
        header.dataset_offset,
        header.pixel_offset,
        origin.received_at,
        origin.caller.name,
        origin.channel,
    )
