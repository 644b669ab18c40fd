"""The commands for what central systems are told and sent, as an operator types them."""

import json

import pytest
from click.testing import CliRunner

from ptsp.flows.take_filing import take_filing
from ptsp.main.cli import cli
from ptsp.sdk.central import Filing
from tests.flows.acts import lodge
from tests.flows.telling import LICENCE, NIB, centre, from_oss


@pytest.fixture
def here(office, tmp_path):
    with centre(office, tmp_path) as made:
        yield made


@pytest.fixture
def ptsp(here):
    env = here.office.settings.as_env()

    def run(*words, given="", code=0):
        done = CliRunner().invoke(cli, words, env=env, input=given)
        assert done.exit_code == code, done.output
        return done.output

    return run


def test_what_is_told_is_listed_and_sent_on(here, ptsp):
    here.follow({"do": "422", "first": 1})
    lodge(here.office, from_oss())
    assert "bundle.submitted to oss, not tried yet" in ptsp("tellings", "list", "--tenant", "sidoarjo")
    here.office.drain()
    listed = ptsp("tellings", "list", "--tenant", "sidoarjo", "--state", "dead")
    assert "refused (the agency answered 422)" in listed
    assert NIB not in listed
    assert "no such telling" in ptsp(
        "tellings", "replay", "sidoarjo", "00000000-0000-0000-0000-000000000000", code=1
    )


def test_a_complaint_goes_out_and_its_number_is_shown(here, ptsp):
    said = ("--name", "Pelapor Contoh", "--email", "p@example.org")
    ident = ptsp("complaints", "hand-over", "sidoarjo", *said, given="Izin belum terbit.\n").strip()
    assert "Pelapor" not in ptsp("complaints", "list", "sidoarjo")
    here.office.drain()
    (case,) = here.lapor.desk.books.effects()
    listed = ptsp("complaints", "list", "sidoarjo")
    assert ident in listed
    assert f"there {case.number}" in listed
    assert "reporter.name" in ptsp("complaints", "hand-over", "sidoarjo", given="Izin.", code=1)
    ptsp("complaints", "hand-over", "sidoarjo", "--anonymous", "--public", given="Izin.")
    named = ptsp(
        "complaints", "hand-over", "sidoarjo", "--anonymous", "--name", "Pelapor", given="Izin.", code=2
    )
    assert "--anonymous leaves no place for --name" in named
    assert "2 complaints" in ptsp("complaints", "list", "sidoarjo")


def test_filings_are_listed_and_shown_as_they_came(here, ptsp):
    assert ptsp("central", "filings", "sidoarjo") == "no filings\n"
    raw = b'{ "dataNIB": {"nib": "9120000000001"} }\xff'
    with here.office.work() as work:
        take_filing(work, "oss", Filing("receiveNIB", NIB, raw))
    listed = ptsp("central", "filings", "sidoarjo", "--number", NIB)
    assert f"receiveNIB {NIB} from oss" in listed
    words = ["central", "filing", "sidoarjo", listed.split()[2]]
    done = CliRunner().invoke(cli, words, env=here.office.settings.as_env())
    assert (done.exit_code, done.stdout_bytes) == (0, raw), repr(done.exception)
    assert ptsp("central", "filings", "sidoarjo", "--number", "1") == "no filings\n"


def test_oss_is_asked_about_a_number(here, ptsp):
    assert json.loads(ptsp("central", "nib", "sidoarjo", "oss", NIB))["nama_perseroan"] == "CV CONTOH"
    assert "knows no such NIB" in ptsp("central", "nib", "sidoarjo", "oss", "9120000000009", code=1)
    lodge(here.office, from_oss())
    here.office.drain()
    assert "filled in" in ptsp("central", "status", "sidoarjo", "oss", NIB, LICENCE["id_izin"])
    assert "cannot be asked" in ptsp("central", "nib", "sidoarjo", "lapor", NIB, code=1)
    assert "Error: trade: " in ptsp("central", "nib", "sidoarjo", "trade", NIB, code=1)
