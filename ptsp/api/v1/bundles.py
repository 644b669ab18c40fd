"""Bundles: quote without lodging, lodge once, follow with the key, fetch what came out."""

from typing import Any
from uuid import UUID

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from flask_smorest import abort
from werkzeug.exceptions import Unauthorized

from ptsp.api.access import access
from ptsp.api.paying import press_of, with_codes
from ptsp.api.reading import StrictBlueprint, actor, fingerprint
from ptsp.api.v1.schemas import (
    AcceptedSchema,
    AddedSchema,
    CorrectedSchema,
    MadeSchema,
    ObjectionSchema,
    OrderSchema,
    OutcomeSchema,
    QuoteSchema,
    UploadedSchema,
    UploadSchema,
    WantedSchema,
    WithdrawalSchema,
    as_addition,
    as_inquiry,
    as_order,
)
from ptsp.api.v1.shapes import shape
from ptsp.domain import corrections
from ptsp.flows.add_application import add_application
from ptsp.flows.answer_correction import answer_correction
from ptsp.flows.fetch_document import fetch_decision, fetch_upload
from ptsp.flows.money_papers import applicants_paper
from ptsp.flows.object_to_refusal import lodge_objection
from ptsp.flows.store_document import store_document
from ptsp.flows.submit_bundle import Accepted, submit_bundle
from ptsp.flows.track_bundle import quote_bundle, track_bundle
from ptsp.flows.views import BundleView, QuoteView
from ptsp.flows.withdraw_application import withdraw_application
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault

blueprint = StrictBlueprint("bundles", __name__, url_prefix="/api/v1", description="Several permits at once")

LONGEST_KEY = 200
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "made by the client, new for each submission, the same for each retry",
}

UPLOAD_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            }
        }
    },
}


@blueprint.route("/offices/<tenant>/quotes")
class Quotes(MethodView):
    @blueprint.arguments(QuoteSchema)
    @blueprint.response(
        200,
        shape(QuoteView),
        description="tasks, promised dates and fee notices as they would be, and documents still to be brought",
    )
    def post(self, loaded: dict[str, object], tenant: str) -> ResponseReturnValue:
        """What a bundle would cost and when it would be ready. Nothing is stored.

        Services and answers are enough: who applies and which documents they have may be told later.
        """
        with access().work(tenant, actor()) as work:
            return quote_bundle(work, as_inquiry(loaded))  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/bundles")
class Bundles(MethodView):
    @blueprint.arguments(OrderSchema())  # made once: its nested schemas cost a seventh of a request
    @blueprint.response(
        201, AcceptedSchema, description="lodged; the same key with the same body gets the same answer"
    )
    @blueprint.doc(parameters=[IDEMPOTENCY_KEY])
    def post(self, loaded: dict[str, object], tenant: str) -> ResponseReturnValue:
        """Lodge several permits as one bundle."""
        order = as_order(loaded, client_key=f"api:{idempotency_key()}", fingerprint=fingerprint(request))
        with access().work(tenant, actor()) as work:
            accepted = submit_bundle(work, order)
        if not accepted.is_replay:
            access().ring()
        return accepted_body(tenant, accepted), 201


@blueprint.route("/offices/<tenant>/bundles/<reference>")
class Bundle(MethodView):
    @blueprint.response(200, shape(BundleView), description="the bundle as its applicant may see it")
    def get(self, tenant: str, reference: str) -> ResponseReturnValue:
        """Follow a bundle. The key is given as `Authorization: Bearer KEY`."""
        with access().work(tenant, actor()) as work:
            bundle = track_bundle(work, access().book, reference, bearer())
        return with_codes(access(), bundle)  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/bundles/<reference>/applications")
class Additions(MethodView):
    @blueprint.arguments(WantedSchema)
    @blueprint.response(
        201, AddedSchema, description="added; the same key with the same body gets the same answer"
    )
    @blueprint.doc(parameters=[IDEMPOTENCY_KEY])
    def post(self, loaded: dict[str, object], tenant: str, reference: str) -> ResponseReturnValue:
        """Add one more permit to a bundle that is still open.

        What was approved for the other permits and is asked for this one, too, is not done again. 409 when
        every permit of the bundle has ended.
        """
        addition = as_addition(
            loaded, client_key=f"api:{idempotency_key()}", fingerprint=fingerprint(request)
        )
        with access().work(tenant, actor()) as work:
            added = add_application(work, access().book, reference, bearer(), addition)
        if not added.is_replay:
            access().ring()
        return added, 201  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/bundles/<reference>/decisions/<path:number>")
class Decision(MethodView):
    @blueprint.response(200, description="the signed PDF", content_type="application/pdf")
    def get(self, tenant: str, reference: str, number: str) -> ResponseReturnValue:
        """The signed permit, recommendation or refusal letter."""
        with access().work(tenant, actor()) as work:
            data, name = fetch_decision(work, access().files, reference, bearer(), number)
        return file_answer(data, name, "application/pdf")


