"""Papers of money: what they say, that each is made once, and what anybody is told of them."""

import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ptsp.domain import fees
from ptsp.flows.money_papers import Press, applicants_paper, offices_paper
from ptsp.flows.take_payment import take_payment
from ptsp.flows.verify_paper import find_paper
from ptsp.kernel.errors import NotFound
from ptsp.kernel.money import in_words, rupiah
from ptsp.main.demo.orders import FOUR_PERMITS, KNOWN_NIK
from ptsp.sdk.contract import Money, Taking
from tests.flows.acts import HO, PAREPARE_HO, as_admin, lodge, open_bills, pay, view, work_on
from tests.flows.collecting import DUE, PAY_BY, WARNED, make_due, sweep, sweep_through


@pytest.fixture
def press(office):
    return press_of(office)


def press_of(office):
    tools = office.tools
    return Press(tools.book, tools.files, tools.keys_folder, "https://izin.example.go.id")


def asked_for(office, accepted, number):
    return applicants_paper(
        lambda: office.work("pages"), press_of(office), accepted.reference, accepted.key, number
    )


class NothingNew:
    """A store that hands out and takes nothing in."""

    def __init__(self, files):
        self.get = files.get

    def put(self, tenant, data):
        raise AssertionError("a paper that stands is not written again")


def words_of(pdf: bytes, folder: Path) -> str:
    """All text of a PDF, in reading order."""
    path = folder / f"{uuid.uuid4().hex}.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(["pdftotext", "-layout", path, "-"], stdout=subprocess.PIPE, check=True)
    return " ".join(told.stdout.decode().replace("\u200b", "").split())


def bank_pays(office, customer_no, amount, **changed):
    money = Money(customer_no, amount, uuid.uuid4().hex, "2026-03-02T09:00:00+07:00", "va", moved=True)
    with office.work("bank") as work:
        return take_payment(work, "bank", replace(money, **changed))


def checked(client, pdf):
    """What anybody is told of a file."""
    return client.post("/api/v1/permits/verify", data=pdf, content_type="application/pdf").json


def verified(office, code):
    with office.work("anybody") as work:
        return find_paper(work, office.tools.book, code)


def test_a_fee_notice_says_what_for_how_much_until_when_and_under_which_number(office, tmp_path):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    pdf, name = asked_for(office, accepted, notice.number)
    assert name == f"{notice.number.replace('/', '-')}.pdf"
    words = words_of(pdf, tmp_path)
    account = notice.virtual_account or notice.customer_no
    for said in (
        "SURAT KETETAPAN RETRIBUSI DAERAH (SKRD)",
        f"Nomor: {notice.number}",
        "Pemohon Contoh",
        accepted.reference,
        notice.lines[0].account,
        "Bendahara Penerimaan",
        rupiah(notice.total),
        f"Terbilang: {in_words(notice.total)}",
        " ".join(account[at : at + 4] for at in range(0, len(account), 4)),
        notice.code,
    ):
        assert said in words, said
    assert accepted.key not in words
    assert KNOWN_NIK not in words


def test_the_cost_of_paying_late_is_worked_out_by_the_rule(office, tmp_path):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    with office.work() as work:
        standard = fees.notice(work.connection, work.tenant.id, notice.number).standard_id
        service = office.tools.book.standard(work.connection, work.tenant, standard)
    words = words_of(asked_for(office, accepted, notice.number)[0], tmp_path)
    if service.fee.collection.interest is None:
        assert "Pembayaran sesudah jatuh tempo" not in words
        return
    for months in (1, 2, 12):
        cost = fees.interest(service, unpaid=notice.total, months=months).total
        assert f"{rupiah(cost)} sampai {months} bulan" in words


def test_a_paper_is_made_once_and_served_again(office):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    first, _ = asked_for(office, accepted, notice.number)
    made = replace(press_of(office), files=NothingNew(office.tools.files))
    again, _ = applicants_paper(office.work, made, accepted.reference, accepted.key, notice.number)
    assert first == again
    ((kind, code, sha),) = office.rows("SELECT kind, code, sha256 FROM app.fee_paper")
    assert (kind, code) == ("assessment", notice.code)
    assert office.tools.files.get(office.tenant.code, sha) == first


def test_of_eight_at_once_one_paper_stands_for_all(office):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    together = threading.Barrier(8)

    def ask(_):
        together.wait()
        return asked_for(office, accepted, notice.number)[0]

    with ThreadPoolExecutor(8) as pool:
        files = set(pool.map(ask, range(8)))
    assert len(files) == 1
    assert len(office.rows("SELECT 1 FROM app.fee_paper")) == 1


