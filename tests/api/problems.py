"""What every error of a machine path looks like."""

from werkzeug.test import TestResponse

from ptsp.api.problems import TITLES


def fields(answer: TestResponse) -> set[str]:
    """The fields an answer names as faulty."""
    return {error["field"] for error in answer.json.get("errors", ())}


def check_problem(answer: TestResponse, status: int, field: str | None = None) -> None:
    """One shape for all: RFC 9457 with a stable code, and the field where there is one."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.content_type == "application/problem+json"
    told = answer.json
    assert told["status"] == status
    assert told["title"] == TITLES[status]
    assert told["type"] == f"urn:ptsp:problem:{told['code']}"
    assert isinstance(told["detail"], str)
    assert told["detail"]
    assert told.keys() <= {"type", "title", "status", "code", "detail", "errors"}
    for leak in ("Traceback", "psycopg", "SELECT", "sqlalchemy", "marshmallow"):
        assert leak not in answer.text
    for error in told.get("errors", ()):
        assert {"field", "reason"} <= error.keys() <= {"field", "reason", "code"}
        assert error["reason"]
    if field is not None:
        assert field in fields(answer), told
