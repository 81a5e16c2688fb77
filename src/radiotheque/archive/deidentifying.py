"""Studies → files without identity: ordered, looked at, released, given out.

Nothing is given out before a person has looked at every image in which text may be, and the verifier has found nothing
in any file. No file without identity is kept: they are made when they are given, from what is kept, and are equal
byte by byte every time. Keys stay in this process; the children are given what was made with them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Conflict, Damaged, Malformed, NotFound, NotPermitted, TooLarge, Unsupported
from radiotheque.core.instance import Location, Selection
from radiotheque.core.ports import Act, Clock, Remote
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.dicom.deidentify_order import (
    Box,
    Deidentified,
    Expected,
    Finding,
    Look,
    Order,
    Pseudonyms,
    patient_of,
)
from radiotheque.dicom.deidentify_profile import Option, options_of
from radiotheque.dicom.deidentify_report import Left, Report, as_text, codes_of, treated

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive

LOOK = Remote[Look]("radiotheque.dicom.deidentify_pixels:look")
UIDS = Remote[list[str]]("radiotheque.dicom.deidentify:uids_in")
DEIDENTIFY = Remote[Deidentified]("radiotheque.dicom.deidentify:deidentify")
VERIFY = Remote[list[Finding]]("radiotheque.dicom.deidentify_verify:verify")

MAX_INSTANCES = 5000
"""Of one export: each is read three times, and its state is one row."""

type State = dict[str, Any]


class Ledger(Protocol):
    """Where exports are kept, sealed, and who is behind what was given out; see `security.Deidentified`."""

    def add(
        self, content: Mapping[str, Any], originals: Mapping[str, Mapping[str, object]], caller: Caller
    ) -> tuple[int, State]: ...
    def get(self, number: int, caller: Caller) -> State: ...
    def change(self, number: int, caller: Caller, edit: Callable[[State], State]) -> State: ...
    def who(self, project: str, replaced: str, caller: Caller, *, reason: str) -> dict[str, object]: ...
    def project_key(self, project: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is ordered: the options by names of `Option`, beside those of the profile."""

    project: str
    profile: str = "basic"
    options: tuple[str, ...] = ()
    keep_times: bool = True
    documents: bool = False


