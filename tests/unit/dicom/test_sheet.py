"""Prints have the size that they say, measured on the page by another program (pdfium)."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import imagecodecs
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from radiotheque.core.errors import Unsupported
from radiotheque.dicom.plate import Plate
from radiotheque.dicom.sheet import placed, print_sheets

DPI = 300


def plate(width_mm: float, height_mm: float, **wishes: Any) -> Plate:
    """A black picture with words around it."""
    black = bytes(imagecodecs.spng_encode(np.zeros((300, 200), np.uint8)))
    given = {
        "head": ("DUPONT, Hélène",),
        "foot": ("Imprimé",),
        "scaled": "{percent} %",
        "true": "true",
        "unscaled": "none",
    }
    return Plate(black, width_mm, height_mm, 200 / 300, **{**given, **wishes})


def pages(pdf: bytes) -> list[np.ndarray]:
    return [np.array(page.render(scale=DPI / 72).to_pil().convert("L")) for page in pypdfium2.PdfDocument(pdf)]


def words(pdf: bytes, number: int = 0) -> str:
    return pypdfium2.PdfDocument(pdf)[number].get_textpage().get_text_range()


def picture_mm(page: np.ndarray, dpi: float) -> tuple[float, float]:
    """Give width and height of the black rectangle: of the rows and columns that are black for a great part."""
    middle = page[:, page.shape[1] // 2] < 128
    high = np.diff(np.flatnonzero(np.diff(np.r_[0, middle, 0]))).max()
    across = page[page.shape[0] // 2] < 128
    return float(across.sum() / dpi * 25.4), float(high / dpi * 25.4)


def test_a_picture_has_its_true_size() -> None:
    pdf = print_sheets([plate(100.0, 150.0)], "A4", "pdf")
    [page] = pages(pdf)
    assert picture_mm(page, DPI) == pytest.approx((100.0, 150.0), abs=0.5)
    assert (page.shape[1] / DPI * 25.4, page.shape[0] / DPI * 25.4) == pytest.approx((210.0, 297.0), abs=0.5)
    assert "true" in words(pdf)
    assert "Hélène" in words(pdf)


def test_the_scale_bar_is_of_five_centimetres() -> None:
    [page] = pages(print_sheets([plate(100.0, 150.0, bar="5 cm")], "A4", "pdf"))
    foot = page[int((297 - 26) / 25.4 * DPI) :, : page.shape[1] // 2]
    assert (foot < 128).sum(axis=1).max() / DPI * 25.4 == pytest.approx(50.0, abs=0.5)


def test_what_is_wide_is_printed_across() -> None:
    [page] = pages(print_sheets([plate(240.0, 120.0)], "A4", "pdf"))
    assert page.shape[1] > page.shape[0]
    assert picture_mm(page, DPI) == pytest.approx((240.0, 120.0), abs=0.5)


def test_what_is_larger_than_the_sheet_says_its_scale() -> None:
    pdf = print_sheets([plate(350.0, 430.0)], "A4", "pdf")
    [page] = pages(pdf)
    # upright there are 190 × 239 mm: 239 / 430 = 0.5558 is less than 190 / 350; across 277 × 152 give less
    assert picture_mm(page, DPI) == pytest.approx((350 * 190 / 350, 430 * 190 / 350), abs=0.5)
    assert "54 %" in words(pdf)  # 190 / 350 = 0.543


def test_without_millimetres_it_fits_and_says_so() -> None:
    pdf = print_sheets([plate(0.0, 0.0)], "A4", "pdf")
    wide, high = picture_mm(pages(pdf)[0], DPI)
    assert high == pytest.approx(239.0, abs=0.5)  # 297 less two margins of 10, head 22 and foot 16
    assert wide / high == pytest.approx(2 / 3, abs=0.01)
    assert "none" in words(pdf)


def test_a_png_says_its_resolution_and_has_the_size() -> None:
    picture = Image.open(BytesIO(print_sheets([plate(100.0, 150.0)], "letter", "png")))
    dpi = picture.info["dpi"][0]
    assert dpi == pytest.approx(200, abs=0.01)
    assert (picture.width / dpi, picture.height / dpi) == pytest.approx((8.5, 11.0), abs=0.01)
    assert picture_mm(np.array(picture.convert("L")), dpi) == pytest.approx((100.0, 150.0), abs=0.5)


def test_several_images_as_png_are_a_zip_of_pages_of_true_size() -> None:
    packed = ZipFile(BytesIO(print_sheets([plate(100.0, 150.0), plate(50.0, 75.0)], "A4", "png")))
    assert packed.namelist() == ["page-01.png", "page-02.png"]
    pictures = [Image.open(BytesIO(packed.read(name))) for name in packed.namelist()]
    assert [picture.info["dpi"] for picture in pictures] == [pytest.approx((200, 200), abs=0.01)] * 2
    assert [picture_mm(np.array(picture.convert("L")), 200) for picture in pictures] == [
        pytest.approx((100.0, 150.0), abs=0.5),
        pytest.approx((50.0, 75.0), abs=0.5),
    ]


def test_each_image_has_a_page_with_its_number() -> None:
    pdf = print_sheets([plate(100.0, 150.0), plate(50.0, 75.0)], "A3", "pdf")
    assert [picture_mm(page, DPI) for page in pages(pdf)] == [
        pytest.approx((100.0, 150.0), abs=0.5),
        pytest.approx((50.0, 75.0), abs=0.5),
    ]
    assert ["1 / 2" in words(pdf, 0), "2 / 2" in words(pdf, 1)] == [True, True]


def test_a_name_in_another_script_is_drawn() -> None:
    plain = pages(print_sheets([plate(100.0, 150.0, head=("ID",))], "A4", "pdf"))[0]
    drawn = pages(print_sheets([plate(100.0, 150.0, head=("山田, 太郎",))], "A4", "pdf"))[0]
    other = pages(print_sheets([plate(100.0, 150.0, head=("高木, 花子",))], "A4", "pdf"))[0]
    head = slice(0, int(32 / 25.4 * DPI))
    assert (drawn[head] < 128).sum() > (plain[head] < 128).sum()
    assert not np.array_equal(drawn[head], other[head])  # empty boxes would be alike


def test_markup_in_a_name_stays_text() -> None:
    assert '#panic("x") *b*' in words(print_sheets([plate(10.0, 15.0, head=('#panic("x") *b*',))], "A4", "pdf"))


def test_other_sheets_are_refused() -> None:
    with pytest.raises(Unsupported):
        placed(plate(1.0, 1.0), "A0")