def test_no_transaction_is_open_while_a_paper_is_written(office):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    depth, seen = [0], []
    files = office.tools.files

    class Watched:
        def put(self, tenant, data):
            seen.append(depth[0])
            return files.put(tenant, data)

        def get(self, tenant, sha):
            seen.append(depth[0])
            return files.get(tenant, sha)

    class Counted:
        def __enter__(self):
            depth[0] += 1
            self.inner = office.work("pages")
            return self.inner.__enter__()

        def __exit__(self, *error):
            depth[0] -= 1
            return self.inner.__exit__(*error)

    watched = replace(press_of(office), files=Watched())
    applicants_paper(Counted, watched, accepted.reference, accepted.key, notice.number)
    assert seen == [0, 0]


def test_a_proof_of_payment_names_every_account_and_what_goes_back(office, tmp_path):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    ((customer_no, total),) = open_bills(office).items()
    assert bank_pays(office, customer_no, total + 500) is Taking.BOOKED
    (payment,) = view(office, accepted).payments
    (refund,) = payment.refunds
    assert sum(part.amount for part in payment.parts) + refund.amount == payment.amount
    words = words_of(asked_for(office, accepted, payment.receipt)[0], tmp_path)
    for said in (
        "SURAT SETORAN RETRIBUSI DAERAH (SSRD)",
        payment.receipt,
        "Bank, nomor virtual account",
        "2 Maret 2026",
        *(part.account for part in payment.parts),
        rupiah(total + 500),
        in_words(total + 500),
        refund.number,
    ):
        assert said in words, said
    letter = words_of(asked_for(office, accepted, refund.number)[0], tmp_path)
    for said in (
        "LEBIH BAYAR (SKRDLB)",
        "melebihi jumlah tagihannya",
        payment.receipt,
        "Rp500",
        "lima ratus rupiah",
    ):
        assert said in letter, said


def test_a_payment_of_several_permits_shows_where_each_rupiah_went(office, tmp_path):
    accepted = lodge(office, FOUR_PERMITS)
    work_on(office)
    shown = view(office, accepted)
    paid = [(payment, part) for payment in shown.payments for part in payment.parts]
    assert sum(part.amount for _, part in paid) == sum(notice.total for notice in shown.notices)
    for payment in shown.payments:
        words = words_of(asked_for(office, accepted, payment.receipt)[0], tmp_path)
        for part in payment.parts:
            assert part.notice in words
            assert rupiah(part.amount) in words
    assert {bill.state for bill in shown.bills} == {"paid"}


def test_under_one_roof_each_notice_is_a_bill_of_its_own(offices):
    office = offices("parepare")
    accepted = lodge(office, PAREPARE_HO)
    work_on(office, is_paying=False)
    shown = view(office, accepted)
    assert [bill.number for bill in shown.bills] == [notice.number for notice in shown.notices]
    assert [(bill.state, bill.owed) for bill in shown.bills] == [("open", one.total) for one in shown.notices]


def test_a_stranger_gets_no_paper(office):
    accepted, other = lodge(office, HO), lodge(office, HO)
    work_on(office)
    mine = view(office, accepted)
    for number in (mine.notices[0].number, mine.payments[0].receipt):
        with pytest.raises(NotFound):
            asked_for(office, other, number)
        with pytest.raises(NotFound):
            asked_for(office, replace(accepted, key="WRONG"), number)
    for number in ("SKRD/99999/SDA/2026", "", "\x00", "SSRD/../x"):
        with pytest.raises(NotFound):
            asked_for(office, accepted, number)
    assert office.rows("SELECT 1 FROM app.fee_paper") == []


def test_money_for_no_bill_has_its_papers_for_the_office_alone(office, press, tmp_path):
    accepted = lodge(office, HO)
    assert bank_pays(office, "2699999999", 7000) is Taking.KEPT
    ((receipt, refund),) = office.rows("""
        SELECT p.receipt, f.number FROM app.payment p JOIN app.refund f ON f.payment_id = p.id""")
    for number, said in ((receipt, "2699999999"), (refund, "bukan nomor tagihan kantor ini")):
        words = words_of(offices_paper(lambda: office.work("desk"), press, number)[0], tmp_path)
        assert said in words
        assert "Rp7.000" in words
        assert "NIK" not in words
        with pytest.raises(NotFound):
            asked_for(office, accepted, number)


