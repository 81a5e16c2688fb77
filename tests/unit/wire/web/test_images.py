"""What the viewer is given: models, frames and small pictures, to those who may see them."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from phantoms import part10, phantom, phantom_dataset, phantom_pixels
from radiotheque.archive.renditions import Renditions
from radiotheque.blobs.derived import MemoryDerived
from radiotheque.blobs.memory import MemoryStore
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Gone, NotFound
from radiotheque.core.instance import Blob, BlobName, Identity, Location, Selection
from radiotheque.core.ports import Streamed
from radiotheque.core.uid import UID
from radiotheque.dicom.filemeta import split
from radiotheque.dicom.recipe import Recipe
from radiotheque.security import Security
from unit.wire.web.conftest import Sign
from unit.wire.web.talk import Answer, Shelf, ask, door

DX = phantom_dataset()
STUDY, SERIES, INSTANCE = str(DX.StudyInstanceUID), str(DX.SeriesInstanceUID), str(DX.SOPInstanceUID)
PLACE = f"/api/studies/{STUDY}/series/{SERIES}/instances/{INSTANCE}"


class Inline:
    """A workbench in this process; counts what it was asked."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run[T](self, function: Callable[..., T], *args: Any) -> T:
        self.ran.append(function.name.rpartition(":")[2])  # type: ignore[attr-defined]
        return function(*(memoryview(b"".join(a.pieces())) if isinstance(a, Streamed) else a for a in args))


@dataclass
class Pictures(Shelf):
    """An archive of one object, read by the real renditions."""

    file: bytes = b""
    gone: bool = False
    hidden: bool = False
    viewed_by: list[str] = field(default_factory=list)
    bench: Inline = field(default_factory=Inline)
    name: str = "0123456789abcdef0123456789abcdef/0001"
    amendments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    state: bytes = b""

    def __post_init__(self) -> None:
        store = MemoryStore()
        store.put(BlobName(self.name), [self.file])
        self.renditions = Renditions(store, MemoryDerived(), self.bench)

    def location(self) -> Location:
        uids = phantom_dataset()
        identity = Identity(uids.SOPClassUID, UID(INSTANCE), UID(STUDY), UID(SERIES), "P", "")
        place = self.file.find(b"\xe0\x7f\x10\x00")
        return Location(
            identity,
            Blob(BlobName(self.name), len(self.file)),
            UID("1.2.840.10008.1.2.1"),
            split(self.file)[1],
            place,
            1,
            len(self.amendments),
            self.amendments,
            modality="DX",
        )

    def locate(self, selection: Selection, caller: Caller, *, act: str) -> Sequence[Location]:
        if self.hidden or UID(STUDY) not in selection.studies:
            raise NotFound("nothing is there")
        if self.gone:
            raise Gone("it was rejected")
        self.viewed_by.append(f"{caller.name} {act}")
        return [self.location()]

    def render_model(self, location: Location, frame: int, state: Location | None = None) -> bytes:
        return self.renditions.render_model(location, frame, self.state if state is not None else b"")

    def viewed(self, location: Location, frame: int) -> tuple[bytes, bytes]:
        return self.renditions.viewed(location, frame)

    def rendered(self, location: Location, frame: int, recipe: Recipe) -> tuple[str, bytes]:
        return self.renditions.rendered(location, frame, recipe)


@pytest.fixture
def pictures() -> Pictures:
    return Pictures(file=phantom())


