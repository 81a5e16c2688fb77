"""De-identified exports: order one, look at its images, mask or clear them, release it, take it; and who is behind a pseudonym."""

import zipfile
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from radiotheque.archive.deidentifying import Deidentification, Wanted, pending
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Unavailable
from radiotheque.core.uid import parse_uid
from radiotheque.dicom.deidentify_report import Report
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of every file of a ZIP: the same export gives the same bytes."""
_ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}, "description": "The export"}}

type Boxes = dict[str, list[list[int]]]
"""Left, top, right, bottom in pixels from 0, the last two the first outside; by frame from 1."""


class ExportOrder(BaseModel):
    """What is to be exported without identity (PS3.15 Annex E): a profile, and options beside it."""

    model_config = ConfigDict(extra="forbid")

    studies: list[str] = Field(min_length=1, max_length=1000)
    project: str = Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")
    profile: str = Field("basic", max_length=32)
    options: list[str] = Field([], max_length=16)
    keep_times: bool = True
    documents: bool = False


class Decision(BaseModel):
    """That a person looked at an image: what to blacken; nothing clears it."""

    model_config = ConfigDict(extra="forbid")

    masks: dict[int, list[tuple[int, int, int, int]]] = Field({}, max_length=10_000)


class Question(BaseModel):
    """Who is behind a pseudonym or a replaced UID, and why it is asked."""

    model_config = ConfigDict(extra="forbid")

    project: str = Field(min_length=1, max_length=64)
    replaced: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=3, max_length=1000)


class ExportImage(TypedDict):
    """An image of an export. `why` says why a person must look at it ("" when nobody need); `decision` is masked or cleared."""

    instance: str
    study: str
    series: str
    rows: int
    columns: int
    frames: int
    why: str
    suspects: Boxes
    decision: str
    masks: Boxes
    by: str
    at: str


class Export(TypedDict):
    """How an export stands. `waiting` counts the images that a person has yet to look at."""

    id: int
    project: str
    profile: str
    options: list[str]
    state: str
    studies: list[str]
    waiting: int
    images: list[ExportImage]
    report: Report | None


class Original(TypedDict, total=False):
    """Who or what is behind a pseudonym or UID."""

    patient_id: str
    issuer: str
    study: str
    instance: str
    shift_days: int


def routes(services: Services) -> APIRouter:
    """Give the routes of de-identified exports."""
    router = APIRouter(prefix="/api", tags=["de-identified exports"])
    may = Depends(Needs(Permission.STUDY_DEIDENTIFY, services.security.audit))
    may_ask = Depends(Needs(Permission.STUDY_REIDENTIFY, services.security.audit))

    def desk() -> Deidentification:
        if services.deidentification is None:
            raise Unavailable("nothing is exported de-identified here")
        return services.deidentification

    @router.post("/deidentified-exports", summary="Order a de-identified export", status_code=201)
    def order(given: ExportOrder, caller: Annotated[Caller, may]) -> Export:
        wanted = Wanted(
            given.project, given.profile, tuple(given.options), keep_times=given.keep_times, documents=given.documents
        )
        return _shown(*desk().begin([parse_uid(study) for study in given.studies], wanted, caller))

    @router.get("/deidentified-exports/{number}", summary="Show how a de-identified export stands")
    def show(number: int, caller: Annotated[Caller, may]) -> Export:
        return _shown(number, desk().get(number, caller))

    @router.put("/deidentified-exports/{number}/images/{instance}", summary="Mask an image or clear it")
    def decide(number: int, instance: str, given: Decision, caller: Annotated[Caller, may]) -> Export:
        return _shown(number, desk().decide(number, instance, given.masks, caller))

    @router.post("/deidentified-exports/{number}/release", summary="Verify a de-identified export and release it")
    def release(number: int, caller: Annotated[Caller, may]) -> Report:
        return desk().release(number, caller)

    @router.get(
        "/deidentified-exports/{number}/export.zip",
        summary="Take a de-identified export",
        responses=_ZIP,
        response_class=StreamingResponse,
    )
    def take(number: int, caller: Annotated[Caller, may]) -> StreamingResponse:
        files = desk().files(number, caller)
        headers = {"Content-Disposition": f'attachment; filename="export-{number}.zip"', "Cache-Control": "no-store"}
        return StreamingResponse(zipped(files), media_type="application/zip", headers=headers)

    @router.post("/reidentifications", summary="Tell who is behind a pseudonym")
    def who(given: Question, caller: Annotated[Caller, may_ask]) -> Original:
        found: Original = desk().ledger.who(  # type: ignore[assignment]
            given.project, given.replaced, caller, reason=given.reason
        )
        return found

    return router


def _shown(number: int, content: Mapping[str, Any]) -> Export:
    images = [ExportImage(instance=name, **image) for name, image in content["images"].items()]  # type: ignore[typeddict-item]
    return Export(
        id=number,
        project=content["project"],
        profile=content["profile"],
        options=content["options"],
        state=content["state"],
        studies=content["studies"],
        waiting=len(pending(content)),
        images=images,
        report=content["report"],
    )


class _Pipe:
    """What a ZIP is written to and read from by pieces; it cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """Give what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def zipped(files: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a ZIP of files, each stored as it is."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), data)
            yield pipe.take()
    yield pipe.take()
