"""Signing in, and one's own account, behind the pages. A password is looked at while no transaction is open."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from ptsp.api.access import Access
from ptsp.flows._sessions import SignedIn, require, signed_in
from ptsp.flows.end_sessions import end_other_sessions, end_own_session
from ptsp.flows.enrol_totp import CODES, Enrolment, begin_totp, confirm_totp, end_totp, waiting_totp
from ptsp.flows.set_password import own_password, password_faults
from ptsp.flows.show_people import Account, show_account
from ptsp.flows.sign_in import (
    change_desk,
    come_in,
    confirm_code,
    device_of,
    knock,
    prove_again,
    proved,
    sign_out,
)
from ptsp.infra.passwords import readable
from ptsp.infra.work import Work
from ptsp.kernel.errors import Forbidden, Invalid
from ptsp.kernel.reasons import fault
from ptsp.web.people_port import Entered, Stage

ACTOR = "pages"


class ReceptionCounter:
    """What `ptsp.web.people_port.Reception` asks for."""

    def __init__(self, access: Access, tenant_code: str) -> None:
        self._access = access
        self._tenant = tenant_code

    def sign_in(self, login: str, password: str, *, address: str, device: str) -> Entered | None:
        with self._access.work(self._tenant, ACTOR) as work:
            knocked = knock(work, login, address=address, device=device)
        person = knocked.person
        if not self._access.passwords.fits(person.password if person else None, password) or person is None:
            return None
        with self._access.work(self._tenant, ACTOR) as work:
            token = come_in(work, knocked)
            return Entered(token, device_of(work, person.login, device.partition(".")[0] or _nonce()))

    def confirm(self, token: str, code: str) -> str | None:
        with self._access.work(self._tenant, ACTOR) as work:
            return confirm_code(work, token, code)

    def sign_out(self, token: str) -> None:
        with self._access.work(self._tenant, ACTOR) as work:
            sign_out(work, token)


class AccountCounter:
    """What `ptsp.web.people_port.AccountDesk` asks for."""

    def __init__(self, access: Access, tenant_code: str, token: str) -> None:
        self._access = access
        self._tenant = tenant_code
        self._token = token

    def stage(self) -> Stage:
        with self._access.work(self._tenant, ACTOR) as work:
            here = signed_in(work, self._token)
        if here is None:
            raise Forbidden("nobody is signed in with this token")
        if here.session.awaits_code:
            return Stage.CODE
        return Stage.PASSWORD if here.person.start_until else Stage.IN

    def show(self) -> Account:
        with self._work() as (work, here):
            return show_account(work, here)

    def waiting_totp(self) -> Enrolment | None:
        with self._work() as (work, here):
            return waiting_totp(work, here)

    def change_password(self, old: str, new: str) -> str:
        with self._work() as (_, here):
            wrong = password_faults(new, here.person.login)
        if not wrong and old == new:
            wrong = [fault("new", "password_same")]
        if wrong:
            raise Invalid(wrong)
        self._prove(old)
        hashed = self._access.passwords.hashed(new)
        return self._then(lambda work, now: own_password(work, now, hashed=hashed), here)

    def begin_totp(self) -> None:
        with self._work() as (work, here):
            begin_totp(work, here)

    def confirm_totp(self, code: str) -> tuple[str, tuple[str, ...]]:
        recovery = tuple(readable(2) for _ in range(CODES))
        with self._work() as (work, here):
            return confirm_totp(work, here, code, recovery), recovery

    def end_totp(self, password: str) -> str:
        here = self._prove(password)
        return self._then(end_totp, here)

    def end_session(self, ident: UUID) -> None:
        with self._work() as (work, here):
            end_own_session(work, here, ident)

    def end_other_sessions(self) -> int:
        with self._work() as (work, here):
            return end_other_sessions(work, here)

    def go_to(self, agency: str) -> str:
        with self._access.work(self._tenant, ACTOR) as work:
            return change_desk(work, self._token, agency)

    def _prove(self, password: str) -> SignedIn:
        """The person shows the password again. Raises Invalid and TryLater."""
        with self._work() as (work, here):
            places = prove_again(work, here)
        if not self._access.passwords.fits(here.person.password, password):
            raise Invalid([fault("old", "password_wrong")])
        with self._work() as (work, _):
            proved(work, places)
        return here

    def _then(self, do: Callable[[Work, SignedIn], str], proved_as: SignedIn) -> str:
        """Do it for the very account whose password was shown: a change meanwhile is a conflict, not a way around."""
        with self._work() as (work, here):
            if here.person.password != proved_as.person.password:
                raise Forbidden("the password was changed just now")
            return do(work, here)

    @contextmanager
    def _work(self) -> Iterator[tuple[Work, SignedIn]]:
        with self._access.work(self._tenant, ACTOR) as work:
            yield work, require(work, self._token)


def _nonce() -> str:
    return secrets.token_hex(16)
