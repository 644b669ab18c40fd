"""Settings with embedded servers behind them, and the commands that show and stop these."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy.engine import make_url

from ptsp.infra.servers import status
from ptsp.main.cli import COMMANDS, cli
from ptsp.main.runtime import running
from ptsp.main.settings import Settings


def test_missing_urls_and_the_secret_are_filled_in_and_children_read_the_same(tmp_path: Path) -> None:
    with running(Settings.from_env({"PTSP_HOME": str(tmp_path)}), durable=False) as settings:
        assert settings.database_url
        assert settings.redis_url
        assert settings.broker_url == ""
        assert settings.embedded_database
        child = Settings.from_env(settings.as_env())
        assert child == settings
        assert child.embedded_database
        with running(child) as again:
            assert again == settings
        assert make_url(settings.database_url_for("ptsp_app")).username == "ptsp_app"
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_servers_named_by_url_are_taken_and_none_is_started(tmp_path: Path) -> None:
    named = {
        "PTSP_HOME": str(tmp_path),
        "PTSP_DATABASE_URL": "postgresql://db/ptsp",
        "PTSP_REDIS_URL": "redis://cache/0",
        "PTSP_SECRET": "0123456789abcdef" * 2,
    }
    with running(Settings.from_env(named)) as settings:
        assert settings == Settings.from_env(named)
        assert not settings.embedded_database
    assert not (tmp_path / "run").exists()


def test_the_secret_is_made_once_also_by_several_at_once(tmp_path: Path) -> None:
    def secret(_number: int) -> bytes:
        with running(Settings.from_env({"PTSP_HOME": str(tmp_path)}), durable=False) as settings:
            return settings.secret

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(secret, range(4)))) == 1
    assert not list(tmp_path.glob("secret.*"))


def test_servers_can_be_shown_checked_and_stopped(tmp_path: Path) -> None:
    runner = CliRunner(env={"PTSP_HOME": str(tmp_path)})
    assert runner.invoke(cli, ["servers", "status"]).output.startswith("not running")
    with running(Settings.from_env({"PTSP_HOME": str(tmp_path)}), durable=False) as settings:
        assert json.loads(runner.invoke(cli, ["servers", "status", "--json"]).output)["running"]
        child = CliRunner(env=settings.as_env())
        assert child.invoke(cli, ["servers", "check", "--admin"]).output == "all servers answer\n"
        assert runner.invoke(cli, ["servers", "stop"]).output.startswith("stopped")
        assert not status(tmp_path).running
        gone = child.invoke(cli, ["servers", "check", "--admin"])
        assert gone.exit_code == 1
        assert "cannot be reached" in gone.output


def test_a_wrong_setting_is_one_clear_line_and_no_traceback(tmp_path: Path) -> None:
    done = CliRunner(env={"PTSP_HOM": str(tmp_path)}).invoke(cli, ["servers", "status"])
    assert done.exit_code == 1
    assert "PTSP_HOM: is no setting of ours" in done.output


def test_help_is_quick_because_no_command_is_imported() -> None:
    code = "import sys; from ptsp.main.cli import cli; cli(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert {"sqlalchemy", "flask", "psycopg"} & set(done.stdout.split()) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there_and_explains_itself(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    done = CliRunner(env=dict(os.environ)).invoke(cli, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert command.help
