"""The production shape says what the settings know. Only a Docker engine could show that it comes up."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from ptsp.infra.servers import require_fixed_server
from ptsp.main.cli import COMMANDS
from ptsp.main.settings import FROM_FILE, NAMES, ROLES
from tests.checks import REPOSITORY, not_checked

TEXT = (REPOSITORY / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "relay", "worker", "consumer")
SETTINGS = {*NAMES, *(f"{name}_FILE" for name in FROM_FILE)}


def test_every_part_of_the_production_shape_is_there() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "rabbitmq", "proxy", *OURS}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(check)


@pytest.mark.parametrize("name", OURS)
def test_our_programs_are_given_only_settings_that_exist(name: str) -> None:
    given = set(SERVICES[name]["environment"])
    assert given <= SETTINGS
    assert {"PTSP_DATABASE_URL", "PTSP_REDIS_URL", "PTSP_BROKER_URL", "PTSP_SECRET_FILE"} <= given


def test_no_name_of_ours_is_written_that_is_no_setting() -> None:
    assert set(re.findall(r"\bPTSP_[A-Z_]+", TEXT)) <= SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_our_programs_are_commands_that_exist(name: str) -> None:
    program, command, *_ = SERVICES[name]["command"]
    assert program == "ptsp"
    assert command in COMMANDS
    roles = [
        word.removeprefix("--role=") for word in SERVICES[name]["healthcheck"]["test"] if "--role=" in word
    ]
    assert set(roles) <= set(ROLES)


def test_no_secret_has_a_default() -> None:
    assert ":-" not in TEXT
    assert [used for used in re.findall(r"\$\{(\w+)(:\?)?", TEXT) if not used[1]] == []


def test_the_database_has_the_fix_for_the_leak_and_no_image_floats() -> None:
    major, minor = SERVICES["postgres"]["image"].removeprefix("postgres:").split(".")
    require_fixed_server(int(major) * 10_000 + int(minor), embedded=False)
    assert all(re.search(r":\d+\.\d+$", SERVICES[name]["image"]) for name in SERVICES if name not in OURS)


def test_only_the_proxy_is_open_to_the_outside() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["proxy"]


def test_only_the_migration_enters_the_database_as_administrator() -> None:
    assert [name for name in SERVICES if "database_url" in SERVICES[name].get("secrets", [])] == ["migrate"]


def test_a_docker_engine_accepts_the_file() -> None:
    if not has_compose():
        not_checked(
            "that docker-compose.yml comes up: there is no Docker engine with compose on this machine"
        )
    named = dict.fromkeys(re.findall(r"\$\{(\w+)", TEXT), "named")
    done = subprocess.run(
        ["docker", "compose", "--file", str(REPOSITORY / "docker-compose.yml"), "config", "--quiet"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **named},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def has_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
