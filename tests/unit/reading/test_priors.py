"""Which priors are worth a look: by hand from the weights."""

from radiotheque.reading.priors import MODALITY, RECENT, REGION, SIDE, VIEWS, Sight, ranked, score


def sight(region: str, modality: str = "DX", date: str = "20240101", views: str = "", sides: str = "") -> Sight:
    return Sight(
        frozenset(region.split()), frozenset((modality,)), date, frozenset(views.split()), frozenset(sides.split())
    )


def test_the_same_study_of_the_same_day_has_all_points() -> None:
    same = sight("CHEST", views="PA LL", sides="U")
    assert score(same, same) == REGION + VIEWS + SIDE // 2 + MODALITY + RECENT  # an unpaired part has no side


def test_another_part_of_the_body_is_no_prior() -> None:
    assert score(sight("CHEST"), sight("FOOT")) == 0


def test_recency_halves_in_a_year() -> None:
    current = sight("CHEST", date="20240101")
    last_year, this_year = (score(current, sight("CHEST", date=date)) for date in ("20230101", "20231231"))
    assert this_year - last_year == RECENT // 2


def test_the_other_side_counts_less_than_the_same() -> None:
    current = sight("HAND", sides="L")
    assert score(current, sight("HAND", sides="L")) - score(current, sight("HAND", sides="R")) == SIDE


def test_a_radiograph_goes_with_a_radiograph_before_a_ct() -> None:
    current = sight("CHEST", "DX")
    by = {modality: score(current, sight("CHEST", modality)) for modality in ("DX", "CR", "CT")}
    assert by["DX"] - by["CR"] == MODALITY // 2
    assert by["CR"] - by["CT"] == MODALITY // 2


def test_a_study_that_does_not_say_what_it_shows_is_no_worse_than_half() -> None:
    assert 0 < score(sight("CHEST"), sight("")) < score(sight("CHEST"), sight("CHEST"))


def test_the_best_come_first_and_the_latest_among_equals() -> None:
    assert ranked([("a", 5, "2023"), ("b", 9, "2020"), ("c", 5, "2024"), ("d", 0, "2025")]) == [
        ("b", 9),
        ("c", 5),
        ("a", 5),
    ]
