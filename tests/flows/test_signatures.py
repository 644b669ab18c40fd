"""Decisions that an officer signs through the simulated service, on the real database and the real page."""

import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from redis import Redis
from sqlalchemy.engine import make_url

from ptsp.flows.signatures import claim_signatures
from ptsp.flows.verify_decision import find_decision
from ptsp.infra.ledger import check_chains
from ptsp.jobs import sign_decisions
from tests.flows.acts import SIUP, as_admin, view
from tests.flows.signing import CANARY, EXPIRED, HOME, OWN, SIGNER, Hall, hall, token_of
from tests.offices import Office

__all__ = ["hall"]  # a fixture


def test_an_officer_signs_a_batch_and_what_was_signed_is_issued(hall: Hall) -> None:
    hall.office.agencies.answers.clear()
    first, second = hall.ask(SIUP, SIUP)
    decides = hall.office.rows("SELECT state FROM app.task WHERE kind = 'decide'")
    assert [row.state for row in decides] == ["asked", "asked"]
    assert hall.numbers() == []  # nothing is numbered before it is signed
    tasks = hall.waiting()
    assert len(tasks) == 2
    draft = hall.client.get(f"{HOME}/{tasks[0]}.pdf")
    assert draft.data.startswith(b"%PDF-")
    assert hall.client.get("/sidoarjo/desk/queue").text.count(HOME) == 1
    assert hall.numbers() == []
    assert "lebih dari 25" in hall.sign(*(str(uuid.uuid4()) for _ in range(26)))
    assert "wajib diisi" in hall.sign()
    page = hall.sign(passphrase="", nik="1")
    assert page.count("wajib diisi") == 2  # nothing ticked, no passphrase; and the number, all at once
    assert page.count('class="fault"') == 3
    assert "wajib diisi" in hall.sign(*tasks, passphrase="")
    page = hall.sign(*tasks)
    assert page.count("Ditandatangani dan terbit") == 2
    assert hall.waiting() == []
    assert (hall.signed(), hall.issued()) == (2, 2)
    numbers = hall.numbers()
    assert [number[:4] for number in numbers] == ["0001", "0002"]
    for lodged in (first, second):
        assert view(hall.office, lodged).outcome == "approved"
    rows = hall.office.rows("SELECT sha256, code FROM app.decision")
    for row in rows:
        stored = hall.office.tools.files.get("sidoarjo", row.sha256)
        assert hashlib.sha256(stored).hexdigest() == row.sha256
        assert stored.count(b"/ByteRange") == 1
        with hall.office.work() as work:
            found = find_decision(work, hall.office.tools.book, row.code)
        assert found
        assert found.state == "valid"
        assert hall.is_valid(stored)
        changed = stored[:-40] + bytes([stored[-40] ^ 1]) + stored[-39:]
        assert not hall.is_valid(changed)
    told = [
        json.loads(row.body)
        for row in hall.office.rows("SELECT body FROM app.event WHERE type = 'decision.issued'")
    ]
    assert {one["actor"] for one in told} == {"desk:head/kepala"}
    assert all(one["data"]["signature"] for one in told)
    with hall.office.work() as work:
        assert check_chains(work.connection, hall.office.tenant.id).broken == ()


@pytest.mark.parametrize(
    ("rule", "typed", "said", "numbered"),
    [
        ({}, {"passphrase": f"salah {CANARY}"}, "Passphrase salah", 1),
        ({}, {"nik": EXPIRED}, "telah kedaluwarsa", 0),
        ({"do": "500", "on": "any"}, {}, "tidak menjawab dengan jelas", 0),
        ({"do": "cut_after_effect", "on": "ask"}, {}, "tidak menjawab dengan jelas", 1),
        ({"do": "html", "on": "ask"}, {}, "tidak menjawab dengan jelas", 1),
        ({"do": "401", "on": "ask"}, {}, "menolak akun kantor", 1),
    ],
    ids=["passphrase", "expired", "down", "cut", "nonsense", "account"],
)
def test_what_is_not_signed_waits_and_keeps_its_number(
    hall: Hall, rule: dict[str, object], typed: dict[str, str], said: str, numbered: int
) -> None:
    hall.ask(SIUP, SIUP)
    tasks = hall.waiting()
    hall.script(**rule)
    page = hall.sign(*tasks, **typed)
    assert said in page
    assert "Belum dicoba" in page
    assert len(hall.numbers()) == numbered
    assert hall.issued() == 0
    assert sorted(hall.waiting()) == sorted(tasks)
    hall.script()
    assert hall.sign(*tasks).count("Ditandatangani dan terbit") == 2
    assert hall.issued() == 2
    assert [number[:4] for number in hall.numbers()] == ["0001", "0002"]


