"""People of an office for the tests: accounts with cheap hashes, and their sessions."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from ptsp.api.access import Access
from ptsp.domain.people.rules import step_of, totp_code
from ptsp.flows.add_person import NewPerson, add_person
from ptsp.flows.hold_role import Wish, grant_role
from ptsp.infra.passwords import Passwords
from ptsp.infra.work import Work, begin
from ptsp.kernel.errors import Invalid
from ptsp.main.people_counter import AccountCounter, ReceptionCounter
from ptsp.main.settings import Settings
from ptsp.main.staff_counter import StaffCounter
from ptsp.main.wiring import access_of, tools_of
from ptsp.web.people_port import Entered
from tests.flows.acts import as_admin
from tests.offices import Agencies, Office

CHEAP = Passwords(memory_kib=8, passes=1)
OFFICE = "sidoarjo"
START = "kata sandi awal 1"
SECRET = "kuda benar baterai"
ADDRESS = "203.0.113.7"
ENOUGH_S = 4
TABLES = "app.person, app.holding, app.session, app.recovery_code, app.sign_in_wait"


@dataclass(frozen=True)
class Staff:
    """Whoever works at Sidoarjo."""

    access: Access
    office: Office

    @property
    def reception(self) -> ReceptionCounter:
        return ReceptionCounter(self.access, OFFICE)

    def account(self, token: str) -> AccountCounter:
        return AccountCounter(self.access, OFFICE, token)

    def desk_of(self, token: str) -> StaffCounter:
        return StaffCounter(self.access, OFFICE, token)

    @contextmanager
    def work(self, *, later: timedelta = timedelta(), now: datetime | None = None) -> Iterator[Work]:
        with begin(self.access.engine, self.office.tenant, actor="test", now=now) as work:
            yield replace(work, now=work.now + later)

    def add(self, login: str, *wishes: Wish, nik: str = "", starts: bool = False) -> str:
        """An account that has chosen its password, unless it `starts`; with these roles, held since before."""
        with self.work() as work:
            add_person(work, NewPerson(login, f"Nama {login}", nik), hashed=CHEAP.hashed(START), by="test")
            for wish in wishes:
                grant_role(work, login, wish, by="test")
        if not starts:
            token = self.account(self.enter(login, START)).change_password(START, SECRET)
            self.reception.sign_out(token)
        return login

    def knock(
        self, login: str, password: str = SECRET, *, address: str = ADDRESS, device: str = ""
    ) -> Entered | None:
        return self.reception.sign_in(login, password, address=address, device=device)

    def enter(self, login: str, password: str = SECRET) -> str:
        """The token of a new session."""
        entered = self.knock(login, password)
        assert entered is not None
        return entered.token

    def came_in(self, login: str, *wishes: Wish, nik: str = "") -> str:
        """The token of somebody new who holds these roles."""
        return self.enter(self.add(login, *wishes, nik=nik))


@pytest.fixture(scope="module")
def house(
    servers: Settings,
    office_template: str,
    copy_database: Callable[[str], contextlib.AbstractContextManager[str]],
) -> Iterator[Staff]:
    """One database for all tests of a module."""
    with copy_database(office_template) as url:
        settings = replace(servers, database_url=url)
        tools = tools_of(settings, ring=lambda: None)
        access = replace(access_of(settings), ring=lambda: None, passwords=CHEAP)
        yield Staff(access, Office(settings, tools, tools.book.get(OFFICE), Agencies()))
        for engine in (tools.engine, tools.sweeper, access.engine):
            engine.dispose()


@pytest.fixture
def staff(house: Staff) -> Staff:
    """Sidoarjo with nobody in it."""
    as_admin(house.office, f"TRUNCATE {TABLES}")
    return house


def totp_of(staff: Staff, secret: bytes, step: int = 0) -> str:
    """The code `step` half-minutes from now, never so near its end that it could be over before it is used."""
    while True:
        with staff.work() as work:
            now = work.now
        left = 30 - now.timestamp() % 30
        if left > ENOUGH_S:
            return totp_code(secret, step_of(now) + step)
        time.sleep(left)


def codes(refusal: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [one.code for one in refusal.value.faults]
