"""Messages survive a wiped Redis and killed processes: real relay, real worker, real mail server."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis

from ptsp.domain.messages import NewMessage
from ptsp.flows.owe_messages import owe_messages
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.kernel.specs import Contact
from ptsp.main.connections import engine_for, queue_of
from ptsp.main.demo.platform import PTSP, says_ready
from ptsp.main.migrate_cli import apply_packs, bring_up
from ptsp.main.processes import ProcessGroup
from ptsp.main.prove.stage import rows
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.wiring import tools_of
from tests.flows.acts import SIUP, apply
from tests.offices import Agencies, Office
from tests.post.rooms import SENDER, MailRoom

pytestmark = [pytest.mark.journey, pytest.mark.alone]

LEASE_S = "1.5"
LONGEST_S = 30.0
MANY = 12
COMMANDS = {"relay": ["relay"], "worker": ["worker", "--lease", LEASE_S]}


@pytest.fixture
def room() -> MailRoom:
    return MailRoom()


@pytest.fixture
def settings(
    tmp_path: Path, room: MailRoom, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """A whole installation of offices of the packs whose mail goes to the room."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(run_folder / "bytecode"))
    with room.open():
        pass  # now it has a port
    env = {"PTSP_HOME": str(tmp_path / "home"), "PTSP_SMTP_URL": room.url, "PTSP_MAIL_FROM": SENDER}
    with running(Settings.from_env(env), durable=False) as settings:
        bring_up(settings)
        apply_packs(settings)
        yield settings


@pytest.fixture
def group(settings: Settings) -> Iterator[ProcessGroup]:
    with ProcessGroup(settings.home, env=settings.as_env(os.environ)) as made:
        yield made


def start(group: ProcessGroup, *names: str) -> None:
    members = [group.spawn(name, [*PTSP, *COMMANDS[name]]) for name in names]
    for member in members:
        group.wait_ready(member, says_ready, timeout_s=60)


def owe(settings: Settings, count: int) -> list[UUID]:
    """Messages to the head of Sidoarjo. Nobody rings."""
    engine = engine_for(settings, "ptsp_app", pool_size=1)
    tenant = TenantBook(engine, Vault(settings.secret)).get("sidoarjo")
    ids = [uuid4() for _ in range(count)]
    with begin(engine, tenant, actor="test") as work:
        owe_messages(
            work, [NewMessage(one, f"late:{one}", None, "head", None, "late", "Uji", "Uji.\n") for one in ids]
        )
    engine.dispose()
    return ids


def wipe(settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis_url) as line:
        line.flushall()


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def all_sent(settings: Settings) -> bool:
    found = {row.state for row in rows(settings, "SELECT state FROM app.message")}
    return found == {"sent"}


def expected(ids: list[UUID]) -> list[str]:
    return sorted(f"<{one}@sidoarjo.example>" for one in ids)


