"""Whatever is wrong with a submission is named with its field, and nothing at all is stored."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ptsp.main.demo.orders import KNOWN_NIK
from tests.api.hall import Hall, changed
from tests.api.problems import check_problem

Body = dict[str, Any]
NIK, BORN, NAME = "applicant.nik", "applicant.birth_on", "applicant.name"
AREA = "applications.0.answers.area"
NAMED_AREA = "applications[0].answers.area"
DEEP: Any = "x"
for _ in range(20):
    DEEP = {"a": DEEP}

VALUES: tuple[tuple[str, str, object, int, str | None], ...] = (
    # id, where, value, status, field
    ("nik_of_15_digits", NIK, KNOWN_NIK[:15], 422, NIK),
    ("nik_of_17_digits", NIK, KNOWN_NIK + "1", 422, NIK),
    ("nik_with_letters", NIK, "35150812O3909990", 422, NIK),
    ("nik_with_spaces_between", NIK, "3515 0812 0390 9990", 422, NIK),
    ("nik_with_a_space_at_the_end", NIK, KNOWN_NIK[:15] + " ", 422, NIK),
    ("nik_in_full_width_digits", NIK, "３５１５０８１２０３９０９９９０", 422, NIK),
    ("nik_in_arabic_digits", NIK, "٣٥١٥٠٨١٢٠٣٩٠٩٩٩٠", 422, NIK),
    ("nik_of_30_february", NIK, "3515083002909990", 422, NIK),
    ("nik_of_day_72", NIK, "3515087203909990", 422, NIK),
    ("nik_of_zeros", NIK, "0" * 16, 422, NIK),
    ("nik_with_serial_zero", NIK, KNOWN_NIK[:12] + "0000", 422, NIK),
    ("nik_of_an_unknown_region", NIK, "9915081203909990", 422, NIK),
    ("nik_as_a_spreadsheet_shows_it", NIK, "3.5E+15", 422, NIK),
    ("nik_as_a_number", NIK, int(KNOWN_NIK), 422, NIK),
    ("nik_empty", NIK, "", 422, NIK),
    ("nik_null", NIK, None, 422, NIK),
    ("nik_missing", NIK, ..., 422, NIK),
    ("kk_with_letters", "applicant.kk", "351508120390999x", 422, "applicant.kk"),
    ("born_on_30_february", BORN, "1990-02-30", 422, BORN),
    ("born_in_year_0", BORN, "0000-01-01", 422, BORN),
    ("born_in_year_9999", BORN, "9999-12-31", 422, BORN),
    ("born_in_1899", BORN, "1899-12-31", 422, BORN),
    ("born_the_other_way_round", BORN, "12-03-1990", 422, BORN),
    ("born_at_24_00", BORN, "1990-03-12T24:00", 422, BORN),
    ("born_as_a_number", BORN, 19900312, 422, BORN),
    ("gender_of_no_kind", "applicant.gender", "x", 422, "applicant.gender"),
    ("name_blank", NAME, "   ", 422, NAME),
    ("name_empty", NAME, "", 422, NAME),
    ("name_of_10000_letters", NAME, "a" * 10_000, 422, NAME),
    ("name_of_two_lines", NAME, "A\r\nB", 422, NAME),
    ("name_with_a_tab", NAME, "A\tB", 422, NAME),
    ("name_turned_round", NAME, "Budi \u202eidub", 422, NAME),
    ("name_with_an_escape", NAME, "A\x1bB", 422, NAME),
    ("name_with_nul", NAME, "A\x00B", 400, None),
    ("name_with_half_a_surrogate_pair", NAME, "A\ud800B", 400, None),
    ("name_as_a_list", NAME, ["A"], 422, NAME),
    ("applicant_missing", "applicant", ..., 422, "applicant"),
    ("applicant_null", "applicant", None, 422, "applicant"),
    ("applicant_as_a_list", "applicant", [], 422, "applicant"),
    ("applicant_with_more_than_asked", "applicant.admin", True, 422, "applicant.admin"),
    ("order_with_more_than_asked", "state", "approved", 422, "state"),
    ("applications_missing", "applications", ..., 422, "applications"),
    ("applications_null", "applications", None, 422, "applications"),
    ("applications_empty", "applications", [], 422, "applications"),
    ("applications_as_an_object", "applications", {}, 422, "applications"),
    ("application_null", "applications", [None], 422, "applications[0]"),
    ("application_with_more_than_asked", "applications.0.fee", 0, 422, "applications[0].fee"),
    ("service_unknown", "applications.0.service", "izin_terbang", 422, "applications[0].service"),
    ("service_null", "applications.0.service", None, 422, "applications[0].service"),
    ("service_of_another_office", "applications.0.service", "reklame", 422, "applications[0].service"),
    ("service_as_a_path", "applications.0.service", "../ho", 422, "applications[0].service"),
    ("answers_as_a_list", "applications.0.answers", [], 422, "applications[0].answers"),
    ("answers_null", "applications.0.answers", None, 422, "applications[0].answers"),
    ("answers_missing", "applications.0.answers", ..., 422, NAMED_AREA),
    ("answer_missing", AREA, ..., 422, NAMED_AREA),
    ("answer_null", AREA, None, 422, NAMED_AREA),
    ("answer_not_asked_for", "applications.0.answers.zzz", 1, 422, "applications[0].answers.zzz"),
    ("answer_of_no_choice", "applications.0.answers.road", "sky", 422, "applications[0].answers.road"),
    ("answer_of_another_type", "applications.0.answers.road", 1, 422, "applications[0].answers.road"),
    ("text_as_a_number", "applications.0.answers.business_name", 1, 422, "applications[0].answers.business_name"),
    ("text_of_2001_letters", "applications.0.answers.business_name", "a" * 2001, 422,
     "applications[0].answers.business_name"),
    ("number_negative", AREA, "-180", 422, NAMED_AREA),
    ("number_negative_bare", AREA, -180, 422, NAMED_AREA),
    ("number_minus_zero", AREA, "-0", 422, NAMED_AREA),
    ("number_1e400", AREA, "1e400", 422, NAMED_AREA),
    ("number_nan_as_text", AREA, "NaN", 422, NAMED_AREA),
    ("number_infinity_as_text", AREA, "Infinity", 422, NAMED_AREA),
    ("number_that_would_be_a_float", AREA, 180.5, 422, NAMED_AREA),
    ("number_0_1_plus_0_2", AREA, 0.1 + 0.2, 422, NAMED_AREA),
    ("number_as_a_sum", AREA, "0.1+0.2", 422, NAMED_AREA),
    ("number_as_written_in_indonesia", AREA, "1.000,50", 422, NAMED_AREA),
    ("number_2_to_63", AREA, str(2**63), 422, NAMED_AREA),
    ("number_2_to_63_bare", AREA, 2**63, 400, None),
    ("number_of_too_many_decimals", AREA, "180.123", 422, NAMED_AREA),
    ("number_of_10000_digits", AREA, "1" * 10_000, 422, NAMED_AREA),
    ("number_with_a_plus", AREA, "+180", 422, NAMED_AREA),
    ("number_with_a_space", AREA, " 180", 422, NAMED_AREA),
    ("number_in_devanagari", AREA, "१८०", 422, NAMED_AREA),
    ("number_as_hex", AREA, "0xb4", 422, NAMED_AREA),
    ("number_with_underscores", AREA, "1_80", 422, NAMED_AREA),
    ("number_as_yes", AREA, True, 422, NAMED_AREA),
    ("number_as_an_object", AREA, {"n": "180"}, 422, NAMED_AREA),
    ("number_as_a_list", AREA, ["180"], 422, NAMED_AREA),
    ("number_too_deep", AREA, DEEP, 400, None),
    ("document_missing", "applications.0.documents.neighbours", ..., 422, "applications[0].documents.neighbours"),
    ("documents_missing", "applications.0.documents", ..., 422, "applications[0].documents.ktp"),
    ("documents_null", "applications.0.documents", None, 422, "applications[0].documents"),
    ("document_null", "applications.0.documents.ktp", None, 422, "applications[0].documents.ktp"),
    ("document_by_path", "applications.0.documents.ktp", "../../etc/passwd", 422, "applications[0].documents.ktp"),
    ("document_by_number", "applications.0.documents.ktp", 1, 422, "applications[0].documents.ktp"),
    ("document_nobody_asked_for", "applications.0.documents.zzz", "0" * 32, 422, "applications[0].documents.zzz"),
    ("document_nobody_has", "applications.0.documents.ktp", "0" * 32, 422, "applications[0].documents.ktp"),
)  # fmt: skip


def text(body: Body) -> str:
    return json.dumps(body)


RAW: tuple[tuple[str, Callable[[Body], bytes], str, int], ...] = (
    # id, the bytes sent, content type, status
    ("key_twice", lambda body: b'{"applicant":{},' + text(body)[1:].encode(), "application/json", 400),
    ("inner_key_twice", lambda body: text(body).replace('"nik":', '"nik":1,"nik":').encode(), "application/json", 400),
    ("garbage_after_it", lambda body: text(body).encode() + b"x", "application/json", 400),
    ("two_documents", lambda body: text(body).encode() * 2, "application/json", 400),
    ("byte_order_mark", lambda body: b"\xef\xbb\xbf" + text(body).encode(), "application/json", 400),
    ("utf_16", lambda body: text(body).encode("utf-16"), "application/json", 400),
    ("latin_1", lambda body: text(body).replace("Pemohon", "\xe9").encode("latin-1"), "application/json", 400),
    ("ten_thousand_deep", lambda body: b"[" * 10_000 + b"]" * 10_000, "application/json", 400),
    ("ten_thousand_deep_objects", lambda body: b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "application/json", 400),
    ("nothing", lambda body: b"", "application/json", 400),
    ("an_array", lambda body: b"[]", "application/json", 400),
    ("a_text", lambda body: b'"x"', "application/json", 400),
    ("null", lambda body: b"null", "application/json", 400),
    ("a_number", lambda body: b"1", "application/json", 400),
    ("single_quotes", lambda body: text(body).replace('"', "'").encode(), "application/json", 400),
    ("nan", lambda body: text(changed(body, AREA, float("nan"))).encode(), "application/json", 400),
    ("infinity", lambda body: text(changed(body, AREA, float("inf"))).encode(), "application/json", 400),
    ("minus_infinity", lambda body: text(changed(body, AREA, float("-inf"))).encode(), "application/json", 400),
    ("1e400", lambda body: text(changed(body, AREA, 1)).replace('"area": 1', '"area": 1e400').encode(),
     "application/json", 400),
    ("ten_thousand_digits", lambda body: b'{"a":' + b"1" * 10_000 + b"}", "application/json", 400),
    ("ten_megabytes", lambda body: b'{"a":"' + b"x" * 10_000_000 + b'"}', "application/json", 413),
    ("a_form", lambda body: b"applicant=x", "application/x-www-form-urlencoded", 415),
    ("plain_text", lambda body: text(body).encode(), "text/plain", 415),
    ("xml", lambda body: b"<order/>", "application/xml", 415),
    ("json_said_to_be_a_form", lambda body: text(body).encode(), "multipart/form-data", 415),
)  # fmt: skip


@pytest.fixture(scope="module")
def good(hall: Hall) -> Body:
    """A submission that would be taken."""
    body = hall.nuisance()
    answer = hall.post("/api/v1/offices/sidoarjo/quotes", body)
    assert answer.status_code == 200, answer.text
    return body


@pytest.mark.parametrize(
    ("where", "value", "status", "field"), [row[1:] for row in VALUES], ids=[r[0] for r in VALUES]
)
def test_a_wrong_value_is_named_and_nothing_is_stored(hall, good, where, value, status, field):
    before = hall.stored()
    check_problem(hall.lodge(changed(good, where, value)), status, field)
    assert hall.stored() == before


@pytest.mark.parametrize(("make", "kind", "status"), [row[1:] for row in RAW], ids=[row[0] for row in RAW])
def test_what_is_not_one_plain_json_object_is_refused_unread(hall, good, make, kind, status):
    before = hall.stored()
    check_problem(hall.lodge(raw=make(good), content_type=kind), status)
    assert hall.stored() == before


def test_all_faults_are_named_at_once(hall, good):
    body = changed(changed(changed(good, NIK, "1"), AREA, "-1"), "applications.0.documents.neighbours", ...)
    answer = hall.lodge(changed(body, "applicant.birth_on", "1800-01-01"))
    check_problem(answer, 422, NIK)
    check_problem(answer, 422, BORN)
    check_problem(answer, 422, NAMED_AREA)


def test_the_good_submission_of_this_table_is_taken(hall):
    """Without this the table could be red for a reason of its own."""
    assert hall.lodge(hall.nuisance()).status_code == 201


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("key_twice", "applicant"),
        ("inner_key_twice", "applicant.nik"),
        ("nan", "applications[0].answers.area"),
        ("infinity", "applications[0].answers.area"),
        ("1e400", "applications[0].answers.area"),
    ],
)
def test_what_json_may_not_hold_is_named_by_its_place(hall, good, name, field):
    make = {row[0]: row[1] for row in RAW}[name]
    answer = hall.lodge(raw=make(good), content_type="application/json")
    assert [error["field"] for error in answer.json["errors"]] == [field]
