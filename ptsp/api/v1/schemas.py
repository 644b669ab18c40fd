"""Shapes of requests and answers, built once."""

from collections.abc import Mapping
from uuid import UUID

from marshmallow import RAISE, Schema, fields, validate

from ptsp.domain.applications import Addition, Applicant, Inquiry, Order, Wanted

SHORT = validate.Length(min=1, max=200)


class ApplicantSchema(Schema):
    """Who applies."""

    class Meta:
        unknown = RAISE

    nik = fields.String(
        required=True, validate=validate.Length(max=64), metadata={"example": "3515081203909990"}
    )
    kk = fields.String(load_default="", validate=validate.Length(max=64))
    name = fields.String(required=True, validate=SHORT)
    birth_place = fields.String(required=True, validate=SHORT)
    birth_on = fields.Date(required=True, format="iso")
    gender = fields.String(required=True, validate=validate.OneOf(["male", "female"]))
    address = fields.String(required=True, validate=validate.Length(min=1, max=500))
    phone = fields.String(load_default="", validate=validate.Length(max=30))
    email = fields.String(load_default="", validate=validate.Length(max=200))


class GivenApplicantSchema(ApplicantSchema):
    """What is known so far of who applies: any part of it, judged as it would be when lodging."""


class WantedSchema(Schema):
    """One service applied for. Answers by field code; documents by requirement code."""

    class Meta:
        unknown = RAISE

    service = fields.String(required=True, validate=SHORT)
    answers = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    documents = fields.Dict(keys=fields.String(), values=fields.UUID(), load_default=dict)


class OrderSchema(Schema):
    """Several permits lodged together."""

    class Meta:
        unknown = RAISE

    applicant = fields.Nested(ApplicantSchema, required=True)
    applications = fields.List(
        fields.Nested(WantedSchema), required=True, validate=validate.Length(min=1, max=20)
    )


class QuoteSchema(Schema):
    """Several permits, to learn their price and promise before they are lodged."""

    class Meta:
        unknown = RAISE

    applicant = fields.Nested(GivenApplicantSchema(partial=True), load_default=dict)
    applications = fields.List(
        fields.Nested(WantedSchema), required=True, validate=validate.Length(min=1, max=20)
    )


class AcceptedSchema(Schema):
    reference = fields.String(metadata={"description": "to be named in every question"})
    key = fields.String(metadata={"description": "opens the bundle; keep it secret"})
    promised_on = fields.Date()
    track_url = fields.Url()


class AddedSchema(Schema):
    """An application that joined a bundle, and the day on which all of the bundle is promised by now."""

    reference = fields.String()
    service = fields.String()
    promised_on = fields.Date()
    bundle_promised_on = fields.Date()


class VerdictSchema(Schema):
    """An officer's answer to a task at a desk."""

    class Meta:
        unknown = RAISE

    verdict = fields.String(required=True, validate=validate.OneOf(["approved", "rejected"]))
    reasons = fields.List(fields.String(validate=validate.Length(min=1, max=500)), load_default=list)


class AskSchema(Schema):
    """What the applicant has to correct. Names are `position.field` and `position.requirement`: `0.floor_area`."""

    class Meta:
        unknown = RAISE

    fields_ = fields.List(fields.String(validate=SHORT), load_default=list, data_key="fields")
    documents = fields.List(fields.String(validate=SHORT), load_default=list)
    message = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class CorrectedSchema(Schema):
    """The answer to a correction: by the names that were asked for, values as when lodging, documents by id."""

    class Meta:
        unknown = RAISE

    answers = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    documents = fields.Dict(keys=fields.String(), values=fields.UUID(), load_default=dict)


class WithdrawalSchema(Schema):
    """Services of the bundle to be withdrawn; none named: all that are open."""

    class Meta:
        unknown = RAISE

    services = fields.List(fields.String(validate=SHORT), load_default=list, validate=validate.Length(max=20))
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class ObjectionSchema(Schema):
    """An objection to the refusal of one service."""

    class Meta:
        unknown = RAISE

    service = fields.String(required=True, validate=SHORT)
    grounds = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class ObjectionVerdictSchema(Schema):
    """What is decided on an objection: upheld annuls the refusal. Reasons either way."""

    class Meta:
        unknown = RAISE

    verdict = fields.String(required=True, validate=validate.OneOf(["upheld", "rejected"]))
    reasons = fields.List(fields.String(validate=validate.Length(min=1, max=500)), required=True)


class MadeSchema(Schema):
    id = fields.UUID()


class UploadSchema(Schema):
    """What a document is for."""

    service = fields.String(required=True, validate=SHORT)
    requirement = fields.String(required=True, validate=SHORT)


class UploadedSchema(Schema):
    id = fields.UUID()


class QueueSchema(Schema):
    """Which page of a queue is wanted, and whether only what the token's officer has taken."""

    after = fields.String(load_default=None, validate=validate.Length(min=1, max=100))
    mine = fields.Boolean(load_default=False)


class OutcomeSchema(Schema):
    """What became of a call."""

    outcome = fields.String()


ANSWER = CorrectedSchema()
ORDER = OrderSchema()
QUOTE = QuoteSchema()


def as_order(loaded: Mapping[str, object], *, client_key: str, fingerprint: bytes) -> Order:
    """A loaded body as what the flows take."""
    applicant: Mapping[str, object] = loaded["applicant"]  # type: ignore[assignment]
    return Order(
        applicant=Applicant(**applicant),  # type: ignore[arg-type]
        applications=_wanted(loaded),
        client_key=client_key,
        fingerprint=fingerprint,
    )


def as_addition(loaded: Mapping[str, object], *, client_key: str, fingerprint: bytes) -> Addition:
    """A loaded application as what the flows take."""
    return Addition(wanted=_one_wanted(loaded), client_key=client_key, fingerprint=fingerprint)


def as_inquiry(loaded: Mapping[str, object]) -> Inquiry:
    """A loaded body of a quote as what the flows take."""
    return Inquiry(given=loaded["applicant"], applications=_wanted(loaded))  # type: ignore[arg-type]


def _wanted(loaded: Mapping[str, object]) -> tuple[Wanted, ...]:
    applied: list[Mapping[str, object]] = loaded["applications"]  # type: ignore[assignment]
    return tuple(map(_one_wanted, applied))


def _one_wanted(one: Mapping[str, object]) -> Wanted:
    return Wanted(
        service=str(one["service"]),
        answers=one["answers"],  # type: ignore[arg-type]
        documents=_uuids(one["documents"]),
    )


def _uuids(documents: object) -> dict[str, UUID]:
    return dict(documents)  # type: ignore[call-overload, no-any-return]
