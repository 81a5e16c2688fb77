"""The table of transfer syntaxes against the dictionary of pydicom and the tables of PS3.18."""

import pytest
from pydicom import uid as pydicom_uid

from radiotheque.core.errors import Unsupported
from radiotheque.dicom.syntaxes import (
    DEFLATED_IMAGE_FRAME,
    EXPLICIT_LE,
    IMPLICIT_LE,
    JPEG_XL,
    JPEG_XL_LOSSLESS,
    JPEG_XL_RECOMPRESSION,
    PREFERENCE,
    SYNTAXES,
    syntax,
)

KNOWN = [uid for uid in SYNTAXES if uid in pydicom_uid.UID_dictionary]
"""Some tests make known to pydicom what it does not know itself, so this depends on what was imported before."""
PREFIX = "1.2.840.10008.1.2"


@pytest.mark.parametrize("uid", KNOWN)
def test_traits_are_those_pydicom_knows(uid: str) -> None:
    row, theirs = syntax(uid), pydicom_uid.UID(uid)
    assert row.keyword == theirs.keyword
    assert (row.implicit, row.big_endian, row.deflated, row.encapsulated) == (
        theirs.is_implicit_VR,
        not theirs.is_little_endian,
        theirs.is_deflated,
        theirs.is_encapsulated,
    )


def test_those_pydicom_does_not_know_yet_are_there() -> None:
    late = {JPEG_XL_LOSSLESS, JPEG_XL_RECOMPRESSION, JPEG_XL, DEFLATED_IMAGE_FRAME}
    assert set(SYNTAXES) - set(KNOWN) <= late <= set(SYNTAXES)


def test_every_syntax_in_use_is_spoken() -> None:
    in_use = {
        uid
        for uid, row in pydicom_uid.UID_dictionary.items()
        if row[1] == "Transfer Syntax" and uid.startswith(PREFIX) and row[3] != "Retired"
    }
    # JPIP needs a server of its own, SMPTE ST 2110 is for live streams (PS3.22)
    not_kept = {f"{PREFIX}.4.{end}" for end in (94, 95, 204, 205)} | {f"{PREFIX}.7.{end}" for end in (1, 2, 3)}
    assert in_use - not_kept <= set(SYNTAXES)
    assert f"{PREFIX}.2" in SYNTAXES  # retired, and still sent by old devices


@pytest.mark.parametrize(
    ("suffix", "lossless", "media_type"),
    [
        (".1", True, "application/octet-stream"),
        (".4.50", False, "image/jpeg"),
        (".4.51", False, "image/jpeg"),
        (".4.57", True, "image/jpeg"),
        (".4.70", True, "image/jpeg"),
        (".4.80", True, "image/jls"),
        (".4.81", False, "image/jls"),
        (".4.90", True, "image/jp2"),
        (".4.91", False, "image/jp2"),
        (".4.92", True, "image/jpx"),
        (".4.93", False, "image/jpx"),
        (".4.100", False, "video/mpeg"),
        (".4.102", False, "video/mp4"),
        (".4.107", False, "video/H265"),
        (".4.110", True, "image/jxl"),
        (".4.112", False, "image/jxl"),
        (".4.201", True, "image/jphc"),
        (".4.202", True, "image/jphc"),
        (".4.203", False, "image/jphc"),
        (".5", True, "image/dicom-rle"),
    ],
)
def test_frames_have_the_media_type_of_ps3_18_table_8_7_3_5(suffix: str, lossless: bool, media_type: str) -> None:
    row = syntax(PREFIX + suffix)
    assert (row.lossless, row.media_type, row.may_be_on_the_web) == (lossless, media_type, True)


def test_implicit_and_big_endian_never_go_on_the_web() -> None:
    assert {uid for uid, row in SYNTAXES.items() if not row.may_be_on_the_web} == {IMPLICIT_LE, f"{PREFIX}.2"}


def test_no_lossy_syntax_is_preferred_to_one_that_is_not() -> None:
    ranks = [syntax(uid).lossless for uid in PREFERENCE]
    assert ranks == sorted(ranks, reverse=True)
    assert PREFERENCE[0] == EXPLICIT_LE
    assert len(PREFERENCE) == len(SYNTAXES) == len(set(PREFERENCE))
    lossless_encapsulated = [uid for uid in PREFERENCE if syntax(uid).lossless and syntax(uid).encapsulated]
    assert max(map(PREFERENCE.index, lossless_encapsulated)) < PREFERENCE.index(IMPLICIT_LE)


def test_an_unknown_syntax_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        syntax("1.2.3")
