"""A small SFTP server over a folder, for trials: paramiko's server side, in a thread."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ptsp.sdk.sftp import _key


@dataclass
class SftpServer:
    """`passwords` and `keys` (as in authorized_keys) let in; `is_mute`: the line is taken and nothing is said."""

    root: Path
    passwords: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    is_mute: bool = False
    port: int = 0
    tries: list[str] = field(default_factory=list)
    host_key: paramiko.PKey = field(
        default_factory=lambda: _key(Ed25519PrivateKey.generate().private_bytes_raw())
    )

    @property
    def pinned(self) -> str:
        return f"{self.host_key.get_name()} {self.host_key.get_base64()}"

    @property
    def url(self) -> str:
        return f"sftp://ptsp@127.0.0.1:{self.port}/drop"

    @contextmanager
    def open(self) -> Iterator["SftpServer"]:
        ended = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            listener.settimeout(0.05)
            thread = threading.Thread(target=self._serve, args=(listener, ended), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                ended.set()
                thread.join()

    def _serve(self, listener: socket.socket, ended: threading.Event) -> None:
        lines: list[tuple[socket.socket, paramiko.Transport | None]] = []
        while not ended.is_set():
            try:
                line, _ = listener.accept()
            except TimeoutError:
                continue
            lines.append((line, None if self.is_mute else self._greet(line)))
        for line, transport in lines:
            if transport:
                transport.close()
            line.close()

    def _greet(self, line: socket.socket) -> paramiko.Transport:
        transport = paramiko.Transport(line)
        transport.add_server_key(self.host_key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, self.root)
        with suppress(paramiko.SSHException, EOFError):
            transport.start_server(event=threading.Event(), server=_Door(self))
        return transport


class _Door(paramiko.ServerInterface):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.tries.append("password")
        return paramiko.AUTH_SUCCESSFUL if password in self._server.passwords else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._server.tries.append("key")
        known = f"{key.get_name()} {key.get_base64()}" in self._server.keys
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Folder(paramiko.SFTPServerInterface):
    def __init__(self, server: paramiko.ServerInterface, root: Path) -> None:
        self._root = root

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        return self._do(
            lambda here: [
                paramiko.SFTPAttributes.from_stat(one.stat(follow_symlinks=False), filename=one.name)
                for one in os.scandir(here)
            ],
            path,
        )

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        return self._do(lambda here: paramiko.SFTPAttributes.from_stat(here.lstat()), path)

    stat = lstat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        def opened(here: Path) -> paramiko.SFTPHandle:
            handle = _Handle(flags)
            file = os.fdopen(
                os.open(here, flags, 0o660),
                "r+b" if flags & os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb",
            )
            handle.readfile = handle.writefile = file
            return handle

        return self._do(opened, path)

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return self._do(lambda here: here.mkdir(), path)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._do(lambda here: here.replace(self._root / newpath.lstrip("/")), oldpath)

    def _do(self, act, path):  # type: ignore[no-untyped-def]
        try:
            done = act(self._root / path.lstrip("/"))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK if done is None or isinstance(done, Path) else done
