"""The Python package dicomweb-client stores, searches and retrieves."""

import io
from collections.abc import Sequence

import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient

from peers.server import Running
from shared import Sample, consistent, packaged

NAMES = ("RG1_UNCR.dcm", "RG3_UNCR.dcm", "CT_small.dcm", "SC_rgb_small_odd.dcm")


@pytest.fixture(scope="module")
def client(archive: Running) -> DICOMwebClient:
    return DICOMwebClient(archive.web, headers={"Authorization": f"Bearer {archive.token}"})


@pytest.fixture(scope="module")
def stored(client: DICOMwebClient) -> Sequence[Sample]:
    """Samples that the client has stored in one request."""
    chosen = [sample for sample in consistent(packaged()) if sample.path.name in NAMES]
    answer = client.store_instances([pydicom.dcmread(sample.path) for sample in chosen])
    assert len(answer.ReferencedSOPSequence) == len(chosen)
    assert "FailedSOPSequence" not in answer
    return chosen


def test_it_finds_studies_series_and_instances(client: DICOMwebClient, stored: Sequence[Sample]) -> None:
    studies = client.search_for_studies(search_filters={"StudyInstanceUID": stored[0].study})
    assert [study["0020000D"]["Value"] for study in studies] == [[stored[0].study]]
    series = client.search_for_series(stored[0].study)
    assert {item["0020000E"]["Value"][0] for item in series} == {s.series for s in stored if s.study == stored[0].study}
    instances = client.search_for_instances(stored[0].study, stored[0].series)
    assert stored[0].instance in {item["00080018"]["Value"][0] for item in instances}


def test_it_retrieves_an_instance_with_equal_pixels(client: DICOMwebClient, stored: Sequence[Sample]) -> None:
    for sample in stored:
        given = client.retrieve_instance(sample.study, sample.series, sample.instance)
        kept = pydicom.dcmread(sample.path)
        assert given.SOPInstanceUID == sample.instance
        assert given.PixelData == kept.PixelData


def test_it_retrieves_metadata_that_pydicom_reads(client: DICOMwebClient, stored: Sequence[Sample]) -> None:
    for sample in stored:
        metadata = client.retrieve_instance_metadata(sample.study, sample.series, sample.instance)
        read = pydicom.Dataset.from_json(metadata, bulk_data_uri_handler=lambda _: b"")
        kept = pydicom.dcmread(sample.path)
        assert (read.Rows, read.Columns, read.Modality) == (kept.Rows, kept.Columns, kept.Modality)


def test_it_retrieves_frames_and_a_rendered_picture(client: DICOMwebClient, stored: Sequence[Sample]) -> None:
    sample = next(sample for sample in stored if sample.path.name == "CT_small.dcm")
    where = (sample.study, sample.series, sample.instance)
    frames = client.retrieve_instance_frames(*where, frame_numbers=[1])
    assert frames == [pydicom.dcmread(sample.path).PixelData]
    picture = client.retrieve_instance_rendered(*where, media_types=("image/png",))
    assert io.BytesIO(picture).read(8) == b"\x89PNG\r\n\x1a\n"


def test_it_is_told_that_a_deleted_instance_is_gone(client: DICOMwebClient, stored: Sequence[Sample]) -> None:
    sample = stored[-1]
    client.delete_instance(sample.study, sample.series, sample.instance)
    with pytest.raises(Exception, match="410"):
        client.retrieve_instance(sample.study, sample.series, sample.instance)
