"""Containers of video are told by their first bytes (ISO/IEC 13818-1, 14496-12), codecs by the transfer syntax."""

from pathlib import Path

import pytest

from clips import HEVC, MPEG2, elementary_stream, mp4, mpeg2, transport_stream
from radiotheque.core.uid import UID
from radiotheque.dicom.containers import Container, codec_of, container_of, is_video, packets_of


@pytest.mark.parametrize("packet", [188, 192, 204])
def test_a_transport_stream_has_its_sync_byte_in_every_packet(packet: int) -> None:
    head = transport_stream(1, packet=packet)[:1024]
    assert container_of(head) is Container.TRANSPORT_STREAM
    assert packets_of(head) == (packet, 4 if packet == 192 else 0)


def test_other_containers(tmp_path: Path) -> None:
    assert container_of(mp4(2)) is Container.MP4
    assert container_of(mpeg2(tmp_path, 2)) is Container.PROGRAM_STREAM
    assert container_of(elementary_stream(2)) is Container.ELEMENTARY_STREAM
    assert container_of(b"#EXTM3U\nfile:///etc/passwd\n") is Container.OTHER
    assert container_of(b"") is Container.OTHER
    assert container_of(b"G" * 4) is Container.OTHER


@pytest.mark.parametrize(
    ("syntax", "codec"),
    [
        (MPEG2, "mpeg2"),
        ("1.2.840.10008.1.2.4.101.1", "mpeg2"),
        ("1.2.840.10008.1.2.4.103", "h264"),
        ("1.2.840.10008.1.2.4.106.1", "h264"),
        (HEVC, "hevc"),
        ("1.2.840.10008.1.2.4.108", "hevc"),
    ],
)
def test_the_codec_is_that_of_the_transfer_syntax(syntax: str, codec: str) -> None:
    assert is_video(UID(syntax))
    assert codec_of(UID(syntax)) == codec


def test_pictures_are_no_video() -> None:
    assert not is_video(UID("1.2.840.10008.1.2.4.90"))
    assert not is_video(UID("1.2.3"))
