"""The measurement among all regions: what its figures are made of."""

import pytest

from ptsp.main.bench.tenants_side import SIDES, Round, _middle, _ratio, lines


def rounds(*cpu_ms: float) -> list[Round]:
    return [Round(one, 2 * one) for one in cpu_ms]


@pytest.mark.parametrize(
    ("ours", "other", "ratio"),
    [
        pytest.param((10, 10, 10), (10, 10, 10), 1.0, id="the same"),
        pytest.param((11, 22, 12), (10, 20, 10), 1.1, id="each round against its own neighbour"),
        pytest.param((10, 10, 100), (10, 10, 10), 1.0, id="one bad round is not the figure"),
    ],
)
def test_a_ratio_is_the_median_of_the_rounds(ours, other, ratio):
    assert _ratio(rounds(*ours), rounds(*other)) == ratio


def test_a_ratio_of_unequal_rounds_is_none():
    with pytest.raises(ValueError, match="zip"):
        _ratio(rounds(1, 2), rounds(1))


def test_the_report_for_people_has_all_figures():
    report = {name: _middle(rounds(1, 2, 3)) for name in SIDES}
    report |= {"tenants": 552, "write_s": 1, "read_s": 15, "apply_s": 12, "book_s": 7}
    told = "\n".join(lines(report | {"ratio_tenants": 1.01, "ratio_rls": 1.08}))
    for words in (
        "552 offices written in 1 s",
        "in force in 12 s",
        "costs 1.01 times",
        "it costs 1.08 times",
    ):
        assert words in told
