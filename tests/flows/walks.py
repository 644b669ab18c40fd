"""Random walks through everything that can happen to money, beside a bank that keeps books of its own."""

import random
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Thread

from ptsp.domain import payments
from ptsp.flows.cancel_fee import cancel_fee
from ptsp.flows.correct_fee import correct_fee
from ptsp.flows.fetch_document import fetch_decision
from ptsp.flows.pay_back import pay_back, refunds_owed
from ptsp.flows.submit_bundle import Accepted
from ptsp.flows.take_payment import take_payment
from ptsp.flows.till import due
from ptsp.flows.withdraw_application import withdraw_application
from ptsp.kernel.errors import Conflict, NotFound
from ptsp.sdk.contract import Money, Receipt, Standing, Taking
from tests.flows.acts import approve_desks, lodge, make_due, open_bills, view, work_on
from tests.flows.money import THREE, check_books, notices
from tests.offices import Office

AT = "2026-03-02T09:00:00+07:00"
CHANNELS = ("va", "qris", "cash")
MOST_BUNDLES = 3
KEPT = (Taking.BOOKED, Taking.KEPT, Taking.BOOKED_BEFORE)


class Interrupted(Exception):
    """The process dies between booking and committing."""


@dataclass
class Bank:
    """What has left payers' accounts by the bank's own books, and what it was told before."""

    moved: dict[str, int] = field(
        default_factory=dict
    )  # reference -> rupiah that the office must account for
    told: list[Money] = field(default_factory=list)
    transferred: dict[str, int] = field(default_factory=dict)  # transfer order -> rupiah that went back