def test_a_refusal_is_signed_too_and_a_killed_batch_waits_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.office.agencies.reject("identity", "Nama tidak sesuai.")
    hall.ask(SIUP)
    (task,) = hall.waiting()
    assert "Nama tidak sesuai." in hall.client.get(HOME).text

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:  # between the service's answer and our commit
        dying.setattr(sign_decisions, "issue_decisions", killed)
        dying.setattr(sign_decisions, "give_back_signatures", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            hall.sign(task)
    assert (hall.signed(), hall.issued()) == (1, 0)
    assert hall.waiting() == []  # the lease of whoever died still runs
    assert "Sedang ditangani" in hall.sign(task)
    make_lease_end(hall.office)
    hall.office.drain()
    assert hall.waiting() == [task]
    assert "terbit" in hall.sign(task)
    assert (hall.signed(), hall.issued()) == (2, 1)
    assert len(hall.numbers()) == 1
    lost, kept = (one.key for one in hall.service.desk.books.effects())
    assert hall.is_valid(hall.fetched(kept))
    assert not hall.is_valid(hall.fetched(lost))  # intact, with the same code, and not what was issued
    asked = """SELECT count(*) FROM app.event WHERE type = 'task.asked' AND body LIKE '%"agency":"head"%'"""
    assert hall.office.rows(asked)[0][0] == 1  # waiting again is no news


def test_two_officers_at_once_sign_one_document_once(hall: Hall) -> None:
    hall.ask(SIUP)
    (task,) = hall.waiting()
    hall.script(do="slow", on="ask", seconds=0.3)
    pages: list[str] = []
    other = hall.client.application.test_client()
    other.post("/sidoarjo/desk", data={"token": hall.token}, headers=OWN)
    form = {"tasks": [task], "nik": SIGNER, "passphrase": CANARY}
    threads = [
        threading.Thread(target=lambda at=at: pages.append(at.post(HOME, data=form, headers=OWN).text))
        for at in (hall.client, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("dan terbit" in page for page in pages) == [False, True]
    assert (hall.signed(), hall.issued()) == (1, 1)


def test_another_desk_signs_nothing(hall: Hall) -> None:
    hall.ask(SIUP)
    (task,) = hall.waiting()
    stranger = hall.client.application.test_client()
    assert stranger.get(HOME).location == "/sidoarjo/desk"
    stranger.post("/sidoarjo/desk", data={"token": token_of(hall.office, "front_office", None)}, headers=OWN)
    form = {"tasks": [task], "nik": SIGNER, "passphrase": CANARY}
    assert stranger.get(HOME).status_code == stranger.get(f"{HOME}/{task}.pdf").status_code == 404
    assert stranger.post(HOME, data=form, headers=OWN).status_code == 404
    assert hall.client.post(HOME, data=form).status_code == 403  # not from our own pages
    with hall.office.work() as work:
        assert claim_signatures(work, "front_office", [uuid.UUID(task)], lease_s=1) == []
    assert (hall.signed(), hall.issued()) == (0, 0)


def test_the_passphrase_is_nowhere(hall: Hall, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    written = StringIO()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(written),
    )
    hall.ask(SIUP)
    (task,) = hall.waiting()
    for rule in ({"do": "500", "on": "ask"}, {"do": "html", "on": "ask"}, {"do": "422", "on": "ask"}, {}):
        hall.script(**rule)
        hall.sign(task, passphrase=f"salah {CANARY}")
        hall.sign(task, passphrase=CANARY, nik="1")
    hall.sign(task)
    assert hall.issued() == 1
    structlog.reset_defaults()
    seen = {"log": written.getvalue(), "output": "".join(capfd.readouterr())}
    seen["files"] = "".join(
        one.read_bytes().decode("latin-1") for one in tmp_path.rglob("*") if one.is_file()
    )
    seen["database"] = dump_of(hall.office)
    redis = Redis.from_url(hall.office.settings.redis_url)
    seen["redis"] = repr([redis.dump(key) for key in redis.scan_iter(count=1000)])
    assert "signatures" in seen["log"]
    assert task in seen["database"]
    assert len(seen["files"]) > 10_000
    assert [where for where, what in seen.items() if CANARY in what] == []
    assert [
        where for where, what in seen.items() if SIGNER in what and where in ("log", "database", "redis")
    ] == []


def make_lease_end(office: Office) -> None:
    as_admin(
        office, "UPDATE app.task SET next_at = clock_timestamp() WHERE kind = 'decide' AND state = 'running'"
    )


@contextmanager
def admin(office: Office) -> Iterator[psycopg.Connection[Any]]:
    url = make_url(office.settings.admin_database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        yield connection


def dump_of(office: Office) -> str:
    """Every row of every table, as text."""
    with admin(office) as connection:
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = [connection.execute(f"SELECT t::text FROM {name} t").fetchall() for (name,) in tables]
    return repr(rows)
