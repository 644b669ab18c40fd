"""Every notice follows from its rule and its inputs, and can be explained down to them."""

import json

import pytest
from sqlalchemy import create_engine

from ptsp.flows.explain_fee import explain_fee
from ptsp.flows.recompute_fees import recompute_fees
from ptsp.kernel.errors import NotFound
from ptsp.main.demo.orders import FOUR_PERMITS
from ptsp.main.fees_cli import lines
from tests.flows.acts import PAREPARE_HO, lodge, work_on


def recomputed(office):
    with office.work() as work:
        return recompute_fees(work, office.tools.book)


def test_notices_of_a_bundle_come_to_the_same_again(office):
    lodge(office, FOUR_PERMITS)
    work_on(office)
    found = recomputed(office)
    (total,) = office.rows("SELECT sum(total)::bigint FROM app.fee_notice")[0]
    assert (found.notices, found.rupiah, found.differences) == (2, total, ())


SPOILT = {
    "total": ("UPDATE app.fee_notice SET total = total + 1", "is not that of its lines"),
    "lines": (
        'UPDATE app.fee_notice SET lines = replace(lines, \'"account":"4\', \'"account":"5\')',
        "is stored as",
    ),
    "inputs": ("UPDATE app.fee_notice SET inputs = '{}'", "cannot be worked out again"),
    "ledger": (
        """UPDATE app.event SET body = regexp_replace(body, 'total":[0-9]+', 'total":7')
            WHERE type = 'fee.charged'""",
        "the ledger says 7 rupiah",
    ),
}


@pytest.mark.parametrize("which", sorted(SPOILT))
def test_what_was_altered_is_found(offices, which):
    office = offices("parepare")
    lodge(office, PAREPARE_HO)
    work_on(office)
    statement, said = SPOILT[which]
    administrator = create_engine(office.settings.admin_database_url)
    with administrator.begin() as connection:
        connection.exec_driver_sql(statement)
    administrator.dispose()
    (difference,) = {one.partition(": ")[2] for one in recomputed(office).differences if said in one} or {""}
    assert said in difference


def test_a_notice_is_explained_down_to_the_rows_of_its_tables(offices):
    office = offices("parepare")
    lodge(office, PAREPARE_HO)
    work_on(office)
    ((number, stored),) = office.rows("SELECT number, lines FROM app.fee_notice")
    with office.work() as work:
        explained = explain_fee(work, office.tools.book, number)
    assert [line.amount for line in explained.lines] == [line["amount"] for line in json.loads(stored)]
    told = "\n".join(lines(explained))
    for word in ("row ", "rekening", "lunas", "SSRD/", "rupiah", explained.customer_no):
        assert word in told
    assert explained.state == "settled"


def test_a_notice_that_is_not_there_is_named(office):
    with office.work() as work, pytest.raises(NotFound, match="SKRD/9"):
        explain_fee(work, office.tools.book, "SKRD/9")
