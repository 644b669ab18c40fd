"""Workers balance each day by themselves; what cannot be had is asked for again, and what was signed is a chain."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ptsp.domain import balances
from ptsp.flows.end_gap import end_gap
from ptsp.flows.owe_balances import asked_agencies, claim_balance, owe_balances
from ptsp.jobs.reconcile import Unhad
from ptsp.kernel.errors import Invalid
from ptsp.sdk.contract import Listed
from ptsp.sdk.errors import Misconfigured, TryLater
from tests.flows.acts import SIUP, as_admin, lodge
from tests.flows.dying import alerts, watch
from tests.flows.partners import (
    AGENCY,
    Partner,
    asked_before,
    faults,
    gaps,
    keys,
    lists_alone,
    signer,
    statements,
    work_off,
)

State = balances.State


def test_no_transaction_is_open_while_a_list_is_had(office):
    partner = asked_before(office, 3)
    partner.balance()
    assert (len(partner.windows), partner.lines_held) == (2, 0)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (TryLater("it is away"), "TryLater: it is away"),
        (Misconfigured("no key"), "Misconfigured: no key"),
        (RuntimeError("somebody's name"), "the connector failed: RuntimeError"),
    ],
)
def test_a_list_that_cannot_be_had_is_kept_as_that_and_asked_for_again(office, trouble, words):
    partner = asked_before(office, 1)
    partner.trouble = trouble
    for tries in (1, 2, 3):
        with pytest.raises(Unhad, match=words):
            partner.balance()
        stored = office.rows("SELECT state, error, tries, sent FROM app.balance")
        assert stored == [("due", words, tries, 0)]
    ((wait_s,),) = office.rows(
        "SELECT extract(epoch FROM next_at - clock_timestamp())::float FROM app.balance"
    )
    assert 1700 < wait_s <= 1800
    assert watch(office) == 1
    assert [alert[:2] for alert in alerts(office)] == [(AGENCY, "gap_unlisted")]
    assert statements(office) == []
    partner.trouble = None
    assert partner.balance().balance.state is State.BALANCED
    assert office.rows("SELECT error, tries FROM app.balance") == [(None, 0)]
    assert watch(office) == 1


def test_a_list_without_end_is_no_list(office, monkeypatch):
    partner = asked_before(office, 1)
    (case,) = partner.books.values()
    partner.page = 1
    partner.more = [replace(case, key="", number=f"L-{at}") for at in range(9)]
    monkeypatch.setattr("ptsp.jobs.reconcile.MOST_CASES", 5)
    with pytest.raises(Unhad, match="no end"):
        partner.balance()
    assert len(partner.windows) == 6


def test_a_day_that_is_not_over_has_no_balance(office):
    partner = asked_before(office, 1)
    with pytest.raises(Invalid, match="day"):
        partner.balance(partner.last_day() + timedelta(days=2))


def test_each_agency_is_balanced_once_a_day_and_one_without_a_list_says_so(office, monkeypatch):
    lists_alone(office, monkeypatch)
    partner = asked_before(office, 2)
    assert work_off(office) == len(asked_agencies(office.tools.partners, office.tenant)) > 5
    found = office.rows("SELECT agency, day, state, sent FROM app.balance")
    assert {row.day for row in found} == {partner.last_day()}
    by_agency = {row.agency: (row.state, row.sent) for row in found}
    assert (by_agency.pop(AGENCY), by_agency["population"]) == (("balanced", 2), ("no_list", 2))
    assert {state for state, _ in by_agency.values()} == {"no_list"}
    assert work_off(office) == 0
    assert faults(office, "population") == []


def test_an_office_where_nothing_happened_yet_owes_no_balance(office, monkeypatch):
    lists_alone(office, monkeypatch)
    partner = Partner(office)
    lodge(office, SIUP)
    assert work_off(office) == 0
    partner.age()
    assert work_off(office) > 5


def test_days_on_which_nobody_looked_are_made_up_for(office, monkeypatch):
    lists_alone(office, monkeypatch)
    partner = asked_before(office, 1)
    before = partner.last_day() - timedelta(days=4)
    with office.work() as work:
        balances.owe(work.connection, office.tenant.id, [(AGENCY, before)])
    work_off(office)
    found = office.rows(
        "SELECT day, sent FROM app.balance WHERE agency = :agency ORDER BY day", agency=AGENCY
    )
    assert found == [(before + timedelta(days=at), int(at == 4)) for at in range(5)]
    assert faults(office) == []


def test_a_day_with_a_gap_is_made_again_by_itself_until_it_is_gone(office, monkeypatch):
    lists_alone(office, monkeypatch)
    partner = asked_before(office, 1)
    lost = partner.books.pop(keys(office)[0])
    work_off(office)
    ((wait_s,),) = office.rows(
        "SELECT extract(epoch FROM next_at - clock_timestamp())::float FROM app.balance WHERE state = 'gaps'"
    )
    assert 3500 < wait_s <= 3600
    office.drain()
    assert list(partner.books) == [lost.key]
    as_admin(office, "UPDATE app.balance SET next_at = clock_timestamp() WHERE state = 'gaps'")
    assert work_off(office) == 1
    assert gaps(office)[0][3] == "gone"


def test_an_agency_that_is_left_alone_is_not_asked_for_its_list(office, monkeypatch):
    lists_alone(office, monkeypatch)
    partner = asked_before(office, 1)
    as_admin(
        office,
        f"""INSERT INTO app.circuit (tenant_id, agency, failures, opened_at, probe_at)
            VALUES ({office.tenant.id}, '{AGENCY}', 5, clock_timestamp(), clock_timestamp())""",
    )
    work_off(office)
    assert partner.windows == []
    assert office.rows("SELECT agency, error FROM app.balance WHERE state = 'due'") == [
        (AGENCY, "the agency does not answer just now")
    ]


def test_an_agency_that_left_the_pack_is_counted_and_its_gaps_are_for_a_person(office, monkeypatch):
    partner = asked_before(office, 1)
    opened = next(iter(partner.books.values())).opened_at
    partner.more = [Listed("", "L-1", opened)]
    partner.balance()
    real = type(office.tools.partners).manifest

    def gone(self, tenant, agency):
        if agency == AGENCY:
            raise Misconfigured("the pack names no connector for it")
        return replace(real(self, tenant, agency), lists=False)

    monkeypatch.setattr(type(office.tools.partners), "manifest", gone)
    as_admin(office, "UPDATE app.balance SET next_at = clock_timestamp()")
    work_off(office)
    ((ident, state, sent),) = office.rows(
        "SELECT g.id, b.state, b.sent FROM app.balance_gap g JOIN app.balance b USING (agency, day)"
    )
    assert (state, sent) == ("no_list", 1)
    with office.work() as work:
        end_gap(work, signer(office), ident, "Dinas digabung.", by="head")
    assert office.rows("SELECT state FROM app.balance WHERE agency = :agency", agency=AGENCY) == [
        ("no_list",)
    ]
    assert faults(office) == []


def test_one_balance_is_in_the_hands_of_one_worker(office):
    asked_before(office, 1)
    partners = office.tools.partners
    with office.work() as work:
        owe_balances(work, partners)
    with office.work() as one, office.work() as other:
        claimed = {claim_balance(work, partners, lease_s=60) for work in (one, other)}
        assert len(claimed) == 2
    with office.work() as work:
        rest = [claim_balance(work, partners, lease_s=60) for _ in range(50)]
    assert not claimed & set(rest)
    assert len(rest) - rest.count(None) == len(asked_agencies(partners, office.tenant)) - 2


@pytest.mark.parametrize(
    ("altered", "words"),
    [
        (
            r"""UPDATE app.balance_statement SET body = convert_to(
                  replace(convert_from(body, 'UTF8'), '"sent":2', '"sent":3'), 'UTF8') WHERE seq = 2""",
            "statement 2: the signature: altered",
        ),
        (
            """UPDATE app.balance_statement SET signature = set_byte(
                 signature, length(signature) - 1, get_byte(signature, length(signature) - 1) # 1) WHERE seq = 1""",
            "statement 1: the signature: altered",
        ),
        (
            """UPDATE app.balance_statement s SET body = o.body, signature = o.signature
                 FROM app.balance_statement o WHERE s.agency = 'trade' AND s.seq = 1 AND o.agency = 'industry'""",
            "statement 1: it speaks of sidoarjo and industry",
        ),
        ("DELETE FROM app.balance_statement WHERE seq = 1", "statement 2: it does not follow"),
        ("DELETE FROM app.balance_statement WHERE seq = 2", "the books say otherwise"),
        ("UPDATE app.balance SET matched = 1, let_go = 1 WHERE agency = 'trade'", "the books say otherwise"),
    ],
)
def test_what_is_altered_moved_or_taken_out_of_the_chain_is_seen(office, monkeypatch, altered, words):
    lists_alone(office, monkeypatch)
    partner = asked_before(office, 2)
    lost = partner.books.pop(keys(office)[0])
    partner.balance()
    partner.balance(agency="industry")
    partner.books[lost.key] = lost
    partner.balance()
    assert faults(office) == []
    as_admin(office, altered)
    assert any(words in fault for fault in faults(office)), faults(office)
