"""Specific Character Set: from the bytes of a text value to Unicode and back (PS3.5 6.1, PS3.3 C.12.1.1.2).

Decoding never fails and never leaves mojibake where it can be told: what was declared is tried first, then what
such bytes mostly are. The bytes as received are kept elsewhere; this is for the index and for answers.
"""

import re
from functools import lru_cache

UTF_8 = "ISO_IR 192"
LATIN_1 = "ISO_IR 100"
DEFAULT = "ISO_IR 6"

_ESC = b"\x1b"
# PS3.3 Tables C.12-2 to C.12-5: Defined Term, escape sequence to its set, Python's codec
_SETS = (
    ("100", b"\x1b-A", "latin_1"),
    ("101", b"\x1b-B", "iso8859_2"),
    ("109", b"\x1b-C", "iso8859_3"),
    ("110", b"\x1b-D", "iso8859_4"),
    ("126", b"\x1b-F", "iso_ir_126"),
    ("127", b"\x1b-G", "iso_ir_127"),
    ("138", b"\x1b-H", "iso_ir_138"),
    ("144", b"\x1b-L", "iso_ir_144"),
    ("148", b"\x1b-M", "iso_ir_148"),
    ("166", b"\x1b-T", "iso_ir_166"),
    ("203", b"\x1b-b", "iso8859_15"),
    ("13", b"\x1b)I", "shift_jis"),
)
_WIDE_SETS = (
    ("87", b"\x1b$B", "iso2022_jp"),
    ("159", b"\x1b$(D", "iso2022_jp_2"),
    ("149", b"\x1b$)C", "euc_kr"),
    ("58", b"\x1b$)A", "iso_ir_58"),
)
_CODECS: dict[str, str] = {
    "": "iso8859",
    DEFAULT: "iso8859",
    "ISO 2022 IR 6": "iso8859",
    **{f"ISO_IR {number}": codec for number, _, codec in _SETS},
    **{f"ISO 2022 IR {number}": codec for number, _, codec in _SETS + _WIDE_SETS},
    UTF_8: "UTF8",
    "GB18030": "GB18030",
    "GBK": "GBK",
    "ISO 2022 GBK": "GBK",
    "ISO 2022 58": "GB2312",
}
_ESCAPES: dict[bytes, str] = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "shift_jis",
    **{escape: codec for _, escape, codec in _SETS + _WIDE_SETS},
}
_OF_ESCAPE = {codec: escape for escape, codec in _ESCAPES.items() if codec != "ascii"} | {"shift_jis": b"\x1b)I"}
# codecs of Python that read the escape sequence themselves, and return to ASCII at a line's end
_STATEFUL = frozenset(("iso2022_jp", "iso2022_jp_2"))
_STAND_ALONE = frozenset((UTF_8, "GB18030", "GBK"))
_SPELLINGS = (
    (re.compile(r"ISO[ _-]?2022[ _-]?IR[ _-]?(\d+)"), "ISO 2022 IR {}"),
    (re.compile(r"ISO[ _-]?IR[ _-]?(\d+)"), "ISO_IR {}"),
)
_ALIASES = {"UTF-8": UTF_8, "UTF8": UTF_8, "ISO_IR192": UTF_8, "LATIN1": LATIN_1, "ISO-8859-1": LATIN_1}

# An escape is in force until a delimiter (PS3.5 6.1.2.5.3): line ends and tabs, backslash, and ^ and = in names
_TEXT_DELIMITERS = re.compile(rb"[\t\n\f\r\\]")
_NAME_DELIMITERS = re.compile(rb"[\t\n\f\r\\^=]")
_FRAGMENTS = re.compile(rb"\x1b?[^\x1b]*")


def normalised(term: str) -> str:
    """Give a Defined Term of Specific Character Set in its right spelling; unknown ones as they are."""
    bare = term.strip(" \0").upper()
    for pattern, right in _SPELLINGS:
        match = pattern.fullmatch(bare)
        if match:
            return right.format(match[1])
    return _ALIASES.get(bare, bare)


def unknown_terms(text: str) -> tuple[str, ...]:
    """Give those values of a Specific Character Set that are no Defined Terms of it (PS3.3 C.12.1.1.2).

    Several are written with backslashes between them; the first may be empty, and a usual misspelling is known.
    """
    terms = text.split("\\") if text else []
    return tuple(term for term in terms if normalised(term) not in _CODECS)


