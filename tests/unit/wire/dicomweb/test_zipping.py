"""The ZIP writer, read back by programs that we did not write."""

import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.wire.dicomweb.zipping import Member, zip_chunks, zip_size

MOMENT = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


def member(name: str, data: bytes) -> Member:
    return Member(name, len(data), lambda: iter((data[:7], data[7:])))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_what_was_put_in_is_read_back_and_the_size_was_right(contents: list[bytes]) -> None:
    members = [member(f"DICOM/{at:08}", data) for at, data in enumerate(contents)]
    whole = b"".join(zip_chunks(members, modified_at=MOMENT))
    assert len(whole) == zip_size(members)
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert read.testzip() is None
        assert [read.read(info) for info in read.infolist()] == contents
        assert all(info.date_time == (2023, 11, 14, 22, 13, 20) for info in read.infolist())


def test_more_members_than_16_bits_count_make_a_zip64() -> None:
    members = [member(f"{at}", b"") for at in range(70_000)]
    whole = b"".join(zip_chunks(members, modified_at=MOMENT))
    assert len(whole) == zip_size(members)
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert len(read.infolist()) == 70_000


def test_a_member_over_4_gib_and_one_behind_it(tmp_path: Path) -> None:
    size = (4 << 30) + 5
    zeros = bytes(1 << 24)

    def hole() -> Iterator[bytes]:
        for at in range(0, size, len(zeros)):
            yield zeros[: min(len(zeros), size - at)]

    members = [Member("BIG", size, hole), member("DICOM/00000001", b"behind")]
    path = tmp_path / "big.zip"
    with path.open("wb") as out:
        for piece in zip_chunks(members, modified_at=MOMENT):
            if piece is zeros:
                out.seek(len(piece), io.SEEK_CUR)  # a sparse file: the disk holds next to nothing
            else:
                out.write(piece)
    assert path.stat().st_size == zip_size(members)
    with zipfile.ZipFile(path) as read:
        big, behind = read.infolist()
        assert (big.file_size, behind.file_size) == (size, 6)
        assert read.read(behind) == b"behind"
        assert behind.header_offset > 4 << 30


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_info_zip_finds_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "small.zip"
    path.write_bytes(
        b"".join(zip_chunks([member("DICOMDIR", b"abc"), member("DICOM/1", b"x" * 9)], modified_at=MOMENT))
    )
    told = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_a_member_of_another_size_than_said_is_not_passed_off_as_whole() -> None:
    with pytest.raises(ValueError, match="was said to have 3"):
        list(zip_chunks([Member("X", 3, lambda: iter((b"12",)))], modified_at=MOMENT))
