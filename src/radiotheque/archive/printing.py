"""Images as they are looked at → sheets of paper at true size, with identity and scale, as PDF or PNG."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from radiotheque.archive.publication import Draft, Publication
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Malformed, NotFound, TooLarge, Unsupported
from radiotheque.core.instance import Location, Selection
from radiotheque.core.ports import Clock, Remote
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.dicom.drafted import REGIONS, View, seen_of, view_given
from radiotheque.dicom.plate import SHEETS, Plate
from radiotheque.dicom.recipe import PNG, Recipe, Viewport
from radiotheque.dicom.terms import PLANES, TEXTS

STATE_FOR = Remote[bytes]("radiotheque.dicom.composition:state_for")
PRINT_SHEETS = Remote[bytes]("radiotheque.dicom.sheet:print_sheets")
MAX_IMAGES = 16
_MOST_PIXELS = 24_000_000
"""Of all pictures of a print: what fits into the memory of a child that sets the pages."""
_LONGEST_EDGE = 4096


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame to be printed, from 1, as `view` shows it; `content` is the draft of its study that is drawn on it."""

    study: UID
    series: UID
    instance: UID
    frame: int
    view: Mapping[str, Any]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paper:
    """On what: a sheet of `SHEETS`, as "pdf" or "png"; `say` gives the words around the images in the reader's language."""

    sheet: str
    media: str
    say: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints what the archive keeps."""

    publication: Publication
    clock: Clock

    def print(self, shots: Sequence[Shot], paper: Paper, caller: Caller) -> bytes:
        """Give the file; several pages as PNG come as a ZIP of them. Raises `Malformed`, `Unsupported`, `TooLarge`, `NotFound`, `Gone`, `Damaged`."""
        if paper.sheet not in SHEETS or paper.media not in ("pdf", "png"):
            raise Unsupported("prints are made as pdf or png on {known}", known=", ".join(SHEETS))
        if not shots:
            raise Malformed("a print names at least one image")
        if len(shots) > MAX_IMAGES:
            raise TooLarge("a print has at most {most} images", most=MAX_IMAGES)
        edge = min(math.isqrt(_MOST_PIXELS // len(shots)), _LONGEST_EDGE)
        plates = [self._plate(shot, paper.say, edge, caller) for shot in shots]
        return self.publication.archive.workbench.run(PRINT_SHEETS, plates, paper.sheet, paper.media)

    def _plate(self, shot: Shot, say: Callable[[str], str], edge: int, caller: Caller) -> Plate:
        _ = say
        location = self._located(shot, caller)
        view = view_given(dict(shot.view))
        archive = self.publication.archive
        model = orjson.loads(archive.render_model(location, shot.frame))
        recipe = Recipe(PNG, viewport=_viewport(view, model, edge))
        terms = {text: say(text) for text in TEXTS}
        picture = archive.rendered(location, shot.frame, recipe, self._state(shot, location, terms, caller))[1]
        wide, high, plane = _millimetres(shot, view, model)
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.clock.now()))
        return Plate(
            picture=picture,
            width_mm=wide,
            height_mm=high,
            aspect=_aspect(picture),
            head=_head(model, say),
            foot=(_("Printed {moment} by {name}").format(moment=moment, name=caller.name),),
            bar=f"5 cm ({say(PLANES[plane])})" if plane in PLANES else "",
            true=_("True size: print at 100 %"),
            scaled=_("{percent} %, not true size"),
            unscaled=_("Not to scale: no millimetres are known"),
        )

    def _located(self, shot: Shot, caller: Caller) -> Location:
        selection = Selection(Level.IMAGE, studies=(shot.study,), series=(shot.series,), instances=(shot.instance,))
        located = self.publication.archive.locate(selection, caller, act="print")
        if not located:
            raise NotFound("there is no such instance, or you may not see it")
        return located[0]

    def _state(self, shot: Shot, location: Location, terms: Mapping[str, str], caller: Caller) -> bytes:
        """Give the presentation state under which the picture is what the reader sees, drawings with it."""
        drawn = [
            each
            for each in shot.content["annotations"]
            if each["instance"] == shot.instance and each["frame"] == shot.frame
        ]
        frames = {shot.frame} if any(each["kind"] in REGIONS for each in drawn) else set()
        view = {**shot.view, "instance": shot.instance, "frame": shot.frame}
        content = {**shot.content, "annotations": drawn, "views": [view]}
        order = self.publication.order(shot.study, Draft(content, 1, caller.name, 0.0))
        order = replace(order, about=replace(order.about, words=terms))
        return self.publication.archive.workbench.run(STATE_FOR, self.publication.image(location, frames), order)


def _millimetres(shot: Shot, view: View, model: Mapping[str, Any]) -> tuple[float, float, str]:
    """Give width and height of what is seen, as it is turned, and of which plane they are; 0, 0 and "" when unknown."""
    row, column, plane = _spacing(shot, model)
    if row <= 0 or column <= 0 or plane == "unknown":
        return 0.0, 0.0, ""
    columns, rows = int(model["columns"]), int(model["rows"])
    x0, y0, x1, y1 = seen_of(view, columns, rows) or (1, 1, columns, rows)
    wide, high = (x1 - x0 + 1) * column, (y1 - y0 + 1) * row
    return (high, wide, plane) if view.rotation % 180 else (wide, high, plane)


def _viewport(view: View, model: Mapping[str, Any], edge: int) -> Viewport | None:
    """Give the square that a larger picture is made smaller to fit into; others keep their own pixels."""
    columns, rows = int(model["columns"]), int(model["rows"])
    x0, y0, x1, y1 = seen_of(view, columns, rows) or (1, 1, columns, rows)
    return Viewport(edge, edge) if max(x1 - x0, y1 - y0) >= edge else None


def _spacing(shot: Shot, model: Mapping[str, Any]) -> tuple[float, float, str]:
    for each in reversed(shot.content["calibrations"]):
        if each.get("instance") == shot.instance or each.get("series") == shot.series:
            return each["mm_per_pixel"] * model["aspect"], each["mm_per_pixel"], "user"
    found = model["spacing"]
    return found["row"], found["column"], found["source"]


def _head(model: Mapping[str, Any], _: Callable[[str], str]) -> tuple[str, ...]:
    who = model["identity"]
    groups = [", ".join(part for part in group.split("^")[:2] if part) for group in who["patient_name"].split("=")]
    names = [group for group in groups if group]
    born = _("born {date}").format(date=_day(who["birth_date"])) if who["birth_date"] else ""
    person = " · ".join(part for part in (who["patient_id"], who["issuer"], born, who["sex"]) if part)
    study = _("Study of {date}").format(date=_day(who["study_date"])) if who["study_date"] else ""
    seen = [study, who["description"], model["body_part"], model["view"], model["laterality"], who["accession"]]
    return tuple(line for line in (*names[:2], person, " · ".join(part for part in seen if part)) if line)


def _day(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 else date


def _aspect(png: bytes) -> float:
    """Give a PNG's width over its height (PNG 11.2.2: IHDR is first)."""
    return int.from_bytes(png[16:20]) / int.from_bytes(png[20:24])
