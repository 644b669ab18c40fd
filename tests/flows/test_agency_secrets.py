"""Secrets that partners gave out: taken up without a restart, each office's its own, and nowhere in plain."""

import contextlib
import json
import re
from functools import partial

import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from ptsp.infra.gateway import Registry
from ptsp.main.cli import cli
from ptsp.main.prove.isolation.worlds import Worlds
from ptsp.main.settings import ROOT
from ptsp.main.wiring import tools_of
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.simulator import running
from ptsp.sdk.webhooks import as_password, derive_secret
from tests.flows.acts import SIUP, approve_desks, as_admin, lodge, make_due
from tests.flows.dying import rows as tasks
from tests.isolation.test_vault import in_tables, shown
from tests.offices import Agencies, Office

AGENCY = "population"
CANARY = "kenari-Rahasia-7391"
NEXT_CANARY = "kenari-Berikut-4482"


@pytest.fixture
def run(office, monkeypatch):
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words, given=None: CliRunner().invoke(cli, ["agencies", *words], input=given)


def derived(office, tenant="sidoarjo"):
    return as_password(derive_secret(office.settings.secret, tenant, AGENCY))


@pytest.fixture
def password(office):
    """`password("bontang")`: what the connector of one and the same process goes by just now."""
    settings = office.settings.with_simulators({"ktp": "http://127.0.0.1:9"})
    tools = tools_of(settings, ring=lambda: None)

    def now(tenant="sidoarjo"):
        return as_password(tools.partners.connector(tools.book.get(tenant), AGENCY)._secret)

    yield now
    tools.engine.dispose()
    tools.sweeper.dispose()


def test_it_is_set_listed_replaced_and_removed_while_processes_run(office, run, password):
    assert password() == derived(office)
    assert run("secret", "sidoarjo", AGENCY, given=f"{CANARY}\n").output == f"the secret of {AGENCY} is set\n"
    assert password() == CANARY
    assert password("bontang") == derived(office, "bontang")
    row = next(
        json.loads(one) for one in run("secrets", "sidoarjo", "--json").output.splitlines() if AGENCY in one
    )
    assert {name: row[name] for name in ("agency", "connector", "is_given", "by")} == {
        "agency": AGENCY,
        "connector": "ktp",
        "is_given": True,
        "by": "operator",
    }
    assert row["since"]
    run("secret", "sidoarjo", AGENCY, given=NEXT_CANARY)
    assert password() == NEXT_CANARY
    assert (
        run("secret", "sidoarjo", AGENCY, "--remove").output == f"the secret of {AGENCY} is derived again\n"
    )
    assert password() == derived(office)
    found = run("secrets", "sidoarjo").output
    (line,) = (one for one in found.splitlines() if one.startswith(AGENCY))
    assert re.fullmatch(
        rf"{AGENCY:<24} ktp        derived since \d{{4}}-\d\d-\d\d \d\d:\d\d WIB by operator", line
    )
    assert all(line.endswith(("derived", "by operator")) for line in found.splitlines())
    assert [tuple(row) for row in acts(office)] == [
        (1, "set", True, "operator"),
        (2, "set", True, "operator"),
        (3, "removed", True, "operator"),
    ], "who did what stays, and no value that is not in force"


def acts(office):
    return office.rows("SELECT version, act, sealed IS NULL, set_by FROM app.agency_secret ORDER BY version")


def test_it_is_read_from_a_file(office, run, password, tmp_path):
    (tmp_path / "key").write_text(CANARY + "\n")
    assert run("secret", "sidoarjo", AGENCY, "--file", str(tmp_path / "key")).exit_code == 0
    assert password() == CANARY
    both = run("secret", "sidoarjo", AGENCY, "--file", str(tmp_path / "key"), "--remove")
    assert (both.exit_code, "exclude each other" in both.output) == (2, True)


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        (("nowhere", AGENCY), CANARY, "no office with the code 'nowhere'"),
        (("sidoarjo", "forestry"), CANARY, "sidoarjo has no agency 'forestry' with a connector; there are "),
        (("sidoarjo", AGENCY), "", "secret: is empty"),
        (("sidoarjo", AGENCY), f"{CANARY}\n{CANARY}\n", "secret: is more than one line"),
        (("sidoarjo", AGENCY, "--remove"), None, f"sidoarjo was given no secret for '{AGENCY}'"),
    ],
)
def test_what_cannot_be_done_is_refused_without_showing_it(office, run, words, given, told):
    refused = run("secret", *words, given=given)
    assert refused.exit_code == 1
    assert told in refused.output
    assert CANARY not in refused.output
    assert acts(office) == []


