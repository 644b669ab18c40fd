"""Fee notices: why an amount is what it is, whether it still follows from its rule, and what an officer corrects."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

import click
from babel.dates import format_date, format_datetime
from sqlalchemy import Engine

from ptsp.flows.admit_debt import admit_debt
from ptsp.flows.cancel_fee import cancel_fee
from ptsp.flows.correct_fee import correct_fee
from ptsp.flows.explain_fee import ExplainedNotice, explain_fee
from ptsp.flows.overdue_fees import FIRST as BEGINNING
from ptsp.flows.overdue_fees import Overdue, overdue_fees
from ptsp.flows.pay_back import FIRST, OwedBack, pay_back, refunds_owed
from ptsp.flows.recompute_fees import recompute_fees
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import Work, begin
from ptsp.kernel.errors import NotFound
from ptsp.kernel.money import in_words, rupiah
from ptsp.main.connections import engine_for
from ptsp.main.differences import tell
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

STATES = {"open": "belum dibayar", "settled": "lunas", "cancelled": "dibatalkan", "lapsed": "kedaluwarsa"}
NAMES = {
    "assessment": "Ketetapan retribusi",
    "additional": "Ketetapan kurang bayar",
    "demand": "Tagihan bunga",
}
CHANNELS = {"va": "virtual account", "qris": "QRIS", "cash": "tunai"}


@click.group()
def fees() -> None:
    """Explain fee notices, work all of them out again, collect them, and correct them."""


@fees.command()
@click.argument("notice")
@click.option("--tenant", help="the office; needed only where two have such a notice")
def explain(notice: str, tenant: str | None) -> None:
    """Print NOTICE line by line: inputs, table rows, rounding, and how it was paid."""
    with _office_of(tenant, notice) as (work, book):
        for line in lines(explain_fee(work, book, notice)):
            click.echo(line)


@fees.command()
@click.option("--tenant", help="only this office")
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
def recompute(*, tenant: str | None, as_json: bool) -> None:
    """Work every notice out again from its rule and inputs. Ends with status 1 where one differs."""
    with _offices(tenant) as works:
        found = {work.tenant.code: recompute_fees(work, book) for work, book in works}
    total = {
        "notices": sum(one.notices for one in found.values()),
        "rupiah": sum(one.rupiah for one in found.values()),
    }
    tell(total, {code: one.differences for code, one in found.items()}, as_json=as_json)


@fees.command()
@click.argument("notice")
@click.option(
    "--set", "changes", multiple=True, metavar="FIELD=VALUE", help="what is corrected; an empty value: none"
)
@click.option("--reason", required=True, help="why; it stands on the new notice")
@click.option("--tenant", help="the office; needed only where two have such a notice")
def correct(notice: str, changes: tuple[str, ...], reason: str, tenant: str | None) -> None:
    """Work NOTICE out again with other answers: it is replaced, raised, or lowered and the rest owed back."""
    with _office_of(tenant, notice) as (work, book):
        came = correct_fee(work, book, notice, dict(_pairs(changes)), reason)
    made = f", notice {came.notice}" if came.notice else ""
    owed = f", {rupiah(came.owed_back)} owed back" if came.owed_back else ""
    click.echo(f"the fee is {rupiah(came.total)}{made}{owed}")


@fees.command()
@click.argument("notice")
@click.option("--reason", required=True, help="why; the applicant reads it")
@click.option("--tenant", help="the office; needed only where two have such a notice")
def cancel(notice: str, reason: str, tenant: str | None) -> None:
    """Take back NOTICE: an additional notice or interest that nobody has paid. An assessment is corrected instead."""
    with _office_of(tenant, notice) as (work, _):
        cancel_fee(work, notice, reason)
    click.echo(f"{notice} is cancelled")


@fees.command()
@click.option("--tenant", help="only this office")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line")
def refunds(*, tenant: str | None, as_json: bool) -> None:
    """List what is owed back and not transferred yet, the oldest first."""
    with _offices(tenant) as works:
        for work, _ in works:
            after: tuple[datetime, UUID] | None = FIRST
            while after:
                page = refunds_owed(work, after=after)
                for one in page.owed:
                    click.echo(_owed(work.tenant.code, one, as_json=as_json))
                after = page.last


@fees.command("pay-back")
@click.argument("refund")
@click.option("--reference", required=True, help="of the transfer order (SP2D)")
@click.option("--at", "paid_at", help="when, as ISO 8601 with its offset; now unless told otherwise")
@click.option("--tenant", help="the office; needed only where two have such a refund")
def pay_back_refund(refund: str, reference: str, paid_at: str | None, tenant: str | None) -> None:
    """Put on record that REFUND was transferred. Once; the same again changes nothing."""
    with _office_of(tenant, refund) as (work, _):
        pay_back(work, refund, reference, _moment(paid_at) if paid_at else work.now)
    click.echo(f"{refund} is transferred, order {reference}")


@fees.command()
@click.option("--tenant", help="only this office")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line")
def overdue(*, tenant: str | None, as_json: bool) -> None:
    """List what should have been paid by now, the longest first: how far it was collected, and when it lapses."""
    with _offices(tenant) as works:
        for work, _ in works:
            after: tuple[date, UUID] | None = BEGINNING
            while after:
                page = overdue_fees(work, after=after)
                for one in page.overdue:
                    click.echo(_late(work.tenant.code, one, as_json=as_json))
                after = page.last


@fees.command()
@click.argument("notice")
@click.option("--on", "admitted_on", required=True, help="the day of the admission, as 2026-01-31")
@click.option("--note", required=True, help="how it was admitted, such as the letter's number")
@click.option("--tenant", help="the office; needed only where two have such a notice")
def admit(notice: str, admitted_on: str, note: str, tenant: str | None) -> None:
    """Put on record that the debt of NOTICE was admitted: the time after which it lapses runs anew from that day."""
    with _office_of(tenant, notice) as (work, _):
        is_new = admit_debt(work, notice, _day(admitted_on), note)
    click.echo(f"{notice} was admitted on {admitted_on}{'' if is_new else ', as was on record already'}")


def _pairs(changes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for change in changes:
        field, sign, value = change.partition("=")
        if not sign:
            raise click.BadParameter(f"{change!r} is not FIELD=VALUE", param_hint="--set")
        yield field, value


def _moment(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--on") from error


def _late(office: str, one: Overdue, *, as_json: bool) -> str:
    notice = one.notice
    if as_json:
        told = {
            "tenant": office,
            "reference": one.reference,
            "number": notice.number,
            "kind": notice.kind.value,
            "total": notice.total,
            "due_on": str(notice.due_on),
            "months": one.months,
            "warned_on": str(one.warned_on) if one.warned_on else None,
            "admitted_on": str(one.admitted_on) if one.admitted_on else None,
            "demanded": one.demanded,
            "lapses_after": str(one.lapses_after),
        }
        return json.dumps(told)
    warned = f", warned on {_short(one.warned_on)}" if one.warned_on else ""
    admitted = f", admitted on {_short(one.admitted_on)}" if one.admitted_on else ""
    demanded = f", {rupiah(one.demanded)} interest demanded" if one.demanded else ""
    return (
        f"{office}  {notice.number}  {rupiah(notice.total)} due {_short(notice.due_on)}{warned}{admitted}{demanded};"
        f" lapses after {_short(one.lapses_after)}; for {one.reference}"
    )


def _short(day: date) -> str:
    return str(format_date(day, "d MMM y", locale="id_ID"))


def _owed(office: str, one: OwedBack, *, as_json: bool) -> str:
    refund, payment = one.refund, one.payment
    if as_json:
        told = {
            "tenant": office,
            "number": refund.number,
            "amount": refund.amount,
            "reason": refund.reason.value,
            "owed_at": refund.owed_at.isoformat(),
            "provider": payment.provider,
            "provider_ref": payment.provider_ref,
            "bill": payment.bill,
        }
        return json.dumps(told)
    since = format_date(refund.owed_at, "d MMM y", locale="id_ID")
    return (
        f"{office}  {refund.number}  {rupiah(refund.amount)} since {since}: {refund.reason.value};"
        f" paid for {payment.bill} at {payment.provider}, {payment.provider_ref}"
    )


@contextmanager
def _office_of(tenant: str | None, number: str) -> Iterator[tuple[Work, TenantBook]]:
    """A unit of work in the one office that may have a paper of this number."""
    with _entered() as (engine, book):
        named = (
            [book.get(tenant)] if tenant else [one for one in book.all() if f"/{one.pack.prefix}/" in number]
        )
        if not named:
            raise NotFound(f"no office has papers like {number!r}")
        with begin(engine, named[0], actor="operator") as work:
            yield work, book


@contextmanager
def _offices(tenant: str | None) -> Iterator[Iterator[tuple[Work, TenantBook]]]:
    """A unit of work for each office in turn, or for the one that is named."""
    with _entered() as (engine, book):

        def works() -> Iterator[tuple[Work, TenantBook]]:
            for office in [book.get(tenant)] if tenant else book.all():
                with begin(engine, office, actor="operator") as work:
                    yield work, book

        yield works()


@contextmanager
def _entered() -> Iterator[tuple[Engine, TenantBook]]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield engine, TenantBook(engine, Vault(settings.secret))
        finally:
            engine.dispose()


def lines(one: ExplainedNotice) -> Iterator[str]:
    """The explanation as it is read aloud, in Indonesian."""
    yield f"{NAMES[one.kind]} {one.number}: {one.service['id']}, berkas {one.reference}"
    yield f"  dasar hukum: {one.legal_basis} (standar versi {one.standard})"
    if one.about:
        yield f"  berkenaan dengan {one.about}: {one.reason}"
    for line in one.lines:
        yield f"  {line.label['id']}: {rupiah(line.amount)} (rekening {line.account}, {line.agency})"
        yield from (f"      {step}" for step in line.how)
    yield f"  jumlah: {rupiah(one.total)} ({in_words(one.total)})"
    yield (
        f"  terbit {format_date(one.issued_on, 'd MMM y', locale='id_ID')}, jatuh tempo"
        f" {format_date(one.due_on, 'd MMM y', locale='id_ID')}; dibayar dengan nomor {one.customer_no}"
    )
    closed = f": {one.closed_for}" if one.closed_for else ""
    yield f"  keadaan: {STATES[one.state]}{closed}"
    for part in one.paid:
        at = format_datetime(part.paid_at, "d MMM y HH.mm", locale="id_ID")
        yield f"    {rupiah(part.amount)} pada {at} lewat {CHANNELS[part.channel]}, bukti {part.receipt}"