def test_messages_arrive_once_though_redis_forgets_every_ring(
    settings: Settings, group: ProcessGroup, room: MailRoom, tell: Callable[[str], None]
) -> None:
    """The rings of the first relay are lost with Redis; those of the second find the messages in PostgreSQL."""
    ids = owe(settings, MANY)
    start(group, "relay")
    wait_until(lambda: queue_of(settings).count > 0, "the relay does not ring for messages")
    group.kill("relay")
    wipe(settings)
    assert queue_of(settings).count == 0
    with room.open():
        start(group, "worker")
        time.sleep(0.5)
        assert room.mails == [], "nobody has rung"
        start(group, "relay")
        wait_until(lambda: len(room.mails) >= MANY // 2, "nothing arrives")
        wipe(settings)
        ids += owe(settings, MANY)
        wait_until(lambda: all_sent(settings), f"{len(room.mails)} of {len(ids)} arrived")
    assert sorted(mail.message_id for mail in room.mails) == expected(ids)
    tell(f"{len(ids)} messages, Redis wiped twice, {len(room.mails)} mails, doubled 0")


def test_a_worker_killed_in_the_middle_of_a_mail_costs_a_second_copy_under_the_same_id(
    settings: Settings, group: ProcessGroup, room: MailRoom, tell: Callable[[str], None]
) -> None:
    room.hold_s = 2.0  # the mail is kept, and the answer that says so is still to come
    ids = owe(settings, 3)
    with room.open():
        start(group, "relay", "worker")
        wait_until(lambda: len(room.mails) == 1, "nothing arrives")
        group.kill("worker")
        room.hold_s = 0.0
        start(group, "worker")
        wait_until(lambda: all_sent(settings), f"{len(room.mails)} of {len(ids)} arrived")
    counts = Counter(mail.message_id for mail in room.mails)
    assert sorted(counts) == expected(ids)
    assert sorted(counts.values()) == [1, 1, 2]
    twice = [mail.content for mail in room.mails if counts[mail.message_id] == 2]
    assert twice[0] == twice[1]
    tell(f"{len(ids)} messages, one kill, {len(room.mails)} mails, one of them twice and equal to the byte")


def test_a_mail_server_that_comes_late_gets_everything(
    settings: Settings, group: ProcessGroup, room: MailRoom
) -> None:
    ids = owe(settings, MANY)
    start(group, "relay", "worker")
    away = "SELECT 1 FROM app.message WHERE last_error LIKE '%cannot be reached%'"
    wait_until(lambda: len(rows(settings, away)) == MANY, "nobody says why nothing is sent")
    assert [row.attempts for row in rows(settings, "SELECT attempts FROM app.message")] == [0] * MANY
    with room.open():
        group.kill(
            "worker"
        )  # a new one does not remember that the server is to be left alone for half a minute
        start(group, "worker")
        wait_until(lambda: all_sent(settings), f"{len(room.mails)} of {len(ids)} arrived")
    assert sorted(mail.message_id for mail in room.mails) == expected(ids)


def overdue_step(settings: Settings) -> None:
    """A bundle lodged two weeks ago, whose first step nobody has touched since; its desk has an address."""
    tools = tools_of(settings, ring=lambda: None)
    office = Office(settings, tools, tools.book.get("sidoarjo"), Agencies())
    pack = office.tenant.pack
    desk = replace(pack.agencies["front_office"], contact=Contact(email="loket@sidoarjo.example"))
    apply(office, replace(pack, agencies={**pack.agencies, "front_office": desk}, digest="with a desk"))
    order, long_ago = office.order(SIUP), datetime.now(UTC) - timedelta(days=14)
    with begin(tools.engine, office.tenant, actor="test", now=long_ago) as work:
        submit_bundle(work, order)
    tools.engine.dispose()
    tools.sweeper.dispose()


def test_an_overdue_step_is_warned_of_once_though_redis_forgets_every_ring(
    settings: Settings, group: ProcessGroup, room: MailRoom, tell: Callable[[str], None]
) -> None:
    overdue_step(settings)
    expected = Counter({"loket@sidoarjo.example": 2, "pengawas@sidoarjo.example": 1})

    def arrived() -> Counter[str]:
        # Who is killed between sending and writing it down sends it again: it is one letter by its Message-ID.
        letters = {mail.message_id: mail for mail in room.mails}.values()
        return Counter(recipient for mail in letters for recipient in mail.recipients)

    with room.open():
        start(group, "relay")
        wait_until(lambda: queue_of(settings).count > 0, "the relay does not ring")
        group.kill("relay")
        wipe(settings)
        start(group, "worker")
        time.sleep(0.5)
        assert room.mails == [], "nobody has rung"
        start(group, "relay")
        wait_until(lambda: arrived() == expected, "the warnings do not arrive")
        group.kill("worker")
        wipe(settings)
        start(group, "worker")  # it looks again at once, and finds nothing to warn of
        time.sleep(2.0)
    assert arrived() == expected
    assert all_sent(settings)
    subjects = {str(mail.message["Subject"]) for mail in room.mails}
    assert all("hari kerja (Pemeriksaan kelengkapan berkas)" in one for one in subjects)
    tell(f"one overdue step, Redis wiped twice, {len(room.mails)} mails to desk and supervisor")
