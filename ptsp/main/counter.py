"""The counter behind the pages: each verb of a page is a flow."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import marshmallow

from ptsp.api.access import Access
from ptsp.api.messages import flattened
from ptsp.api.paying import press_of, with_codes
from ptsp.api.v1.schemas import ANSWER, ORDER, QUOTE, as_inquiry, as_order
from ptsp.api.v1.verification import by_code, by_file, paper_by_code, reasons
from ptsp.domain.applications import Order, Standing, may_apply
from ptsp.domain.corrections import Answer
from ptsp.flows.answer_correction import answer_correction
from ptsp.flows.fetch_document import fetch_decision
from ptsp.flows.money_papers import applicants_paper
from ptsp.flows.object_to_refusal import lodge_objection
from ptsp.flows.show_calendar import CalendarView, show_calendar
from ptsp.flows.show_correction import show_correction
from ptsp.flows.show_outages import OutageView, show_outages
from ptsp.flows.store_document import keep_document
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.track_bundle import quote_bundle, track_bundle
from ptsp.flows.verify_decision import VerifiedPermit
from ptsp.flows.verify_paper import VerifiedPaper
from ptsp.flows.views import BundleView, CorrectionForm, QuoteView, WithdrawalView
from ptsp.flows.withdraw_application import withdraw_application, withdrawal
from ptsp.infra import ledger
from ptsp.kernel.errors import Invalid, NotFound
from ptsp.kernel.specs import TenantPack, Text
from ptsp.main.delivery_counter import DeliveryCounter
from ptsp.main.desk_counter import DeskCounter
from ptsp.main.money_counter import MoneyCounter
from ptsp.main.people_counter import AccountCounter, ReceptionCounter
from ptsp.main.signing_counter import SigningCounter
from ptsp.main.staff_counter import StaffCounter

ACTOR = "pages"


class Counter:
    """What `ptsp.web.office.Office` asks for."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def tenants(self) -> Sequence[TenantPack]:
        return [_for_anybody(tenant.pack) for tenant in self._access.book.all()]

    def tenant(self, code: str) -> TenantPack:
        return _for_anybody(self._access.book.get(code).pack)

    def outages(self, tenant_code: str) -> tuple[OutageView, ...]:
        with self._access.work(tenant_code, ACTOR) as work:
            return show_outages(work).outages

    def calendar(self, tenant_code: str, agency: str) -> CalendarView:
        with self._access.work(tenant_code, ACTOR) as work:
            return show_calendar(work, agency)

    def quote(self, tenant_code: str, form: dict[str, Any]) -> QuoteView:
        with self._access.work(tenant_code, ACTOR) as work:
            return quote_bundle(work, as_inquiry(_loaded(QUOTE, form)))

    def store_document(
        self,
        tenant_code: str,
        requirement: str,
        name: str,
        data: bytes,
        accepts: tuple[str, ...],
        max_mb: int,
    ) -> str:
        with self._access.work(tenant_code, ACTOR) as work:
            return str(keep_document(work, self._access.files, requirement, name, data, accepts, max_mb))

    def submit(self, tenant_code: str, order: dict[str, Any], idempotency_key: str) -> tuple[str, str]:
        with self._access.work(tenant_code, ACTOR) as work:
            accepted = submit_bundle(work, _order(order, idempotency_key))
        self._access.ring()
        return accepted.reference, accepted.key

    def track(self, tenant_code: str, reference: str, key: str) -> BundleView:
        with self._access.work(tenant_code, ACTOR) as work:
            bundle = track_bundle(work, self._access.book, reference, key)
        return with_codes(self._access, bundle)

    def correction(self, tenant_code: str, reference: str, key: str, ident: str) -> CorrectionForm:
        with self._access.work(tenant_code, ACTOR) as work:
            return show_correction(work, self._access.book, reference, key, _ident(ident))

    def answer_correction(
        self,
        tenant_code: str,
        reference: str,
        key: str,
        ident: str,
        answers: Mapping[str, object],
        documents: Mapping[str, str],
    ) -> None:
        kept = _loaded(ANSWER, {"answers": answers, "documents": documents})
        answer = Answer(kept["answers"], kept["documents"])
        with self._access.work(tenant_code, ACTOR) as work:
            answer_correction(work, self._access.book, reference, key, _ident(ident), answer)

    def withdrawal(
        self, tenant_code: str, reference: str, key: str, services: Sequence[str]
    ) -> WithdrawalView:
        with self._access.work(tenant_code, ACTOR) as work:
            return withdrawal(work, self._access.book, reference, key, services)

    def withdraw(
        self, tenant_code: str, reference: str, key: str, services: Sequence[str], reason: str
    ) -> None:
        with self._access.work(tenant_code, ACTOR) as work:
            withdraw_application(work, self._access.book, reference, key, services, reason)
        self._access.ring()

    def object_to(self, tenant_code: str, reference: str, key: str, service: str, grounds: str) -> None:
        with self._access.work(tenant_code, ACTOR) as work:
            lodge_objection(work, self._access.book, reference, key, service, grounds)

    def paper(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        return applicants_paper(
            lambda: self._access.work(tenant_code, ACTOR), press_of(self._access), reference, key, number
        )

    def document(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        with self._access.work(tenant_code, ACTOR) as work:
            return fetch_decision(work, self._access.files, reference, key, number)

    def verify_code(self, code: str) -> VerifiedPermit | VerifiedPaper | None:
        return by_code(self._access, code) or paper_by_code(self._access, code)

    def verify_file(
        self, data: bytes
    ) -> tuple[bool, tuple[Text, ...], VerifiedPermit | VerifiedPaper | None]:
        verdict, found = by_file(self._access, data)
        return verdict.valid and found is not None, reasons(verdict, found), found

    def desk(self, tenant_code: str, token: str) -> DeskCounter:
        return DeskCounter(self._access, self._access.book.get(tenant_code).code, token)

    def money_desk(self, tenant_code: str, token: str) -> MoneyCounter:
        return MoneyCounter(self._access, self._access.book.get(tenant_code).code, token)

    def signing_desk(self, tenant_code: str, token: str) -> SigningCounter:
        return SigningCounter(self._access, tenant_code, token)

    def delivery_desk(self, tenant_code: str, token: str) -> DeliveryCounter:
        return DeliveryCounter(self._access, tenant_code, token)

    def reception(self, tenant_code: str) -> ReceptionCounter:
        return ReceptionCounter(self._access, self._access.book.get(tenant_code).code)

    def account(self, tenant_code: str, token: str) -> AccountCounter:
        return AccountCounter(self._access, self._access.book.get(tenant_code).code, token)

    def staff(self, tenant_code: str, token: str) -> StaffCounter:
        return StaffCounter(self._access, self._access.book.get(tenant_code).code, token)


def _for_anybody(pack: TenantPack) -> TenantPack:
    """The office as its pages show it to whoever comes by: without the services for its own staff."""
    shown = {code: one for code, one in pack.services.items() if may_apply(one, Standing.PUBLIC)}
    return pack if len(shown) == len(pack.services) else replace(pack, services=shown)


def _ident(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError as error:
        raise NotFound("this bundle has no such correction") from error


def _order(form: dict[str, Any], idempotency_key: str) -> Order:
    """The form's order through the same schema as the API's. The key's client is the page, not the API."""
    digest = hashlib.sha256(ledger.canonical(form).encode()).digest()
    return as_order(_loaded(ORDER, form), client_key=f"page:{idempotency_key}", fingerprint=digest)


def _loaded(schema: marshmallow.Schema, form: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(schema.load(form))
    except marshmallow.ValidationError as error:
        raise Invalid(flattened(error.messages)) from error
