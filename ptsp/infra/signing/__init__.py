"""Signatures on documents: keys made on this machine, signing, and verifying without believing anything."""

from ptsp.infra.signing.keys import Signer, Trust, ensure_keys, ensure_trust
from ptsp.infra.signing.sign import sign
from ptsp.infra.signing.verify import TEXTS, Flaw, Verdict, verify

__all__ = ["TEXTS", "Flaw", "Signer", "Trust", "Verdict", "ensure_keys", "ensure_trust", "sign", "verify"]
