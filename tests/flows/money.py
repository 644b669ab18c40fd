"""Money in the tests of flows, as short verbs; and what must hold of an office's books after all of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ptsp.domain import payments
from ptsp.flows.correct_fee import Corrected, correct_fee
from ptsp.flows.recompute_fees import recompute_fees
from ptsp.flows.take_payment import take_payment
from ptsp.infra.ledger import check_chains
from ptsp.kernel.specs import FeeLineSpec, Gate, Pattern
from ptsp.main.demo.orders import FOUR_PERMITS
from ptsp.sdk.contract import Money, Taking
from tests.flows.acts import apply, now_in_force
from tests.offices import Office

THREE = {code: wanted for code, wanted in FOUR_PERMITS.items() if code != "siup"}  # two of them are paid for

FEE = ("round(area * 1000, 0)", "round(area * 50, 0) + 5000")  # of the nuisance permit
AGENCIES = ("treasurer", "public_works")
CHARGED = 194_000  # for 180 m2

# Written without the database's own functions: a permit that is out, and no assessment of it that is paid in full.
UNPAID_PERMITS = """
    SELECT a.service FROM app.application a
      JOIN app.standard s ON s.tenant_id = a.tenant_id AND s.id = a.standard_id
     WHERE a.charged AND s.content ->> 'gate' <> 'none'
       AND (a.state = 'approved'
            OR EXISTS (SELECT FROM app.decision d WHERE d.application_id = a.id AND d.kind <> 'refusal'
                          AND (s.content ->> 'gate' = 'before_signature'
                               OR EXISTS (SELECT FROM app.handover h WHERE h.decision_id = d.id))))
       AND NOT EXISTS (
             SELECT FROM app.fee_notice n
              WHERE n.application_id = a.id AND n.kind = 'assessment' AND n.state = 'valid'
                AND n.id IN (SELECT notice_id FROM app.settlement)
                AND n.id NOT IN (SELECT notice_id FROM app.reversal)
                AND n.total = coalesce((SELECT sum(x.amount) FROM app.allocation x WHERE x.notice_id = n.id), 0))"""
NOT_AS_CHARGED = """
    SELECT n.number, l.code, l.account, l.agency, l.amount::bigint, sum(x.amount)
      FROM app.settlement s JOIN app.fee_notice n ON n.id = s.notice_id
      CROSS JOIN json_to_recordset(n.lines::json) AS l (code text, account text, agency text, amount bigint)
      LEFT JOIN app.allocation x ON x.notice_id = n.id AND x.line = l.code AND x.account = l.account
                                AND x.agency = l.agency
     GROUP BY n.number, l.code, l.account, l.agency, l.amount
    HAVING l.amount <> coalesce(sum(x.amount), 0)"""
KEPT_FOR_NOTHING = """
    SELECT a.service, n.number, n.state FROM app.fee_notice n JOIN app.application a ON a.id = n.application_id
     WHERE a.state IN ('rejected', 'withdrawn', 'lapsed')
       AND (n.state = 'valid' OR n.id IN (SELECT notice_id FROM app.settlement)
                             AND n.id NOT IN (SELECT notice_id FROM app.reversal))"""
SPENT_TWICE = """
    SELECT p.provider_ref, p.amount,
           coalesce((SELECT sum(x.amount) FROM app.allocation x
                      WHERE x.payment_id = p.id
                        AND x.notice_id NOT IN (SELECT notice_id FROM app.reversal)), 0) AS booked,
           coalesce((SELECT sum(f.amount) FROM app.refund f WHERE f.payment_id = p.id), 0) AS owed
      FROM app.payment p"""


def paying(office: Office, customer_no: str, amount: int, **how: Any) -> Taking:
    """Money comes in; exact and by virtual account unless `how` says otherwise."""
    at = "2026-03-02T09:00:00+07:00"
    money = replace(Money(customer_no, amount, uuid.uuid4().hex, at, "va"), **how)
    with office.work("bank") as work:
        return take_payment(work, "bank", money)


def correct(
    office: Office, number: str, changes: Mapping[str, str], reason: str = "Diukur ulang."
) -> Corrected:
    with office.work("officer") as work:
        return correct_fee(work, office.tools.book, number, changes, reason)


def notices(office: Office) -> list[Any]:
    """Number, kind, total and state of each notice, the oldest first."""
    return office.rows("""
        SELECT n.number, n.kind, n.total, n.state AS stands, b.customer_no,
               EXISTS (SELECT FROM app.settlement s WHERE s.notice_id = n.id
                          AND NOT EXISTS (SELECT FROM app.reversal r WHERE r.notice_id = n.id)) AS paid
          FROM app.fee_notice n JOIN app.bill b ON b.number = n.bill ORDER BY n.issued_on, n.number""")


def refunds(office: Office) -> list[tuple[str, int]]:
    """Reason and amount of everything that is owed back, in order."""
    return [tuple(row) for row in office.rows("SELECT reason, amount FROM app.refund ORDER BY number")]


def with_fees(
    office: Office, *, ho_waits: bool = False, lines: Sequence[str] = FEE, **how: Gate | Pattern
) -> Office:
    """The office with fees that are easy to work out, on two accounts of two agencies; `how`: its gate and pattern.

    `ho_waits`: the nuisance permit is charged before the permits of the bundle that it needs; its decision waits.
    """
    services = dict(office.tenant.pack.services)
    for code, amounts in (("ho", lines), ("imb", ("floors * 50000", "12345"))):
        one = services[code]
        fee = replace(
            one.fee,
            lets={},
            tables={},
            lines=tuple(
                FeeLineSpec(
                    f"line{at}", {"id": f"Baris {at}", "en": f"Line {at}"}, f"4.1.2.03.0{at}", amount, agency
                )
                for at, (amount, agency) in enumerate(zip(amounts, AGENCIES, strict=True), 1)
            ),
        )
        standard = replace(one.standard, version=one.standard.version + 1)
        route = tuple(replace(step, needs=()) if ho_waits else step for step in one.route)
        made = replace(one, fee=fee, standard=standard, route=route if code == "ho" else one.route)
        services[code] = replace(made, **how)  # type: ignore[arg-type]
    digest = f"fees of tests {ho_waits} {lines} {how}"
    apply(office, replace(office.tenant.pack, services=services, digest=digest))
    return now_in_force(office)


def check_books(office: Office) -> None:
    """Every rupiah explained, no permit unpaid, each account as charged, nothing kept for what came to nothing."""
    with office.work() as work:
        assert payments.unexplained(work.connection, work.tenant.id) == []
        assert recompute_fees(work, office.tools.book).differences == ()
        assert check_chains(work.connection, work.tenant.id).broken == ()
    assert office.rows(UNPAID_PERMITS) == []
    assert office.rows(NOT_AS_CHARGED) == []
    assert office.rows(KEPT_FOR_NOTHING) == []
    for reference, amount, booked, owed in office.rows(SPENT_TWICE):
        assert booked + owed == amount, (reference, amount, booked, owed)