@blueprint.route("/offices/<tenant>/bundles/<reference>/papers/<path:number>")
class Paper(MethodView):
    @blueprint.response(200, description="the signed PDF", content_type="application/pdf")
    def get(self, tenant: str, reference: str, number: str) -> ResponseReturnValue:
        """A signed fee notice (SKRD, SKRDKBT, STRD), proof of payment (SSRD) or overpayment notice (SKRDLB)."""
        data, name = applicants_paper(
            lambda: access().work(tenant, actor()), press_of(access()), reference, bearer(), number
        )
        return file_answer(data, name, "application/pdf")


@blueprint.route("/offices/<tenant>/bundles/<reference>/documents/<uuid:document>")
class Upload(MethodView):
    @blueprint.response(200, description="the file as uploaded")
    def get(self, tenant: str, reference: str, document: str) -> ResponseReturnValue:
        """A document the applicant handed in."""
        with access().work(tenant, actor()) as work:
            data, row = fetch_upload(work, access().files, reference, bearer(), document)
        return file_answer(data, row.name, row.media_type)


@blueprint.route("/offices/<tenant>/bundles/<reference>/corrections/<uuid:correction>")
class Correction(MethodView):
    @blueprint.arguments(CorrectedSchema)
    @blueprint.response(200, OutcomeSchema, description="taken; the clocks go on")
    def post(
        self, loaded: dict[str, Any], tenant: str, reference: str, correction: UUID
    ) -> ResponseReturnValue:
        """Answer what was returned for correction: exactly the fields and documents that were asked for.

        What would change the way through the agencies, or whether there is a fee, cannot be corrected.
        """
        answer = corrections.Answer(loaded["answers"], loaded["documents"])
        with access().work(tenant, actor()) as work:
            answer_correction(work, access().book, reference, bearer(), correction, answer)
        return {"outcome": "answered"}


@blueprint.route("/offices/<tenant>/bundles/<reference>/withdrawals")
class Withdrawals(MethodView):
    @blueprint.arguments(WithdrawalSchema)
    @blueprint.response(200, OutcomeSchema, description="withdrawn, for good")
    def post(self, loaded: dict[str, Any], tenant: str, reference: str) -> ResponseReturnValue:
        """Withdraw services of a bundle, or all of it. It cannot be undone.

        409 where another service of the bundle waits for one of these and is not withdrawn, too.
        """
        with access().work(tenant, actor()) as work:
            withdraw_application(
                work, access().book, reference, bearer(), loaded["services"], loaded["reason"]
            )
        access().ring()
        return {"outcome": "withdrawn"}


@blueprint.route("/offices/<tenant>/bundles/<reference>/objections")
class Objections(MethodView):
    @blueprint.arguments(ObjectionSchema)
    @blueprint.response(201, MadeSchema, description="received; the bundle says until when it is decided")
    def post(self, loaded: dict[str, str], tenant: str, reference: str) -> ResponseReturnValue:
        """Object to the refusal of one service, once, within the time that its letter names."""
        with access().work(tenant, actor()) as work:
            made = lodge_objection(
                work, access().book, reference, bearer(), loaded["service"], loaded["grounds"]
            )
        return {"id": made}, 201


@blueprint.route("/offices/<tenant>/documents")
class Documents(MethodView):
    @blueprint.arguments(UploadSchema, location="query")
    @blueprint.response(201, UploadedSchema, description="kept; name its id when lodging")
    @blueprint.doc(requestBody=UPLOAD_BODY)
    def post(self, wanted: dict[str, str], tenant: str) -> ResponseReturnValue:
        """Upload one document for one requirement of a service. Its kind is judged by its content."""
        name, data = uploaded()
        with access().work(tenant, actor()) as work:
            document = store_document(
                work, access().files, wanted["service"], wanted["requirement"], name, data
            )
        return {"id": document}, 201


def uploaded() -> tuple[str, bytes]:
    """Name and content of the file that came along. Raises Invalid without one."""
    sent = request.files.get("file")
    if sent is None:
        raise Invalid([fault("file", "missing")])
    return sent.filename or "", sent.stream.read()


def accepted_body(tenant: str, accepted: Accepted) -> dict[str, object]:
    """What whoever lodged a bundle gets back."""
    return {
        "reference": accepted.reference,
        "key": accepted.key,
        "promised_on": accepted.promised_on,
        "track_url": f"{access().public_url}/{tenant}/bundles/{accepted.reference}?key={accepted.key}",
    }


def bearer() -> str:
    """The key of `Authorization: Bearer KEY`. 401 without one."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("give the key as `Authorization: Bearer KEY`")
    return key.strip()


def idempotency_key() -> str:
    """The header `Idempotency-Key`. 400 without it, Invalid for one in the wrong form."""
    key = request.headers.get("Idempotency-Key", "")
    if not key.strip():
        abort(400, messages={"headers": {"Idempotency-Key": ["Missing data for required field."]}})
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid([fault("Idempotency-Key", "key_form", most=LONGEST_KEY)])
    return key


def file_answer(data: bytes, name: str, media_type: str) -> Response:
    """A file to be kept by whoever asked, and by nobody on the way."""
    answer = Response(data, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
