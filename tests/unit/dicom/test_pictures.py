"""Pictures have the size, the form and the words that were asked for."""

import contextlib
import io

import numpy as np
import pydicom
import pytest
from PIL import Image

from phantoms import part10, phantom, phantom_dataset, phantom_pixels
from radiotheque.core.errors import Damaged, Malformed, NotFound, RadiothequeError, Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import pixel_info
from radiotheque.dicom.draw import put_text
from radiotheque.dicom.pictures import (
    GIF,
    JPEG,
    PNG,
    WEBP,
    Recipe,
    Taken,
    Viewport,
    contact_sheet,
    render_frame,
    render_frames,
    render_instance,
)
from radiotheque.dicom.reading import frame_bytes, read_part10
from radiotheque.workbench import ChildWorkbench
from shared import samples, shared_dicom


def opened(made):
    return Image.open(io.BytesIO(made[1]))


def values(made):
    return np.asarray(opened(made)).astype(int)


def parted(file):
    """A file's head up to its pixel data, and the frames' bytes."""
    ds, syntax = read_part10(file)
    tag = b"\xe0\x7f\x10\x00O"
    return file[: file.rindex(tag)], [data for data, _ in frame_bytes(ds, pixel_info(ds, syntax))]


@pytest.mark.parametrize(("media_type", "form"), [(JPEG, "JPEG"), (PNG, "PNG"), (GIF, "GIF"), (WEBP, "WEBP")])
@pytest.mark.parametrize("wishes", [{}, {"photometric": "RGB", "bits_stored": 8, "modality": "OT"}], ids=str)
def test_every_form_shows_the_same(media_type, form, wishes):
    made = render_instance(phantom(**wishes), Recipe(media_type))
    assert made[0] == media_type
    picture = opened(made)
    assert (picture.format, picture.size) == (form, (80, 96))
    expected = values(render_instance(phantom(**wishes), Recipe(PNG)))
    mode = "RGB" if wishes else "L"
    assert np.abs(np.asarray(picture.convert(mode)).astype(int) - expected).mean() < 12


def test_a_frame_with_its_head_shows_what_the_whole_shows():
    file = phantom(frames=3, modality="RF", bits_stored=10)
    head, frames = parted(file)
    for number, frame in enumerate(frames):
        alone = render_frame(head, frame, Recipe(PNG), Taken(number))
        assert alone == render_instance(file, Recipe(PNG), number + 1)
    with pytest.raises(NotFound):
        render_instance(file, Recipe(PNG), 4)


def test_fragments_of_a_frame_are_joined():
    head, (frame,) = parted(phantom(syntax=ts.JPEG_2000_LOSSLESS))
    assert render_frame(head, [frame[:100], frame[100:]], Recipe()) == render_frame(head, frame, Recipe())


def test_colours_are_those_that_were_drawn():
    wishes = {"photometric": "RGB", "bits_stored": 8, "modality": "OT"}
    for syntax in (ts.EXPLICIT_LE, ts.JPEG_2000_LOSSLESS, ts.RLE_LOSSLESS):
        assert np.array_equal(
            values(render_instance(phantom(**wishes, syntax=syntax), Recipe(PNG))), phantom_pixels(**wishes)[0]
        )


def test_a_palette_gives_its_colours():
    wishes = {"photometric": "PALETTE COLOR", "bits_stored": 8, "modality": "OT"}
    file = phantom(**wishes)
    ds = pydicom.dcmread(io.BytesIO(file))
    expected = pydicom.pixels.apply_color_lut(ds.pixel_array, ds) >> 8
    assert np.array_equal(values(render_instance(file, Recipe(PNG))), expected)


def test_a_smaller_picture_is_the_average_of_stored_values():
    file = phantom(rows=100, columns=80, bits_stored=12)
    small = values(render_instance(file, Recipe(PNG, Viewport(40, 50))))
    mean = phantom_pixels(rows=100, columns=80, bits_stored=12)[0].reshape(50, 2, 40, 2).mean(axis=(1, 3))
    assert np.abs(small - mean / 4095 * 255).max() <= 1


