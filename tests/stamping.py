"""A time-stamp authority of the tests' own: it answers over HTTP, from a thread, as it is told."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

Key = rsa.RSAPrivateKey
OPENSSL = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """`root` is whom auditors trust. `at` is what its clock says, None for now; `answer` stands in for a token."""

    root: x509.Certificate
    certificate: x509.Certificate
    key: Key
    at: datetime | None = None
    answer: tuple[int, bytes] | None = None
    asked: int = 0
    url: str = ""
    folder: Path | None = None  # with a configuration for `openssl ts`, which then stamps

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(serialization.Encoding.PEM)

    def reply(self, query: bytes) -> tuple[int, bytes]:
        self.asked += 1
        if self.answer:
            return self.answer
        return 200, self._by_openssl(query) if self.folder else self._by_pyhanko(query)

    def _by_pyhanko(self, query: bytes) -> bytes:
        der = self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        stamper = DummyTimeStamper(
            asn1_x509.Certificate.load(self.certificate.public_bytes(serialization.Encoding.DER)),
            keys.PrivateKeyInfo.load(der),
            fixed_dt=self.at or datetime.now(UTC),
        )
        answer: bytes = stamper.request_tsa_response(tsp.TimeStampReq.load(query)).dump()
        return answer

    def _by_openssl(self, query: bytes) -> bytes:
        assert self.folder is not None
        (self.folder / "query").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", "config", "-queryfile", "query", "-out", "reply"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "reply").read_bytes()

    def with_openssl(self, folder: Path) -> "Authority":
        """From now on the tokens are made by OpenSSL."""
        (folder / "config").write_text(OPENSSL.format(folder=folder))
        (folder / "serial").write_text("01")
        (folder / "tsa.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.folder = folder
        return self

    @contextmanager
    def open(self) -> Iterator["Authority"]:
        """Answer on a free port."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/tsa"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def new_authority(name: str = "Stempel Uji", *, stamps: bool = True) -> Authority:
    """A root and a certificate below it; `stamps` is whether that one may stamp time."""
    above, key = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    root = _issued(f"{name} Root", above, f"{name} Root", above, is_authority=True)
    return Authority(root, _issued(name, key, f"{name} Root", above, stamps=stamps), key)


def _issued(
    name: str, key: Key, issuer: str, issuer_key: Key, *, is_authority: bool = False, stamps: bool = False
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _handler(authority: Authority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            status, body = authority.reply(query)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 # the name is the library's
            del format, arguments

    return Handler
