"""Signatures on documents and statements: keys made on this machine, signing, and verifying without believing
anything.
"""

from ptsp.infra.signing.keys import Signer, Trust, ensure_keys, ensure_trust
from ptsp.infra.signing.sign import sign
from ptsp.infra.signing.stamps import NotStamped, Stamp, TimeStamps
from ptsp.infra.signing.statement import authority_pem, sign_statement, verify_statement
from ptsp.infra.signing.verify import TEXTS, Flaw, Verdict, verify

__all__ = [
    "TEXTS",
    "Flaw",
    "NotStamped",
    "Signer",
    "Stamp",
    "TimeStamps",
    "Trust",
    "Verdict",
    "authority_pem",
    "ensure_keys",
    "ensure_trust",
    "sign",
    "sign_statement",
    "verify",
    "verify_statement",
]
