"""Shapes of requests and answers, built once."""

from collections.abc import Mapping
from uuid import UUID

from marshmallow import RAISE, Schema, fields, validate

from ptsp.domain.applications import Applicant, Inquiry, Order, Wanted

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


class VerdictSchema(Schema):
    """An officer's answer to a task at a desk."""

    class Meta:
        unknown = RAISE

    verdict = fields.String(required=True, validate=validate.OneOf(["approved", "rejected"]))
    reasons = fields.List(fields.String(validate=validate.Length(min=1, max=500)), load_default=list)


class UploadSchema(Schema):
    """What a document is for."""

    service = fields.String(required=True, validate=SHORT)
    requirement = fields.String(required=True, validate=SHORT)


class UploadedSchema(Schema):
    id = fields.UUID()


class OutcomeSchema(Schema):
    """What became of a call."""

    outcome = fields.String()


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


def as_inquiry(loaded: Mapping[str, object]) -> Inquiry:
    """A loaded body of a quote as what the flows take."""
    return Inquiry(given=loaded["applicant"], applications=_wanted(loaded))  # type: ignore[arg-type]


def _wanted(loaded: Mapping[str, object]) -> tuple[Wanted, ...]:
    applied: list[Mapping[str, object]] = loaded["applications"]  # type: ignore[assignment]
    return tuple(
        Wanted(
            service=str(one["service"]),
            answers=one["answers"],  # type: ignore[arg-type]
            documents=_uuids(one["documents"]),
        )
        for one in applied
    )


def _uuids(documents: object) -> dict[str, UUID]:
    return dict(documents)  # type: ignore[call-overload, no-any-return]