def test_it_stands_in_plain_nowhere(office, run, password, capfd, caplog):
    said = [run("secret", "sidoarjo", AGENCY, given=CANARY).output, run("secrets", "sidoarjo").output]
    assert password() == CANARY
    tools = tools_of(office.settings.with_simulators({"ktp": "http://127.0.0.1:9"}), ring=lambda: None)
    tenant = tools.book.get("sidoarjo")
    connector = tools.partners.connector(tenant, AGENCY)
    shapes = [repr(one) for one in (tenant, tenant.secrets[AGENCY], tools.book, tools.partners, connector)]
    tools.engine.dispose()
    tools.sweeper.dispose()
    structlog.get_logger().info("the_end_of_the_log")
    out, error = capfd.readouterr()
    assert "the_end_of_the_log" in out + error + caplog.text
    table = list(in_tables(Worlds(office.settings, office.tenant.id, 0)))
    assert any(AGENCY in row and "operator" in row for row in table), "no row was looked at"
    assert shown([*said, *shapes, out, error, caplog.text, *table], {"secret": CANARY}) == []


@pytest.mark.parametrize(
    "moved",
    [
        "UPDATE app.agency_secret SET tenant_id = (SELECT id FROM app.tenant WHERE code = 'bontang')",
        "UPDATE app.agency_secret SET version = 7",
        "UPDATE app.agency_secret SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
    ],
    ids=["to another office", "to another version", "a bit of it changed"],
)
def test_a_row_that_was_moved_or_changed_opens_for_nobody(office, run, password, moved):
    run("secret", "sidoarjo", AGENCY, given=CANARY)
    as_admin(office, moved)
    tenant = "bontang" if "tenant_id" in moved else "sidoarjo"
    with pytest.raises(Misconfigured, match="does not open"):
        password(tenant)


def test_offices_with_agencies_of_one_name_have_secrets_of_their_own(office, run, password):
    run("secret", "sidoarjo", AGENCY, given=CANARY)
    run("secret", "bontang", AGENCY, given=NEXT_CANARY)
    assert (password("sidoarjo"), password("bontang")) == (CANARY, NEXT_CANARY)
    run("secret", "sidoarjo", AGENCY, "--remove")
    assert (password("sidoarjo"), password("bontang")) == (derived(office), NEXT_CANARY)


@pytest.mark.parametrize("act", ["SET sealed = NULL", "SET version = version + 1"])
def test_pages_and_workers_only_read_them(office, run, act):
    run("secret", "sidoarjo", AGENCY, given=CANARY)
    with pytest.raises(ProgrammingError, match="permission denied"), office.work() as work:
        work.connection.execute(text(f"UPDATE app.agency_secret {act}"))


def test_a_partner_that_changes_its_password_is_asked_on_once_we_are_told_it(office, run, tmp_path):
    """The register has a password that we cannot derive; what failed for it goes on, and nothing is restarted."""
    kind = Registry(ROOT / "connectors").fake_agency("ktp")
    register = partial(running, kind, books=tmp_path / "ktp.sqlite")
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(register(master=b"theirs, the first"))
        settings = office.settings.with_simulators({"ktp": f"http://127.0.0.1:{service.port}"})
        tools = tools_of(settings, ring=lambda: None, local=dict.fromkeys(("permits", "ho"), Agencies()))
        office = Office(settings, tools, tools.book.get("sidoarjo"), office.agencies)
        is_refused_until_given(office, run, b"theirs, the first")
    with register(master=b"theirs, the second", port=service.port):
        is_refused_until_given(office, run, b"theirs, the second")
    tools.engine.dispose()
    tools.sweeper.dispose()


def is_refused_until_given(office, run, master):
    lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    office.drain()
    assert [row.cause for row in tasks(office) if row.state != "approved"] == ["misconfigured"]
    secret = as_password(derive_secret(master, "sidoarjo", AGENCY))
    assert run("secret", "sidoarjo", AGENCY, given=secret).exit_code == 0
    make_due(office)
    office.drain()
    assert {row.state for row in tasks(office)} == {"approved"}
