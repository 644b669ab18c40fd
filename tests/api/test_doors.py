"""The way in: documented, complete, and every error a problem."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ptsp.main.web import DOORS
from tests.api.hall import API
from tests.api.problems import check_problem

METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENT = "api-docs.openapi_json"


@pytest.fixture(scope="module")
def document(hall):
    answer = hall.client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json


def operations(document):
    return {
        (method, path): item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def machine_rules(hall):
    return [rule for rule in hall.app.url_map.iter_rules() if rule.rule.startswith(("/api", "/agency"))]


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_operation_says_what_it_does_and_what_a_problem_looks_like(document):
    for name, operation in operations(document).items():
        assert operation.get("summary", "").endswith((".", "?")), name
        errors = [answer for status, answer in operation["responses"].items() if not status.startswith("2")]
        assert {"$ref": "#/components/responses/DEFAULT_ERROR"} in errors, name
        for error in errors:
            told = document["components"]["responses"][error["$ref"].rpartition("/")[2]]
            content = told["content"]
            assert list(content) == ["application/problem+json"], name
            assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_a_problem_is_documented_with_all_its_members(document):
    problem = document["components"]["schemas"]["Problem"]
    assert set(problem["properties"]) == {"type", "title", "status", "code", "detail", "errors"}
    assert set(problem["required"]) == {"type", "title", "status", "code", "detail"}


def test_every_path_of_machines_goes_through_a_door_that_says_who_may_use_it(hall):
    doors = {blueprint.name for blueprint, _ in DOORS}
    strays = {rule.endpoint for rule in machine_rules(hall) if rule.endpoint.partition(".")[0] not in doors}
    assert {stray for stray in strays if not stray.startswith("lost")} == {DOCUMENT}
    assert all(who for _, who in DOORS)


def test_every_path_of_machines_is_documented(hall, document):
    documented = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    for rule in machine_rules(hall):
        if rule.endpoint.startswith("lost") or rule.endpoint == DOCUMENT:
            continue
        plain = "".join(f"<{part}>" if is_name else part for is_name, part in _parts(rule.rule))
        assert plain in documented, rule.rule


def _parts(rule):
    """`/a/<int:b>` as (False, "/a/"), (True, "b")."""
    for piece in rule.replace(">", "<").split("<"):
        yield ("/" not in piece and bool(piece)), piece.rpartition(":")[2]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/api/",
        "/api/v2/offices",
        "/agency/",
        "/agency/sidoarjo",
        "/agency/sidoarjo/trade",
        "/agency/sidoarjo/trade/replies/x",
        f"{API}/nowhere/services",
        f"{API}/%00/services",
        f"{API}/sidoarjo/services/nothing",
        f"{API}/sidoarjo/documents/not-a-uuid",
        "/api/v1/permits/nothing",
        "/api/v1/permits/sidoarjo.%00",
        "/api/v1/permits/nowhere.AAAA-AAAA-AAAA-AAAA",
        "/api/v1/permits/" + "a" * 5000,
    ],
)
def test_what_there_is_not_is_a_problem_for_machines(hall, path):
    for method in METHODS[:2]:
        answer = hall.client().open(path, method=method.upper())
        if answer.status_code != 405:
            check_problem(answer, 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", API, "GET"),
        ("DELETE", f"{API}/sidoarjo/services", "GET"),
        ("GET", f"{API}/sidoarjo/bundles", "POST"),
        ("PATCH", "/api/v1/permits/verify", "POST"),
        ("POST", "/api/v1/permits/x", "GET"),
        ("GET", "/agency/sidoarjo/trade/replies", "POST"),
        ("PUT", "/snap/v1.0/transfer-va/payment", "POST"),
    ],
)
def test_another_method_is_a_problem_that_names_those_allowed(hall, method, path, allowed):
    answer = hall.client().open(path, method=method)
    check_problem(answer, 405)
    assert allowed in answer.headers["Allow"].split(", ")


@pytest.mark.parametrize(
    "path", ["/nowhere", "/sidoarjo/nothing", "/sidoarjo/services/nothing", "/verify/x/y"]
)
def test_what_there_is_not_is_a_page_for_people(hall, path):
    answer = hall.client().get(path, follow_redirects=True)
    assert answer.content_type.startswith("text/html")
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/"), ("POST", "/sidoarjo"), ("DELETE", "/verify"), ("PUT", "/live"), ("POST", "/ready")],
)
def test_another_method_is_a_page_for_people(hall, method, path):
    answer = hall.client().open(path, method=method, follow_redirects=True)
    assert answer.status_code == 405
    assert answer.content_type.startswith("text/html")
    assert answer.headers["Allow"]
    assert "Content-Security-Policy" in answer.headers
    assert "<html" in answer.text


def test_too_large_and_of_another_form_are_problems(hall):
    check_problem(hall.post(f"{API}/sidoarjo/quotes", raw=b"x" * 1_100_000), 413)
    check_problem(hall.post("/agency/sidoarjo/trade/replies", raw=b"x" * 1_100_000), 413)
    check_problem(hall.post(f"{API}/sidoarjo/quotes", raw=b"{}", content_type="text/csv"), 415)
    check_problem(
        hall.post("/api/v1/permits/verify", raw=b"x" * 63_000_000, content_type="application/pdf"), 413
    )


def test_what_nobody_thought_of_is_a_problem_without_a_word_of_what_it_was(hall, monkeypatch):
    def broken(*_):
        raise RuntimeError("the secret is swordfish")

    monkeypatch.setattr(type(hall.access.book), "all", broken)
    answer = hall.client().get(API)
    check_problem(answer, 500)
    assert "swordfish" not in answer.text
    assert "number" in answer.json["detail"]
