"""Broken and ill-meant DICOM files: made here, one or more of each kind, and those of the shared data."""

import random
import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phantoms import dataset_bytes, phantom
from shared import dataset_offset, shared_data

CR, EXPLICIT, DEFLATED = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
NOT_DICOM = ("fhir", "hl7")
PIXELS = b"\xe0\x7f\x10\x00OW\0\0"
SECRETS = ("Zyxwvutsrq", "Ponmlkjihg", "<script>", "jndi")
"""Parts of patients' names in the files made here; no log may hold one."""


@dataclass(frozen=True, slots=True)
class IllFile:
    """A file to send, and what its data set says it is as far as that can be read."""

    name: str
    data: bytes
    sop_class: str
    instance: str
    syntax: str

    @property
    def dataset(self) -> bytes:
        """The bytes behind group 0002; all of them when there is none."""
        return self.data[dataset_offset(self.data) :] if self.data[128:132] == b"DICM" else self.data


def ill_file(name: str, data: bytes) -> IllFile:
    """Give a file with the UIDs that are found in its bytes, made up where there are none."""
    at = dataset_offset(data) if data[128:132] == b"DICM" else 0
    meta, body = data[:at], data[at:]
    syntax = _uid(b"\x02\x00\x10\x00", meta) or EXPLICIT
    if syntax == DEFLATED:
        body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, 4096)
    sop_class = _uid(b"\x08\x00\x16\x00", body) or _uid(b"\x02\x00\x02\x00", meta) or CR
    instance = _uid(b"\x08\x00\x18\x00", body) or _uid(b"\x02\x00\x03\x00", meta) or f"2.25.{zlib.crc32(data) + 1}"
    return IllFile(name, data, sop_class, instance, syntax)


def _uid(tag: bytes, data: bytes) -> str:
    found = re.search(re.escape(tag) + rb"(?:UI..|.\0\0\0)([0-9./]+)", data, re.DOTALL)
    return found[1].decode() if found else ""


def shared_ill_files() -> Sequence[IllFile]:
    """Give the hostile DICOM files of the shared data, () when it is not there."""
    root = shared_data()
    if root is None:
        return ()
    paths = sorted(path for path in (root / "hostile").rglob("*") if path.is_file())
    wanted = [path for path in paths if path.parent.name not in (*NOT_DICOM, "archives", "hostile")]
    return [ill_file(f"{path.parent.name}/{path.name}", path.read_bytes()) for path in wanted]


def made_ill_files() -> Mapping[str, bytes]:
    """Give files made here by name, always the same bytes."""
    return {
        **_envelopes(),
        **_structures(),
        **_values(),
        **_pixels(),
        **_conflicts(),
        **_nested(),
    }


def film(label: str, **wishes: object) -> bytes:
    """Give a small good film of a patient and study of its own."""
    return phantom(patient_id=f"ILL-{label}", patient_name="Zyxwvutsrq^Ill", rows=16, columns=16, **wishes)  # type: ignore[arg-type]


def _envelopes() -> Mapping[str, bytes]:
    good = film("preamble")
    cut = film("truncated")
    return {
        "empty": b"",
        "one byte": b"\0",
        "a web page": b"<html><body>not found</body></html>",
        "noise": random.Random(7).randbytes(5000),
        "preamble alone": bytes(128) + b"DICM",
        "cut in the pixels": cut[:-100],
        "cut in a tag": cut[: cut.index(b"\x20\x00\x0d\x00UI") + 6],
        "a program in the preamble": b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + bytes(60) + good[128:],
        "garbage behind": film("garbage") + random.Random(8).randbytes(1000),
    }


def _inserted(file: bytes, element: bytes) -> bytes:
    """Give the file with an element right before its Pixel Data."""
    at = file.rindex(PIXELS)
    return file[:at] + element + file[at:]


def _long(tag: int, vr: bytes, size: int, value: bytes) -> bytes:
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, size) + value


