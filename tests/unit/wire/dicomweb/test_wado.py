"""Retrieve over the web: which representation, framed how, and what else the answer says (PS3.18 10.4)."""

import json
from io import BytesIO
from xml.etree import ElementTree

import pydicom
import pytest
from pydicom.uid import RLELossless

from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.samples import SERIES, STUDY, image
from unit.wire.dicomweb.shelf import Shelf

ANY = 'multipart/related; type="application/dicom"; transfer-syntax=*'
PATH = f"/dicom-web/studies/{STUDY}"
ONE = f"{PATH}/series/{STUDY}.1/instances/{SERIES}.1"
URL = "http://pacs.test"


def shelf_of(*objects: bytes) -> Shelf:
    shelf = Shelf()
    for each in objects:
        shelf.put(each)
    return shelf


def get(shelf: Shelf, url: str, accept: str = "", **headers: str) -> Answer:
    fields = {**({"Accept": accept} if accept else {}), **{n.replace("_", "-"): v for n, v in headers.items()}}
    answer = ask(dicomweb_routes(shelf, WebSettings()), "GET", url, fields)
    if "content-length" in answer.headers:
        assert int(answer.headers["content-length"]) == len(answer.body)
    return answer


def test_a_study_comes_as_kept_in_parts_that_say_what_they_are() -> None:
    objects = [image(1), image(2)]
    answer = get(shelf_of(*objects), PATH, ANY)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith('multipart/related; type="application/dicom"; boundary=')
    assert "content-length" in answer.headers
    parts = answer.parts()
    assert [body for _, body in parts] == objects
    headers, body = parts[0]
    assert headers["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    assert int(headers["content-length"]) == len(body)
    assert headers["content-location"] == URL + ONE
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("accept", ["", "*/*", "multipart/related", "multipart/related; type=application/dicom"])
def test_without_a_transfer_syntax_explicit_little_endian_is_given(accept: str) -> None:
    answer = get(shelf_of(image(1, syntax=RLELossless)), PATH, accept)
    headers, body = (
        answer.parts()[0] if "multipart" in answer.headers["content-type"] else (answer.headers, answer.body)
    )
    assert headers["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    given = pydicom.dcmread(BytesIO(body))
    assert (given.pixel_array == pydicom.dcmread(BytesIO(image(1))).pixel_array).all()


def test_any_transfer_syntax_is_the_kept_one_but_never_implicit() -> None:
    compressed, implicit = image(1, syntax=RLELossless), image(2, implicit=True)
    answer = get(shelf_of(compressed, implicit), PATH, ANY)
    (_, first), (headers, second) = answer.parts()
    assert first == compressed
    assert headers["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    assert pydicom.dcmread(BytesIO(second)).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_one_instance_may_come_alone_and_several_may_not() -> None:
    shelf = shelf_of(image(1))
    for place in (ONE, f"{PATH}/series/{STUDY}.1", PATH):
        for accept in ("application/dicom; transfer-syntax=*", "application/dicom"):
            alone = get(shelf, place, accept)
            assert (alone.status, alone.body) == (200, image(1))
            assert alone.headers["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
        assert len(get(shelf, place, "*/*").parts()) == 1
    shelf.put(image(2))
    # PS3.18 10.4.4: single part media types are ignored where there is more than one item
    assert get(shelf, PATH, "application/dicom").status == 406
    assert get(shelf, f"{PATH}/series/{STUDY}.1", "application/dicom").status == 406
    assert get(shelf, ONE, "application/dicom").status == 200


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", RLELossless])
def test_pixel_data_and_bulk_data_of_one_item_may_come_alone(frames: int, syntax: str) -> None:
    shelf = shelf_of(image(1, frames=frames, syntax=syntax))
    pixels = pydicom.dcmread(BytesIO(image(1, frames=frames))).PixelData
    for place in ("pixeldata", "bulkdata", "bulkdata/7FE00010"):
        answer = get(shelf, f"{ONE}/{place}", "application/octet-stream")
        assert (answer.status, answer.body) == (200, pixels)
        assert answer.headers["content-type"].startswith("application/octet-stream")
        assert get(shelf, f"{ONE}/{place}", "application/octet-stream", Range="bytes=2-5").body == pixels[2:6]
    assert get(shelf, f"{PATH}/pixeldata", "application/octet-stream").body == pixels


def test_several_compressed_frames_come_in_parts_alone() -> None:
    shelf = shelf_of(image(1, frames=2, syntax=RLELossless))
    for place in ("pixeldata", "bulkdata", "bulkdata/7FE00010"):
        assert get(shelf, f"{ONE}/{place}", "image/dicom-rle").status == 406
        assert len(get(shelf, f"{ONE}/{place}", 'multipart/related; type="image/dicom-rle"').parts()) == 2
    assert get(shelf_of(image(1, syntax=RLELossless)), f"{ONE}/pixeldata", "image/dicom-rle").status == 200


def test_pixel_data_of_several_instances_come_in_parts_alone() -> None:
    shelf = shelf_of(image(1), image(2))
    assert get(shelf, f"{PATH}/pixeldata", "application/octet-stream").status == 406
    assert get(shelf, f"{PATH}/bulkdata", "application/octet-stream").status == 406
    assert len(get(shelf, f"{PATH}/pixeldata").parts()) == 2


def test_bulk_data_of_what_has_none_is_404() -> None:
    dataset = pydicom.dcmread(BytesIO(image(1)))
    del dataset.PixelData
    out = BytesIO()
    dataset.save_as(out)
    shelf = shelf_of(out.getvalue())
    assert get(shelf, f"{ONE}/bulkdata").status == 404
    assert get(shelf, f"{PATH}/bulkdata").status == 404


def test_what_can_be_given_in_no_accepted_syntax_is_left_out_with_206_or_406() -> None:
    shelf = shelf_of(image(1), image(2, syntax=RLELossless))
    shelf.transcodes = False
    answer = get(shelf, PATH, 'multipart/related; type="application/dicom"')
    assert (answer.status, len(answer.parts())) == (206, 1)
    wanted = "multipart/related; type=application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80"
    assert get(shelf, PATH, wanted).status == 406


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.3.4"])
def test_a_syntax_that_never_goes_out_is_406(syntax: str) -> None:
    wanted = f"multipart/related; type=application/dicom; transfer-syntax={syntax}"
    assert get(shelf_of(image(1, implicit=True)), PATH, wanted).status == 406


def test_dicom_and_rendered_types_together_are_400() -> None:
    assert get(shelf_of(image(1)), ONE, "application/dicom, image/png").status == 400


def test_the_parameter_comes_first_and_qualities_are_heeded() -> None:
    shelf = shelf_of(image(1, syntax=RLELossless))
    both = "application/dicom; transfer-syntax=*;q=0.5, application/dicom;q=0.8"
    assert "1.2.840.10008.1.2.1" in get(shelf, ONE, both).headers["content-type"]
    url = f"{ONE}?accept=application/dicom;transfer-syntax=*".replace(";", "%3B")
    assert "1.2.840.10008.1.2.5" in get(shelf, url, both).headers["content-type"]


def test_what_is_held_already_is_304() -> None:
    shelf = shelf_of(image(1))
    etag = get(shelf, ONE, ANY).headers["etag"]
    again = get(shelf, ONE, ANY, If_None_Match=f'"other", {etag}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert get(shelf, ONE, "application/dicom", If_None_Match=etag).status == 200


def test_a_range_of_an_instance_alone() -> None:
    shelf, whole = shelf_of(image(1)), image(1)
    wanted = "application/dicom; transfer-syntax=*"
    some = get(shelf, ONE, wanted, Range="bytes=100-299")
    assert (some.status, some.body) == (206, whole[100:300])
    assert some.headers["content-range"] == f"bytes 100-299/{len(whole)}"
    assert get(shelf, ONE, wanted, Range="bytes=-10").body == whole[-10:]
    assert get(shelf, ONE, wanted, Range="bytes=100-").body == whole[100:]
    assert get(shelf, ONE, wanted, Range=f"bytes={len(whole)}-").status == 416
    assert get(shelf, ONE, wanted, Range="bytes=0-1", If_Range='"old"').body == whole


def test_what_is_not_there_is_404_and_what_was_rejected_410() -> None:
    shelf = shelf_of(image(1))
    assert get(shelf, "/dicom-web/studies/1.2.3", ANY).status == 404
    routes = dicomweb_routes(shelf, WebSettings())
    assert ask(routes, "DELETE", f"{PATH}?reason=113037").status == 204
    assert shelf.rejected[0][1] == "113037"
    assert get(shelf, PATH, ANY).status == 410


@pytest.mark.parametrize("reason", ["foobar12", "", "113000", "99999999999999999999"])
def test_a_reason_that_is_no_code_of_the_context_group_rejects_nothing(reason: str) -> None:
    shelf = shelf_of(image(1))
    answer = ask(dicomweb_routes(shelf, WebSettings()), "DELETE", f"{PATH}?reason={reason}")
    assert answer.status == 400
    # PS3.16 CID 7011
    assert all(code in json.loads(answer.body)["detail"] for code in ("113001", "113037", "113038", "113039"))
    assert get(shelf, PATH, ANY).status == 200


def test_no_uid_is_400() -> None:
    assert get(Shelf(), "/dicom-web/studies/..%2f..%2fetc", ANY).status == 400


def test_head_is_get_without_a_body() -> None:
    shelf = shelf_of(image(1))
    routes = dicomweb_routes(shelf, WebSettings())
    answer = ask(routes, "HEAD", ONE, {"Accept": "application/dicom"})
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(image(1))


def test_metadata_is_an_array_whose_bulk_data_is_found_at_absolute_addresses() -> None:
    answer = get(shelf_of(image(1), image(2)), f"{PATH}/metadata")
    assert answer.headers["content-type"] == "application/dicom+json"
    first, second = json.loads(answer.body)
    assert first["00080018"]["Value"] == [f"{SERIES}.1"]
    assert first["7FE00010"]["BulkDataURI"] == f"{URL}{ONE}/bulkdata/7FE00010"
    assert second["7FE00010"]["BulkDataURI"].startswith(f"{URL}{ONE[:-1]}2/")


def test_metadata_as_xml_is_a_part_an_instance() -> None:
    answer = get(shelf_of(image(1), image(2)), f"{PATH}/metadata", 'multipart/related; type="application/dicom+xml"')
    parts = answer.parts()
    assert len(parts) == 2
    assert b'<BulkData uri="http://pacs.test/dicom-web/' in parts[0][1]
    assert parts[0][0]["content-location"] == URL + ONE


@pytest.mark.parametrize("place", [ONE, PATH])
def test_metadata_of_one_instance_as_xml_alone_where_no_multipart_is_asked_for(place: str) -> None:
    alone = get(shelf_of(image(1)), f"{place}/metadata", "application/dicom+xml")
    assert (alone.status, alone.headers["content-type"]) == (200, "application/dicom+xml")
    assert ElementTree.fromstring(alone.body).tag.endswith("NativeDicomModel")
    asked = 'multipart/related; type="application/dicom+xml"'
    ((_, document),) = get(shelf_of(image(1)), f"{place}/metadata", asked).parts()
    assert document == alone.body


def test_metadata_of_several_instances_as_xml_alone_is_not_acceptable_but_json_is() -> None:
    shelf = shelf_of(image(1), image(2))
    assert get(shelf, f"{PATH}/metadata", "application/dicom+xml").status == 406
    both = get(shelf, f"{PATH}/metadata", "application/dicom+xml, application/dicom+json;q=0.5")
    assert (both.status, both.headers["content-type"]) == (200, "application/dicom+json")


def test_metadata_of_many_instances_as_xml_goes_out_while_it_is_made() -> None:
    shelf = shelf_of(*map(image, range(1, 61)))
    answer = get(shelf, f"{PATH}/metadata", 'multipart/related; type="application/dicom+xml"')
    assert len(answer.parts()) == 60
    assert "content-length" not in answer.headers
    assert len(answer.pieces) > 2
    assert [headers["content-location"] for headers, _ in answer.parts()][:2] == [f"{URL}{ONE}", f"{URL}{ONE[:-1]}2"]


def test_a_frame_in_the_shapes_that_viewers_ask_for() -> None:
    shelf, pixels = shelf_of(image(1)), pydicom.dcmread(BytesIO(image(1))).PixelData
    bare = get(shelf, f"{ONE}/frames/1", "application/octet-stream; transfer-syntax=*")
    assert (bare.status, bare.body) == (200, pixels)
    assert bare.headers["content-type"] == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
    parted = get(shelf, f"{ONE}/frames/1", "multipart/related; type=application/octet-stream; transfer-syntax=*")
    ((headers, body),) = parted.parts()
    assert (body, headers["content-location"]) == (pixels, f"{URL}{ONE}/frames/1")


def test_frames_come_in_the_order_asked_and_those_missing_make_it_206() -> None:
    shelf = shelf_of(image(1, frames=3))
    pixels = pydicom.dcmread(BytesIO(image(1, frames=3))).PixelData
    size = len(pixels) // 3
    answer = get(shelf, f"{ONE}/frames/3,1")
    assert [body for _, body in answer.parts()] == [pixels[2 * size :], pixels[:size]]
    partial = get(shelf, f"{ONE}/frames/1,9")
    assert (partial.status, len(partial.parts())) == (206, 1)
    assert get(shelf, f"{ONE}/frames/9").status == 404
    assert get(shelf, f"{ONE}/frames/0").status == 400
    assert get(shelf, f"{ONE}/frames/a").status == 400


def test_compressed_frames_go_out_as_kept_where_their_type_is_accepted() -> None:
    shelf = shelf_of(image(1, syntax=RLELossless))
    rle = get(shelf, f"{ONE}/frames/1", 'multipart/related; type="image/dicom-rle"')
    assert rle.parts()[0][0]["content-type"] == "image/dicom-rle; transfer-syntax=1.2.840.10008.1.2.5"
    plain = get(shelf, f"{ONE}/frames/1", 'multipart/related; type="application/octet-stream"')
    assert plain.parts()[0][1] == pydicom.dcmread(BytesIO(image(1))).PixelData
    assert get(shelf, f"{ONE}/frames/1", 'multipart/related; type="image/jls"').status == 406


def test_pixel_data_of_a_series() -> None:
    shelf = shelf_of(image(1), image(2, frames=2, syntax=RLELossless))
    answer = get(
        shelf,
        f"{PATH}/series/{STUDY}.1/pixeldata",
        "multipart/related; type=application/octet-stream; transfer-syntax=*",
    )
    kinds = [headers["content-type"] for headers, _ in answer.parts()]
    # native pixel data is one part, compressed one part a frame
    assert [kind[-5:] for kind in kinds] == [".2.1", "1.2.5", "1.2.5"] or [kind.split("=")[1] for kind in kinds] == [
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.5",
    ]


def test_bulk_data_by_its_address_whole_and_in_part() -> None:
    shelf, pixels = shelf_of(image(1)), pydicom.dcmread(BytesIO(image(1))).PixelData
    answer = get(shelf, f"{ONE}/bulkdata/7FE00010", "application/octet-stream")
    assert (answer.status, answer.body) == (200, pixels)
    assert get(shelf, f"{ONE}/bulkdata/7FE00010", "application/octet-stream", Range="bytes=2-5").body == pixels[2:6]
    assert get(shelf, f"{ONE}/bulkdata/00420011").status == 404
    assert get(shelf, f"{ONE}/bulkdata/etc/passwd").status == 400
    assert len(get(shelf, f"{ONE}/bulkdata").parts()) == 1
