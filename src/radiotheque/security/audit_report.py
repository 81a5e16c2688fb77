"""Who looked at a patient's images, as a page for the patient: words and rows, ready to be set. Pure."""

import time
from collections.abc import Mapping, Sequence
from typing import TypedDict

from radiotheque.security.audit_search import PatientFound
from radiotheque.security.model import Entry

_ENGLISH = {
    "title": "Who had access to your images",
    "made": "Made on {} by {}",
    "period": "From {} to {}",
    "until_now": "Until {}",
    "born": "born",
    "number": "Patient ID",
    "when": "When",
    "who": "Who",
    "what": "What",
    "study": "Examination",
    "none": "Nobody had access in this time.",
    "more": "There are more entries; this is the newest part of them. Ask for a shorter time to see all.",
    "note": "Every access of a person or a system to your images is recorded here, also those that were refused. Names are those of accounts and systems of the hospital. You may ask the data-protection officer about any line.",
    "refused": "refused: {}",
    "failed": "failed: {}",
    "house": "the archive itself",
    "view": "looked at images",
    "thumbnail": "saw small pictures in a list",
    "print": "printed images",
    "export": "saved a copy of images",
    "retrieve": "fetched images to another system",
    "send": "sent images to another system",
    "store": "brought images into the archive",
    "amend": "corrected data of the examination",
    "reject": "hid images that were wrong",
    "restore": "showed again what was hidden",
    "annotation": "measured or drew on images",
    "reading": "read the examination",
    "commitment": "checked that images are kept",
    "quarantine": "examined images that were set aside",
    "share": "shared images by a link",
    "report": "worked on the report",
    "other": "other work ({})",
}
_FRENCH = {
    "title": "Qui a eu accès à vos images",
    "made": "Établi le {} par {}",
    "period": "Du {} au {}",
    "until_now": "Jusqu'au {}",
    "born": "né(e) le",
    "number": "Numéro de patient",
    "when": "Quand",
    "who": "Qui",
    "what": "Quoi",
    "study": "Examen",
    "none": "Personne n'a eu accès pendant cette période.",
    "more": "Il y a d'autres entrées ; voici les plus récentes. Demandez une période plus courte pour tout voir.",
    "note": "Tout accès d'une personne ou d'un système à vos images est enregistré ici, même ceux qui ont été refusés. Les noms sont ceux des comptes et des systèmes de l'hôpital. Vous pouvez interroger le délégué à la protection des données sur chaque ligne.",
    "refused": "refusé : {}",
    "failed": "échoué : {}",
    "house": "l'archive elle-même",
    "view": "a regardé des images",
    "thumbnail": "a vu des vignettes dans une liste",
    "print": "a imprimé des images",
    "export": "a enregistré une copie des images",
    "retrieve": "a récupéré des images vers un autre système",
    "send": "a envoyé des images à un autre système",
    "store": "a versé des images dans l'archive",
    "amend": "a corrigé des données de l'examen",
    "reject": "a masqué des images erronées",
    "restore": "a montré de nouveau ce qui était masqué",
    "annotation": "a mesuré ou dessiné sur des images",
    "reading": "a lu l'examen",
    "commitment": "a vérifié que des images sont conservées",
    "quarantine": "a examiné des images mises à part",
    "share": "a partagé des images par un lien",
    "report": "a travaillé sur le compte rendu",
    "other": "autre travail ({})",
}
WORDS: Mapping[str, Mapping[str, str]] = {"en": _ENGLISH, "fr": _FRENCH}
_SAME = {"sent": "send"}


class ReportRow(TypedDict):
    """One line of the page."""

    when: str
    who: str
    what: str
    study: str


class Page(TypedDict):
    """All that is set: texts as they stand, nothing to be put together."""

    title: str
    person: list[str]
    about: list[str]
    heads: list[str]
    rows: list[ReportRow]
    none: str
    note: str
    language: str


def page_of(
    patient: PatientFound,
    entries: Sequence[Entry],
    *,
    language: str,
    made: tuple[float, str],
    since: float,
    until: float,
    more: bool,
) -> Page:
    """Give the page of entries; `made` is when and by whom, `more` that there are older entries than these."""
    words = WORDS.get(language, _ENGLISH)
    now, by = made
    period = (
        words["period"].format(day(since), day(until or now)) if since else words["until_now"].format(day(until or now))
    )
    person = [name_of(patient.name), f"{words['number']} {patient.patient_id or '–'}"]
    if patient.birth_date:
        person.append(f"{words['born']} {_date(patient.birth_date)}")
    return Page(
        title=words["title"],
        person=[line for line in person if line],
        about=[period, words["made"].format(moment(now), by), *([words["more"]] if more else [])],
        heads=[words[name] for name in ("when", "who", "what", "study")],
        rows=[_row(entry, patient, words) for entry in entries],
        none=words["none"],
        note=words["note"],
        language=language if language in WORDS else "en",
    )


def what_of(entry: Entry, words: Mapping[str, str] = _ENGLISH) -> str:
    """Give an act in words for who is no radiologist."""
    kind = _SAME.get(entry.kind, entry.kind)
    text = words.get(kind) or words.get(kind.partition(".")[0]) or words["other"].format(kind)
    return text if entry.outcome == "success" else words.get(entry.outcome, "{}").format(text)


def name_of(text: str) -> str:
    """Give a PN value's first group as a line: family name, given names."""
    return ", ".join(part for part in text.partition("=")[0].split("^")[:2] if part)


def moment(at: float) -> str:
    """Give a moment in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def day(at: float) -> str:
    """Give the local day of a moment."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def _row(entry: Entry, patient: PatientFound, words: Mapping[str, str]) -> ReportRow:
    who = words["house"] if entry.door == "house" else entry.caller
    study = patient.labels.get(entry.study, "")
    return ReportRow(when=moment(entry.at), who=who, what=what_of(entry, words), study=study)


def _date(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 else text
