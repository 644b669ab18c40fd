"""A service's fee is read once, and never mistaken for that of another service."""

from decimal import Decimal

import pytest

from ptsp.domain.fees import price, rules
from tests.unit.fees.test_price import service


def test_a_fee_is_read_once_for_all_bills(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    parse = rules.parse

    def counted(text: str, *, where: str) -> rules.Expression:
        read.append(where)
        return parse(text, where=where)

    monkeypatch.setattr(rules, "parse", counted)
    one = service(lets={"half": "area * 0.5"}, lines={"form": "half * 2"})
    assert [price(one, {"area": Decimal(area)}).total for area in (2, 4, 6)] == [2, 4, 6]
    assert read == ["fee.lets[half]", "fee.lines[form]"]


def test_services_that_come_and_go_keep_to_their_own_fees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_MOST_TARIFFS", 7)
    lasting = [service(lines={"form": str(amount)}) for amount in range(5)]
    for round_ in range(200):  # where one was, another may come to lie in memory
        assert price(service(lines={"form": str(1000 + round_)}), {}).total == 1000 + round_
        assert [price(one, {}).total for one in lasting] == [0, 1, 2, 3, 4]
    assert len(rules._tariffs) <= 7
