"""Store over the web: what is kept, and what the sender is told of each object (PS3.18 10.5)."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Busy, OutOfSpace, Unsupported
from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.samples import CR, SERIES, STUDY, image, multipart
from unit.wire.dicomweb.shelf import Shelf

DICOM = "application/dicom"


def store(shelf: Shelf, request: tuple[dict[str, str], bytes], url: str = "/dicom-web/studies", **extra: str) -> Answer:
    headers, body = request
    return ask(dicomweb_routes(shelf, WebSettings()), "POST", url, {**headers, **extra}, body)


def test_every_object_is_kept_byte_by_byte_and_told_of() -> None:
    shelf, objects = Shelf(), [image(1), image(2)]
    answer = store(shelf, multipart(*((DICOM, each) for each in objects)))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/dicom+json")
    assert list(shelf.kept.values()) == objects
    told = Dataset.from_json(answer.body.decode())
    assert told.RetrieveURL == f"http://pacs.test/dicom-web/studies/{STUDY}"
    assert "FailedSOPSequence" not in told
    first = told.ReferencedSOPSequence[0]
    assert (first.ReferencedSOPClassUID, first.ReferencedSOPInstanceUID) == (CR, f"{SERIES}.1")
    where = f"http://pacs.test/dicom-web/studies/{STUDY}/series/{STUDY}.1/instances/{SERIES}.1"
    assert first.RetrieveURL == where


@pytest.mark.parametrize(
    "declared",
    ["", "type=application/dicom; ", "type='application/dicom'; ".replace("'", '"'), 'TYPE="application/DICOM"; '],
)
def test_the_type_of_the_multipart_may_be_missing_bare_or_quoted(declared: str) -> None:
    assert store(Shelf(), multipart((DICOM, image()), declared=declared)).status == 200


def test_a_part_may_say_its_transfer_syntax() -> None:
    part = ("application/dicom; transfer-syntax=1.2.840.10008.1.2.1", image())
    assert store(Shelf(), multipart(part)).status == 200


def test_an_object_alone_is_taken_without_a_multipart() -> None:
    shelf = Shelf()
    assert store(shelf, ({"Content-Type": DICOM}, image())).status == 200
    assert shelf.kept[f"{SERIES}.1"] == image()


def test_one_bad_part_spoils_none_of_the_others() -> None:
    shelf = Shelf()
    answer = store(shelf, multipart((DICOM, image(1)), (DICOM, b"no DICOM at all"), (DICOM, image(2))))
    assert answer.status == 202
    assert set(shelf.kept) == {f"{SERIES}.1", f"{SERIES}.2"}
    told = Dataset.from_json(answer.body.decode())
    assert len(told.ReferencedSOPSequence) == 2
    assert [item.FailureReason for item in told.OtherFailuresSequence] == [0xC000]
    assert "FailedSOPSequence" not in told


def test_an_object_whose_time_is_over_is_not_kept_and_said_to_be_too_much() -> None:
    """C001 is what `TooLarge` is told as: over a limit of size, depth, count or time."""
    shelf, (headers, body) = Shelf(), multipart((DICOM, image(1)))
    answer = ask(dicomweb_routes(shelf, WebSettings(object_s=1e-9)), "POST", "/dicom-web/studies", headers, body)
    assert answer.status == 413
    assert not shelf.kept
    assert 0xC001 in [item.FailureReason for item in Dataset.from_json(answer.body.decode()).OtherFailuresSequence]


def test_a_refused_object_is_named_with_the_reason() -> None:
    shelf = Shelf(refuse={f"{SERIES}.1": Unsupported("SOP Class not taken here")})
    answer = store(shelf, multipart((DICOM, image(1)), (DICOM, image(2))))
    assert answer.status == 202
    (failed,) = Dataset.from_json(answer.body.decode()).FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == (f"{SERIES}.1", 0x0122)
    assert "SOP Class not taken here" in answer.headers["warning"]


def test_an_object_of_another_study_is_refused_where_a_study_is_named() -> None:
    answer = store(Shelf(), multipart((DICOM, image())), "/dicom-web/studies/1.2.3")
    assert answer.status == 409
    (failed,) = Dataset.from_json(answer.body.decode()).FailedSOPSequence
    assert failed.FailureReason == 0xA900


@pytest.mark.parametrize(("error", "status"), [(OutOfSpace("full"), 507), (Busy("busy"), 503)])
def test_our_own_faults_are_told_as_ours(error: Exception, status: int) -> None:
    answer = store(Shelf(fail_with=error), multipart((DICOM, image(1)), (DICOM, image(2))))  # type: ignore[arg-type]
    assert answer.status == status
    assert {item.FailureReason for item in Dataset.from_json(answer.body.decode()).FailedSOPSequence} == {0xA700}


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=b0undary",
        "multipart/related; type=image/jpeg; boundary=b0undary",
        "application/octet-stream",
        "text/plain",
    ],
)
def test_a_body_of_another_kind_is_415(content_type: str) -> None:
    _, body = multipart((DICOM, image()))
    assert store(Shelf(), ({"Content-Type": content_type}, body)).status == 415


def test_a_request_without_a_content_type_is_400() -> None:
    assert store(Shelf(), ({}, image())).status == 400


def test_who_may_not_store_is_refused_before_the_body_is_read() -> None:
    def body() -> object:
        raise AssertionError("the body was read")
        yield b""

    nobody = Caller("guest", Door.DICOMWEB)
    headers, _ = multipart()
    answer = ask(dicomweb_routes(Shelf(), WebSettings()), "POST", "/dicom-web/studies", headers, body(), caller=nobody)  # type: ignore[arg-type]
    assert answer.status == 403


def test_the_answer_may_be_xml() -> None:
    answer = store(Shelf(), multipart((DICOM, image())), Accept="application/dicom+xml")
    assert answer.headers["content-type"] == "application/dicom+xml"
    assert b'keyword="ReferencedSOPSequence"' in answer.body


@given(seed=st.integers(0, 2**32), most=st.integers(1, 400))
def test_however_the_network_cuts_the_body_the_objects_are_the_same(seed: int, most: int) -> None:
    cutter, shelf, objects = random.Random(seed), Shelf(), [image(1), image(2, frames=2), image(3)]
    headers, body = multipart(*((DICOM, each) for each in objects), boundary="x-\r\n-x".replace("\r\n", "y"))
    pieces, at = [], 0
    while at < len(body):
        size = cutter.randint(1, most)
        pieces.append(body[at : at + size])
        at += size
    answer = ask(
        dicomweb_routes(shelf, WebSettings(body_buffer_bytes=1000)), "POST", "/dicom-web/studies", headers, pieces
    )
    assert answer.status == 200
    assert list(shelf.kept.values()) == objects


def test_a_body_cut_short_keeps_what_was_whole_and_says_so() -> None:
    shelf = Shelf()
    headers, body = multipart((DICOM, image(1)), (DICOM, image(2)))
    answer = store(shelf, (headers, body[:-200]))
    assert answer.status == 202
    assert set(shelf.kept) == {f"{SERIES}.1"}
    assert len(json.loads(answer.body)["0008119A"]["Value"]) == 1
