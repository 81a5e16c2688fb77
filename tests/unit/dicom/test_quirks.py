"""The table of peers' oddities."""

from radiotheque.dicom.quirks import NONE, QUIRKS, quirk_of


def test_a_peer_that_nothing_is_known_of_behaves_as_the_standard_says() -> None:
    assert quirk_of("1.2.3", "ANY") is NONE
    assert (NONE.charset, NONE.no_async_events) == ("", False)


def test_every_row_is_found_by_what_it_is_keyed_with() -> None:
    for row in QUIRKS:
        found = quirk_of(row.implementation_uid.replace("*", "1"), row.version_name.replace("*", "1"))
        assert found is row
        assert row.why


def test_dcmtk_is_known_by_its_implementation_uid() -> None:
    assert quirk_of("1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367").no_async_events
