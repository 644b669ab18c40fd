"""What the environment may say, and what is said when it is wrong."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from ptsp.infra.servers import OldServer, require_fixed_server
from ptsp.kernel.errors import Invalid
from ptsp.main.settings import NAMES, ROLES, Settings

NAMED = {
    "PTSP_HOME": "/srv/ptsp",
    "PTSP_DATABASE_URL": "postgresql://admin:word@db:5432/ptsp",
    "PTSP_REDIS_URL": "redis://cache:6379/0",
    "PTSP_BROKER_URL": "amqp://guest:guest@bus//",
    "PTSP_SECRET": "0123456789abcdef" * 4,
    "PTSP_FILES_URL": "s3://key:secret@store:9000/ptsp",
    "PTSP_PUBLIC_URL": "https://izin.example",
    "PTSP_SIMULATORS": '{"ktp": "http://127.0.0.1:9001"}',
    "PTSP_PARTNER_NETWORKS": "10.20.0.0/16, gateway:9000",
    "PTSP_TENANTS_DIR": "/srv/tenants",
    "PTSP_PG_BIN": "/usr/lib/postgresql/17/bin",
    "PTSP_SMTP_URL": "smtp://ptsp:letmein@mail:587?starttls=required",
    "PTSP_MAIL_FROM": "ptsp@region.example",
    "PTSP_MESSAGE_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    "PTSP_PACK_SIGNERS": "/etc/ptsp/signers.pem",
    "PTSP_TSA_URL": "https://stempel.example/tsa",
    "PTSP_HEADS_TO": "/mnt/inspectorate,head",
}


def faults_of(env: dict[str, str]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        Settings.from_env(env)
    return {fault.field: fault.reason for fault in caught.value.faults}


def test_an_empty_environment_asks_for_embedded_servers_in_a_folder_beside_us() -> None:
    settings = Settings.from_env({"PATH": "/bin"})
    assert (settings.home.name, settings.database_url, settings.redis_url) == (".ptsp", "", "")
    assert settings.files_url == str(settings.home / "files")
    assert settings.tenants_dir.name == "tenants"


def test_every_name_is_read_and_handed_on_to_children_unchanged() -> None:
    assert set(NAMED) == set(NAMES)
    settings = Settings.from_env(NAMED)
    assert Settings.from_env(settings.as_env()) == settings
    assert settings.simulators["ktp"] == "http://127.0.0.1:9001"
    assert settings.reach.services == {("127.0.0.1", 9001), ("gateway", 9000)}


def test_a_child_gets_the_surroundings_and_no_setting_twice() -> None:
    surroundings = {"PATH": "/bin", "PTSP_SECRET_FILE": "/run/secrets/ptsp", "PTSP_HOME": "/elsewhere"}
    env = Settings.from_env(NAMED).as_env(surroundings)
    assert (env["PATH"], env["PTSP_HOME"]) == ("/bin", "/srv/ptsp")
    assert "PTSP_SECRET_FILE" not in env


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"PTSP_DATABSE_URL": "x"}, "PTSP_DATABSE_URL", "no setting of ours"),
        ({"PTSP_PARTNER_NETWORKS": "10.0.0.0/8,127.0.0.0/8"}, "PTSP_PARTNER_NETWORKS", "'127.0.0.0/8' holds"),
        ({"PTSP_PARTNER_NETWORKS": "0.0.0.0/0"}, "PTSP_PARTNER_NETWORKS", "never called"),
        ({"PTSP_PARTNER_NETWORKS": "10.1.2.3/8"}, "PTSP_PARTNER_NETWORKS", "is no network"),
        ({"PTSP_PARTNER_NETWORKS": "gateway"}, "PTSP_PARTNER_NETWORKS", "neither a network"),
        ({"PTSP_DATABASE_URL": "mysql://x"}, "PTSP_DATABASE_URL", "must start with"),
        ({"PTSP_DATABASE_URL": "postgresql://x:port/y"}, "PTSP_DATABASE_URL", "not the URL of a database"),
        ({"PTSP_REDIS_URL": "http://x"}, "PTSP_REDIS_URL", "must start with"),
        ({"PTSP_BROKER_URL": "kafka://x"}, "PTSP_BROKER_URL", "must start with"),
        ({"PTSP_PUBLIC_URL": "izin.example"}, "PTSP_PUBLIC_URL", "must start with"),
        ({"PTSP_TSA_URL": "stempel.example"}, "PTSP_TSA_URL", "must start with"),
        ({"PTSP_HEADS_TO": "mnt/holder"}, "PTSP_HEADS_TO", "neither an absolute folder"),
        ({"PTSP_SECRET": ""}, "PTSP_SECRET", "must be set"),
        ({"PTSP_SECRET": "short"}, "PTSP_SECRET", "too short"),
        ({"PTSP_SIMULATORS": "[1]"}, "PTSP_SIMULATORS", "JSON object"),
        ({"PTSP_SIMULATORS": '{"ktp": 1}'}, "PTSP_SIMULATORS", "JSON object"),
        ({"PTSP_SECRET_FILE": "/nowhere"}, "PTSP_SECRET", "set twice"),
        ({"PTSP_SMTP_URL": "http://mail"}, "PTSP_SMTP_URL", "smtp://host"),
        ({"PTSP_SMTP_URL": "smtp://mail:port"}, "PTSP_SMTP_URL", "Port could not be cast"),
        ({"PTSP_SMTP_URL": "smtp://mail?starttls=perhaps"}, "PTSP_SMTP_URL", "takes nothing but starttls="),
        ({"PTSP_SMTP_URL": "smtp://mail?start"}, "PTSP_SMTP_URL", "bad query field"),
        ({"PTSP_SMTP_URL": "smtp://a:b@mail?starttls=never"}, "PTSP_SMTP_URL", "unencrypted"),
        ({"PTSP_MAIL_FROM": ""}, "PTSP_MAIL_FROM", "must be set"),
        ({"PTSP_MAIL_FROM": "a@b.example, c@d.example"}, "PTSP_MAIL_FROM", "one e-mail address"),
        ({"PTSP_MESSAGE_WEBHOOK_SECRET": "c2hvcnQ="}, "PTSP_MESSAGE_WEBHOOK_SECRET", "too short"),
        ({"PTSP_MESSAGE_WEBHOOK_SECRET": "not base64"}, "PTSP_MESSAGE_WEBHOOK_SECRET", "is base64"),
        ({"PTSP_SECRET": "", "PTSP_SECRET_FILE": "/nowhere"}, "PTSP_SECRET_FILE", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], field: str, reason: str) -> None:
    assert reason in faults_of(NAMED | changed)[field]


def test_all_wrong_settings_are_named_at_once() -> None:
    assert set(faults_of({"PTSP_X": "1", "PTSP_REDIS_URL": "x", "PTSP_SECRET": "y"})) == {
        "PTSP_X",
        "PTSP_REDIS_URL",
        "PTSP_SECRET",
    }


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a text that is long enough\n")
    settings = Settings.from_env({"PTSP_SECRET_FILE": str(tmp_path / "secret")})
    assert settings.secret == b"a text that is long enough"


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    shown = repr(Settings.from_env(NAMED))
    assert "word" not in shown
    assert "guest" not in shown
    assert "letmein" not in shown
    assert str(Settings.from_env(NAMED).message_webhook_secret) not in shown
    assert NAMED["PTSP_SECRET"] not in shown
    assert str(bytes.fromhex(NAMED["PTSP_SECRET"])) not in shown


def test_each_role_enters_the_same_database_with_a_password_of_its_own() -> None:
    settings = Settings.from_env(NAMED)
    urls = [make_url(settings.database_url_for(role)) for role in ROLES]
    assert [url.username for url in urls] == list(ROLES)
    assert len({url.password for url in urls}) == len(ROLES)
    assert {(url.drivername, url.host, url.database) for url in urls} == {
        ("postgresql+psycopg", "db", "ptsp")
    }
    with pytest.raises(Invalid, match="postgres"):
        settings.database_url_for("postgres")


def test_only_a_real_broker_is_one_and_without_it_there_is_none() -> None:
    assert Settings.from_env({"PTSP_REDIS_URL": "redis://x:1/2"}).broker_url == ""
    assert Settings.from_env({"PTSP_BROKER_URL": "amqps://x:1/2"}).broker_url == "amqps://x:1/2"
    for url in ("redis://x:1/2", "memory://"):
        with pytest.raises(Invalid, match="PTSP_BROKER_URL"):
            Settings.from_env({"PTSP_BROKER_URL": url})


@pytest.mark.parametrize("version", [150020, 150021, 160016, 170012, 180007, 190000])
def test_a_fixed_server_is_let_in(version: int) -> None:
    require_fixed_server(version, embedded=False)


@pytest.mark.parametrize("version", [130020, 140024, 140025, 150019, 160015, 170011, 180006])
def test_a_server_that_leaks_or_is_too_old_is_refused(version: int) -> None:
    with pytest.raises(OldServer, match=f"{version // 10000}.{version % 10000}"):
        require_fixed_server(version, embedded=False)


def test_the_embedded_server_is_let_in_one_minor_version_short() -> None:
    require_fixed_server(180006, embedded=True)
