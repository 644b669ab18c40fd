"""The fee formula beside the same formula by hand: both must come to the same before anything is timed."""

import random
from decimal import Context, localcontext

import pytest

from ptsp.domain.fees import price
from ptsp.main.bench import fees_side


def test_both_sides_come_to_the_same_on_every_input_and_the_receipts_are_whole() -> None:
    by_hand, service = fees_side.written_by_hand(), fees_side.imb()
    seen = set()
    for case in fees_side.answers(300, random.Random(7)):
        bill = price(service, case)
        with localcontext(Context(prec=200)):
            assert fees_side.figures(bill) == by_hand(case)
        building, facility = bill.lines
        assert [part["name"] for part in building.receipt["parts"]] == ["parameter_sum", "integrated_index"]
        assert facility.receipt["parts"] == []
        assert building.receipt["value"] == str(building.amount)
        seen.add(bill.total)
    assert len(seen) > 250


def test_sides_that_disagree_are_never_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fees_side.WORK, "new", "1.01")  # by hand and in the pack alike
    assert fees_side.measure(seed=1, seconds=0.01)["rounds"] >= 1
    monkeypatch.setitem(fees_side.LINES, "facility", "round(facility_volume * 8000.01, 0)")
    with pytest.raises(AssertionError, match="seed 1"):
        fees_side.measure(seed=1, seconds=0.01)


def test_the_report_says_both_rates_the_ratio_and_the_seed() -> None:
    report = fees_side.measure(seed=5, seconds=0.05)
    assert set(report) == {"seed", "inputs", "rounds", "ours", "by_hand", "ratio"}
    assert report["ours"]["us"] > 0
    said = "\n".join(fees_side.lines(report))
    assert f"{report['ratio']} times" in said
    assert "seed 5" in said