class Charset:
    """The character repertoire of one data set. `terms` are its declared values, in order."""

    __slots__ = ("_codecs", "_default", "_first", "terms")

    def __init__(self, terms: tuple[str, ...], default: str = "") -> None:
        self.terms = tuple(normalised(term) for term in terms)
        known = [_CODECS[term] for term in self.terms if term in _CODECS]
        declared = bool(known) and self.terms[0] not in ("", DEFAULT, "ISO 2022 IR 6")
        self._default = _CODECS.get(normalised(default), "") if default else ""
        self._first = known[0] if declared else ""
        self._codecs = known

    def text(self, raw: bytes, *, name: bool = False) -> str:
        """Give a value in Unicode, backslashes between values included. `name`: it is a Person Name."""
        if _ESC in raw:
            return self._switching(raw, name=name)
        if raw.isascii():
            return raw.decode("ascii")
        return self._plain(raw)

    def _plain(self, raw: bytes) -> str:
        # Declared Latin-1 but UTF-8 through and through: the fault of many gateways. Latin-1 text that happens to be
        # well-formed UTF-8 would be strings such as "Ã©", which no name holds.
        if self._first == "latin_1":
            return _strictly(raw, "utf-8") or raw.decode("latin-1")
        for codec in (self._first, "" if self._first else self._default, "utf-8"):
            text = _strictly(raw, codec) if codec else None
            if text is not None:
                return text
        return raw.decode("latin-1")

    def _switching(self, raw: bytes, *, name: bool) -> str:
        """Decode with code extensions (PS3.5 6.1.2.5)."""
        delimiters = _NAME_DELIMITERS if name else _TEXT_DELIMITERS
        return "".join(self._fragment(part, delimiters) for part in _FRAGMENTS.findall(raw) if part)

    def _fragment(self, part: bytes, delimiters: re.Pattern[bytes]) -> str:
        if not part.startswith(_ESC):
            return part.decode("ascii") if part.isascii() else self._plain(part)
        length = 4 if part.startswith((b"\x1b$(", b"\x1b$)")) else 3
        codec = _ESCAPES.get(part[:length], "")
        if codec in _STATEFUL:
            return _strictly(part, codec) or part.decode(codec, "replace")
        bare = part[length:]
        reset = delimiters.search(bare)
        stop = reset.start() if reset else len(bare)
        head, tail = bare[:stop], bare[stop:]
        text = _strictly(head, codec) if codec else None
        return (self._plain(head) if text is None else text) + (
            tail.decode("ascii") if tail.isascii() else self._plain(tail)
        )

    def can_hold(self, text: str) -> bool:
        """Say whether `text` can be written in this repertoire without loss."""
        return self.encode(text) is not None

    def encode(self, text: str) -> bytes | None:
        """Give `text` in this repertoire, None when it cannot be written in it."""
        if text.isascii():
            return text.encode("ascii")
        codecs = self._codecs
        if not codecs or any(term not in _CODECS for term in self.terms):
            return None
        first = "ascii" if codecs[0] == "iso8859" else codecs[0]
        whole = _encoded(text, first)
        if whole is not None or self.terms[0] in _STAND_ALONE or len(codecs) == 1:
            return whole
        return self._encode_switching(text)

    def _encode_switching(self, text: str) -> bytes | None:
        """Encode component by component, since an escape ends at every delimiter (PS3.5 6.1.2.5.3)."""
        pieces = []
        for piece in re.split(r"([\t\n\f\r\\^=])", text):
            raw = next((made for made in (_escaped(piece, codec) for codec in self._codecs[1:]) if made), None)
            raw = piece.encode("ascii") if piece.isascii() else _encoded(piece, self._codecs[0]) or raw
            if raw is None:
                return None
            pieces.append(raw)
        return b"".join(pieces)


def _strictly(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _encoded(text: str, codec: str) -> bytes | None:
    try:
        raw = text.encode(codec)
    except UnicodeError:
        return None
    if codec == "shift_jis" and len(raw) != len(text):
        return None  # ISO_IR 13 has single bytes only (JIS X 0201)
    return None if codec in _STATEFUL else raw


def _escaped(text: str, codec: str) -> bytes | None:
    """Give `text` behind the escape sequence of one set, back in ASCII at the end."""
    try:
        raw = text.encode(codec)
    except UnicodeError:
        return None
    if codec in _STATEFUL:
        return raw if raw.startswith(_OF_ESCAPE.get(codec, b"?")) and raw.count(_ESC) == 2 else None
    if codec == "shift_jis" and len(raw) != len(text):
        return None
    return _OF_ESCAPE.get(codec, b"") + raw


@lru_cache(maxsize=256)
@lru_cache(maxsize=256)
def charset(terms: tuple[str, ...], default: str = "") -> Charset:
    """Give the repertoire of `terms`; `default` is what the sender uses when it declares none."""
    return Charset(terms, default)


def terms_of(raw: bytes) -> tuple[str, ...]:
    """Give the values of Specific Character Set; an empty first one stays (PS3.3 C.12.1.1.2)."""
    text = raw.decode("latin-1").strip("\0 ")
    return tuple(term.strip(" ") for term in text.split("\\")) if text else ()
