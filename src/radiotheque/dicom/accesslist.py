"""A list of who had access, set as PDF on A4: run in a child process, with the library that sets the pages.

What comes from outside goes to the page as data, never as its markup.
"""

import json
from collections.abc import Mapping
from typing import Any

import typst


def set_access_list(page: Mapping[str, Any]) -> bytes:
    """Give the PDF of a page: title, person, about, heads, rows, none, note, language."""
    files = {"main": _PAGE.encode(), "page.json": json.dumps(page, ensure_ascii=False).encode()}
    made: Any = typst.compile(files, format="pdf")  # type: ignore[call-overload]  # its stubs know no dictionary of files
    whole: bytes = made[0] if isinstance(made, list) else made
    return whole


_PAGE = """
#let page = json("page.json")
#set document(title: page.title)
#set text(font: "Libertinus Serif", size: 10pt, lang: page.language)
#set std.page(paper: "a4", margin: (x: 20mm, top: 18mm, bottom: 20mm), numbering: "1 / 1")
#block(below: 3mm, text(size: 16pt, weight: "bold", page.title))
#stack(spacing: 1.8mm, ..page.person.enumerate().map(((n, line)) => if n == 0 { strong(line) } else { line }))
#v(2mm)
#stack(spacing: 1.8mm, ..page.about.map(line => text(fill: luma(70), line)))
#v(3mm)
#text(size: 9pt, page.note)
#v(2mm)
#if page.rows.len() == 0 { page.none } else {
  table(
    columns: (32mm, 35mm, 1fr, 1fr), stroke: none, inset: (x: 1.5mm, y: 1.2mm),
    fill: (_, row) => if row > 0 and calc.even(row) { luma(245) },
    table.header(..page.heads.map(head => strong(head)), table.hline(stroke: 0.5pt)),
    ..page.rows.map(row => (row.when, row.who, row.what, row.study)).flatten(),
  )
}
"""
