"""A command whose database is away says so in one line that names the setting."""

import pytest
from click.testing import CliRunner

from ptsp.main.cli import cli
from ptsp.main.demo.platform import free_port


@pytest.mark.parametrize(
    "words", ["deliveries list", "budgets list", "tellings list", "central filings sidoarjo", "ledger verify"]
)
def test_a_database_that_is_away_is_told_by_the_name_of_its_setting(words: str) -> None:
    env = {
        "PTSP_DATABASE_URL": f"postgresql://127.0.0.1:{free_port(0)}/ptsp",
        "PTSP_REDIS_URL": f"redis://127.0.0.1:{free_port(0)}/0",
        "PTSP_SECRET": "0" * 64,
    }
    done = CliRunner().invoke(cli, words.split(), env=env)
    assert done.exit_code == 1
    (line,) = done.output.splitlines()
    assert line.startswith("Error: PTSP_DATABASE_URL: the database cannot be used: ")
    assert "Connection refused" in line
