"""Images on sheets of paper at true size, as PDF or PNG: run in a child process, with the library that sets the pages.

All lengths are millimetres. What comes from DICOM goes to the page as data, never as its markup.
"""

import base64
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import imagecodecs
import numpy as np
import typst

from radiotheque.core.errors import Unsupported
from radiotheque.dicom.draw import put_text, text_width
from radiotheque.dicom.plate import SHEETS, Plate

MARGIN_MM, HEAD_MM, FOOT_MM = 10.0, 22.0, 16.0
PNG_DPI = 200

_LETTER_PIXELS = 64
_LINE_MM = 3.6


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a picture lies: the page's size, the picture's, and its scale; 1 is true size, 0 unknown."""

    page_width: float
    page_height: float
    width: float
    height: float
    scale: float


def placed(plate: Plate, sheet: str) -> Placed:
    """Give the larger of upright and across; at true size where that fits, upright first. Raises `Unsupported`."""
    if sheet not in SHEETS:
        raise Unsupported("sheets are {known}", known=", ".join(SHEETS))
    wide, high = SHEETS[sheet]
    tries = [_fitted(plate, wide, high), _fitted(plate, high, wide)]
    return max(tries, key=lambda each: round(each.width, 3))


def _fitted(plate: Plate, page_width: float, page_height: float) -> Placed:
    room = page_width - 2 * MARGIN_MM, page_height - 2 * MARGIN_MM - HEAD_MM - FOOT_MM
    known = plate.width_mm > 0 and plate.height_mm > 0
    width, height = (plate.width_mm, plate.height_mm) if known else (plate.aspect, 1.0)
    most = min(room[0] / width, room[1] / height)
    scale = min(most, 1.0) if known else most
    return Placed(page_width, page_height, width * scale, height * scale, scale if known else 0.0)


def print_sheets(plates: Sequence[Plate], sheet: str, media: str) -> bytes:
    """Give all plates as one "pdf", a page each; as "png" a picture of `PNG_DPI` dots an inch, of several a ZIP of them."""
    files: dict[str, bytes] = {"main": _PAGE.encode()}
    pages = []
    for number, plate in enumerate(plates):
        where = placed(plate, sheet)
        files[f"picture-{number}.svg"] = _svg(plate.picture)
        pages.append(_page(plate, where, number, files))
    files["pages.json"] = json.dumps(pages, ensure_ascii=False).encode()
    made: Any = typst.compile(files, format="png" if media == "png" else "pdf", ppi=float(PNG_DPI))  # type: ignore[call-overload]  # its stubs know no dictionary of files
    whole: list[bytes] = made if isinstance(made, list) else [made]
    if media != "png":
        return whole[0]
    pictures = [_with_resolution(each) for each in whole]
    return pictures[0] if len(pictures) == 1 else _zipped(pictures)


def _zipped(pictures: Sequence[bytes]) -> bytes:
    """Give pictures as files of a ZIP, in their order; a PNG is as small as it gets."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for number, each in enumerate(pictures, 1):
            packed.writestr(zipfile.ZipInfo(f"page-{number:02d}.png"), each)
    return out.getvalue()


def _page(plate: Plate, where: Placed, number: int, files: dict[str, bytes]) -> dict[str, Any]:
    said = plate.unscaled
    if where.scale:
        said = plate.true if where.scale == 1 else plate.scaled.format(percent=f"{where.scale * 100:.0f}")
    lines = {"head": plate.head, "foot": (said, *plate.foot)}
    return {
        "at": asdict(where),
        "picture": f"picture-{number}.svg",
        "bar": 50 * where.scale,
        "said": plate.bar,
        **{name: [_line(text, f"{name}-{number}-{at}.svg", files) for at, text in enumerate(texts)] for name, texts in lines.items()},
    }  # fmt: skip


def _line(text: str, name: str, files: dict[str, bytes]) -> dict[str, Any]:
    """Give a line for the page; one in a script that the page's typefaces lack is drawn, for a box names nobody."""
    if all(ord(letter) < 0x530 or 0x1E00 <= ord(letter) < 0x2200 for letter in text):
        return {"text": text}
    wide = text_width(text, _LETTER_PIXELS) + 16
    strip = np.full((_LETTER_PIXELS * 3 // 2, wide), 255, np.uint8)
    put_text(strip, (8, 0), text, size=_LETTER_PIXELS, grey=0)
    files[name] = _svg(bytes(imagecodecs.spng_encode(strip)))
    return {"text": "", "drawn": name, "height": _LINE_MM * 1.5}


def _svg(png: bytes) -> bytes:
    """Give a PNG as the only picture of an SVG, which the page takes as text."""
    wide, high = struct.unpack(">II", png[16:24])
    data = base64.b64encode(png).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f'<image width="{wide}" height="{high}" preserveAspectRatio="none" href="data:image/png;base64,{data}"/></svg>'
    ).encode()


def _with_resolution(png: bytes) -> bytes:
    """Give a PNG that says its dots a metre (PNG 11.3.4.3, pHYs), so that it prints at its size."""
    per_metre = round(PNG_DPI / 0.0254)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]  # behind the signature and IHDR, before IDAT


_PAGE = """
#let pages = json("pages.json")
#set text(font: "Libertinus Serif", size: 9pt)
#let line(each) = if each.text != "" { each.text } else if "drawn" in each { image(each.drawn, height: each.height * 1mm) }
#for (number, page) in pages.enumerate() {
  let at = page.at
  set std.page(width: at.page_width * 1mm, height: at.page_height * 1mm, margin: 10mm)
  block(width: 100%, height: 22mm, clip: true, above: 0pt, below: 0pt, {
    set par(leading: 3pt)
    stack(spacing: 1.2mm, ..page.head.enumerate().map(((n, each)) => if n == 0 { strong(text(size: 12pt, line(each))) } else { line(each) }))
  })
  block(width: 100%, height: (at.page_height - 58) * 1mm, above: 0pt, below: 0pt,
    align(center + horizon, image(page.picture, width: at.width * 1mm, height: at.height * 1mm, fit: "stretch")))
  block(width: 100%, height: 16mm, clip: true, above: 0pt, below: 0pt, grid(columns: (1fr, 1fr),
    {
      v(2mm)
      if page.bar > 0 {
        rect(width: page.bar * 1mm, height: 1mm, fill: black, stroke: none)
        v(-2mm)
        page.said
      }
    },
    align(right, { v(1mm); stack(spacing: 1.2mm, ..page.foot.map(line), [#(number + 1) / #pages.len()]) }),
  ))
}
"""