def _short(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def _structures() -> Mapping[str, bytes]:
    rows = _short(0x00280010, b"US", struct.pack("<H", 16))
    good = film("rows")
    return {
        "an element of 2 GB": _inserted(film("overrun"), _long(0x50000010, b"OB", 0x7FFFFFFE, b"abcd")),
        "odd length": _inserted(film("odd"), _short(0x40000010, b"LT", b"odd")),
        "Rows as text": good.replace(rows, _short(0x00280010, b"LO", b"16")),
        "value representation ZZ": _inserted(film("zz"), _short(0x40000010, b"ZZ", b"what")),
        "sequence never closed": _inserted(film("open"), _long(0x54000100, b"SQ", 0xFFFFFFFF, b"")),
        "sequence longer than the file": _inserted(film("long"), _long(0x54000100, b"SQ", 99999, b"")),
        "no study": film("nostudy", extra={"StudyInstanceUID": None, "SeriesInstanceUID": None}),
        "deflated 256 MiB": _bomb(256),
    }


def _bomb(mib: int) -> bytes:
    """Give a deflated data set with a private value of so many MiB of nothing (PS3.5 A.5)."""
    plain = film("bomb")
    head, tail = dataset_bytes(plain).split(PIXELS)
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    data = packer.compress(head + _short(0x60090010, b"LO", b"BOMB"))
    data += packer.compress(_long(0x60091000, b"OB", mib << 20, b""))
    data += b"".join(packer.compress(bytes(1 << 20)) for _ in range(mib))
    data += packer.compress(PIXELS + tail) + packer.flush()
    empty = film("bomb", syntax=DEFLATED)
    return empty[: -len(dataset_bytes(empty))] + data + b"\0" * (len(data) % 2)


def _values() -> Mapping[str, bytes]:
    names = {
        "markup in names": "<script>alert(1)</script>^<img src=x onerror=alert(2)>",
        "a line break in a name": "Ponmlkjihg^A\r\nX-Evil: 1",
        "a look-up in a name": "${jndi:ldap://127.0.0.1/a}^Ponmlkjihg",
        "SQL in a name": "Ponmlkjihg'; DROP TABLE study; --",
        "a name of 10,000 letters": "Ponmlkjihg^" + "a" * 10_000,
    }
    found = {label: film(label[:20], extra={"PatientName": name}) for label, name in names.items()}
    return found | {
        "a path as UID": film("path").replace(b"2.25.", b"../..", 40),
        "a UID of 80 digits": film("uid80", extra={"SOPInstanceUID": "1.2." + "3" * 76}),
        "impossible dates": film("dates", extra={"StudyDate": "20241399", "PatientBirthDate": "unknown"}),
        "an unknown character set": film("charset").replace(b"ISO_IR 192", b"ISO_IR 999"),
        "numbers that are none": film("nan", extra={"WindowCenter": "NaN", "WindowWidth": "1e999"}),
    }


def _pixels() -> Mapping[str, bytes]:
    rle = film("rle", syntax="1.2.840.10008.1.2.5")
    at = rle.rindex(b"\xfe\xff\x00\xe0") + 8
    j2k = film("j2k", syntax="1.2.840.10008.1.2.4.90")
    size = j2k.index(b"\xff\x51") + 6
    return {
        "65535 × 65535 and no pixels": film("giant", extra={"Rows": 65535, "Columns": 65535}),
        "2147483647 frames": film("frames", extra={"NumberOfFrames": 2147483647}),
        "no rows": film("norows", extra={"Rows": 0}),
        "bits that contradict": film("bits", extra={"BitsStored": 24, "HighBit": 23}),
        "window of width 0": film("window", extra={"WindowWidth": "0", "RescaleSlope": "0"}),
        "RLE of 255 segments": rle[:at] + struct.pack("<I", 255) + rle[at + 4 :],
        "JPEG 2000 of 2³¹ × 2³¹": j2k[:size] + struct.pack(">II", 1 << 31, 1 << 31) + j2k[size + 8 :],
        "a PNG that says JPEG": film("png", syntax="1.2.840.10008.1.2.4.50", bits_stored=8).replace(
            b"\xff\xd8\xff", b"\x89PN", 1
        ),
    }


def _conflicts() -> Mapping[str, bytes]:
    instance, series, study = "2.25.4711", "2.25.4712", "2.25.4713"
    return {
        "first of its SOP Instance UID": film("sop", instance=instance),
        "second of its SOP Instance UID": film("sop", instance=instance, seed=9),
        "series in one study": film("series", series=series, instance="2.25.4714"),
        "series in another study": film("series", study="2", series=series, instance="2.25.4715"),
        "study of one patient": film("one", study=study),
        "study of another patient": film("another", study=study),
    }


def nested(depth: int, tag: int = 0x54000100) -> bytes:
    """Give sequences of undefined length one in another, as an element in Explicit VR Little Endian."""
    begin = _long(tag, b"SQ", 0xFFFFFFFF, b"\xfe\xff\x00\xe0\xff\xff\xff\xff")
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    return begin * depth + end * depth


def _nested() -> Mapping[str, bytes]:
    before = film("before")
    at = before.index(b"\x10\x00\x10\x00PN")
    return {
        "nested 3,000 deep": _inserted(film("n3000"), nested(3000)),
        "nested 20,000 deep": _inserted(film("n20000"), nested(20_000)),
        "nested 3,000 deep before the patient": before[:at] + nested(3000, 0x00089999) + before[at:],
        "nested 20,000 deep before the patient": before[:at] + nested(20_000, 0x00089999) + before[at:],
        "nested 30 deep": _inserted(film("n30"), nested(30)),
    }
