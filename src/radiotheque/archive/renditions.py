"""Metadata, bulk data, frames and pictures of what is kept: all derived, always rebuildable."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from radiotheque.archive.current import current
from radiotheque.archive.joined import Joiner
from radiotheque.core.errors import NotFound, TooLarge, Undecodable, Unsupported
from radiotheque.core.instance import Edition, Location
from radiotheque.core.ports import BlobStore, Derived, Remote, Streamed, Workbench
from radiotheque.core.uid import UID
from radiotheque.dicom import syntaxes
from radiotheque.dicom.bulk import bulk_data
from radiotheque.dicom.containers import is_video
from radiotheque.dicom.frames import PixelLayout, pixel_layout
from radiotheque.dicom.metadata import to_json
from radiotheque.dicom.recipe import Recipe, Taken

RENDER_FRAME = Remote[tuple[str, bytes]]("radiotheque.dicom.pictures:render_frame")
FRAME_OF_VIDEO = Remote[tuple[str, bytes]]("radiotheque.dicom.videoframes:frame_of_video")
RENDER_SMALL = Remote[tuple[str, bytes]]("radiotheque.dicom.pictures:render_small")
SMALL_COPY = Remote[bytes]("radiotheque.dicom.smaller:small_copy")
TRANSCODE_FRAMES = Remote[list[bytes]]("radiotheque.dicom.transcode:transcode_frames")
FRAME_TO_VIEW = Remote[list[bytes]]("radiotheque.dicom.viewing:frame_to_view")
RENDER_MODEL = Remote[bytes]("radiotheque.dicom.rendermodel:render_model")
RENDER_MODEL_UNDER = Remote[bytes]("radiotheque.dicom.statemodel:render_model_under")

VIEWED_AS = "5"
"""Another one when frames or models come to be made another way: what is kept of the old way is then asked for no more."""
_SAME_FRAMES = frozenset((syntaxes.EXPLICIT_LE, syntaxes.IMPLICIT_LE, syntaxes.DEFLATED_LE))
"""Transfer syntaxes in which a frame is the same bytes."""

VIDEO_BYTES = 256 << 20
"""A frame is decoded from a video of up to this size: the child process is handed all of it."""


_PIECE_BYTES = 2 << 20
"""A large frame goes to a child in pieces of this size: memory that is used again, where a whole frame's is mapped anew."""