@dataclass
class Walk:
    """One office, its bundles and its bank. `log` tells the way, so that a fault can be read."""

    office: Office
    chance: random.Random
    bank: Bank = field(default_factory=Bank)
    bundles: list[Accepted] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def steps(self) -> Sequence[Callable[[], object]]:
        often = (self.work, self.work, self.desks, self.pay, self.pay, self.correct, self.correct)
        return (
            *often,
            self.lodge,
            self.pay_wrongly,
            self.pay_nobody,
            self.tell_again,
            self.die_in_between,
            self.pay_at_once,
            self.cancel,
            self.withdraw,
            self.judge,
            self.collect,
            self.transfer,
            self.pay_while_something_happens,
        )

    def go(self, count: int) -> None:
        self.lodge()
        for _ in range(count):
            step = self.chance.choice(self.steps())
            self.log.append(step.__name__)
            step()
            self.look()

    def look(self) -> None:
        """An inquiry says what is open, at any moment."""
        expected = open_bills(self.office)
        for customer_no, total in expected.items():
            with self.office.work("bank") as work:
                found = due(work, customer_no)
            standing = Standing.OPEN if total else Standing.CLOSED
            assert (found.amount, found.standing) == (total, standing), customer_no

    # What people do.

    def lodge(self) -> None:
        """And the first checks are made, so that there is something to pay before long."""
        if len(self.bundles) < MOST_BUNDLES:
            self.bundles.append(lodge(self.office, THREE))
            for _ in range(2):
                self.office.drain()
                approve_desks(self.office)

    def work(self) -> None:
        self.office.drain()

    def desks(self) -> None:
        approve_desks(self.office)

    def judge(self) -> None:
        """The technical review stays out, or rejects, or goes on as ever."""
        self.office.agencies.answers.pop("technical", None)
        how = self.chance.choice(("out", "rejects", "approves"))
        if how == "out":
            self.office.agencies.answers["technical"] = Receipt("K-1")
        elif how == "rejects":
            self.office.agencies.reject("technical")
        make_due(self.office)

    def withdraw(self) -> None:
        accepted = self.chance.choice(self.bundles)
        services = self.chance.choice((("ho",), ("ho",), ("imb", "ho")))
        if self.chance.random() < 0.5:
            self.attempt(lambda: self.withdrawing(accepted, services))

    def withdrawing(self, accepted: Accepted, services: Sequence[str]) -> None:
        with self.office.work("applicant") as work:
            withdraw_application(work, self.office.tools.book, accepted.reference, accepted.key, services, "")

    def correct(self) -> None:
        if number := self.some_notice():
            changes = self.changes(number)
            self.attempt(lambda: self.correcting(number, changes))

    def changes(self, number: str) -> dict[str, str]:
        """What somebody might find on the spot."""
        ((service,),) = self.office.rows(
            "SELECT a.service FROM app.fee_notice n JOIN app.application a ON a.id = n.application_id"
            " WHERE n.number = :number",
            number=number,
        )
        if service == "ho":
            return {"area": str(self.chance.choice((20, 90, 180, 200, 250, 999)))}
        return {"floors": str(self.chance.randint(1, 4))}

    def correcting(self, number: str, changes: dict[str, str]) -> None:
        with self.office.work("officer") as work:
            correct_fee(work, self.office.tools.book, number, changes, "Diukur ulang.")

    def cancel(self) -> None:
        if number := self.some_notice():
            self.attempt(lambda: self.cancelling(number))

    def cancelling(self, number: str) -> None:
        with self.office.work("officer") as work:
            cancel_fee(work, number, "Keliru.")

    def collect(self) -> None:
        """Whatever is signed, paid or not."""
        for accepted in self.bundles:
            for one in view(self.office, accepted).applications:
                if one.document and one.document.number:
                    self.attempt(lambda a=accepted, n=one.document.number: self.fetching(a, n))

    def fetching(self, accepted: Accepted, number: str) -> None:
        with self.office.work("applicant") as work:
            fetch_decision(work, self.office.tools.files, accepted.reference, accepted.key, number)

    def transfer(self) -> None:
        """Two clerks transfer the same refund at once."""
        with self.office.work() as work:
            owed = refunds_owed(work, most=3).owed
        if not owed:
            return
        refund = self.chance.choice(owed).refund
        orders = [uuid.uuid4().hex for _ in range(2)]
        ends = self.at_once(*(lambda order=order: self.paying_back(refund, order) for order in orders))
        assert ends.count("done") == 1, ends

    def paying_back(self, refund: payments.Refund, order: str) -> None:
        with self.office.work("clerk") as work:
            pay_back(work, refund.number, order, work.now)
        self.bank.transferred[order] = refund.amount

    # What the bank does.

    def pay(self) -> None:
        """In full, offered or moved already, by any channel, cash included."""
        if bills := open_bills(self.office):
            customer_no = self.chance.choice(sorted(bills))
            is_moved = self.chance.random() < 0.4
            self.deliver(self.money(customer_no, bills[customer_no], moved=is_moved))

    def pay_wrongly(self) -> None:
        """Too little, too much, twice, or for what is closed."""
        bills = {
            one.customer_no: open_bills(self.office).get(one.customer_no, 0) for one in notices(self.office)
        }
        if bills:
            customer_no = self.chance.choice(sorted(bills))
            amount = max(1, bills[customer_no] + self.chance.choice((-5_000, -1, 0, 1, 7_000)))
            said = self.deliver(self.money(customer_no, amount, moved=self.chance.random() < 0.7))
            assert said is not Taking.UNKNOWN

    def pay_nobody(self) -> None:
        money = self.money("2699999999", 1_000, moved=self.chance.random() < 0.7)
        assert self.deliver(money) is (Taking.KEPT if money.moved else Taking.UNKNOWN)

    def tell_again(self) -> None:
        """The bank repeats itself: the same money, or another amount under an old reference."""
        if self.bank.told:
            money = self.chance.choice(self.bank.told)
            if self.chance.random() < 0.3:
                other = replace(money, amount=money.amount + 1)
                taken = self.office_takes(other) if money.provider_ref in self.bank.moved else Taking.CONFLICT
                assert taken is Taking.CONFLICT
            elif money.provider_ref in self.bank.moved:
                assert self.office_takes(money) is Taking.BOOKED_BEFORE

    def die_in_between(self) -> None:
        """Booked and not committed: as if it had never come. Then the bank tells it again."""
        if bills := open_bills(self.office):
            customer_no, total = self.chance.choice(sorted(bills.items()))
            money = self.money(customer_no, total, moved=True)
            with suppress(Interrupted), self.office.work("bank") as work:
                take_payment(work, "bank", money)
                raise Interrupted
            self.deliver(money)

    def pay_at_once(self) -> None:
        """One bill from two phones, or the same callback twice."""
        if bills := open_bills(self.office):
            customer_no, total = self.chance.choice(sorted(bills.items()))
            money = self.money(customer_no, total, moved=self.chance.random() < 0.5)
            ref = self.chance.choice((money.provider_ref, uuid.uuid4().hex))
            other = replace(money, provider_ref=ref)
            ends = self.at_once(lambda: self.deliver(money), lambda: self.deliver(other))
            assert ends == ["done", "done"]

    def pay_while_something_happens(self) -> None:
        """A payment, and at the same moment whatever else may concern its bill."""
        number, bills = self.some_notice(), open_bills(self.office)
        if not bills or not number:
            return
        customer_no, total = self.chance.choice(sorted(bills.items()))
        money = self.money(customer_no, total, moved=self.chance.random() < 0.6)
        accepted, changes = self.chance.choice(self.bundles), self.changes(number)
        other = self.chance.choice(
            (
                lambda: self.correcting(number, changes),
                lambda: self.withdrawing(accepted, ("ho",)),
                lambda: self.office.drain(),
                lambda: self.cancelling(number),
            )
        )
        assert self.at_once(lambda: self.deliver(money), other)[0] == "done"

    def money(self, customer_no: str, amount: int, *, moved: bool) -> Money:
        channel = self.chance.choice(CHANNELS)
        return Money(
            customer_no, amount, uuid.UUID(int=self.chance.getrandbits(128)).hex, AT, channel, moved=moved
        )

    def deliver(self, money: Money) -> Taking:
        said = self.office_takes(money)
        if money.moved or said in KEPT:
            assert said in KEPT, f"money that has moved was not booked: {said}"
            self.bank.moved[money.provider_ref] = money.amount
        self.bank.told.append(money)
        return said

    def office_takes(self, money: Money) -> Taking:
        with self.office.work("bank") as work:
            return take_payment(work, "bank", money, taken_by="cashier" if money.channel == "cash" else "")

    # How it is done.

    def some_notice(self) -> str:
        found = notices(self.office)
        return str(self.chance.choice(found).number) if found else ""

    def attempt(self, act: Callable[[], None]) -> str:
        """What may be refused on purpose, and for no other reason."""
        try:
            act()
        except (Conflict, NotFound) as refused:
            self.log.append(f"  {refused}")
            return "refused"
        return "done"

    def at_once(self, *acts: Callable[[], object]) -> list[str]:
        ends: dict[int, str] = {}

        def run(at: int, act: Callable[[], object]) -> None:
            try:
                act()
                ends[at] = "done"
            except (Conflict, NotFound):
                ends[at] = "refused"
            except Exception as error:  # whatever it is, it is seen below
                ends[at] = f"{type(error).__name__}: {error}"

        threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        strange = [end for end in ends.values() if end not in ("done", "refused")]
        assert not strange, strange
        return [ends[at] for at in range(len(acts))]

    # The end of it.

    def finish(self) -> None:
        """Agencies answer, bills are paid or not, documents are collected, money is given back."""
        self.office.agencies.answers.pop("technical", None)
        make_due(self.office)
        work_on(self.office, is_paying=False)
        for customer_no, total in sorted(open_bills(self.office).items()):
            if self.chance.random() < 0.8:
                self.deliver(self.money(customer_no, total, moved=True))
        work_on(self.office, is_paying=False)
        self.collect()
        while True:
            with self.office.work() as work:
                owed = refunds_owed(work, most=50).owed
            if not owed:
                break
            for one in owed:
                self.paying_back(one.refund, uuid.uuid4().hex)

    def check(self) -> str:
        """The office's books are whole, and those of the bank."""
        check_books(self.office)
        ours = {
            row.provider_ref: row.amount
            for row in self.office.rows("SELECT provider_ref, amount FROM app.payment")
        }
        assert ours == self.bank.moved
        back = self.office.rows(
            "SELECT o.reference, f.amount FROM app.payout o JOIN app.refund f ON f.id = o.refund_id"
        )
        assert dict(map(tuple, back)) == self.bank.transferred
        ((kept,),) = self.office.rows("""
            SELECT coalesce(sum(x.amount), 0)::bigint FROM app.allocation x
             WHERE x.notice_id NOT IN (SELECT notice_id FROM app.reversal)""")
        assert sum(ours.values()) == kept + sum(self.bank.transferred.values())
        return f"payments {len(ours)}, rupiah {sum(ours.values())}, kept {kept}, given back {len(back)}"
