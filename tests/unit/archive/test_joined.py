"""Joined metadata: made once, served as long as nothing changed, never stale."""

import json

from radiotheque.archive.joined import Joiner, _name
from radiotheque.blobs.derived import MemoryDerived
from radiotheque.core.instance import Blob, BlobName, Edition, Identity, Location
from radiotheque.core.ports import Derived
from radiotheque.core.uid import UID

STUDY, SERIES = UID("1.2"), UID("1.2.3")


class Shelf:
    """Two instances of one series, and a count of how often their headers were read."""

    def __init__(self, derived: Derived | None = None) -> None:
        self.locations = [_location("1.2.3.1"), _location("1.2.3.2")]
        self.read = 0
        self.joiner = Joiner(derived or MemoryDerived(), lambda _edition: self.locations, self.metadata)

    def metadata(self, location: Location) -> bytes:
        self.read += 1
        uid = location.identity.sop_instance
        return b'{"00080018":{"vr":"UI","Value":["%s"]},"7FE00010":{"vr":"OW","BulkDataURI":"bulkdata/7FE00010"}}' % (
            uid.encode()
        )

    def given(self, revision: int, base: str = "http://here") -> list[dict[str, dict[str, str]]]:
        pieces = self.joiner.joined([Edition(STUDY, SERIES, revision, len(self.locations))], base)
        given: list[dict[str, dict[str, str]]] = json.loads(b"[" + b",".join(map(b"".join, pieces)) + b"]")
        return given


def _location(instance: str, version: int = 0) -> Location:
    identity = Identity(UID("1.9"), UID(instance), STUDY, SERIES, "P", "")
    return Location(identity, Blob(BlobName(f"k/{instance}"), 10), UID("1.2.840.10008.1.2.1"), 0, -1, 1, version)


def test_headers_are_read_once_while_the_study_stays_as_it_is() -> None:
    shelf = Shelf()
    assert [each["00080018"]["Value"][0] for each in shelf.given(7)] == ["1.2.3.1", "1.2.3.2"]
    assert shelf.given(7) == shelf.given(7)
    assert shelf.read == 2


def test_bulk_data_are_below_the_address_that_was_asked() -> None:
    shelf = Shelf()
    for base in ("http://one", "https://other/dicom-web"):
        where = shelf.given(1, base)[1]["7FE00010"]["BulkDataURI"]
        assert where == f"{base}/studies/1.2/series/1.2.3/instances/1.2.3.2/bulkdata/7FE00010"


def test_the_address_that_was_asked_first_stays_in_what_is_kept_and_any_other_is_exchanged() -> None:
    shelf = Shelf()
    first = shelf.given(1, "http://one")
    assert b"http://one/studies" in (shelf.joiner.derived.get(_name(SERIES)) or b"")
    for base in ("https://other/dicom-web", "http://one", "http://a"):
        assert json.dumps(shelf.given(1, base)) == json.dumps(first).replace("http://one", base)
    assert json.dumps(shelf.given(2, "http://a")) == json.dumps(first).replace("http://one", "http://a")
    assert shelf.read == 2


def test_a_change_elsewhere_in_the_study_reads_no_header_again() -> None:
    shelf = Shelf()
    shelf.given(1)
    shelf.given(2)
    assert shelf.read == 2


def test_a_new_instance_and_an_amendment_are_seen_at_once() -> None:
    shelf = Shelf()
    shelf.given(1)
    shelf.locations.append(_location("1.2.3.3"))
    assert len(shelf.given(2)) == 3
    shelf.locations = [_location(each.identity.sop_instance, version=1) for each in shelf.locations]
    shelf.given(3)
    assert shelf.read == 2 + 3 + 3


def test_what_is_no_longer_there_is_made_again() -> None:
    shelf = Shelf()
    shelf.given(1)
    shelf.joiner.derived.evict("metadata/")
    assert len(shelf.given(1)) == 2
    assert shelf.read == 4


class Earlier(MemoryDerived):
    """Derived data in which an earlier version left the joined metadata in its own layout."""

    def get(self, name: str) -> bytes | None:
        return super().get(name) or b'{"revision":7,"stamp":"","mark":"0a"}\n{"00080018":{"vr":"UI","Value":["1.9"]}}'


def test_what_an_earlier_version_kept_in_another_layout_is_made_anew() -> None:
    shelf = Shelf(Earlier())
    assert [each["00080018"]["Value"][0] for each in shelf.given(7)] == ["1.2.3.1", "1.2.3.2"]
