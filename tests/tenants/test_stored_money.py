"""Stored standards: what a fee takes over comes back exactly, and forms stored before are still read."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.packs import read_pack, service_from_json, service_to_json
from ptsp.kernel.specs import (
    TREASURER,
    Basis,
    CollectionSpec,
    FeeLineSpec,
    FeeSpec,
    InterestSpec,
    ServiceSpec,
    SignerSpec,
)
from tests.tenants.planting import TENANTS

IMB = read_pack(TENANTS, "sidoarjo").services["imb"]
WORDS = st.text(max_size=20)
TEXT = st.fixed_dictionaries({"id": WORDS, "en": WORDS})
CODES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
DAYS = st.none() | st.dates(min_value=date(1900, 1, 1))
COUNTS = st.integers(1, 365)
COLLECTIONS = st.builds(
    CollectionSpec,
    due_days=COUNTS,
    warn_after_days=COUNTS,
    pay_within_days=COUNTS,
    claim_years=COUNTS,
    deposit_days=COUNTS,
    interest=st.none()
    | st.builds(InterestSpec, TEXT, WORDS, WORDS, st.dictionaries(CODES, WORDS, max_size=3)),
    legal_basis=WORDS,
    basis=st.sampled_from(Basis),
    source=WORDS,
)
FEES = st.builds(
    FeeSpec,
    legal_basis=WORDS,
    basis=st.sampled_from(Basis),
    source=WORDS,
    lines=st.lists(st.builds(FeeLineSpec, CODES, TEXT, WORDS, WORDS, CODES), max_size=3).map(tuple),
    lets=st.dictionaries(CODES, WORDS, max_size=3),
    collection=COLLECTIONS,
    signers=st.builds(SignerSpec, CODES, CODES, CODES),
    by_law=st.none() | CODES,
    in_force_from=DAYS,
    in_force_until=DAYS,
)


def _there_and_back(service: ServiceSpec) -> ServiceSpec:
    """Through JSON whose keys lose their order, as PostgreSQL keeps it: the short ones first."""

    def by_length(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(sorted(pairs, key=lambda pair: (len(pair[0]), pair[0])))

    written = json.dumps(service_to_json(service))
    return service_from_json(json.loads(written, object_pairs_hook=by_length))


@given(fee=FEES)
def test_any_fee_comes_back_as_it_was(fee: FeeSpec) -> None:
    back = _there_and_back(replace(IMB, fee=fee)).fee
    assert back == fee
    assert list(back.lets) == list(fee.lets)  # equal mappings do not show their order
    late, was = back.collection.interest, fee.collection.interest
    assert [*(late.lets if late else ())] == [*(was.lets if was else ())]


def test_examples_are_no_part_of_what_is_stored() -> None:
    stored = service_to_json(IMB)
    assert "examples" not in stored["fee"]
    assert "IMB-1" not in json.dumps(stored)


def _before(stored: Mapping[str, Any]) -> dict[str, Any]:
    """As a standard was stored before by-laws and rules of collection, its due days where the migration puts them."""
    fee = {key: stored["fee"][key] for key in ("legal_basis", "basis", "source", "lets", "tables")}
    lines = [
        {key: line[key] for key in ("code", "label", "account", "amount")} for line in stored["fee"]["lines"]
    ]
    fee["lets"] = dict(fee["lets"])
    return {**stored, "fee": {**fee, "lines": lines, "collection": {"due_days": 30}}}


def test_a_standard_stored_before_is_read_with_the_defaults() -> None:
    old = service_from_json(_before(json.loads(json.dumps(service_to_json(IMB))))).fee
    assert old.collection == CollectionSpec(due_days=30)
    assert old.collection.interest is None
    assert old.signers == SignerSpec()
    assert (old.by_law, old.in_force_from, old.in_force_until) == (None, None, None)
    assert {line.agency for line in old.lines} == {TREASURER}
    assert [line.amount for line in old.lines] == [line.amount for line in IMB.fee.lines]
    assert (old.lets, old.tables) == (IMB.fee.lets, IMB.fee.tables)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param((), {"due_days": 15}, id="due days beside the collection"),
        pytest.param(("collection",), {"due_days": "15"}, id="due days as a text"),
        pytest.param(("collection",), {"penalty": 1}, id="a rule nobody knows"),
        pytest.param(("collection",), {"interest": "2 %"}, id="interest as a text"),
        pytest.param(("collection", "interest"), {"lets": None}, id="lets of nothing"),
        pytest.param(("signers",), {"notice": 1}, id="a number that signs"),
        pytest.param((), {"in_force_from": "2021"}, id="a year for a day"),
        pytest.param((), {"examples": []}, id="examples"),
    ],
)
def test_what_is_no_stored_fee_is_refused(place: tuple[str, ...], value: Mapping[str, Any]) -> None:
    stored = json.loads(json.dumps(service_to_json(IMB)))
    holder = stored["fee"]
    for part in place:
        holder = holder[part]
    holder.update(value)
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        service_from_json(stored)
