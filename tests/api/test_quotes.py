"""A quote needs no more than services and answers; whatever else is given is judged all the same."""

import pytest

from tests.api.hall import API, changed
from tests.api.problems import check_problem

QUOTES = f"{API}/sidoarjo/quotes"


def without(body, *paths):
    for path in paths:
        body = changed(body, path, ...)
    return body


def test_a_quote_without_applicant_and_documents_says_what_is_still_missing(hall):
    body = hall.nuisance()
    whole = hall.post(QUOTES, body).json
    assert whole["missing"] == []
    before = hall.stored()
    bare = hall.post(QUOTES, without(body, "applicant", "applications.0.documents")).json
    assert hall.stored() == before
    assert bare["missing"] == [
        f"applications[0].documents.{code}"
        for code in ("ktp", "pbb", "location", "building_permit", "neighbours")
    ]
    assert (bare["fee"], bare["notices"]) == (whole["fee"], whole["notices"])


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("applicant.nik", "1", "applicant.nik"),
        ("applicant.birth_on", "9999-12-31", "applicant.birth_on"),
        ("applications.0.answers.area", "-1", "applications[0].answers.area"),
        ("applications.0.answers.area", ..., "applications[0].answers.area"),
        ("applications.0.service", "izin_terbang", "applications[0].service"),
        ("applications", [], "applications"),
        ("applications", ..., "applications"),
    ],
)
def test_what_is_given_for_a_quote_has_to_be_right(hall, path, value, field):
    check_problem(hall.post(QUOTES, changed(hall.nuisance(), path, value)), 422, field)


def test_lodging_stays_strict(hall):
    body = hall.nuisance()
    check_problem(hall.lodge(without(body, "applicant")), 422, "applicant")
    check_problem(hall.lodge(without(body, "applicant.name")), 422, "applicant.name")
    check_problem(
        hall.lodge(without(body, "applications.0.documents.ktp")), 422, "applications[0].documents.ktp"
    )
