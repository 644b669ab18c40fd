"""Personal data at rest: encrypted with a key per tenant, found by a keyed hash.

AES-256-GCM; the associated data names tenant, table, column and row, so that a ciphertext cannot be moved.
The first byte is the version of the key. Keys come from one master secret by HKDF-SHA256.
"""

import hashlib
import hmac
import json
import os
from base64 import b32encode
from collections.abc import Mapping
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_VERSION = b"\x01"
NONCE = 12


class Vault:
    """Seals and opens the personal data of all tenants under one master secret."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._key = lru_cache(maxsize=4096)(self._derived)

    def seal(self, tenant_id: int, place: str, value: Mapping[str, str]) -> bytes:
        """Encrypt a mapping; `place` is `table.column:row id`."""
        nonce = os.urandom(NONCE)
        plain = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
        sealed = AESGCM(self._key("data", tenant_id)).encrypt(nonce, plain, _bound(tenant_id, place))
        return KEY_VERSION + nonce + sealed

    def open(self, tenant_id: int, place: str, sealed: bytes) -> dict[str, str]:
        """Decrypt. Raises cryptography's InvalidTag when the value was changed or moved."""
        if sealed[:1] != KEY_VERSION:
            raise ValueError(f"unknown key version {sealed[:1].hex()} at {place}")
        nonce, cipher = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
        plain = AESGCM(self._key("data", tenant_id)).decrypt(nonce, cipher, _bound(tenant_id, place))
        opened: dict[str, str] = json.loads(plain)
        return opened

    def index(self, tenant_id: int, column: str, value: str) -> bytes:
        """A keyed hash: equal values of one tenant match, those of two tenants do not."""
        return hmac.digest(self._key(f"index {column}", tenant_id), value.encode(), hashlib.sha256)

    def tracking_key(self, tenant_id: int, reference: str) -> str:
        """The applicant's key to a bundle: made again from the reference, so it is stored nowhere."""
        digest = hmac.digest(self._key("track", tenant_id), reference.encode(), hashlib.sha256)
        return b32encode(digest[:15]).decode()

    def token_hash(self, tenant_id: int, token: str) -> bytes:
        """What is stored of an access token."""
        return hmac.digest(self._key("token", tenant_id), token.encode(), hashlib.sha256)

    def _derived(self, purpose: str, tenant_id: int) -> bytes:
        info = f"ptsp {purpose} {tenant_id}".encode()
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(self._master)


def _bound(tenant_id: int, place: str) -> bytes:
    return f"{tenant_id}|{place}".encode()
