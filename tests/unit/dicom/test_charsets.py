"""Character sets by the examples of PS3.5 Annexes H to K, byte for byte, and against pydicom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import convert_encodings, encode_string, python_encoding

from radiotheque.dicom.charsets import charset, unknown_terms

# PS3.5 H.3.1, H.3.2, I.2, J.1, J.2, K.2: the bytes as printed there
EXAMPLES = [
    (
        ("", "ISO 2022 IR 87"),
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        ("ISO 2022 IR 13", "ISO 2022 IR 87"),
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    (
        ("", "ISO 2022 IR 149"),
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    (
        ("ISO_IR 192",),
        b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=",
        "Wang^XiaoDong=王^小東=",
    ),
    (("GB18030",), b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="),
    (
        ("", "ISO 2022 IR 58"),
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    (("ISO_IR 100",), b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    (("ISO_IR 126",), b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
]


@pytest.mark.parametrize(("terms", "raw", "text"), EXAMPLES, ids=lambda value: str(value)[:24])
def test_the_examples_of_the_standard_read_as_printed(terms: tuple[str, ...], raw: bytes, text: str) -> None:
    assert charset(terms).text(raw, name=True) == text


@pytest.mark.parametrize(("terms", "raw", "text"), EXAMPLES, ids=lambda value: str(value)[:24])
def test_what_is_encoded_reads_as_it_was(terms: tuple[str, ...], raw: bytes, text: str) -> None:
    made = charset(terms).encode(text)
    assert made is not None
    assert charset(terms).text(made, name=True) == text


@given(st.text(st.characters(max_codepoint=0x24F, exclude_categories=("Cc",), exclude_characters="\\^=")))
def test_text_goes_into_latin_1_as_pydicom_puts_it_or_not_at_all(text: str) -> None:
    made = charset(("ISO_IR 100",)).encode(text)
    try:
        theirs = text.encode("latin-1")
    except UnicodeEncodeError:
        assert made is None
    else:
        assert made == theirs == encode_string(text, convert_encodings(["ISO_IR 100"]))


@given(st.text(max_size=40), st.sampled_from(["ISO_IR 192", "GB18030"]))
def test_stand_alone_sets_hold_everything(text: str, term: str) -> None:
    assert charset((term,)).can_hold(text)
    made = charset((term,)).encode(text)
    assert made is not None
    if "\x1b" not in text:
        assert charset((term,)).text(made) == text


def test_a_set_that_is_not_known_holds_ascii_only() -> None:
    assert charset(("ISO_IR 999",)).encode("abc") == b"abc"
    assert charset(("ISO_IR 999",)).encode("é") is None
    assert charset(()).encode("é") is None


@given(
    st.binary(max_size=60), st.sampled_from([(), ("ISO_IR 192",), ("", "ISO 2022 IR 87"), ("ISO 2022 IR 149",), ("?",)])
)
def test_no_bytes_make_decoding_fail(raw: bytes, terms: tuple[str, ...]) -> None:
    assert isinstance(charset(terms).text(raw, name=True), str)


def test_an_escape_ends_at_a_delimiter() -> None:
    """PS3.5 6.1.2.5.3: after ^ the first set is in force again."""
    raw = b"\x1b-F\xc4^\xc9"
    assert charset(("ISO_IR 100", "ISO 2022 IR 126")).text(raw, name=True) == "Δ^É"


@pytest.mark.parametrize("term", sorted(python_encoding))
def test_every_defined_term_that_pydicom_knows_is_known(term: str) -> None:
    assert unknown_terms(term) == ()


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("", ()),
        ("\\ISO 2022 IR 87", ()),
        ("ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", ()),
        ("WINDOWS-1252", ("WINDOWS-1252",)),
        ("ISO 2022 IR 6\\KLINGON\\ISO_IR 999", ("KLINGON", "ISO_IR 999")),
    ],
)
def test_what_is_no_defined_term_is_named(text: str, unknown: tuple[str, ...]) -> None:
    assert unknown_terms(text) == unknown
