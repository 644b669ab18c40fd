"""Signs documents through an office's own BSrE client service (esign): a person, a passphrase, a PDF.

Shape as seen in public client code: POST /api/sign/pdf (multipart), GET /api/user/status/{nik}, GET
/api/sign/download/{id}, HTTP Basic. Codes 1110, 1111, 2011 and 2031 are from there; all else is told by its words.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import requests

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Settings
from ptsp.sdk.errors import ConnectorError, Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.http import Answer, address, call, limits_from, malformed_is_unknown
from ptsp.sdk.signing import (
    INVISIBLE,
    LARGEST,
    Look,
    NotSigned,
    Phrase,
    Refusal,
    Signed,
    SignerState,
    flaw,
    is_signable,
)

NOBODY = "0" * 16
REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Passwords of test installations, found in public repositories: whoever reads those could sign.
PUBLISHED = frozenset({"qwerty", "esign", "bsre", "admin", "password", "secret", "demo123", "test", "123456"})
STATES = {1111: SignerState.ACTIVE, 1110: SignerState.UNKNOWN}
REFUSALS = {2011: Refusal.UNKNOWN, 2031: Refusal.PASSPHRASE}
WORDS = (
    (re.compile(r"passphrase.*salah|salah.*passphrase"), Refusal.PASSPHRASE),
    (re.compile(r"expired|kedaluwarsa|kadaluarsa|kadaluwarsa"), Refusal.EXPIRED),
    (re.compile(r"(tidak|belum) terdaftar"), Refusal.UNKNOWN),
    (
        re.compile(r"suspend|revoke|dicabut|belum (memiliki|ada) sertifikat|tidak aktif|non ?aktif"),
        Refusal.UNUSABLE,
    ),
    (re.compile(r"enkripsi|encrypt|sudah ditanda ?tangani|already signed"), Refusal.DOCUMENT),
)
OF_SIGNER = {
    Refusal.EXPIRED: SignerState.EXPIRED,
    Refusal.UNKNOWN: SignerState.UNKNOWN,
    Refusal.UNUSABLE: SignerState.UNUSABLE,
}
SAID = (400, 404, 422)


class Bsre:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        self._url = address(settings.url)
        self._secret = settings.secret
        self._user = str(settings.options.get("user", "ptsp"))
        self._limits = replace(
            limits_from({"read_s": 20, "total_s": 30, **settings.options}), max_bytes=LARGEST
        )
        self._http = http

    def check(self) -> None:
        """Asks for a signer that cannot exist: the service knows us if it says so."""
        password = webhooks.as_password(self._secret)
        if not password:
            raise Misconfigured("secret: the service's password is not set")
        if password.lower() in PUBLISHED or password == self._user:
            raise Misconfigured("secret: a password of test installations that stands in public code")
        if self.state(NOBODY) is not SignerState.UNKNOWN:
            raise Misconfigured("url: what answers there knows a signer that cannot exist")

    def state(self, nik: str) -> SignerState:
        with _nobody_named():
            answer = self._call("GET", f"/api/user/status/{quote(nik, safe='')}")
        code, words = _said(answer)
        state = STATES.get(code) or OF_SIGNER.get(_refusal(words))
        if state is None:
            raise RefusedByAgency("status_code: the service answered with a code we do not know")
        return state

    def sign(self, document: bytes, *, nik: str, passphrase: Phrase, look: Look = INVISIBLE) -> Signed:
        if not is_signable(document):
            raise NotSigned(Refusal.DOCUMENT)
        fields = {"nik": nik, "passphrase": passphrase.reveal(), **_look(look)}
        body, kind = _multipart(document, fields)
        answer = self._call("POST", "/api/sign/pdf", body=body, headers={"Content-Type": kind})
        if answer.status >= 400 or answer.body.lstrip()[:1] == b"{":
            code, words = _said(answer)
            raise NotSigned(REFUSALS.get(code) or _refusal(words))
        return self._whole(document, answer)

    def download(self, ref: str) -> bytes:
        answer = self._call("GET", f"/api/sign/download/{quote(ref, safe='')}")
        if answer.status >= 400:
            raise RefusedByAgency(f"the service answered {answer.status} for a document's number")
        return answer.body

    def _whole(self, document: bytes, answer: Answer) -> Signed:
        """What came back, if it is our document signed; else what the service has under the number it gave."""
        named = answer.headers.get("id_dokumen", "").strip()
        ref = named if REFERENCE.fullmatch(named) else ""
        wrong = flaw(document, answer.body)
        if not wrong:
            return Signed(answer.body, ref)
        if ref:
            fetched = self.download(ref)
            if not flaw(document, fetched):
                return Signed(fetched, ref)
        raise TryLater(f"what the service returned does not count: {wrong}", unknown=True, why=Why.NONSENSE)

    def _call(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        login = f"{self._user}:{webhooks.as_password(self._secret)}".encode()
        known = {"Authorization": f"Basic {base64.b64encode(login).decode('ascii')}", **(headers or {})}
        url = f"{self._url}{path}"
        return call(self._http, method, url, body=body, headers=known, limits=self._limits, accept=SAID)


@contextmanager
def _nobody_named() -> Iterator[None]:
    """The NIK stands in the address, and the HTTP library's exceptions repeat addresses: they are dropped."""
    try:
        yield
    except ConnectorError as error:
        raise error from None


def _said(answer: Answer) -> tuple[int, str]:
    """The service's code, 0 without one, and its words in lower case."""
    with malformed_is_unknown():
        told = strict_json.parse_object(answer.body)
        code = told.get("status_code", 0)
        if isinstance(code, bool) or not isinstance(code, int | str) or not str(code).isdigit():
            raise strict_json.Malformed("status_code: must be a number")
        words = [told[name] for name in ("error", "message", "status") if isinstance(told.get(name), str)]
        if not code and not words:
            raise strict_json.Malformed("neither a code nor a word")
    return int(code), " ".join(map(str, words)).lower()


def _refusal(words: str) -> Refusal:
    return next((refusal for pattern, refusal in WORDS if pattern.search(words)), Refusal.OTHER)


def _look(look: Look) -> dict[str, str]:
    if not look.is_visible:
        return {"tampilan": "invisible"}
    return {
        "tampilan": "visible",
        "image": "false",
        "linkQR": look.link,
        "page": str(look.page),
        "xAxis": str(look.x),
        "yAxis": str(look.y),
        "width": str(look.width),
        "height": str(look.height),
    }


def _multipart(document: bytes, fields: Mapping[str, str]) -> tuple[bytes, str]:
    """The same bytes for the same document. Its hash parts them, which stands in none of them."""
    mark = hashlib.sha256(document).hexdigest()
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        'Content-Disposition: form-data; name="file"; filename="dokumen.pdf"\r\nContent-Type: application/pdf'
    )
    parts.append(f"--{mark}\r\n{head}\r\n\r\n".encode() + document + f"\r\n--{mark}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={mark}"
