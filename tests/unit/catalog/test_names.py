"""Fuzzy names: edits, particles and what is written together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.catalog.names import distance_within, edits_allowed, letters_of, pairs_of, readings
from radiotheque.core.names import fold


def by_table(a: str, b: str) -> int:
    """The distance of Levenshtein by its definition, a whole table."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            replaced = table[i - 1, j - 1] + (a[i - 1] != b[j - 1])
            table[i, j] = min(replaced, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return table[len(a), len(b)]


words = st.text("abcd", max_size=9)


@given(words, words, st.integers(0, 2))
def test_words_within_a_distance_are_those_of_the_whole_table(a: str, b: str, most: int) -> None:
    assert distance_within(a, b, most) == (by_table(a, b) <= most)


@given(words, words)
def test_the_sets_of_letters_and_pairs_never_rule_out_a_near_word(a: str, b: str) -> None:
    distance = by_table(a, b)
    assert (letters_of(a) ^ letters_of(b)).bit_count() <= 2 * distance
    assert (pairs_of(a) ^ pairs_of(b)).bit_count() <= 4 * distance


@pytest.mark.parametrize(("length", "edits"), [(3, 0), (4, 1), (7, 1), (8, 2), (20, 2)])
def test_one_typing_error_from_four_letters_two_from_eight(length: int, edits: int) -> None:
    assert edits_allowed(length) == edits


def test_a_key_is_read_apart_together_and_without_its_particles() -> None:
    found = {tuple(part.text for part in reading) for reading in readings("de la Tour")}
    assert {("de", "la", "tour"), ("delatour",), ("tour",)} <= found


def test_a_particle_alone_is_a_name() -> None:
    assert [[part.text for part in reading] for reading in readings("Van")] == [["van"]]


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("HÉLÈNE", "helene"),
        ("Ångström", "angstrom"),
        ("Αθήνα", "αθηνα"),
        ("Йосиф", "иосиф"),
        ("やまだ", "やまだ"),  # a dakuten makes another letter: no accent
        ("や\u307e\u305f\u3099", "やまだ"),  # the same, decomposed
        ("ﾔﾏﾀﾞ", "ヤマダ"),  # half-width: another spelling of the same letters
        ("김", "김"),
    ],
)
def test_accents_are_folded_and_marks_that_make_another_letter_are_not(name: str, folded: str) -> None:
    assert fold(name) == folded
