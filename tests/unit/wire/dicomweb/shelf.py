"""An archive of a few objects in memory, for tests of what the web wire says: no database, no search of its own."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pydicom
from pydicom.encaps import generate_frames
from pydicom.filebase import DicomBytesIO

from radiotheque.archive.video import Film, film_in
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Gone, Malformed, Mismatch, NotFound, NotPermitted, RadiothequeError, Unsupported
from radiotheque.core.instance import Blob, BlobName, Buffer, Edition, Identity, Location, Outcome, Receipt, Selection
from radiotheque.core.query import Found, Level, Page, Query
from radiotheque.core.uid import UID
from radiotheque.dicom.containers import Container, codec_of
from radiotheque.dicom.filemeta import split
from radiotheque.dicom.frames import pixel_layout
from radiotheque.dicom.pictures import Recipe, render_instance

EXPLICIT_LE = "1.2.840.10008.1.2.1"


@dataclass
class Sheet:
    """What goes out of an instance."""

    location: Location
    transfer_syntax: UID
    data: bytes
    etag: str = "tag"

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        data = self.data[start:stop]
        for at in range(0, len(data), 1 << 20):
            yield data[at : at + (1 << 20)]


@dataclass
class Shelf:
    """Objects by SOP Instance UID, as Part 10 files; searches are answered with `page`."""

    page: Page = field(default_factory=lambda: Page(()))
    kept: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    asked: list[Query] = field(default_factory=list)
    rejected: list[tuple[Selection, str]] = field(default_factory=list)
    refuse: dict[str, RadiothequeError] = field(default_factory=dict)
    fail_with: RadiothequeError | None = None
    transcodes: bool = True
    unmatched: tuple[str, ...] = ()
    needs: Permission | None = None

    @property
    def renditions(self) -> "Shelf":
        return self

    def layout(self, location: Location) -> Any:
        data = self.kept[location.identity.sop_instance]
        return pixel_layout(
            lambda start, stop: data[start:stop],
            len(data),
            transfer_syntax=location.transfer_syntax,
            dataset_offset=split(data)[1],
        )

    @property
    def workbench(self) -> "Shelf":
        return self

    def run(self, function: Any, *args: Any) -> Any:
        return function(*args)

    @property
    def catalog(self) -> "Shelf":
        return self

    def unsupported(self, query: Query) -> tuple[str, ...]:
        return self.unmatched

    def matched_plainly(self, query: Query) -> tuple[str, ...]:
        return ()

    def put(self, data: bytes) -> pydicom.Dataset:
        dataset = pydicom.dcmread(BytesIO(data), stop_before_pixels=True)
        self.kept[str(dataset.SOPInstanceUID)] = data
        return dataset

    def receive(self, incoming: Any) -> Receipt:
        size = len(incoming.peek(256 << 10))
        data = b"".join(map(bytes, incoming.chunks()))
        assert len(data) >= size
        if self.fail_with is not None:
            raise self.fail_with
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                dataset = pydicom.dcmread(BytesIO(data), stop_before_pixels=True)
                uid, identity = str(dataset.SOPInstanceUID), _identity(dataset)
        except Exception as error:  # pydicom raises anything at damaged bytes
            raise Malformed("no DICOM object; nothing was kept") from error
        if incoming.study and incoming.study != identity.study:
            raise Mismatch("the study is another")
        if uid in self.refuse:
            raise self.refuse[uid]
        self.kept[uid] = data
        return Receipt(Outcome.KEPT, identity)

    def find(self, query: Query, caller: Any) -> Page:
        self.asked.append(query)
        return self.page

    def locate(self, selection: Selection, caller: Caller, *, act: str) -> Sequence[Location]:
        if self.needs is not None and self.needs not in caller.permissions:
            raise NotPermitted("the role is missing")
        found = [location for location in map(self._location, self.kept.values()) if _selected(location, selection)]
        there = [location for location in found if location.identity.sop_instance not in self.gone]
        if found and not there:
            raise Gone("it was rejected")
        if not found:
            raise NotFound("nothing is there")
        return there

    def _location(self, data: bytes) -> Location:
        dataset = pydicom.dcmread(BytesIO(data), stop_before_pixels=True)
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        uid = str(dataset.SOPInstanceUID)
        return Location(
            _identity(dataset),
            Blob(BlobName(f"k/{uid}"), len(data)),
            UID(str(dataset.file_meta.TransferSyntaxUID)),
            132,
            200,
            frames,
            0,
        )

    def outgoing(self, location: Location, *, syntax: UID | None = None, at_once_bytes: int = 0) -> Sheet:
        data = self.kept[location.identity.sop_instance]
        if syntax is None:
            return Sheet(location, location.transfer_syntax, data)
        if not self.transcodes or syntax != EXPLICIT_LE:
            raise Unsupported("cannot be transcoded")
        dataset = pydicom.dcmread(BytesIO(data))
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        out = DicomBytesIO()
        pydicom.dcmwrite(out, dataset, implicit_vr=False, little_endian=True)
        return Sheet(location, UID(EXPLICIT_LE), out.getvalue())

    def metadata(self, location: Location) -> bytes:
        dataset = pydicom.dcmread(BytesIO(self.kept[location.identity.sop_instance]))
        text = dataset.to_json(bulk_data_threshold=64, bulk_data_element_handler=_bulk_uri)
        return text.replace('"BulkDataURI": "', '"BulkDataURI":"').encode()

    def editions(self, selection: Selection, caller: Caller) -> Sequence[Edition]:
        found: dict[tuple[UID, UID], int] = {}
        for location in self.locate(selection, caller, act="view"):
            place = location.identity.study, location.identity.series
            found[place] = found.get(place, 0) + 1
        return [Edition(study, series, len(self.kept), count) for (study, series), count in found.items()]

    def joined_metadata(self, editions: Sequence[Edition], caller: Caller, base: str) -> Iterator[list[Buffer]]:
        for edition in editions:
            selection = Selection(Level.SERIES, studies=(edition.study,), series=(edition.series,))
            where = f"{base}/studies/{edition.study}/series/{edition.series}/instances"
            joined = b",".join(
                self.metadata(each).replace(
                    b'"BulkDataURI":"', f'"BulkDataURI":"{where}/{each.identity.sop_instance}/'.encode()
                )
                for each in self.locate(selection, caller, act="view")
            )
            yield [joined]

    def bulk(self, location: Location, path: str) -> bytes:
        dataset = pydicom.dcmread(BytesIO(self.kept[location.identity.sop_instance]))
        if int(path, 16) not in dataset:
            raise NotFound("no such element")
        return bytes(dataset[int(path, 16)].value)

    def frames(self, location: Location, numbers: Sequence[int], *, syntax: UID | None) -> Iterator[bytes]:
        dataset = pydicom.dcmread(BytesIO(self.kept[location.identity.sop_instance]))
        if "PixelData" not in dataset:
            raise NotFound("no pixels")
        compressed = dataset.file_meta.TransferSyntaxUID.is_compressed
        if syntax is None and compressed:
            frames = list(generate_frames(dataset.PixelData, number_of_frames=location.frames))
        elif syntax in (None, EXPLICIT_LE):
            if compressed:
                dataset.decompress()
            size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
            frames = [dataset.PixelData[at : at + size] for at in range(0, size * location.frames, size)]
        else:
            raise Unsupported("cannot be encoded so")
        yield from (frames[number - 1] for number in numbers)

    def rendered(self, location: Location, frame: int, recipe: Recipe, state: bytes = b"") -> tuple[str, bytes]:
        return render_instance(self.kept[location.identity.sop_instance], recipe, frame, state)

    def film(self, location: Location) -> Film:
        spans = [span for frame in self.layout(location).spans for span in frame]
        return film_in(self.outgoing(location), spans, codec_of(location.transfer_syntax))

    def playable(self, location: Location) -> Film:
        film = self.film(location)
        if film.container is not Container.MP4:
            raise Unsupported("it is not put into MP4")
        return film

    def reject(self, selection: Selection, caller: Caller, *, code: str) -> int:
        found = self.locate(selection, caller, act="view")
        self.rejected.append((selection, code))
        self.gone |= {location.identity.sop_instance for location in found}
        return len(found)


def _bulk_uri(element: pydicom.DataElement) -> str:
    return f"bulkdata/{element.tag:08X}"


def _identity(dataset: pydicom.Dataset) -> Identity:
    uids = (dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID)
    return Identity(*(UID(str(uid)) for uid in uids), str(dataset.get("PatientID", "")), "")


def _selected(location: Location, selection: Selection) -> bool:
    identity = location.identity
    return (
        identity.study in selection.studies
        and (not selection.series or identity.series in selection.series)
        and (not selection.instances or identity.sop_instance in selection.instances)
    )


def found(level: Any, **attributes: str | tuple[str, ...]) -> Found:
    """Give a match with these attributes."""
    values = {name: (value,) if isinstance(value, str) else value for name, value in attributes.items()}
    return Found(level, values)
