"""What is kept of a telephone that makes codes, and of the recovery codes for the day it is lost."""

from uuid import UUID

from ptsp.domain import people
from ptsp.infra.work import Work


def totp_place(ident: UUID) -> str:
    return f"person.totp:{ident}"


def totp_secret(work: Work, person: people.Person) -> bytes:
    """Raises ValueError for somebody who has no telephone."""
    if person.totp is None:
        raise ValueError(f"{person.login} has no secret")
    opened = work.tenant.vault.open(work.tenant.id, totp_place(person.id), person.totp)
    return bytes.fromhex(opened["secret"])


def recovery_hash(work: Work, code: str) -> bytes:
    """What is stored of a recovery code, however it was typed."""
    bare = "".join(sign for sign in code.lower() if sign.isalnum())
    return work.tenant.vault.token_hash(work.tenant.id, f"recovery|{bare}")
