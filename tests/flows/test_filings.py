"""What OSS sends is taken from OSS alone, kept to the byte and sealed, once; whatever else comes changes nothing."""

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from werkzeug.serving import make_server

from ptsp.domain import tellings
from ptsp.flows.take_filing import filed_body
from ptsp.kernel.errors import NotFound
from ptsp.main.web import create_app
from ptsp.sdk import oss, webhooks
from tests.connectors.trial import eventually, send
from tests.flows.telling import NIB, centre

PATH = "/agency/sidoarjo/oss/oss/"
ABOUT = {"nib": NIB, "nama_perseroan": "CV CONTOH", "alamat": "Jl. Contoh 1", "tidak_dikenal": [1, "2"]}
BODY = json.dumps({"dataNIB": ABOUT}, indent=3).encode()  # whatever white space it has


@pytest.fixture
def here(office, tmp_path):
    with centre(office, tmp_path) as made:
        yield made


@pytest.fixture
def client(here, access):
    return create_app(replace(access, partners=here.office.tools.partners)).test_client()


@pytest.fixture
def door(here, client):
    """Calls as OSS makes them; headers that are given take the place of its own."""
    secret = webhooks.derive_secret(here.office.settings.secret, "sidoarjo", "oss")

    def call(method="receiveNIB", body=BODY, headers=None, path=PATH, nib=NIB, days=0):
        day = oss.days(time.time() + days * 86_400)[0]
        own = {"Token": oss.token("ptsp", webhooks.as_password(secret), nib, day)}
        return client.post(f"{path}{method}", data=body, headers=own if headers is None else headers)

    call.secret = secret
    return call


def kept(here):
    with here.office.work() as work:
        return tellings.filings(work.connection)


def test_a_business_is_kept_to_the_byte_and_once(here, door):
    answers = [door(), door(), door("receiveFileDS", b'{"id_izin": "I-1", "nib": "' + NIB.encode() + b'"}')]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert answers[0].json == answers[1].json == {"kode": 200, "keterangan": "Data diterima"}
    assert answers[2].json == {"status": 1, "keterangan": "Data diterima"}
    files, business = kept(here)
    assert [(one.kind, one.number, one.state) for one in (business, files)] == [
        ("receiveNIB", NIB, "read"),
        ("receiveFileDS", NIB, "read"),
    ]
    with here.office.work() as work:
        assert filed_body(work, business.id) == BODY
        with pytest.raises(NotFound):
            filed_body(work, uuid4())
    (row,) = here.office.rows(
        "SELECT count(*) FROM app.central_filing WHERE position(convert_to('CONTOH', 'UTF8') IN raw) > 0"
    )
    assert row[0] == 0
    assert door(body=BODY + b" ").status_code == 200
    assert len(kept(here)) == 3  # other bytes are another filing


def test_twenty_at_once_are_one_filing(here, door):
    with ThreadPoolExecutor(8) as pool:
        assert {one.status_code for one in pool.map(lambda _: door(), range(20))} == {200}
    assert len(kept(here)) == 1


def test_any_doubt_is_401_and_keeps_nothing(here, door):
    login = base64.b64encode(b"ptsp:wrong").decode()
    doubts = [
        door(headers={}),
        door(headers={"Token": "0" * 40}),
        door(headers={"Token": ""}),
        door(headers={"Authorization": f"Basic {login}"}),
        door(headers={"Authorization": "Basic \xff"}),
        door(nib="9120000000002"),  # the token of another NIB
        door(days=-2),
        door(days=2),
        door(body=b"{"),  # no NIB, so that no token can hold
        door(body=BODY.replace(NIB.encode(), b"9120000000002")),
        door(path="/agency/bontang/oss/oss/"),  # names no OSS
        door(path="/agency/nobody/oss/oss/"),
        door(path="/agency/sidoarjo/public_works/oss/"),
        door(path="/agency/sidoarjo/lapor/oss/"),
        door("rekonNIB", headers={}),
    ]
    assert [one.status_code for one in doubts] == [401] * len(doubts)
    assert {json.dumps(one.json) for one in doubts} == {json.dumps(doubts[0].json)}
    assert door("rekonNIB").status_code == 404
    assert door(body=b"x" * 1_100_000).status_code == 413
    assert kept(here) == []


def test_what_names_no_business_is_kept_as_odd_from_who_logs_in(here, door):
    login = base64.b64encode(f"ptsp:{webhooks.as_password(door.secret)}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    for body in (b"\xff\x00", b"[]", b'{"nib": "12"}'):
        answer = door(body=body, headers=headers)
        assert (answer.status_code, answer.json["kode"]) == (400, 400)
    found = kept(here)
    assert {(one.number, one.state) for one in found} == {("", "odd")}
    with here.office.work() as work:
        assert {filed_body(work, one.id) for one in found} == {b"\xff\x00", b"[]", b'{"nib": "12"}'}
    assert door(headers=headers).status_code == 200


def test_the_simulated_oss_calls_until_it_was_taken(here, client):
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/agency/sidoarjo/oss"
    letters = here.oss.desk.books.letters
    try:
        for fault in ("", "double", "basic", "wrong_token", "no_token"):
            order = json.dumps({"url": url, "fault": fault}).encode()
            assert send(here.oss.port, "POST", "/sidoarjo/oss/send", order)[0] == 202
        eventually(lambda: all(one.done_at for one in letters()))
    finally:
        server.shutdown()
        thread.join()
    by_fault = {one.trouble: one.status for one in letters()}
    assert by_fault == {"": 200, "basic": 200, "wrong_token": 401, "no_token": 401}
    assert len(kept(here)) == 1  # all of them the same content
