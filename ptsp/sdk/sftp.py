"""A folder on an agency's server by SFTP: the server is known by its pinned key, we are by ours or by a password.

Every step is bounded, and nothing is taken from this machine: no agent, no known hosts, no keys of a home folder.
"""

import socket
import stat
import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from posixpath import join
from secrets import token_hex

import paramiko  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ptsp.sdk.addresses import BadAddress, Reach, connect
from ptsp.sdk.contract import Settings
from ptsp.sdk.errors import ConnectorError, Misconfigured, TryLater
from ptsp.sdk.folders import (
    LARGEST,
    MOST_FILES,
    NAME,
    SFTP_PORTS,
    Entry,
    Folder,
    bounded,
    plain,
    sftp_address,
    too_many,
)
from ptsp.sdk.http import Limits, limits_from
from ptsp.sdk.webhooks import as_password

SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class SftpFolders:
    """Where the folder is and how to get in. `secret` is the password, or 32 bytes that make our Ed25519 key."""

    host: str
    port: int
    user: str
    path: str
    host_key: paramiko.PKey
    secret: bytes = field(repr=False)
    has_key: bool
    reach: Reach
    limits: Limits

    @contextmanager
    def opened(self) -> Iterator[Folder]:
        """Connect, and end everything with the block or after `limits.total_s`, whichever comes first."""
        line = self._line()
        try:
            transport = paramiko.Transport(line)
        except (paramiko.SSHException, OSError, EOFError) as error:
            line.close()
            raise TryLater(f"the server cannot be reached ({type(error).__name__})") from error
        ends = threading.Timer(self.limits.total_s, transport.close)
        ends.daemon = True
        ends.start()
        try:
            with _told(is_sent=False):
                self._enter(transport)
                client = paramiko.SFTPClient.from_transport(transport)
            assert client is not None
            channel = client.get_channel()
            assert channel is not None
            channel.settimeout(self.limits.read_s)
            with _told(is_sent=True):
                yield _Remote(client, self.path)
        finally:
            ends.cancel()
            transport.close()
            line.close()

    def _line(self) -> socket.socket:
        try:
            return connect(
                self.host, self.port, self.reach, timeout_s=self.limits.connect_s, ports=SFTP_PORTS
            )
        except BadAddress as error:
            raise Misconfigured(f"url: {error}") from error
        except OSError as error:
            raise TryLater(f"the server cannot be reached ({type(error).__name__})") from error

    def _enter(self, transport: paramiko.Transport) -> None:
        transport.banner_timeout = transport.auth_timeout = self.limits.read_s
        transport.get_security_options().key_types = (self.host_key.get_name(),)
        transport.start_client(timeout=self.limits.read_s)
        if transport.get_remote_server_key() != self.host_key:
            raise Misconfigured("options.host_key: the server shows another key")
        if not self.has_key:
            transport.auth_password(self.user, as_password(self.secret), fallback=False)
            return
        try:
            transport.auth_publickey(self.user, _key(self.secret))
        except paramiko.AuthenticationException as error:
            told = f"the server does not know our key {public_key(self.secret)}"
            raise Misconfigured(told) from error


def sftp_folder(settings: Settings, reach: Reach) -> SftpFolders:
    """The folder behind `sftp://user@host[:port]/path`, with the options `host_key` and `login`.

    Raises Misconfigured naming what is missing.
    """
    try:
        host, port, user, path = sftp_address(settings.url)
    except BadAddress as error:
        raise Misconfigured(f"url: {error}") from error
    login = settings.options.get("login", "key")
    if login == "key" and len(settings.secret) != SEED_BYTES:
        raise Misconfigured(f"secret: a key is made of {SEED_BYTES} bytes")
    if not settings.secret:
        raise Misconfigured("secret: the agency's password is not set")
    return SftpFolders(
        host=host,
        port=port,
        user=user,
        path=path,
        host_key=_pinned(settings.options),
        secret=settings.secret,
        has_key=login == "key",
        reach=reach,
        limits=limits_from(settings.options),
    )


def public_key(secret: bytes) -> str:
    """The public half of our key, as it goes into the server's `authorized_keys`."""
    key = _key(secret)
    return f"{key.get_name()} {key.get_base64()}"


def _key(secret: bytes) -> paramiko.Ed25519Key:
    private = Ed25519PrivateKey.from_private_bytes(secret)
    written = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode("ascii")
    return paramiko.Ed25519Key.from_private_key(StringIO(written))


def _pinned(options: Mapping[str, object]) -> paramiko.PKey:
    kind, _, body = str(options.get("host_key", "")).strip().partition(" ")
    try:
        return paramiko.PKey.from_type_string(kind, b64decode(body.split(" ")[0], validate=True))
    except (paramiko.SSHException, paramiko.pkey.UnknownKeyType, ValueError, IndexError) as error:
        raise Misconfigured(
            "options.host_key: must be the server's public key, such as ssh-ed25519 AAAA..."
        ) from error


class _Remote:
    def __init__(self, client: paramiko.SFTPClient, path: str) -> None:
        self._client = client
        self._path = path

    def put(self, place: str, name: str, data: bytes) -> None:
        here = join(self._path, place)
        self._make(here)
        beside = join(here, f".{plain(name)}.{token_hex(4)}.part")
        with self._client.open(beside, "wx") as file:
            file.set_pipelined(True)
            file.write(data)
        self._client.posix_rename(beside, join(here, name))

    def names(self, place: str) -> list[Entry]:
        found: list[Entry] = []
        try:
            for count, one in enumerate(self._client.listdir_iter(join(self._path, place)), 1):
                if count > MOST_FILES:
                    raise too_many()
                if NAME.fullmatch(one.filename) and stat.S_ISREG(one.st_mode or 0):
                    size = one.st_size or 0
                    found.append(Entry(one.filename, size, f"{one.st_mtime}/{size}"))
        except FileNotFoundError:
            return []
        return sorted(found, key=lambda entry: entry.name)

    def read(self, place: str, name: str) -> bytes | None:
        if not self.has(place, name):
            return None
        try:
            with self._client.open(join(self._path, place, name), "rb") as file:
                return bounded(file.read(LARGEST + 1), f"{place}/{name}")
        except FileNotFoundError:
            return None

    def has(self, place: str, name: str) -> bool:
        try:
            return stat.S_ISREG(self._client.lstat(join(self._path, place, plain(name))).st_mode or 0)
        except FileNotFoundError:
            return False

    def move(self, name: str, place: str, to: str) -> None:
        self._make(join(self._path, to))
        try:
            self._client.posix_rename(join(self._path, place, plain(name)), join(self._path, to, name))
        except FileNotFoundError:
            return

    def _make(self, path: str) -> None:
        try:
            self._client.lstat(path)
        except FileNotFoundError:
            self._client.mkdir(path, 0o770)


@contextmanager
def _told(*, is_sent: bool) -> Iterator[None]:
    """What the library says, in the words of a connector. `is_sent`: something may have been written already."""
    try:
        yield
    except ConnectorError:
        raise
    except paramiko.AuthenticationException as error:
        raise Misconfigured("the server does not let us in") from error
    except PermissionError as error:
        raise Misconfigured("url: the folder may not be read or written") from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise TryLater(f"the line to the server broke ({type(error).__name__})", unknown=is_sent) from error
