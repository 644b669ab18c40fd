"""A small synthetic signing service with certificates of nobody. The NIK and the passphrase decide; README.md says how.

Its books keep the hash of what it signed and never the passphrase.
"""

import base64
import email
import hashlib
import io
import threading
import uuid
from datetime import UTC, datetime, timedelta

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ptsp.sdk import webhooks
from ptsp.sdk.signing import is_signable
from ptsp.sdk.simulator import Answer, Call, Desk, Opening, Route

WRONG = "salah"  # a passphrase that begins so is wrong
STATES = {
    "9998": (1112, "EXPIRED", "Sertifikat telah kedaluwarsa"),
    "9997": (1113, "SUSPEND", "Sertifikat dibekukan (suspend)"),
}
ACTIVE = (1111, "ISSUE", "Pengguna terdaftar dan sertifikat aktif")
UNKNOWN = (1110, "NOT_REGISTERED", "Pengguna tidak terdaftar")


class FakeAgency:
    approved: dict[str, object] = {}
    rejected: dict[str, object] = {}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._signed: dict[tuple[str, str], bytes] = {}
        self._signer = _signer(desk.clock())

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/api/user/status/{nik}", self._state),
            Route("POST", "/api/sign/pdf", self._sign),
            Route("GET", "/api/sign/download/{number}", self._download),
        )

    def _state(self, call: Call) -> Answer:
        if not self._known(call):
            return _error(401, 0, "Unauthorized")
        code, status, message = _state_of(call.values["nik"])
        return Answer.json(200, {"status_code": code, "status": status, "message": message})

    def _sign(self, call: Call) -> Answer:
        if not self._known(call):
            return _error(401, 0, "Unauthorized")
        form = _form(call)
        document = form.get("file", b"")
        nik, passphrase = (form.get(name, b"").decode() for name in ("nik", "passphrase"))
        code, _, message = _state_of(nik)
        if code != ACTIVE[0]:
            return _error(400, 2011 if code == UNKNOWN[0] else 2021, message)
        if not passphrase or passphrase.startswith(WRONG):
            return _error(400, 2031, "Passphrase anda salah")
        if not is_signable(document):
            return _error(400, 2041, "Dokumen rusak, dienkripsi atau sudah ditandatangani")
        signed, number = self._pen(document), uuid.uuid4().hex
        with self._lock:
            self._signed[call.office, number] = signed
        sha = hashlib.sha256(document).hexdigest()
        opening = Opening(call.office, number, "sign", sha, number, f"serial {nik[-4:]}")
        self._desk.books.open_case(opening, prefix="BSRE", at=self._desk.clock())
        return Answer(200, signed, "application/pdf", {"id_dokumen": number})

    def _download(self, call: Call) -> Answer:
        if not self._known(call):
            return _error(401, 0, "Unauthorized")
        found = self._signed.get((call.office, call.values["number"]))
        return Answer(200, found, "application/pdf") if found else _error(404, 0, "Dokumen tidak ditemukan")

    def _known(self, call: Call) -> bool:
        password = webhooks.as_password(self._desk.secret_for(call.tenant, call.agency))
        kind, _, login = call.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(login, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
        return kind == "Basic" and given == password

    def _pen(self, document: bytes) -> bytes:
        details = PdfSignatureMetadata(
            field_name="BSrE_Uji", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        out = sign_pdf(IncrementalPdfFileWriter(io.BytesIO(document)), details, self._signer)
        signed: bytes = out.getvalue()
        return signed


def _signer(now: float) -> SimpleSigner:
    """A key and a certificate for as long as this process lives."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Penanda Tangan Uji")])
    today = datetime.fromtimestamp(now, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = asn1_x509.Certificate.load(made.public_bytes(serialization.Encoding.DER))
    return SimpleSigner(
        signing_cert=certificate,
        signing_key=asn1_keys.PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore.from_certs([certificate]),
    )


def _state_of(nik: str) -> tuple[int, str, str]:
    if nik[-4:] in STATES:
        return STATES[nik[-4:]]
    return ACTIVE if "9990" <= nik[-4:] <= "9996" and len(nik) == 16 else UNKNOWN


def _form(call: Call) -> dict[str, bytes]:
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + call.body).walk()
    named = {str(part.get_param("name", header="content-disposition")): part for part in parts}
    return {name: bytes(part.get_payload(decode=True) or b"") for name, part in named.items()}


def _error(status: int, code: int, words: str) -> Answer:
    return Answer.json(status, {"error": words, "status_code": code})
