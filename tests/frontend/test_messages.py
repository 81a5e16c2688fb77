"""The texts that people read: found in the code, all in every catalogue, none in doubt."""

import pytest

from radiotheque.wire.web.po import Entry, read
from tools.frontend import CATALOGUES, TEXTS, compile_texts
from tools.messages import Message, faults, messages, messages_of_errors, messages_of_typescript


def found(code: str) -> list[tuple[str, str]]:
    return [(each.text, each.plural) for each in messages_of_typescript(code)]


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('t("Search")', [("Search", "")]),
        ("<b title={t('Don\\'t')}>", [("Don't", "")]),
        ('this.host.t("Length")', [("Length", "")]),
        ('t(\n  "One " +\n  "text",\n)', [("One text", "")]),
        ('t("{count} of {all}", { count, all })', [("{count} of {all}", "")]),
        ('tn("{count} image", "{count} images", n)', [("{count} image", "{count} images")]),
        ('const LABELS = [msg("Zoom"), msg(`Pan`)];', [("Zoom", ""), ("Pan", "")]),
        ('t("a \\u00b5m \\n\\x41 \\u{1F600}")', [("a µm \nA 😀", "")]),
        ('// t("in a comment")\n/* t("in another") */ t("here")', [("here", "")]),
        ('const url = "https://x"; t("behind an address")', [("behind an address", "")]),
        ('<input accept="image/*" /> {t("behind a star")} {/* */}', [("behind a star", "")]),
        ('<p>It\'s</p>\n{t("behind an apostrophe")}', [("behind an apostrophe", "")]),
        ('get("no text"); at("none"); list.at("none"); $t("none")', []),
        ("t(variable); t(`${variable} text`)", []),
    ],
)
def test_the_texts_of_typescript_are_found(code: str, texts: list[tuple[str, str]]) -> None:
    assert found(code) == texts


def wrong(text: str, entry: Entry | None, plural: str = "") -> list[str]:
    return list(faults({text: Message(text, plural, "a.ts")}, [] if entry is None else [entry]))


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (None, "not in the catalogue"),
        (Entry("{n} mm", "", ("",)), "not translated"),
        (Entry("{n} mm", "", ("{n} mm",), fuzzy=True), "fuzzy"),
        (Entry("{n} mm", "", ("{m} mm",)), "other places"),
        (Entry("{n} mm", "", ("mm",)), "other places"),
        (Entry("{n} mm", "{n} mms", ("{n} mm", "{n} mm")), "not in the catalogue"),
    ],
)
def test_a_text_that_is_missing_or_in_doubt_is_a_fault(entry: Entry | None, fault: str) -> None:
    told = wrong("{n} mm", entry)
    assert len(told) == 1
    assert fault in told[0]


def test_a_translated_text_is_no_fault_and_one_that_no_code_has_is() -> None:
    assert wrong("{n} mm", Entry("{n} mm", "", ("{n} mm",))) == []
    plural = Entry("{count} image", "{count} images", ("une image", "{count} images"))
    assert wrong("{count} image", plural, "{count} images") == []
    assert ["in no code any more" in each for each in faults({}, [plural])] == [True]


def test_the_catalogue_that_is_loaded_is_the_one_that_is_edited() -> None:
    import json

    compile_texts()
    loaded = json.loads((TEXTS / "fr.json").read_text(encoding="utf-8"))
    entries = read(CATALOGUES / "fr" / "LC_MESSAGES" / "radiotheque.po")
    assert loaded == {
        each.text: list(each.forms) if each.plural else each.forms[0] for each in entries if each.finished
    }


def test_the_texts_of_the_archive_itself_are_among_them() -> None:
    assert messages()["The web application is not here"].file == "src/radiotheque/wire/web/pages.py"


def test_the_text_of_an_error_is_found_with_the_places_of_its_values() -> None:
    code = (
        'raise NotFound("there is no frame {number}", number=3)\nraise ValueError("not ours")\nsuper().__init__("gone")'
    )
    assert [each.text for each in messages_of_errors(code)] == ["there is no frame {number}", "gone"]


def test_the_text_of_an_error_that_is_put_together_cannot_be_translated_and_is_refused() -> None:
    with pytest.raises(SyntaxError, match=r"here\.py:1"):
        list(messages_of_errors('raise NotFound(f"there is no frame {number}")', "here.py"))