@pytest.fixture
def get(security: Security, pictures: Pictures, sign: Sign) -> Callable[..., Answer]:
    signed = sign("clinician")

    def got(path: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(door(security, pictures), "GET", path, signed | named)

    return got


def test_the_model_has_addresses_that_give_the_pixels(get: Callable[..., Answer], pictures: Pictures) -> None:
    answer = get(f"{PLACE}/render-model")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "private, no-cache"
    model = answer.json()
    assert (model["study"], model["series"], model["instance"]) == (STUDY, SERIES, INSTANCE)
    frame = get(model["pixels"]["url"])
    assert (frame.status, frame.headers["content-type"]) == (200, "image/jphc")
    assert frame.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert frame.headers["accept-ranges"] == "bytes"
    assert np.array_equal(imagecodecs.htj2k_decode(frame.body), phantom_pixels()[0])
    assert get(f"{PLACE}/render-model").json()["pixels"]["size"] == len(frame.body)


def test_a_frame_is_encoded_once(get: Callable[..., Answer], pictures: Pictures) -> None:
    first, second = get(f"{PLACE}/frames/1"), get(f"{PLACE}/frames/1")
    assert first.body == second.body
    assert pictures.bench.ran.count("frame_to_view") == 1


def test_a_model_is_made_once_for_an_identity(
    security: Security, pictures: Pictures, sign: Sign, get: Callable[..., Answer]
) -> None:
    get(f"{PLACE}/frames/1")
    first, second = get(f"{PLACE}/render-model"), get(f"{PLACE}/render-model")
    assert first.body == second.body
    assert pictures.bench.ran.count("render_model") == 1
    pictures.amendments = {"PatientName": ("DUPOND^Léa",)}
    assert get(f"{PLACE}/render-model").json()["identity"]["patient_name"] == "DUPOND^Léa"
    assert pictures.bench.ran.count("render_model") == 2


def test_an_address_without_the_version_is_asked_again(get: Callable[..., Answer]) -> None:
    for address in (f"{PLACE}/frames/1", f"{PLACE}/frames/1?v=0123"):
        assert get(address).headers["cache-control"] == "private, no-cache"


def test_ranges_of_a_frame_are_given(get: Callable[..., Answer]) -> None:
    whole = get(f"{PLACE}/frames/1")
    tag, size = whole.headers["etag"], len(whole.body)
    part = get(f"{PLACE}/frames/1", Range="bytes=0-127")
    assert (part.status, part.headers["content-range"], part.body) == (206, f"bytes 0-127/{size}", whole.body[:128])
    rest = get(f"{PLACE}/frames/1", Range="bytes=128-", If_Range=tag)
    assert part.body + rest.body == whole.body
    assert get(f"{PLACE}/frames/1", Range="bytes=-5").body == whole.body[-5:]
    assert get(f"{PLACE}/frames/1", Range="bytes=128-", If_Range='"old"').status == 200
    assert get(f"{PLACE}/frames/1", Range="bytes=0-1,5-6").status == 200
    beyond = get(f"{PLACE}/frames/1", Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    assert beyond.json()["status"] == 416


def test_what_a_client_holds_is_not_given_again(get: Callable[..., Answer], pictures: Pictures) -> None:
    for path in ("render-model", "frames/1", "thumbnail"):
        tag = get(f"{PLACE}/{path}").headers["etag"]
        ran = len(pictures.bench.ran)
        again = get(f"{PLACE}/{path}", If_None_Match=f'"other", {tag}')
        assert (again.status, again.body) == (304, b"")
        assert path == "render-model" or len(pictures.bench.ran) == ran


def test_a_small_picture_fits_into_its_square(get: Callable[..., Answer]) -> None:
    answer = get(f"{PLACE}/thumbnail?width=48")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.body)).size == (40, 48)
    assert get(f"/api/studies/{STUDY}/thumbnail?width=48").body == answer.body


@pytest.mark.parametrize(("path", "act"), [("render-model", "view"), ("frames/1", "view"), ("thumbnail", "thumbnail")])
def test_who_sees_it_is_noted_before_a_byte_goes_out(
    get: Callable[..., Answer], pictures: Pictures, path: str, act: str
) -> None:
    get(f"{PLACE}/{path}")
    assert pictures.viewed_by == [f"clinician {act}"]


@pytest.mark.parametrize("path", ["render-model", "frames/1", "thumbnail"])
def test_what_is_rejected_or_out_of_scope_is_not_given(
    get: Callable[..., Answer], pictures: Pictures, path: str
) -> None:
    pictures.gone = True
    assert get(f"{PLACE}/{path}").status == 410
    pictures.hidden = True
    assert get(f"{PLACE}/{path}").status == 404


def test_the_permission_to_view_is_asked_for(security: Security, pictures: Pictures, sign: Sign) -> None:
    for path in ("render-model", "frames/1", "thumbnail"):
        assert ask(door(security, pictures), "GET", f"{PLACE}/{path}", sign("monitor")).status == 403
    assert not pictures.viewed_by


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("render-model?frame=2", 404),
        ("frames/2", 404),
        ("frames/0", 400),
        ("frames/x", 400),
        ("thumbnail?width=5000", 400),
    ],
)
def test_what_is_not_there_is_said(get: Callable[..., Answer], path: str, status: int) -> None:
    answer = get(f"{PLACE}/{path}")
    assert (answer.status, answer.json()["status"]) == (status, status)


