"""The government service bus (SPLP): how its gateway is called, and how sealed replies are opened.

Shape as seen in public client code: `apikey` and a bearer token; replies `{"data": "<hex>"}`, the hex being a 12-byte
IV, the ciphertext and a 16-byte tag of AES-256-GCM under the SHA-256 of a salt.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.errors import Misconfigured

IV_BYTES, TAG_BYTES = 12, 16
_PART = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


class Unsealed(strict_json.Malformed):
    """What was to be sealed is not as it was agreed on: too short, no hex, nothing readable in it."""


class WrongSalt(Misconfigured):
    """The tag does not fit: another salt, or somebody changed the reply. Nothing of it is given out."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the bus knows an office by. `salt` opens what it seals."""

    apikey: str = field(repr=False)
    token: str = field(repr=False)
    salt: str = field(repr=False)

    @classmethod
    def read(cls, secret: bytes) -> "Keys":
        """From {"apikey", "token", "salt"} as JSON, or one word for all three. Raises Misconfigured."""
        if not secret.lstrip().startswith(b"{"):
            word = webhooks.as_password(secret)
            return cls(word, word, word)
        try:
            told = strict_json.parse_object(secret)
            return cls(*(strict_json.text(told, name, longest=4_000) for name in ("apikey", "token", "salt")))
        except strict_json.Malformed:
            raise Misconfigured("secret: must hold apikey, token and salt") from None

    def headers(self, bearer: str = "Authorization") -> dict[str, str]:
        """What the gateway knows us by; some interfaces behind it want the token under `auth`."""
        return {"apikey": self.apikey, bearer: f"Bearer {self.token}"}


def path(api: str, version: str, *, domain: str = "") -> str:
    """Where an interface stands below the gateway's address: `/{api}/{version}`, or `/t/{domain}/{api}/{version}`."""
    parts = [*(["t", domain] if domain else []), api, version]
    if not all(_PART.fullmatch(part) and ".." not in part for part in parts):
        raise Misconfigured("options: domain, api and version must be plain parts of a path")
    return "/" + "/".join(parts)


def seal(value: object, salt: str, *, iv: bytes) -> str:
    """As the other side seals it; `iv` are 12 bytes that were never used with this salt before."""
    return (iv + AESGCM(_key(salt)).encrypt(iv, strict_json.dumps(value), None)).hex()


def unseal(sealed: str, salt: str) -> list[Mapping[str, object]]:
    """The rows of a sealed reply: all of them, or none. Raises Unsealed or WrongSalt."""
    if not _HEX.fullmatch(sealed):
        raise Unsealed("data: must be hex")
    raw = bytes.fromhex(sealed)
    if len(raw) <= IV_BYTES + TAG_BYTES:
        raise Unsealed("data: too short to hold a sealed reply")
    try:
        opened = AESGCM(_key(salt)).decrypt(raw[:IV_BYTES], raw[IV_BYTES:], None)
    except InvalidTag:
        raise WrongSalt("the sealed reply does not open: another salt, or a changed reply") from None
    return _rows(opened)


def _key(salt: str) -> bytes:
    return hashlib.sha256(salt.encode()).digest()


def _rows(opened: bytes) -> list[Mapping[str, object]]:
    """Of {"items": [...]}, {"data": [...]} or the list itself, which `strict_json` reads inside an object."""
    whole = strict_json.parse_object(opened if opened.lstrip()[:1] == b"{" else b'{"items":' + opened + b"}")
    rows = whole.get("items", whole.get("data"))
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise Unsealed("data: must hold a list of rows")
    return list(rows)
