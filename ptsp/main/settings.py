"""Everything the surroundings decide, read once from the environment and frozen."""

import base64
import hashlib
import hmac
import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ptsp.infra.servers.places import socket_folder
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.mail import is_address, mail_server
from ptsp.sdk.addresses import BadAddress, Reach, read_reach
from ptsp.sdk.webhooks import SHORTEST_SECRET as SHORTEST_WEBHOOK_SECRET
from ptsp.sdk.webhooks import secret_from_text

NAMES: Final = (
    "PTSP_HOME",
    "PTSP_DATABASE_URL",
    "PTSP_REDIS_URL",
    "PTSP_BROKER_URL",
    "PTSP_SECRET",
    "PTSP_FILES_URL",
    "PTSP_PUBLIC_URL",
    "PTSP_SIMULATORS",
    "PTSP_PARTNER_NETWORKS",
    "PTSP_TENANTS_DIR",
    "PTSP_PG_BIN",
    "PTSP_SMTP_URL",
    "PTSP_MAIL_FROM",
    "PTSP_MESSAGE_WEBHOOK_SECRET",
    "PTSP_PACK_SIGNERS",
    "PTSP_TSA_URL",
    "PTSP_HEADS_TO",
)
# Of these a file may hold the value instead (`PTSP_SECRET_FILE=/run/secrets/…`), as container engines do it.
FROM_FILE: Final = (
    "PTSP_DATABASE_URL",
    "PTSP_REDIS_URL",
    "PTSP_BROKER_URL",
    "PTSP_SECRET",
    "PTSP_FILES_URL",
    "PTSP_SMTP_URL",
    "PTSP_MESSAGE_WEBHOOK_SECRET",
)
NOT_OURS: Final = ("PTSP_DATA",)  # names the folder of real-world test data; only tests read it

