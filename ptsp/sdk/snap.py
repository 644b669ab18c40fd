"""Signatures of BI-SNAP, the payment interface of Bank Indonesia, for both sides of a call.

A token is asked for with SHA256withRSA over `client key|timestamp`; every other call is signed with HMAC-SHA512 over
`METHOD:path:token:lower(hex(SHA-256(minified body))):timestamp`. Shapes after the developer pages of banks.
"""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime, timedelta, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

WIB = timezone(timedelta(hours=7))
WINDOW_S = 300.0  # what a timestamp may differ from our clock
TOKEN_S = 900  # how long an access token is good
PATH = "/snap/v1.0"
TOKEN, INQUIRY, PAYMENT, STATUS, NOTIFY = "73", "24", "25", "26", "52"
SERVICES = {  # path below PATH: service code, the middle of every response code
    "/access-token/b2b": TOKEN,
    "/transfer-va/inquiry": INQUIRY,
    "/transfer-va/payment": PAYMENT,
    "/transfer-va/status": STATUS,
    "/qr/qr-mpm-notify": NOTIFY,
}
NO_SERVICE = "00"

_STRING_OR_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+', re.DOTALL)


def stamp(now: float) -> str:
    """A moment as X-TIMESTAMP has it."""
    return datetime.fromtimestamp(now, WIB).isoformat(timespec="seconds")


def is_fresh(written: str, *, now: float) -> bool:
    """Whether X-TIMESTAMP is a moment with its offset, not far from now."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return False
    return moment.tzinfo is not None and abs(moment.timestamp() - now) <= WINDOW_S


def minified(body: bytes) -> bytes:
    """A JSON text without the white space between its parts."""
    return _STRING_OR_SPACE.sub(lambda found: found[1] or b"", body)


def sign(secret: bytes, *, method: str, path: str, token: str, body: bytes, timestamp: str) -> str:
    """X-SIGNATURE of a call. `path` as it is called, with `/snap/v1.0`."""
    digest = hashlib.sha256(minified(body)).hexdigest()
    said = f"{method}:{path}:{token}:{digest}:{timestamp}".encode()
    return base64.b64encode(hmac.new(secret, said, hashlib.sha512).digest()).decode()


def holds(
    secret: bytes, signature: str, *, method: str, path: str, token: str, body: bytes, timestamp: str
) -> bool:
    """Whether X-SIGNATURE is that of this very call."""
    right = sign(secret, method=method, path=path, token=token, body=body, timestamp=timestamp)
    return hmac.compare_digest(right.encode(), signature.encode())


def sign_token_request(key: rsa.RSAPrivateKey, client: str, timestamp: str) -> str:
    """X-SIGNATURE with which a bank asks for a token."""
    signed = key.sign(f"{client}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signed).decode()


def token_request_holds(key: rsa.RSAPublicKey, signature: str, client: str, timestamp: str) -> bool:
    try:
        signed = base64.b64decode(signature, validate=True)
        key.verify(signed, f"{client}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def make_token(secret: bytes, client: str, *, now: float) -> str:
    """An access token that nobody has to remember: its end and whose it is, sealed."""
    end = str(int(now) + TOKEN_S)
    return f"{end}.{_seal(secret, client, end)}"


def token_holds(secret: bytes, token: str, client: str, *, now: float) -> bool:
    """Whether we made this token for this client, and it has not run out."""
    end, _, seal = token.partition(".")
    if re.fullmatch(r"[0-9]{1,12}", end) is None or int(end) < now:
        return False
    return hmac.compare_digest(_seal(secret, client, end).encode(), seal.encode())


def _seal(secret: bytes, client: str, end: str) -> str:
    return hmac.new(secret, f"snap token|{client}|{end}".encode(), hashlib.sha256).hexdigest()
