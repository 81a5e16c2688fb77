"""What the client accepts, and what is chosen (PS3.18 8.7.5, RFC 9110 12.5.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.core.errors import Malformed, Unsupported
from radiotheque.core.uid import UID
from radiotheque.dicom.syntaxes import SYNTAXES
from radiotheque.wire.dicomweb.accept import MediaRange, acceptable, choose, parse_accept, parse_media_type
from radiotheque.wire.dicomweb.negotiate import for_frames, for_instance

ELE, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
J2K, JPEG_LOSSY, RLE = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.5"


@pytest.mark.parametrize(
    "text",
    [
        'multipart/related; type="application/dicom"; transfer-syntax=*',
        "multipart/related;type=application/dicom;transfer-syntax=*",
        'Multipart/Related ; TYPE="application/DICOM" ; transfer-syntax="*"',
        "multipart/related; transfer-syntax=*; type=application/dicom; q=1.0",
    ],
)
def test_quoted_and_bare_upper_and_lower_case_are_equal(text: str) -> None:
    (found,) = parse_accept(text)
    assert (found.name, found.part, found.syntax) == ("multipart/related", "application/dicom", "*")


def test_qualities_order_and_zero_excludes() -> None:
    ranges = parse_accept("text/a;q=0.2, text/b, text/c;q=0, text/d;q=0.7, text/e")
    assert [each.name for each in ranges] == ["text/b", "text/e", "text/d", "text/a"]


def test_commas_and_semicolons_inside_quotes_separate_nothing() -> None:
    (found,) = parse_accept('multipart/related; type="application/dicom"; note="a, b; c"')
    assert dict(found.parameters)["note"] == "a, b; c"


@pytest.mark.parametrize("text", ["dicom", "a/b/c d", "text/html;q=2", "text/html;q=x", "text/ html", "a/b,,;"])
def test_what_is_no_list_of_media_types_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_accept(text)


@given(st.text(alphabet=st.sampled_from('abc/*;,="q01. \\\t-'), max_size=80))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        for each in parse_accept(text):
            assert 0 < each.quality <= 1
    except Malformed:
        return


@given(st.text(max_size=200))
def test_any_content_type_is_understood_or_refused(text: str) -> None:
    try:
        parse_media_type(text)
    except Malformed:
        return


def test_a_boundary_keeps_its_case_and_its_odd_letters() -> None:
    found = parse_media_type('multipart/related; boundary="a=/+_,-.:?X y"; type="application/dicom"')
    assert dict(found.parameters)["boundary"] == "a=/+_,-.:?X y"


def test_the_parameter_is_heeded_before_the_header_and_nothing_means_anything() -> None:
    ranges = acceptable(["text/a"], ["text/b"])
    assert [each.name for each in ranges] == ["text/a", "text/b"]
    assert acceptable([], []) == (MediaRange("*/*"),)
    assert acceptable([], [""]) == (MediaRange("*/*"),)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        # PS3.18 8.7.3 and Table 8.7.4-1: a type of one table with a type of the other
        ("application/dicom, image/png", False),
        ('multipart/related; type="application/dicom+xml", text/html', False),
        ("application/octet-stream, image/png", False),
        ("image/jls, image/gif", False),
        # a type of both is bulk data of a DICOM resource, and a picture of a rendered one
        ("image/jp2, image/png", False),
        ("image/jpeg, image/png", False),
        ("application/dicom+json, image/jpeg", True),
        ("application/octet-stream, image/png", True),
        ('multipart/related; type="image/jpeg", multipart/related; type="image/dicom-rle"', True),
    ],
)
def test_dicom_and_rendered_types_do_not_mix(text: str, rendered: bool) -> None:
    with pytest.raises(Malformed):
        acceptable([], [text], rendered=rendered)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("application/octet-stream, image/jpeg, image/jp2", False),
        ("application/dicom, image/jpeg", False),
        ("application/octet-stream, image/*, */*;q=0.1", False),
        ("image/jpeg, image/png, image/gif, text/html", True),
        # what a browser sends for an <img>
        ("image/webp, image/avif, image/jxl, image/png, image/svg+xml, image/*;q=0.8, */*;q=0.5", True),
    ],
)
def test_types_of_one_kind_do_and_wildcards_are_of_either(text: str, rendered: bool) -> None:
    assert acceptable([], [text], rendered=rendered)


def test_a_single_part_only_of_what_is_one_item() -> None:
    ranges = parse_accept("image/png")
    assert choose(ranges, ("image/jpeg", "image/png"), single=True) == ("image/png", False)
    with pytest.raises(Unsupported):
        choose(ranges, ("image/jpeg", "image/png"), single=False)
    assert choose(parse_accept("*/*"), ("image/jpeg",), single=False) == ("image/jpeg", True)


@pytest.mark.parametrize(
    ("stored", "accept", "expected"),
    [
        # PS3.18 8.7.3.5.2: Explicit VR LE by default, unless only a lossy version is there
        (ELE, "application/dicom", [None]),
        (J2K, "application/dicom", [ELE]),
        (JPEG_LOSSY, "application/dicom", [None]),
        (IMPLICIT, "application/dicom", [ELE]),
        # "*" is the kept one, but for the two that never go out
        (J2K, "application/dicom; transfer-syntax=*", [None]),
        (IMPLICIT, "application/dicom; transfer-syntax=*", [ELE]),
        (BIG, "application/dicom; transfer-syntax=*", [ELE]),
        # by name: never the two, never a new loss
        (J2K, f"application/dicom; transfer-syntax={J2K}", [None]),
        (ELE, f"application/dicom; transfer-syntax={J2K}", [J2K]),
        (ELE, f"application/dicom; transfer-syntax={JPEG_LOSSY}", []),
        (ELE, f"application/dicom; transfer-syntax={IMPLICIT}", []),
        (ELE, "application/dicom; transfer-syntax=1.2.3", []),
        (ELE, "image/png", []),
        # in the order of the client's wishes
        (J2K, f"application/dicom; transfer-syntax={RLE}, application/dicom; transfer-syntax=*", [RLE, None]),
    ],
)
def test_an_instance_is_given_in_the_syntax_that_the_standard_says(
    stored: str, accept: str, expected: list[str]
) -> None:
    candidates = for_instance(UID(stored), parse_accept(accept), single=True)
    assert [candidate.syntax for candidate in candidates] == expected


@pytest.mark.parametrize(
    ("stored", "accept", "expected"),
    [
        (ELE, "application/octet-stream", (None, "application/octet-stream")),
        (J2K, "application/octet-stream", (ELE, "application/octet-stream")),
        (J2K, "application/octet-stream; transfer-syntax=*", (None, "application/octet-stream")),
        (J2K, "image/jp2", (None, "image/jp2")),
        (ELE, "image/jls", ("1.2.840.10008.1.2.4.80", "image/jls")),
        (JPEG_LOSSY, "image/jpeg", (None, "image/jpeg")),
        (BIG, "application/octet-stream; transfer-syntax=*", (ELE, "application/octet-stream")),
        (J2K, f"image/jpeg; transfer-syntax={J2K}", None),
    ],
)
def test_frames_are_given_in_the_type_and_syntax_asked_for(
    stored: str, accept: str, expected: tuple[str | None, str] | None
) -> None:
    candidates = for_frames(UID(stored), parse_accept(accept), single=True)
    assert (candidates[0].syntax, candidates[0].media_type) == expected if expected else candidates == ()


@given(stored=st.sampled_from(sorted(SYNTAXES)), asked=st.sampled_from(["", "*", *sorted(SYNTAXES)]))
def test_implicit_and_big_endian_never_go_out_and_nothing_is_made_lossy(stored: UID, asked: str) -> None:
    accept = "application/dicom" + (f"; transfer-syntax={asked}" if asked else "")
    for candidate in for_instance(stored, parse_accept(accept), single=True):
        row = SYNTAXES[candidate.syntax or stored]
        assert row.may_be_on_the_web
        assert candidate.syntax is None or row.lossless