@dataclass(frozen=True, slots=True)
class Renditions:
    """What is made from kept objects for those who ask, and kept in the derived store to be quick."""

    blobs: BlobStore
    derived: Derived
    workbench: Workbench

    def metadata(self, location: Location) -> bytes:
        """Give an instance's header as one DICOM JSON object (PS3.18 F.2), UTF-8, current identity in it."""
        now = current(location, self.blobs)
        return to_json(
            now.read,
            now.size,
            transfer_syntax=now.transfer_syntax,
            dataset_offset=now.dataset_offset,
            first_bytes=now.at_hand,
            add={"00083002": {"vr": "UI", "Value": [location.transfer_syntax]}},
        )

    def bulk(self, location: Location, path: str) -> bytes:
        """Give the bytes of the element at `path`. Raises `NotFound`."""
        now = current(location, self.blobs)
        found = bulk_data(
            now.read, now.size, transfer_syntax=now.transfer_syntax, dataset_offset=now.dataset_offset, path=path
        )
        return found.read()

    def joiner(self, locate: Callable[[Edition], Sequence[Location]]) -> Joiner:
        """Give what joins the metadata of series whose instances `locate` finds."""
        return Joiner(self.derived, locate, self.metadata)

    def layout(self, location: Location) -> PixelLayout:
        """Give where the frames are. Raises `NotFound` when the instance has no Pixel Data."""
        now = current(location, self.blobs)
        return pixel_layout(now.read, now.size, transfer_syntax=now.transfer_syntax, dataset_offset=now.dataset_offset)

    def frames(self, location: Location, numbers: Sequence[int], syntax: UID | None) -> Iterator[bytes]:
        """Yield frames by number from 1 in `syntax`, None for the stored one.

        Raises `NotFound` for a number out of range before any frame is given, `Unsupported`, `Damaged`.
        """
        layout = self.layout(location)
        wrong = [number for number in numbers if not 1 <= number <= len(layout.spans)]
        if wrong:
            raise NotFound(
                "there is no frame {wrong}: the instance has {count}", wrong=wrong[0], count=len(layout.spans)
            )
        stored = location.transfer_syntax
        if syntax is None or syntax == stored or {stored, syntax} <= _SAME_FRAMES:
            return map(layout.frame, numbers)
        head = layout.read(0, layout.offset)
        return (
            self.workbench.run(TRANSCODE_FRAMES, head, [layout.frame(number)], str(syntax))[0] for number in numbers
        )

    def rendered(self, location: Location, frame: int, recipe: Recipe, state: bytes = b"") -> tuple[str, bytes]:
        """Give frame `frame` (from 1) as a picture: media type and bytes.

        `state` is a presentation state to show it under, as a Part 10 file. Decoding and drawing happen in a child
        process; little pictures are made from a smaller copy of the frame, which is kept. Raises `NotFound`,
        `Unsupported`, `Damaged`, `TooLarge`.
        """
        if is_video(location.transfer_syntax):
            return self._of_video(location, frame, recipe, state)
        taken = Taken(frame - 1, 0, state)
        if recipe.small:
            head, small = self._small(location, frame, 0 if state else recipe.exact_edge)
            if small:
                return self.workbench.run(RENDER_SMALL, head, memoryview(small), recipe, taken)
        layout = self.layout(location)
        return self.workbench.run(RENDER_FRAME, layout.read(0, layout.offset), _frame(layout, frame), recipe, taken)

    def _of_video(self, location: Location, frame: int, recipe: Recipe, state: bytes) -> tuple[str, bytes]:
        if state:
            raise Unsupported("a video is not shown under a presentation state")
        if not 1 <= frame <= max(location.frames, 1):
            raise NotFound("there is no frame {frame}: the video has {frames}", frame=frame, frames=location.frames)
        layout = self.layout(location)
        if sum(stop - start for start, stop in layout.spans[0]) > VIDEO_BYTES:
            raise TooLarge(
                "no frame is decoded from a video over {video_bytes} MiB; it is given as it came",
                video_bytes=VIDEO_BYTES >> 20,
            )
        return self.workbench.run(FRAME_OF_VIDEO, layout.read(0, layout.offset), _frame(layout, 1), frame, recipe)

    def viewed(self, location: Location, frame: int) -> tuple[bytes, bytes]:
        """Give what is known of frame `frame` (from 1), as JSON, and its bytes for a viewer; made when first asked for.

        Both are kept in the derived store. Raises `NotFound`, `Unsupported`, `Damaged`, `TooLarge`.
        """
        facts = self.derived.get(_name(location, "facts", frame))
        body = self.derived.get(_name(location, "view", frame)) if facts is not None else None
        if facts is not None and body is not None:
            return facts, body
        layout = self.layout(location)
        head = layout.read(0, layout.offset)
        facts, body = self.workbench.run(FRAME_TO_VIEW, head, _frame(layout, frame), frame - 1)
        self.derived.put(_name(location, "view", frame), body)
        self.derived.put(_name(location, "facts", frame), facts)
        return facts, body

    def render_model(self, location: Location, frame: int, state: bytes = b"") -> bytes:
        """Give the render model of frame `frame` (from 1) as JSON, under the current identity; addresses are left empty.

        `state` is a presentation state to see it under, as a Part 10 file; without one the model is kept. The frame itself
        is read only where the header does not say enough. Raises as `viewed`.
        """
        facts = self.derived.get(_name(location, "facts", frame)) or b""
        name = _name(location, f"model-{location.version}-{'whole' if facts else 'head'}", frame)
        kept = self.derived.get(name) if not state else None
        if kept is not None:
            return kept
        model = self._model(location, frame, facts, state)
        if not state:
            self.derived.put(name, model)
        return model

    def _model(self, location: Location, frame: int, facts: bytes, state: bytes) -> bytes:
        layout = self.layout(location)
        count, taken = len(layout.spans), Taken(frame - 1, 0, state)
        if not 1 <= frame <= count:
            raise NotFound("there is no frame {frame}: the instance has {count}", frame=frame, count=count)
        head = layout.read(0, layout.offset)

        def told(known: bytes) -> bytes:
            if state:
                return self.workbench.run(RENDER_MODEL_UNDER, head, taken, known, count)
            return self.workbench.run(RENDER_MODEL, head, frame - 1, known, count)

        return told(facts) or told(self.viewed(location, frame)[0])

    def _small(self, location: Location, frame: int, edge: int) -> tuple[bytes, bytes]:
        """Give the head and the frame's smaller copy, b"" for none; made and kept when it is asked for first.

        `edge` is the side of the square that it is to fit into, 0 for a copy from which many sizes can be made.
        """
        name = f"{location.blob.name.replace('/', '-')}/small-{frame}" + (f"-{edge}" if edge else "")
        kept = self.derived.get(name)
        if kept is not None and location.pixel_offset >= 0:
            now = current(location, self.blobs)
            return now.read(0, now.size - location.blob.size_bytes + location.pixel_offset), kept
        layout = self.layout(location)
        head = layout.read(0, layout.offset)
        if kept is None:
            kept = self.workbench.run(SMALL_COPY, head, _frame(layout, frame), Taken(frame - 1), edge)
            self.derived.put(name, kept)
        return head, kept


def _name(location: Location, what: str, frame: int) -> str:
    """Give the name among the derived blobs of what a viewer is given of a frame."""
    return f"{location.blob.name.replace('/', '-')}/{what}-{VIEWED_AS}-{frame}"


def _frame(layout: PixelLayout, number: int) -> memoryview | Streamed:
    """Give a frame for the workbench. Raises `NotFound`, `Undecodable` when it is cut short."""
    spans = layout.spans[number - 1] if 1 <= number <= len(layout.spans) else ()
    size = sum(stop - start for start, stop in spans)
    if size <= _PIECE_BYTES:
        return memoryview(layout.frame(number))
    return Streamed(size, lambda: _pieces(layout, number))


def _pieces(layout: PixelLayout, number: int) -> Iterator[bytes]:
    for start, stop in layout.spans[number - 1]:
        for at in range(start, stop, _PIECE_BYTES):
            end = min(at + _PIECE_BYTES, stop)
            piece = layout.read(at, end)
            if len(piece) != end - at:
                raise Undecodable("frame {number} is cut short in the bytes as received", number=number)
            yield piece
