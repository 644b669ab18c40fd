"""Errors as problems of RFC 9457: one table from our kinds of error to HTTP."""

from collections.abc import Iterable, Mapping

import structlog
from flask import Flask, Request, Response, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from ptsp.api.messages import flattened
from ptsp.infra.files import StoreUnavailable
from ptsp.infra.ledger import canonical
from ptsp.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound, PtspError
from ptsp.sdk.errors import Forged
from ptsp.sdk.strict_json import Malformed

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
MACHINE_PATHS = ("/api/", "/agency/", "/snap/")
NO_CODE = "invalid"  # of a fault that only says in words what is wrong
STATUS: Mapping[type[PtspError], int] = {
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    Invalid: 422,
    StoreUnavailable: 503,
}
TITLES = {
    400: "The request cannot be read",
    401: "The caller is not known",
    403: "Not allowed",
    404: "There is no such thing",
    405: "Not done this way",
    409: "Not in this state",
    413: "The request is too large",
    415: "Not in this form",
    422: "The input is wrong",
    500: "Something went wrong on our side",
    503: "Not available just now",
}


class FaultSchema(Schema):
    """One thing that is wrong with the input."""

    field = fields.String(required=True, metadata={"example": "applications[0].answers.floor_area"})
    reason = fields.String(required=True)
    code = fields.String(
        required=True, metadata={"description": "stable, for machines", "example": "missing"}
    )


class ProblemSchema(Schema):
    """Every error, as RFC 9457 has it."""

    type = fields.String(required=True, metadata={"example": "urn:ptsp:problem:invalid"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable, for machines"})
    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(FaultSchema), metadata={"description": "every fault of the input"})


def problem(
    status: int,
    code: str,
    detail: str,
    faults: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document. `code` is stable and for machines; `errors` name field, reason and code."""
    body: dict[str, object] = {
        "type": f"urn:ptsp:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    errors = [
        {"field": fault.field, "reason": fault.reason, "code": fault.code or NO_CODE} for fault in faults
    ]
    if errors:
        body["errors"] = errors
    return Response(canonical(body), status, headers=dict(headers or {}), content_type=MEDIA_TYPE)


def is_for_machines(asked: Request) -> bool:
    """Does this path speak JSON? Pages have error pages of their own."""
    return asked.path.startswith(MACHINE_PATHS)


def from_error(error: PtspError) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    faults = error.faults if isinstance(error, Invalid) else ()
    return problem(status, error.code, str(error), faults)


def from_http(error: HTTPException) -> Response:
    """What Flask and its libraries refuse; messages of marshmallow become faults."""
    status = error.code or 500
    by_location = (getattr(error, "data", None) or {}).get("messages", {})
    faults = [fault for messages in by_location.values() for fault in flattened(messages)]
    if isinstance(error.__cause__, Malformed) and error.__cause__.field:
        faults.append(Fault(error.__cause__.field, error.__cause__.reason, "unreadable"))
    code = {400: "unreadable", 404: "not_found", 413: "too_large", 422: "invalid"}.get(
        status, f"http_{status}"
    )
    detail = "; ".join(map(str, faults)) or error.description or TITLES.get(status, "")
    headers = {"Allow": ", ".join(error.valid_methods)} if getattr(error, "valid_methods", None) else None
    return problem(status, code, detail, faults, headers)


def register_problems(app: Flask) -> None:
    """Answer every error of a machine path as a problem, also those nobody thought of."""

    @app.errorhandler(PtspError)
    def _ours(error: PtspError) -> ResponseReturnValue:
        if not is_for_machines(request):
            raise error
        return from_error(error)

    @app.errorhandler(Forged)
    def _forged(error: Forged) -> ResponseReturnValue:
        log.warning("callback_refused", path=request.path, reason=str(error))
        return problem(401, "forged", "the signature does not fit")
