"""The page of a signer: each verb looks at the token again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from ptsp.api.access import Access
from ptsp.domain.people import Right
from ptsp.flows._desk_tasks import own_tasks, require_task
from ptsp.flows.open_desk import Desk, desk_of
from ptsp.flows.signatures import WaitingSignature, paper_to_sign, show_signatures
from ptsp.infra.work import Officer, Work
from ptsp.jobs.sign_decisions import Attempt, Office, Signer, sign_decisions
from ptsp.jobs.write_decisions import write_paper
from ptsp.kernel.errors import Fault, Forbidden, Invalid, NotFound
from ptsp.kernel.identity import check_nik
from ptsp.kernel.reasons import fault
from ptsp.sdk.signing import Phrase


class SigningCounter:
    """What `ptsp.web.signing_port.SigningDesk` asks for."""

    def __init__(self, access: Access, tenant_code: str, token: str) -> None:
        self._access = access
        self._tenant = tenant_code
        self._token = token

    def opened(self) -> Desk:
        with self._work() as (_, desk):
            return desk

    def waiting(self) -> tuple[WaitingSignature, ...]:
        with self._work() as (work, desk):
            waiting = show_signatures(work, self._access.book, desk.agency)
            mine = own_tasks(work, desk, Right.SIGN, [one.id for one in waiting])
        return tuple(one for one in waiting if one.id in mine)

    def draft(self, task: UUID) -> bytes:
        with self._work() as (work, desk):
            require_task(work, desk, Right.SIGN, task)
            to = self._access
            paper = paper_to_sign(work, to.book, desk.agency, task, public_url=to.public_url)
        return write_paper(paper)

    def sign(self, tasks: Sequence[UUID], *, nik: str, passphrase: Phrase) -> list[Attempt]:
        wrong = list(_wrong(tasks, nik, passphrase))
        with self._work() as (work, desk):
            if wrong:
                raise Invalid(wrong)
            for task in tasks:
                require_task(work, desk, Right.SIGN, task)
            officer = _signer(work, desk, nik)
        to = self._access
        office = Office(to.engine, to.book, to.partners, to.files, to.public_url)
        signer = Signer(desk.agency, desk.actor, nik, passphrase, officer)
        try:
            return sign_decisions(office, to.book.get(self._tenant), signer, tasks)
        finally:
            to.ring()

    @contextmanager
    def _work(self) -> Iterator[tuple[Work, Desk]]:
        with self._access.work(self._tenant, "desk") as work:
            desk = desk_of(work, self._token)
            if desk is None:
                raise Forbidden("this token opens no desk")
            if not self._access.partners.signs(work.tenant, desk.agency):
                raise NotFound("this desk signs through no service")
            desk.require(Right.SIGN)
            yield desk.at(work), desk


def _signer(work: Work, desk: Desk, nik: str) -> Officer:
    """Who signs: the officer, whose NIK is the one that was typed too."""
    mine = work.officer.nik_indexes if work.officer else frozenset()
    typed = work.tenant.vault.index(work.tenant.id, "bundle.nik", nik)
    return Officer(desk.officer or "", mine | {typed})


def _wrong(tasks: Sequence[UUID], nik: str, passphrase: Phrase) -> Iterator[Fault]:
    """All that is wrong with the form, so that nobody finds it out one field after the other."""
    if not tasks:
        yield fault("tasks", "missing")
    try:
        check_nik(nik, None)
    except Invalid as bad:
        yield from bad.faults
    if not passphrase.reveal():
        yield fault("passphrase", "missing")