@dataclass(frozen=True, slots=True)
class Deidentification:
    """The verbs of de-identified export. All ask for the permissions to de-identify and to export."""

    archive: "Archive"
    ledger: Ledger
    clock: Clock

    def begin(self, studies: Sequence[UID], wanted: Wanted, caller: Caller) -> tuple[int, State]:
        """Order an export, and let every image be looked at for text; give its number and how it stands.

        Raises `Malformed`, `NotFound`, `NotPermitted`, `TooLarge`, `Unsupported` (a house without keys).
        """
        options = options_of(wanted.profile, wanted.options)
        names = Pseudonyms(self.ledger.project_key(wanted.project))
        locations = self._located(studies, caller, act="view")
        if len(locations) > MAX_INSTANCES:
            raise TooLarge(f"an export is of at most {MAX_INSTANCES} instances; order it in parts")
        images = {location.identity.sop_instance: self._looked(location) for location in locations}
        content: State = {
            "project": wanted.project,
            "profile": wanted.profile,
            "options": sorted(options),
            "keep_times": wanted.keep_times,
            "documents": wanted.documents,
            "state": "waiting",
            "studies": list(dict.fromkeys(studies)),
            "images": images,
            "report": None,
        }
        return self.ledger.add(content, _originals(names, locations), caller)

    def get(self, number: int, caller: Caller) -> State:
        """Give how an export stands. Raises `NotFound`, `NotPermitted`."""
        self._require(caller)
        return self.ledger.get(number, caller)

    def decide(self, number: int, instance: str, masks: Mapping[int, Sequence[Box]], caller: Caller) -> State:
        """Note that a person looked at an image: `masks` are to be blackened, by frame from 1; none clears it.

        Raises `NotFound`, `Malformed` for a box outside the image, `Conflict` after the release.
        """
        self._require(caller)

        def edit(content: State) -> State:
            if content["state"] != "waiting":
                raise Conflict("the export was released already; order another")
            image = content["images"].get(instance)
            if image is None:
                raise NotFound("the export has no such image")
            boxes = {str(frame): [list(box) for box in given] for frame, given in masks.items() if given}
            _check_boxes(image, masks)
            image |= {"decision": "masked" if boxes else "cleared", "masks": boxes, "by": caller.name}
            image["at"] = strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(self.clock.now()))
            return content | {"report": None}

        return self.ledger.change(number, caller, edit)

    def release(self, number: int, caller: Caller) -> Report:
        """Make every file and let the verifier look at each; give the report. Released only when nothing was found.

        Raises `Conflict` while images wait to be looked at.
        """
        self._require(caller)
        content = self.ledger.get(number, caller)
        waiting = pending(content)
        if waiting:
            raise Conflict(f"{len(waiting)} images wait for a person to look at them; nothing was released")
        report = self._report(content, list(self._files(content, caller)))

        def edit(now: State) -> State:
            if now["images"] != content["images"]:
                raise Conflict("a decision came meanwhile; release it again")
            return now | {"state": "released" if report["released"] else now["state"], "report": report}

        self.ledger.change(number, caller, edit)
        return report

    def files(self, number: int, caller: Caller) -> Iterator[tuple[str, bytes]]:
        """Yield the files of a released export, with its report first; audited as an export of each study.

        Raises `Conflict` when it was not released, or when what is kept changed since so that identity would be left.
        """
        self._require(caller)
        content = self.ledger.get(number, caller)
        if content["state"] != "released":
            raise Conflict("the export is not released: look at its images, then release it")
        locations = self._located([UID(study) for study in content["studies"]], caller, act="export")
        return self._given(content, locations)

    def _given(self, content: State, locations: Sequence[Location]) -> Iterator[tuple[str, bytes]]:
        report: Report = content["report"]
        yield "report.json", orjson.dumps(report, option=orjson.OPT_INDENT_2)
        yield "report.txt", as_text(report).encode()
        for location in locations:
            made = self._made(content, location)
            if made.findings:
                raise Conflict("what is kept changed since the release; nothing more is given out, order it again")
            if made.file is not None:
                yield made.place, made.file.part10

    def _files(self, content: State, caller: Caller) -> "Iterator[_Made]":
        for location in self._located([UID(study) for study in content["studies"]], caller, act="view"):
            made = self._made(content, location)
            yield made.without_bytes()

    def _located(self, studies: Sequence[UID], caller: Caller, *, act: str) -> list[Location]:
        self._require(caller)
        if not studies:
            raise Malformed("name the studies to be exported")
        return [
            location
            for study in dict.fromkeys(studies)
            for location in self.archive.locate(Selection(Level.STUDY, studies=(study,)), caller, act=act)
        ]

    def _require(self, caller: Caller) -> None:
        if Permission.STUDY_DEIDENTIFY not in caller.permissions:
            self.archive.audit.read(Act(caller, "deidentify.begin", outcome="refused"))
            raise NotPermitted(f"{caller.name} may not do this ({Permission.STUDY_DEIDENTIFY})")

    def _looked(self, location: Location) -> State:
        try:
            look = self.archive.workbench.run(LOOK, self.archive.outgoing(location).read())
        except (TooLarge, Damaged):
            look = Look("unreadable", {}, frames=location.frames)
        boxes = {str(frame): [list(box) for box in given] for frame, given in look.boxes.items()}
        size = {"rows": look.rows, "columns": look.columns, "frames": look.frames}
        where = {"study": location.identity.study, "series": location.identity.series}
        return where | size | {"why": look.why, "suspects": boxes, "decision": "", "masks": {}, "by": "", "at": ""}

    def _made(self, content: State, location: Location) -> "_Made":
        """Make one file and let the verifier look at it."""
        image = content["images"].get(location.identity.sop_instance)
        if image is None:
            raise Conflict("an image came to a study since the export was ordered; order it again")
        original = self.archive.outgoing(location).read()
        names = Pseudonyms(self.ledger.project_key(content["project"]))
        bench = self.archive.workbench
        try:
            order = _order(content, image, names, location, uids=bench.run(UIDS, original))
            done = bench.run(DEIDENTIFY, original, order)
            place = _place(names, location, done.sop_instance, kept=Option.UIDS in order.options)
            findings = bench.run(VERIFY, original, done.part10, place, _expected(order, image))
        except (Malformed, Unsupported, TooLarge, Damaged) as error:
            return _Made(None, "", (), f"{names.uid(location.identity.sop_instance)}: {error}")
        left = tuple(Left(instance=done.sop_instance, kind=one.kind, where=one.where) for one in findings)
        return _Made(done, place, left)

    def _report(self, content: State, made: "Sequence[_Made]") -> Report:
        images = content["images"].values()
        findings = [left for each in made for left in each.findings]
        given = [each.file for each in made if each.file is not None]
        return Report(
            project=content["project"],
            profile=content["profile"],
            options=list(content["options"]),
            codes=codes_of(frozenset(Option(name) for name in content["options"])),
            studies=len(content["studies"]),
            instances=len(given),
            treated=treated([deed for each in given for deed in each.deeds]),
            looked_at=sum(bool(image["decision"]) for image in images),
            masked=sum(image["decision"] == "masked" for image in images),
            masks=sum(len(boxes) for image in images for boxes in image["masks"].values()),
            findings=findings,
            refused=[each.refused for each in made if each.refused],
            released=not findings,
        )