ROLES: Final = ("ptsp_owner", "ptsp_app", "ptsp_worker", "ptsp_sweeper")
SHORTEST_SECRET: Final = 16  # bytes
DEFAULT_PUBLIC_URL: Final = "http://127.0.0.1:8080"
ROOT: Final = Path(__file__).resolve().parents[2]
SCHEMES: Final = {
    "PTSP_DATABASE_URL": ("postgresql", "postgres", "postgresql+psycopg"),
    "PTSP_REDIS_URL": ("redis", "rediss", "unix"),
    "PTSP_BROKER_URL": ("amqp", "amqps"),
    "PTSP_PUBLIC_URL": ("http", "https"),
    "PTSP_TSA_URL": ("http", "https"),
}
HOLDER_ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Settings:
    """URLs and the secret are empty until `ptsp.main.runtime.running` puts the embedded ones in their place.

    `database_url` is the administrator's, who only migrates; everybody else takes `database_url_for(role)`.
    """

    home: Path
    files_url: str
    public_url: str
    tenants_dir: Path
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    broker_url: str = field(default="", repr=False)  # empty: no agency is asked by messages, no events go out
    secret: bytes = field(default=b"", repr=False)
    simulators: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    partner_networks: str = ""  # what is called besides public addresses
    pg_bin: Path | None = None
    smtp_url: str = field(default="", repr=False)  # empty: e-mail stays owed
    mail_from: str = ""
    message_webhook_secret: bytes = field(default=b"", repr=False)  # empty: messages to gateways stay owed
    pack_signers: Path | None = None  # keys of whoever may sign packs; None: plain folders are applied
    tsa_url: str = ""  # time-stamp authority; empty: heads of the ledger are signed and not stamped
    holder_folders: tuple[Path, ...] = ()  # who besides us is given the heads of the ledger
    holder_roles: tuple[str, ...] = ()  # contacts of each office's pack, by mail

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Raises Invalid naming every wrong setting at once. Other names than PTSP_… are not looked at."""
        faults: list[Fault] = []
        values = _values(env, faults)
        home = Path(values.get("PTSP_HOME", ".ptsp")).absolute()
        pg_bin = values.get("PTSP_PG_BIN")
        pack_signers = values.get("PTSP_PACK_SIGNERS")
        folders, roles = _holders(values.get("PTSP_HEADS_TO", ""), faults)
        settings = cls(
            home=home,
            database_url=values.get("PTSP_DATABASE_URL", ""),
            redis_url=values.get("PTSP_REDIS_URL", ""),
            broker_url=values.get("PTSP_BROKER_URL", ""),
            secret=_secret(values.get("PTSP_SECRET", ""), faults),
            files_url=values.get("PTSP_FILES_URL", str(home / "files")),
            public_url=values.get("PTSP_PUBLIC_URL", DEFAULT_PUBLIC_URL).rstrip("/"),
            simulators=_simulators(values.get("PTSP_SIMULATORS", "{}"), faults),
            partner_networks=_partner_networks(values.get("PTSP_PARTNER_NETWORKS", ""), faults),
            tenants_dir=_tenants_dir(values.get("PTSP_TENANTS_DIR", ""), ROOT / "tenants", faults),
            pg_bin=Path(pg_bin) if pg_bin else None,
            smtp_url=values.get("PTSP_SMTP_URL", ""),
            mail_from=values.get("PTSP_MAIL_FROM", ""),
            message_webhook_secret=_webhook_secret(values.get("PTSP_MESSAGE_WEBHOOK_SECRET", ""), faults),
            pack_signers=Path(pack_signers).absolute() if pack_signers else None,
            tsa_url=values.get("PTSP_TSA_URL", ""),
            holder_folders=tuple(map(Path, folders)),
            holder_roles=tuple(roles),
        )
        _check_urls(values, faults)
        _check_mail(settings, faults)
        if settings.database_url and not settings.secret:
            faults.append(Fault("PTSP_SECRET", "must be set when PTSP_DATABASE_URL names a server"))
        if faults:
            raise Invalid(faults)
        return settings

    def database_url_for(self, role: str) -> str:
        """The same database entered as `role`, in SQLAlchemy's form and with psycopg."""
        url = make_url(self.database_url)
        password = self.database_password(role)
        return _rendered(url.set(drivername="postgresql+psycopg", username=role, password=password))

    @property
    def embedded_database(self) -> bool:
        """Whether the database is our own server's, which may be one minor version behind."""
        return make_url(self.database_url).query.get("host") == str(socket_folder(self.home))

    @property
    def admin_database_url(self) -> str:
        """The database entered as `database_url` says, in SQLAlchemy's form and with psycopg."""
        return _rendered(make_url(self.database_url).set(drivername="postgresql+psycopg"))

    def database_password(self, role: str) -> str:
        """What a migration gives the role: derived from the secret, so that nobody has to store it."""
        if role not in ROLES:
            raise Invalid([Fault("role", f"{role!r} is none of {', '.join(ROLES)}")])
        return self.derived(f"database password of {role}").hex()

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose, from which neither the secret nor another purpose's can be found."""
        if not self.secret:
            raise Invalid([Fault("PTSP_SECRET", "is not set")])
        return hmac.new(self.secret, f"ptsp {purpose}".encode(), hashlib.sha256).digest()

    @property
    def reach(self) -> Reach:
        """Where this installation calls: public addresses, its partners' networks, its simulators."""
        return read_reach(self.partner_networks).with_services(list(self.simulators.values()))

    def with_simulators(self, simulators: Mapping[str, str]) -> "Settings":
        return replace(self, simulators=MappingProxyType(dict(simulators)))

    def as_env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment in which a child process reads these very settings again.

        Names of `base` that are not ours are kept; ours are replaced, those with _FILE included.
        """
        kept = {name: value for name, value in (base or {}).items() if not name.startswith("PTSP_")}
        given = {
            "PTSP_HOME": str(self.home),
            "PTSP_DATABASE_URL": self.database_url,
            "PTSP_REDIS_URL": self.redis_url,
            "PTSP_BROKER_URL": self.broker_url,
            "PTSP_SECRET": self.secret.hex(),
            "PTSP_FILES_URL": self.files_url,
            "PTSP_PUBLIC_URL": self.public_url,
            "PTSP_SIMULATORS": json.dumps(dict(self.simulators)),
            "PTSP_PARTNER_NETWORKS": self.partner_networks,
            "PTSP_TENANTS_DIR": str(self.tenants_dir),
            "PTSP_PG_BIN": str(self.pg_bin or ""),
            "PTSP_SMTP_URL": self.smtp_url,
            "PTSP_MAIL_FROM": self.mail_from,
            "PTSP_MESSAGE_WEBHOOK_SECRET": base64.b64encode(self.message_webhook_secret).decode(),
            "PTSP_PACK_SIGNERS": str(self.pack_signers or ""),
            "PTSP_TSA_URL": self.tsa_url,
            "PTSP_HEADS_TO": ",".join([*map(str, self.holder_folders), *self.holder_roles]),
        }
        return kept | {name: value for name, value in given.items() if value}


def parse_secret(text: str) -> bytes:
    """Hex digits stand for their bytes, any other text for itself."""
    if len(text) % 2 == 0 and text and all(letter in string.hexdigits for letter in text):
        return bytes.fromhex(text)
    return text.encode()


def _values(env: Mapping[str, str], faults: list[Fault]) -> dict[str, str]:
    """Our settings that are not blank, those in files read; a name nobody reads is a fault."""
    values: dict[str, str] = {}
    allowed = {*NAMES, *NOT_OURS, *(f"{name}_FILE" for name in FROM_FILE)}
    for name, text in env.items():
        if not name.startswith("PTSP_"):
            continue
        if name not in allowed:
            faults.append(Fault(name, f"is no setting of ours; known are {', '.join(NAMES)}"))
        elif name in NAMES and text.strip():
            values[name] = text.strip()
    for name in FROM_FILE:
        path = env.get(f"{name}_FILE", "").strip()
        if path:
            _read_into(values, name, Path(path), faults)
    return values


def _read_into(values: dict[str, str], name: str, path: Path, faults: list[Fault]) -> None:
    if name in values:
        faults.append(Fault(name, f"is set twice: by itself and by {name}_FILE"))
        return
    try:
        values[name] = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as fault:
        faults.append(Fault(f"{name}_FILE", f"cannot be read: {fault}"))


def _secret(text: str, faults: list[Fault]) -> bytes:
    secret = parse_secret(text)
    if text and len(secret) < SHORTEST_SECRET:
        faults.append(Fault("PTSP_SECRET", f"is too short: at least {SHORTEST_SECRET} bytes are needed"))
    return secret


def _tenants_dir(text: str, beside_us: Path, faults: list[Fault]) -> Path:
    """The folder that is named, else the one beside our sources; an installed package has none beside it."""
    if not text and not beside_us.is_dir():
        faults.append(
            Fault("PTSP_TENANTS_DIR", "must be set: there is no folder of packs beside the program")
        )
    return Path(text or beside_us).absolute()


def _simulators(text: str, faults: list[Fault]) -> Mapping[str, str]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    fits = isinstance(given, dict) and all(isinstance(url, str) for url in given.values())
    if not fits:
        faults.append(Fault("PTSP_SIMULATORS", "must be a JSON object: connector code to base URL"))
        return MappingProxyType({})
    return MappingProxyType(given)


def _partner_networks(text: str, faults: list[Fault]) -> str:
    try:
        read_reach(text)
    except BadAddress as error:
        faults.append(Fault("PTSP_PARTNER_NETWORKS", str(error)))
        return ""
    return text


def _check_urls(values: Mapping[str, str], faults: list[Fault]) -> None:
    for name, schemes in SCHEMES.items():
        url = values.get(name)
        if url is not None and urlsplit(url).scheme not in schemes:
            faults.append(Fault(name, f"must start with one of {', '.join(f'{one}://' for one in schemes)}"))
    try:
        make_url(values.get("PTSP_DATABASE_URL", "postgresql://"))
    except (ArgumentError, ValueError):
        faults.append(Fault("PTSP_DATABASE_URL", "is not the URL of a database"))


def _check_mail(settings: Settings, faults: list[Fault]) -> None:
    if settings.smtp_url:
        try:
            mail_server(settings.smtp_url)
        except ValueError as error:
            faults.append(Fault("PTSP_SMTP_URL", str(error)))
        if not settings.mail_from:
            faults.append(Fault("PTSP_MAIL_FROM", "must be set when PTSP_SMTP_URL names a mail server"))
    if settings.mail_from and not is_address(settings.mail_from):
        faults.append(Fault("PTSP_MAIL_FROM", "must be one e-mail address, such as ptsp@region.example"))


def _webhook_secret(text: str, faults: list[Fault]) -> bytes:
    try:
        secret = secret_from_text(text)
    except ValueError as error:
        faults.append(Fault("PTSP_MESSAGE_WEBHOOK_SECRET", str(error)))
        return b""
    if text and len(secret) < SHORTEST_WEBHOOK_SECRET:
        reason = f"is too short: at least {SHORTEST_WEBHOOK_SECRET} bytes, as base64, are needed"
        faults.append(Fault("PTSP_MESSAGE_WEBHOOK_SECRET", reason))
    return secret


def _holders(text: str, faults: list[Fault]) -> tuple[list[str], list[str]]:
    """Folders and roles of `PTSP_HEADS_TO`."""
    named = list(filter(None, (part.strip() for part in text.split(","))))
    folders = [one for one in named if Path(one).is_absolute()]
    roles = [one for one in named if HOLDER_ROLE.fullmatch(one)]
    for one in named:
        if one not in folders and one not in roles:
            faults.append(
                Fault("PTSP_HEADS_TO", f"{one!r} is neither an absolute folder nor a contact such as head")
            )
    return folders, roles


def _rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)