@pytest.mark.parametrize("syntax", [ts.HTJ2K_LOSSLESS_RPCL, ts.JPEG_2000_LOSSLESS])
def test_a_small_picture_of_a_codestream_with_resolutions_shows_the_same(syntax):
    wishes = {"rows": 400, "columns": 320}
    recipe = Recipe(PNG, Viewport(50, 50, 80, 100, 160, 200))
    plain = values(render_instance(phantom(**wishes), recipe))
    made = values(render_instance(phantom(**wishes, syntax=syntax), recipe))
    assert made.shape == plain.shape == (50, 40)
    assert np.abs(made - plain).mean() < 3


def test_the_window_that_is_asked_for_goes_before_the_images_own():
    file = phantom(extra={"VOILUTSequence": None})
    window = values(render_instance(file, Recipe(PNG, window=(1000, 500))))
    expected = values(render_instance(phantom(extra={"WindowCenter": 1000, "WindowWidth": 500}), Recipe(PNG)))
    assert np.array_equal(window, expected)
    exact = values(render_instance(file, Recipe(PNG, window=(1000, 0.5), function="linear-exact")))
    assert set(np.unique(exact)) <= {0, 128, 255}


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"media_type": "image/bmp"}, Unsupported),
        ({"quality": 0}, Malformed),
        ({"quality": 101}, Malformed),
        ({"window": (1, 0.5)}, Malformed),
        ({"window": (1, 0), "function": "sigmoid"}, Malformed),
        ({"window": (1, float("nan"))}, Malformed),
        ({"function": "gamma"}, Malformed),
    ],
    ids=str,
)
def test_a_senseless_recipe_is_refused_at_once(wish, error):
    with pytest.raises(error):
        Recipe(**wish)


def test_a_lower_quality_is_a_smaller_file():
    file = phantom(rows=300, columns=300)
    assert len(render_instance(file, Recipe(quality=20))[1]) < len(render_instance(file, Recipe(quality=95))[1])


def test_annotations_are_burned_in_only_when_asked_for_and_only_whole():
    file = phantom(rows=400, columns=400, patient_name="Müller^Zoé")
    plain = values(render_instance(file, Recipe(PNG)))
    patient = values(render_instance(file, Recipe(PNG, annotation=("patient",))))
    both = values(render_instance(file, Recipe(PNG, annotation=("patient", "technique"))))
    changed = np.nonzero((patient != plain).any(axis=1))[0]
    assert changed.size
    assert changed.max() < 100
    assert np.nonzero((both != patient).any(axis=1))[0].min() > 300
    tiny = phantom(rows=20, columns=20, patient_name="A" * 60, patient_id="", birth_date="", sex="")
    assert np.array_equal(
        values(render_instance(tiny, Recipe(PNG, annotation=("patient",)))), values(render_instance(tiny, Recipe(PNG)))
    )


def test_an_overlay_is_white_and_the_shutter_is_over_it():
    ds = phantom_dataset(rows=8, columns=16)
    for element, vr, value in ((0x10, "US", 8), (0x11, "US", 8), (0x40, "CS", "G"), (0x50, "SS", [1, 5])):
        ds.add_new((0x6000, element), vr, value)
    ds.add_new((0x6000, 0x100), "US", 1)
    ds.add_new((0x6000, 0x102), "US", 0)
    ds.add_new((0x6000, 0x3000), "OW", b"\xff" * 8)
    assert (values(render_instance(part10(ds), Recipe(PNG)))[:, 4:12] == 255).all()
    ds.ShutterShape, ds.ShutterLeftVerticalEdge, ds.ShutterRightVerticalEdge = "RECTANGULAR", 1, 8
    ds.ShutterUpperHorizontalEdge, ds.ShutterLowerHorizontalEdge, ds.ShutterPresentationValue = 1, 8, 0
    made = values(render_instance(part10(ds), Recipe(PNG)))
    assert (made[:, 4:8] == 255).all()
    assert (made[:, 8:] == 0).all()