@dataclass(frozen=True, slots=True)
class _Made:
    """A file that was made, or why it was not, and what the verifier found in it."""

    file: Deidentified | None
    place: str
    findings: tuple[Left, ...]
    refused: str = ""

    def without_bytes(self) -> "_Made":
        """Give the same without the file's bytes, of which an export may have more than memory."""
        if self.file is None:
            return self
        bare = Deidentified(b"", self.file.sop_instance, self.file.transfer_syntax, self.file.deeds, self.file.masked)
        return _Made(bare, self.place, self.findings)


def pending(content: Mapping[str, Any]) -> list[str]:
    """Give the images that a person must look at and nobody has."""
    return [name for name, image in content["images"].items() if image["why"] and not image["decision"]]


def _check_boxes(image: Mapping[str, Any], masks: Mapping[int, Sequence[Box]]) -> None:
    for frame, boxes in masks.items():
        if not 1 <= frame <= max(image["frames"], 1):
            raise Malformed(f"the image has {image['frames']} frames; nothing was noted")
        for left, top, right, bottom in boxes:
            columns, rows = image["columns"] or right, image["rows"] or bottom  # 0 of an image that nobody could read
            if not (0 <= left < right <= columns and 0 <= top < bottom <= rows):
                raise Malformed("a mask lies outside of the image; nothing was noted")


def _masks(image: Mapping[str, Any]) -> dict[int, tuple[Box, ...]]:
    return {
        int(frame): tuple((left, top, right, bottom) for left, top, right, bottom in boxes)
        for frame, boxes in image["masks"].items()
    }


def _order(
    content: State, image: Mapping[str, Any], names: Pseudonyms, location: Location, *, uids: Sequence[str]
) -> Order:
    who = _patient(location)
    return Order(
        frozenset(Option(name) for name in content["options"]),
        names.uids(uids),
        names.patient(who),
        names.shift_days(who),
        keep_times=content["keep_times"],
        masks=_masks(image),
        seen=True,
        documents=content["documents"],
    )


def _patient(location: Location) -> str:
    identity = location.identity
    return patient_of(identity.issuer, identity.patient_id, identity.study)


def _expected(order: Order, image: Mapping[str, Any]) -> Expected:
    options = order.options
    return Expected(
        dates=Option.FULL_DATES in options,
        uids=Option.UIDS in options,
        institution=Option.INSTITUTION in options,
        device=Option.DEVICE in options,
        masks=order.masks,
        looked_at=frozenset(range(1, max(image["frames"], 1) + 1)) if image["decision"] else frozenset(),
    )


def _place(names: Pseudonyms, location: Location, instance: str, *, kept: bool) -> str:
    """Give the path of a file: pseudonym, study, series and instance by their new UIDs."""
    identity = location.identity
    study, series = (uid if kept else names.uid(uid) for uid in (identity.study, identity.series))
    return f"{names.patient(_patient(location))}/{study}/{series}/{instance}.dcm"


def _originals(names: Pseudonyms, locations: Sequence[Location]) -> dict[str, dict[str, object]]:
    """Give who and what is behind each pseudonym and each new UID of a study or instance."""
    rows: dict[str, dict[str, object]] = {}
    for location in locations:
        identity, who = location.identity, _patient(location)
        person: dict[str, object] = {"patient_id": identity.patient_id, "issuer": identity.issuer}
        rows[names.patient(who)] = person | {"shift_days": names.shift_days(who)}
        rows[names.uid(identity.study)] = person | {"study": identity.study}
        rows[names.uid(identity.sop_instance)] = person | {"study": identity.study, "instance": identity.sop_instance}
    return rows