def test_a_name_that_is_no_uid_is_refused(get: Callable[..., Answer]) -> None:
    assert get(f"/api/studies/{STUDY}/series/{SERIES}/instances/..x/render-model").status == 400


def test_the_identity_that_is_shown_is_the_current_one(security: Security, pictures: Pictures, sign: Sign) -> None:
    pictures.amendments = {"PatientName": ("DUPOND^Léa",)}
    model = ask(door(security, pictures), "GET", f"{PLACE}/render-model", sign("clinician")).json()
    assert model["identity"]["patient_name"] == "DUPOND^Léa"


def test_the_windows_of_the_site_are_those_that_apply(security: Security, pictures: Pictures, sign: Sign) -> None:
    asked = []

    def presets(modality: str, body_part: str, view: str) -> list[dict[str, Any]]:
        asked.append((modality, body_part, view))
        return [{"explanation": "Lung", "lut": None, "centre": 1.0, "width": 2.0, "function": "LINEAR"}]

    web = door(security, pictures, presets=presets)
    model = ask(web, "GET", f"{PLACE}/render-model", sign("clinician")).json()
    assert asked == [("DX", "CHEST", "PA")]
    assert model["presets"][0]["explanation"] == "Lung"


def test_an_image_without_a_window_gets_one_from_its_pixels(security: Security, sign: Sign) -> None:
    pictures = Pictures(file=phantom(extra={"WindowCenter": None, "WindowWidth": None}))
    web, signed = door(security, pictures), sign("clinician")
    (voi,) = ask(web, "GET", f"{PLACE}/render-model", signed).json()["voi"]
    stored = phantom_pixels()[0]
    assert voi["centre"] - voi["width"] / 2 == stored.min()
    assert voi["centre"] + voi["width"] / 2 == stored.max()
    assert pictures.bench.ran.count("frame_to_view") == 1
    ask(web, "GET", f"{PLACE}/render-model", signed)
    assert pictures.bench.ran.count("frame_to_view") == 1


def test_pixels_that_cannot_be_read_are_a_problem_with_words(security: Security, sign: Sign) -> None:
    file = phantom()
    pictures = Pictures(file=file[: -len(file) // 4])
    answer = ask(door(security, pictures), "GET", f"{PLACE}/frames/1", sign("clinician"))
    assert answer.status == 406
    assert "cut short" in answer.json()["detail"]


def test_the_description_of_the_api_tells_the_shape_of_a_model(
    security: Security, pictures: Pictures, sign: Sign
) -> None:
    described = json.loads(ask(door(security, pictures), "GET", "/api/openapi.json", sign("clinician")).body)
    shapes = described["components"]["schemas"]
    assert {"RenderModel", "Voi", "Shutter", "SpacingModel", "Cine"} <= set(shapes)
    assert {"is", "ratio", "method"} == set(shapes["Lossy"]["properties"])


def test_other_bytes_have_another_address(pictures: Pictures, get: Callable[..., Answer]) -> None:
    first = get(f"{PLACE}/render-model").json()["pixels"]["url"]
    other = Pictures(file=phantom(), name="0123456789abcdef0123456789abcdef/0002")
    assert replace(other.location(), version=0).blob.name != pictures.location().blob.name
    pictures.name, pictures.renditions = other.name, other.renditions
    assert get(f"{PLACE}/render-model").json()["pixels"]["url"] != first


def test_an_image_is_told_under_a_presentation_state_of_its_study(
    security: Security, pictures: Pictures, sign: Sign
) -> None:
    state = phantom_dataset()
    state.SOPClassUID, state.Modality, state.PresentationLUTShape = "1.2.840.10008.5.1.4.1.1.11.1", "PR", "INVERSE"
    state.PresentationCreationDate = "20240312"
    pictures.state = part10(state)
    web, signed = door(security, pictures), sign("clinician")
    path = f"{PLACE}/render-model"
    assert not ask(web, "GET", path, signed).json()["invert"]
    assert ask(web, "GET", f"{path}?state=1.2.99", signed).json()["invert"]
    pictures.state = phantom()
    assert ask(web, "GET", f"{path}?state=1.2.99", signed).status == 415
    assert ask(web, "GET", f"{path}?state=x", signed).status == 400
