"""An agency with books of its own that lists its cases, as tests of balances see it."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from ptsp.domain import balances
from ptsp.flows.reconcile_partner import Reconciled
from ptsp.flows.verify_balances import verify_balances
from ptsp.infra.signing import Signer, ensure_keys, ensure_trust
from ptsp.jobs.reconcile import Clerk, balance_day, reconcile
from ptsp.sdk.contract import Listed, Listing, Question, Receipt, Verdict
from ptsp.sdk.errors import TryLater
from ptsp.sdk.listings import Window, moment
from tests.flows.acts import SIUP, approve_desks, as_admin, lodge
from tests.flows.dying import rows
from tests.offices import Office

AGENCY, STEP = "trade", "business_check"


@dataclass
class Partner:
    """The trade agency: it knows questions by their keys, and decides when it is told to."""

    office: Office
    page: int = 2
    books: dict[str, Listed] = field(default_factory=dict)
    more: list[Listed] = field(default_factory=list)  # that nobody asked for, or a second case of one key
    hidden: set[str] = field(default_factory=set)  # keys that its list leaves out
    asked: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    trouble: Exception | None = None
    is_cut: bool = False  # the line breaks before a question arrives, and nobody can know
    lines_held: int = 0  # to the database, while it was asked for a list

    def __post_init__(self) -> None:
        agencies = self.office.agencies
        self._ask = agencies.ask
        agencies.ask, agencies.look = self.ask, self.look  # type: ignore[method-assign]
        agencies.list_cases = self.list_cases  # type: ignore[attr-defined]

    def ask(self, question: Question) -> Receipt:
        if question.step != STEP:
            return self._ask(question)
        self.asked.append(question.key)
        if self.is_cut:
            raise TryLater("cut", unknown=True)
        now = datetime.now(UTC)
        case = self.books.setdefault(
            question.key, Listed(question.key, f"P-{len(self.books) + 1}", now.isoformat())
        )
        return Receipt(agency_ref=case.number, look_again_s=3600)

    def look(self, question: Question, agency_ref: str) -> Receipt:
        self.looked.append(question.key)
        case = self.books[question.key]
        assert case.number == agency_ref
        reasons = ("Tidak sesuai.",) if case.verdict is Verdict.REJECTED else ()
        return Receipt(agency_ref=case.number, verdict=case.verdict, reasons=reasons, look_again_s=3600)

    def decide(self, key: str, verdict: Verdict) -> None:
        self.books[key] = replace(self.books[key], verdict=verdict)

    def list_cases(self, since: str, until: str, after: str | None = None) -> Listing:
        """By small pages; whatever lies in the window."""
        self.lines_held += self.office.tools.engine.pool.checkedout()  # type: ignore[attr-defined]
        if self.trouble:
            raise self.trouble
        window = Window.of(since, until)
        self.windows.append(window)
        found = [one for one in (*self.books.values(), *self.more) if one.key not in self.hidden]
        found = [one for one in found if moment(one.opened_at) in window]
        start = int(after or 0)
        end = start + self.page
        return Listing(tuple(found[start:end]), str(end) if end < len(found) else None)

    def last_day(self) -> date:
        return last_day(self.office)

    def age(self) -> None:
        """All that happened so far happened on the last day, there and here."""
        with self.office.work() as work:
            days = (work.today - self.last_day()).days
        as_admin(
            self.office,
            f"""UPDATE app.event SET at = at - interval '{days} days';
                UPDATE app.task SET tried_at = tried_at - interval '{days} days'""",
        )
        for key, case in self.books.items():
            opened = moment(case.opened_at) - timedelta(days=days)
            self.books[key] = replace(case, opened_at=opened.isoformat())

    def balance(self, day: date | None = None, agency: str = AGENCY) -> Reconciled:
        return balance_day(self.clerk, self.office.tenant, agency, day or self.last_day())

    @property
    def clerk(self) -> Clerk:
        tools = self.office.tools
        engine: Engine = tools.engine
        return Clerk(engine, tools.partners, tools.keys_folder, "worker")


def last_day(office: Office) -> date:
    """The last day of the office that can be balanced: yesterday, or the one before in the first hour."""
    with office.work() as work:
        return balances.last_day(work.now, office.tenant.calendar.zone)


def asked_before(office: Office, count: int, *, is_cut: bool = False) -> Partner:
    """So many questions at the trade agency, put on the last day, without a verdict; with numbers unless cut."""
    partner = Partner(office, is_cut=is_cut)
    for _ in range(count):
        lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    office.drain()
    assert len(partner.asked) == count
    partner.age()
    return partner


def gaps(office: Office) -> list[tuple[str, str, str, str]]:
    """(kind, number, act, how it ended), by kind."""
    found = office.rows(
        "SELECT kind, number, act, COALESCE(ended_how, '') FROM app.balance_gap ORDER BY kind, number"
    )
    return [tuple(row) for row in found]


def keys(office: Office) -> list[str]:
    return [str(row.id) for row in rows(office, STEP)]


def counts(balance: balances.Balance) -> dict[str, int]:
    """What is not nought."""
    names = ("sent", "listed", "matched", "let_go", *balances.GAPS)
    return {str(name): value for name in names if (value := getattr(balance, name))}


def lists_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other agency offers a list: those of one process share their connector."""
    real = type(office.tools.partners).manifest
    monkeypatch.setattr(
        type(office.tools.partners),
        "manifest",
        lambda self, tenant, agency: replace(real(self, tenant, agency), lists=agency == AGENCY),
    )


def work_off(office: Office) -> int:
    """Every balance that is due, as workers do on their rounds; gives how many there were."""
    return reconcile(office.tools, office.tenant)


def statements(office: Office) -> list[dict[str, Any]]:
    """What was signed, by agency, in order."""
    found = office.rows("SELECT body FROM app.balance_statement ORDER BY agency, seq")
    return [json.loads(bytes(row.body)) for row in found]


def signer(office: Office) -> Signer:
    return ensure_keys(office.tools.keys_folder, office.tenant.code, "Kantor", datetime.now(UTC))


def faults(office: Office, agency: str = AGENCY) -> list[str]:
    """What is wrong with an agency's chain."""
    trust = ensure_trust(office.tools.keys_folder, datetime.now(UTC))
    with office.work() as work:
        return verify_balances(work, trust, agency)