def test_an_overlay_in_high_bits_is_shown():
    ds = phantom_dataset(rows=8, columns=8, bits_stored=12)
    ds.PixelData = (np.frombuffer(ds.PixelData, "<u2") | (np.eye(8, dtype="<u2").ravel() << 13)).tobytes()
    for element, vr, value in ((0x10, "US", 8), (0x11, "US", 8), (0x40, "CS", "G"), (0x50, "SS", [1, 1])):
        ds.add_new((0x6000, element), vr, value)
    ds.add_new((0x6000, 0x100), "US", 16)
    ds.add_new((0x6000, 0x102), "US", 13)
    assert (np.diag(values(render_instance(part10(ds), Recipe(PNG)))) == 255).all()


def test_pixels_that_are_not_square_are_stretched_but_nearly_square_ones_are_not():
    assert opened(render_instance(phantom(extra={"ImagerPixelSpacing": ["0.2", "0.1"]}), Recipe(PNG))).size == (80, 192)
    near = phantom(extra={"ImagerPixelSpacing": ["0.1001", "0.1"]})
    assert opened(render_instance(near, Recipe(PNG))).size == (80, 96)


def test_frames_move_in_a_gif_at_their_pace():
    file = phantom(frames=4, modality="RF", bits_stored=8)
    head, frames = parted(file)
    moving = opened(render_frames(head, frames, Recipe(GIF)))
    assert (moving.n_frames, moving.info["duration"]) == (4, 70)  # GIF counts in hundredths: 66 ms is 70
    assert opened(render_instance(file, Recipe(GIF), 0)).n_frames == 4
    assert render_instance(file, Recipe(JPEG), 0) == render_instance(file, Recipe(JPEG), 1)


def test_pictures_are_made_on_the_workbench():
    head, (frame,) = parted(phantom())
    bench = ChildWorkbench(size=1)
    assert bench.run(render_frame, head, memoryview(frame), Recipe(), Taken()) == render_frame(head, frame, Recipe())
    with pytest.raises(Damaged):
        bench.run(render_frame, head, frame[:100], Recipe())
    bench.close()


@pytest.mark.filterwarnings("ignore")
def test_a_contact_sheet_shows_every_sample_that_has_a_picture():
    pictures = []
    for path in samples()[:40]:
        try:
            pictures.append((path.stem, render_instance(path.read_bytes(), Recipe(viewport=Viewport(64, 64)))[1]))
        except RadiothequeError:
            continue
    sheet = Image.open(io.BytesIO(contact_sheet(pictures, columns=8, cell=80)))
    assert sheet.size == (8 * 80, -(-len(pictures) // 8) * 98)


@pytest.mark.parametrize("path", shared_dicom("hostile"), ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_a_hostile_object_is_a_picture_or_a_named_refusal(path, hostile_bench):
    with contextlib.suppress(RadiothequeError):
        media_type, made = hostile_bench.run(render_instance, path.read_bytes(), Recipe(viewport=Viewport(64, 64)))
        assert media_type == JPEG
        assert Image.open(io.BytesIO(made)).size


@pytest.fixture(scope="module")
def hostile_bench():
    bench = ChildWorkbench(size=1)
    yield bench
    bench.close()


def test_letters_of_every_script_that_names_are_written_in_are_drawn():
    def drawn(letter):
        picture = np.zeros((40, 40), np.uint8)
        put_text(picture, (4, 4), letter, size=28)
        return picture.tobytes()

    letters = "éüÅŁçΔЖ山田홍ع"
    assert len({drawn(letter) for letter in letters}) == len(letters)  # a missing glyph would look like another


def test_a_head_that_was_seen_before_gives_the_pictures_that_it_gave_first():
    ds = pydicom.dcmread(io.BytesIO(phantom(rows=40, columns=30)))
    file = phantom(rows=40, columns=30)
    head, frame = file[: len(file) - len(ds.PixelData)], bytes(ds.PixelData)
    recipes = [Recipe(window=(100, 200)), Recipe(annotation=("patient",)), Recipe(window=(700, 50)), Recipe()]
    first = [render_frame(head, frame, recipe) for recipe in recipes]
    assert [render_frame(bytearray(head), frame, recipe) for recipe in recipes] == first  # parsed anew
    assert [render_frame(head, frame, recipe) for recipe in reversed(recipes)] == first[::-1]
