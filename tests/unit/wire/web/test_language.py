"""What the web door says, in the language of whoever reads it."""

from pathlib import Path

import pytest

from radiotheque.wire.web.language import preferred, speaker
from radiotheque.wire.web.po import Entry, read

CATALOGUE = r"""
msgid ""
msgstr ""
"Language: fr\n"

#: frontend/app/a.tsx
msgid "Search"
msgstr "Rechercher"

msgid "{count} image"
msgid_plural "{count} images"
msgstr[0] "{count} image"
msgstr[1] "{count} images"

msgid ""
"a \"long\" text\n"
"on two lines"
msgstr "un « long » texte\n"
"sur deux lignes"

#, fuzzy
msgid "Zoom"
msgstr "Loupe"

msgid "Nothing yet"
msgstr ""

#~ msgid "Gone"
#~ msgstr "Parti"
"""


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("de, fr;q=0.8, en;q=0.7", "fr"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("fr;q=0, de", "en"),
        ("de-DE", "en"),
        ("en-GB,fr", "en"),
        (";;q=,", "en"),
        ("fr;q=9", "fr"),
    ],
)
def test_the_language_that_is_wanted_most_and_spoken_is_taken(header: str, language: str) -> None:
    assert preferred(header) == language


def test_a_text_is_said_in_french_and_one_without_a_translation_in_english() -> None:
    assert speaker("fr")("The web application is not here") == "L’application web n’est pas là"
    assert speaker("en")("The web application is not here") == "The web application is not here"
    assert speaker("fr")("Nobody translated this") == "Nobody translated this"


def test_a_catalogue_is_read_with_its_plurals_its_long_texts_and_its_doubts(tmp_path: Path) -> None:
    path = tmp_path / "radiotheque.po"
    path.write_text(CATALOGUE, encoding="utf-8")
    assert read(path) == [
        Entry("Search", "", ("Rechercher",)),
        Entry("{count} image", "{count} images", ("{count} image", "{count} images")),
        Entry('a "long" text\non two lines', "", ("un « long » texte\nsur deux lignes",)),
        Entry("Zoom", "", ("Loupe",), fuzzy=True),
        Entry("Nothing yet", "", ("",)),
    ]
    assert [entry.finished for entry in read(path)] == [True, True, True, False, False]


def test_a_catalogue_is_read_as_babel_reads_it() -> None:
    from babel.messages.pofile import read_po

    import radiotheque

    path = Path(radiotheque.__file__).parent / "locale" / "fr" / "LC_MESSAGES" / "radiotheque.po"
    with path.open("rb") as stream:
        wanted = {
            (each.id if isinstance(each.id, str) else each.id[0]): each.string for each in read_po(stream) if each.id
        }
    assert wanted
    assert {entry.text: entry.forms if entry.plural else entry.forms[0] for entry in read(path)} == {
        text: tuple(form) if isinstance(form, tuple | list) else form for text, form in wanted.items()
    }
