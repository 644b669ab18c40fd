"""A document counts for one requirement of one bundle of one office, and a service only on the days it is offered."""

import json
import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ptsp.flows.apply_pack import apply_pack
from ptsp.main.web import create_app
from ptsp.main.wiring import access_of, engine_for
from tests.api.hall import API, changed
from tests.api.problems import check_problem
from tests.offices import Office

KTP = "applications.0.documents.ktp"
NAMED_KTP = "applications[0].documents.ktp"


@pytest.fixture
def refused(hall):
    """`refused(body, field)`: it is, by that field, and nothing is stored."""

    def check(body, field):
        before = hall.stored()
        check_problem(hall.lodge(body), 422, field)
        assert hall.stored() == before

    return check


def test_a_document_nobody_uploaded_counts_for_nothing(hall, refused):
    refused(changed(hall.nuisance(), KTP, str(uuid.uuid4())), NAMED_KTP)


def test_a_document_of_another_requirement_counts_for_nothing(hall, refused):
    refused(changed(hall.nuisance(), KTP, str(hall.office.document("pbb"))), NAMED_KTP)


def test_one_document_does_not_do_for_every_requirement(hall, refused):
    body = hall.nuisance()
    documents = body["applications"][0]["documents"]
    refused(changed(body, "applications.0.documents", dict.fromkeys(documents, documents["ktp"])),
            "applications[0].documents.pbb")  # fmt: skip


def test_a_document_of_another_bundle_counts_for_nothing(hall, refused):
    first = hall.nuisance()
    hall.lodged(first)
    refused(changed(hall.nuisance(), KTP, first["applications"][0]["documents"]["ktp"]), NAMED_KTP)


def test_a_document_of_another_office_counts_for_nothing(hall, refused):
    abroad = Office(
        hall.settings, hall.office.tools, hall.office.tools.book.get("bontang"), hall.office.agencies
    )
    refused(changed(hall.nuisance(), KTP, str(abroad.document("ktp"))), NAMED_KTP)


def test_one_document_does_for_the_same_requirement_of_two_services(hall):
    body = hall.four()
    shared = body["applications"][0]["documents"]["ktp"]
    for application in body["applications"]:
        application["documents"]["ktp"] = shared
    assert hall.lodge(body).status_code == 201


def test_a_service_applied_for_twice_is_named(hall, refused):
    body = hall.nuisance()
    refused(changed(body, "applications", body["applications"] * 2), "applications[1].service")


def test_twenty_one_applications_are_too_many(hall, refused):
    body = hall.nuisance()
    refused(changed(body, "applications", body["applications"] * 21), "applications")


@pytest.mark.parametrize(
    ("first", "last", "is_offered"),
    [(0, None, True), (0, 0, True), (-9, -1, False), (1, None, False), (-9, 0, True)],
)
def test_a_service_is_taken_only_on_the_days_it_is_offered(hall, packs, first, last, is_offered):
    """Days from today, in the office's own time zone; both ends count."""
    with hall.office.work() as work:
        today = work.today
    body = hall.nuisance()
    made = with_window(
        hall, packs, today + timedelta(first), None if last is None else today + timedelta(last)
    )
    access = replace(access_of(hall.settings), ring=lambda: None)
    before = hall.stored()
    client = create_app(access).test_client()
    answer = client.post(f"{API}/sidoarjo/bundles", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    if is_offered:
        assert answer.status_code == 201
    else:
        check_problem(answer, 422, "applications[0].service")
        assert hall.stored() == before
    access.engine.dispose()
    assert made.services["ho"].standard.version > 1


def test_what_was_lodged_is_answered_as_then_when_the_service_is_no_longer_offered(hall, packs):
    body, key = hall.nuisance(), uuid.uuid4().hex
    with hall.office.work() as work:
        yesterday = work.today - timedelta(1)
    with_window(hall, packs, yesterday, None)  # whatever the tests before this one have left
    first = posted(hall, body, key)
    with_window(hall, packs, yesterday, yesterday)
    again, fresh = posted(hall, body, key), posted(hall, body, uuid.uuid4().hex)
    check_problem(fresh, 422, "applications[0].service")
    assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)


def posted(hall, body, key):
    """Lodged with a process that has just started, and knows the newest pack."""
    access = replace(access_of(hall.settings), ring=lambda: None)
    send = {"data": json.dumps(body), "content_type": "application/json"}
    answer = (
        create_app(access)
        .test_client()
        .post(f"{API}/sidoarjo/bundles", headers={"Idempotency-Key": key}, **send)
    )
    access.engine.dispose()
    return answer


VERSIONS = iter(range(2, 1000))


def with_window(hall, packs, first: date, last: date | None):
    pack = next(pack for pack in packs if pack.code == "sidoarjo")
    service = pack.services["ho"]
    standard = replace(service.standard, version=next(VERSIONS))
    service = replace(service, offered_from=first, offered_until=last, standard=standard)
    made = replace(pack, services={**pack.services, "ho": service}, digest=uuid.uuid4().hex)
    owner = engine_for(hall.settings, "ptsp_owner", pool_size=1)
    apply_pack(owner, made, by="test")
    owner.dispose()
    return made