def test_the_register_says_how_a_paper_stands_by_code_and_by_file(office, client):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    assert verified(office, notice.code).sha256 == ""
    pdf, _ = asked_for(office, accepted, notice.number)
    found = verified(office, notice.code)
    assert (found.kind, found.number, found.amount, found.state) == (
        "assessment",
        notice.number,
        notice.total,
        "open",
    )
    assert found.payer == "P****** C*****"
    told = checked(client, pdf)
    assert (told["valid"], told["document"]) == (True, None)
    assert told["paper"] == client.get(f"/api/v1/papers/{notice.code}").json
    assert (told["paper"]["sha256"], told["paper"]["payer"]) == (found.sha256, found.payer)
    assert not checked(client, pdf + b" ")["valid"]
    assert client.get(f"/api/v1/permits/{notice.code}").status_code == 404
    assert client.get("/api/v1/papers/sidoarjo.none").status_code == 404
    pay(office)
    assert verified(office, notice.code).state == "settled"
    (payment,) = view(office, accepted).payments
    receipt = verified(office, payment.code)
    assert (receipt.kind, receipt.amount, receipt.state) == ("receipt", payment.amount, "received")
    assert verified(office, "sidoarjo.none") is None
    assert verified(office, "\x00") is None


@pytest.mark.parametrize(("state", "said"), [("cancelled", "dibatalkan"), ("lapsed", "gugur")])
def test_a_claim_that_stands_no_more_says_so(office, state, said, tmp_path):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    with office.work() as work:
        row = fees.notice(work.connection, work.tenant.id, notice.number)
        on = work.today
        fees.close(
            work.connection, work.tenant.id, [row.id], state=state, on=on, reason="application withdrawn"
        )
    words = words_of(asked_for(office, accepted, notice.number)[0], tmp_path)
    assert f"Surat ini {said} pada" in words
    assert "permohonan ditarik kembali" in words
    found = verified(office, notice.code)
    assert (found.state, found.closed_on) == (state, on)
    shown = view(office, accepted)
    assert (shown.notices[0].state, shown.notices[0].closed_on, shown.bills[0].state) == (state, on, "closed")


def test_a_warning_says_what_is_overdue_and_until_when_it_is_paid(office, client, tmp_path):
    accepted, other = lodge(office, HO), lodge(office, HO)
    work_on(office, is_paying=False)
    make_due(office)
    sweep(office, WARNED)
    shown = view(office, accepted)
    (notice,) = shown.notices
    warning = notice.warning
    assert (warning.issued_on, warning.pay_by) == (WARNED, PAY_BY)
    pdf, name = asked_for(office, accepted, warning.number)
    assert name == f"{warning.number.replace('/', '-')}.pdf"
    words = words_of(pdf, tmp_path)
    for said in (
        "SURAT TEGURAN",
        f"Nomor: {warning.number}",
        notice.number,
        accepted.reference,
        f"10 Maret {DUE.year}",
        f"paling lambat 24 Maret {DUE.year}",
        rupiah(notice.total),
        in_words(notice.total),
        "bunga keterlambatan ditagih dengan Surat Tagihan",
        warning.code,
    ):
        assert said in words, said
    found = verified(office, warning.code)
    assert (found.kind, found.number, found.state, found.due_on) == (
        "warning",
        warning.number,
        "open",
        PAY_BY,
    )
    assert checked(client, pdf)["paper"]["number"] == warning.number
    with pytest.raises(NotFound):
        asked_for(office, other, warning.number)
    pay(office)
    assert verified(office, warning.code).state == "settled"


def test_a_demand_says_for_how_long_and_what_was_demanded_before(office, tmp_path):
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    make_due(office)
    sweep_through(office, 2)
    fee, first, second = view(office, accepted).notices
    assert (fee.kind, first.months_late, second.months_late) == ("assessment", 1, 2)
    words = words_of(asked_for(office, accepted, second.number)[0], tmp_path)
    for said in (
        "SURAT TAGIHAN RETRIBUSI DAERAH (STRD)",
        f"Menagih bunga atas : {fee.number}",
        f"Terlambat : 2 bulan atas {rupiah(fee.total)}",
        f"Ditagih sebelumnya : {rupiah(first.total)}",
        in_words(second.total),
    ):
        assert said in words, said
    assert "Ditagih sebelumnya" not in words_of(asked_for(office, accepted, first.number)[0], tmp_path)


def test_a_file_that_the_register_does_not_name_is_no_paper(office, client):
    """Signed by us and with a known code, but not the file that was recorded; and one that was changed."""
    accepted = lodge(office, HO)
    work_on(office, is_paying=False)
    (notice,) = view(office, accepted).notices
    pdf, _ = asked_for(office, accepted, notice.number)
    altered = bytearray(pdf)
    altered[len(altered) // 2] ^= 1
    assert not checked(client, bytes(altered))["valid"]
    assert checked(client, pdf)["valid"]
    as_admin(office, f"UPDATE app.fee_paper SET sha256 = repeat('0', 64) WHERE code = '{notice.code}'")
    told = checked(client, pdf)
    assert (told["valid"], told["paper"]) == (False, None)
    assert told["reasons"][0]["en"] == "This document is not in our register."
