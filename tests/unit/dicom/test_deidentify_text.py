"""Free text keeps the words of the field and nothing else."""

import pytest

from radiotheque.dicom.deidentify_text import clean, vocabulary, words_of

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Chest PA and lateral", "Chest PA and lateral"),
        ("Thorax de face, debout", "Thorax de face debout"),
        ("Knee 2 views Kowalczyk 12/03/2024", "Knee 2 views"),
        ("call 0612345678 or jd@example.org", "or"),
        ("patient MRN 4711-22", "patient"),
    ],
)
def test_only_words_of_the_field_are_left(text: str, left: str) -> None:
    assert clean(text, NOBODY) == left


def test_a_word_of_the_identity_goes_even_where_the_field_knows_it() -> None:
    identity = words_of(["Young^Brown", "Hip Street 12"])
    assert clean("brown HIP chest 12", identity) == "chest"


def test_accents_hide_no_name() -> None:
    assert clean("épaule PRÉSBOURG", words_of(["Presbourg^Zoé"])) == "épaule"


def test_the_vocabulary_is_that_of_the_standard() -> None:
    assert {"tibia", "mammography", "detector", "radius"} <= vocabulary()
    assert not {"kowalczyk", "dupont", "muller"} & vocabulary()
