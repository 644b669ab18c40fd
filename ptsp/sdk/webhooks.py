"""Signed messages both ways, by the Standard Webhooks rules (symmetric signatures, `v1`).

Source: Standard Webhooks 1.0.0, "Verifying webhook authenticity". Tightened where it leaves room: the
time is whole seconds in ASCII digits, the message id has no full stop (it separates what is signed),
and a secret has at least 24 bytes.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

from ptsp.sdk.errors import Forged

WINDOW_S = 300
SHORTEST_SECRET = 24
_ID = re.compile(r"[A-Za-z0-9_:~+/=-]{1,200}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 16


def sign(secret: bytes, message_id: str, body: bytes, *, now: float) -> dict[str, str]:
    """The three headers of a message. ValueError for a secret or an id that nobody would accept."""
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a webhook secret has at least {SHORTEST_SECRET} bytes")
    if not _ID.fullmatch(message_id):
        raise ValueError("a message id has 1 to 200 letters, digits or any of _:~+/=-")
    seconds = str(int(now))
    digest = base64.b64encode(_digest(secret, message_id, seconds, body)).decode("ascii")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{digest}",
    }


def verify(
    secret: bytes, headers: Mapping[str, str], body: bytes, *, now: float, window_s: float | None = WINDOW_S
) -> str:
    """The message id of a message that is genuine and fresh. Raises Forged and nothing else.

    `headers` may be spelled in any case; `body` is the raw bytes as received; `now` is Unix time. `window_s` is None
    only for what may have stood in a queue for days; repeats are refused there by the message id.
    """
    try:
        return _verify(secret, headers, body, now, window_s)
    except Forged:
        raise
    except Exception as error:  # whatever a stranger sends, the answer is no
        raise Forged("the signature could not be checked") from error


def derive_secret(master: bytes, tenant: str, agency: str) -> bytes:
    """The 32-byte secret shared with one agency of one tenant: HKDF-SHA256 of the master secret."""
    if not master:
        raise ValueError("the master secret is empty")
    names = (tenant.encode("utf-8"), agency.encode("utf-8"))
    label = b"ptsp webhook" + b"".join(len(name).to_bytes(2, "big") + name for name in names)
    extracted = hmac.new(b"\x00" * 32, master, hashlib.sha256).digest()
    return hmac.new(extracted, label + b"\x01", hashlib.sha256).digest()


def secret_from_text(written: str) -> bytes:
    """A secret as it is handed over, `whsec_` and base64. ValueError if it is not."""
    try:
        return base64.b64decode(written.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is base64, with or without whsec_ before it") from error


def as_password(secret: bytes) -> str:
    """The secret for agencies that want a password: itself where it is plain text, else as hex."""
    plain = bool(secret) and all(32 <= byte < 127 for byte in secret) and secret == secret.strip()
    return secret.decode("ascii") if plain else secret.hex()


def _verify(
    secret: bytes, headers: Mapping[str, str], body: bytes, now: float, window_s: float | None
) -> str:
    if len(secret) < SHORTEST_SECRET:
        raise Forged("no usable secret is set for this sender")
    given = {name.lower(): value for name, value in headers.items()}
    message_id = given.get("webhook-id", "")
    seconds = given.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id):
        raise Forged("webhook-id is missing or malformed")
    if not _SECONDS.fullmatch(seconds):
        raise Forged("webhook-timestamp is missing or not whole seconds")
    if (
        window_s is not None and not abs(now - int(seconds)) <= window_s
    ):  # so written, a NaN is refused as well
        raise Forged(f"webhook-timestamp is more than {window_s} s away")
    expected = _digest(secret, message_id, seconds, body)
    if not any(hmac.compare_digest(expected, found) for found in _signatures(given)):
        raise Forged("no signature fits")
    return message_id


def _signatures(given: Mapping[str, str]) -> list[bytes]:
    entries = given.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    known = (entry.removeprefix("v1,") for entry in entries if entry.startswith("v1,"))
    return [found for found in map(_decoded, known) if found]


def _decoded(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except ValueError:  # one bad entry does not spoil the others in the list
        return b""


def _digest(secret: bytes, message_id: str, seconds: str, body: bytes) -> bytes:
    return hmac.new(secret, f"{message_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
