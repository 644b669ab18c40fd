"""A telephone is made the second thing that signs one in (TOTP), and taken away again."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ptsp.domain import people
from ptsp.flows._sessions import SignedIn, renew
from ptsp.flows._telephone import recovery_hash, totp_place, totp_secret
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.reasons import fault

SECRET_BYTES = 20
CODES = 10


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the telephone has to learn: the address that the QR code holds. It is not in force before a first code."""

    address: str


def begin_totp(work: Work, here: SignedIn) -> Enrolment:
    """A new secret in place of one that was not confirmed. Raises Conflict where one is in force."""
    if here.person.totp_since is not None:
        raise Conflict("a telephone is in force already")
    tenant, person, secret = work.tenant, here.person, secrets.token_bytes(SECRET_BYTES)
    sealed = tenant.vault.seal(tenant.id, totp_place(person.id), {"secret": secret.hex()})
    people.set_totp(work.connection, tenant.id, person.id, sealed, since=None)
    return _enrolment(work, person, secret)


def waiting_totp(work: Work, here: SignedIn) -> Enrolment | None:
    """What was begun and not confirmed."""
    if here.person.totp is None or here.person.totp_since is not None:
        return None
    return _enrolment(work, here.person, totp_secret(work, here.person))


def confirm_totp(work: Work, here: SignedIn, code: str, recovery: Sequence[str]) -> str:
    """The first code of the telephone puts it in force, with these recovery codes. The session's new token.

    Raises Invalid for a wrong code, Conflict where nothing was begun.
    """
    person, tenant = here.person, work.tenant
    if person.totp is None or person.totp_since is not None:
        raise Conflict("no telephone waits for its first code")
    step = people.step_taken(totp_secret(work, person), code, work.now, person.totp_step)
    if step is None or not people.take_step(work.connection, tenant.id, person.id, step):
        raise Invalid([fault("code", "code_wrong")])
    people.set_totp(work.connection, tenant.id, person.id, person.totp, since=work.now)
    people.put_out_codes(work.connection, tenant.id, person.id, work.now)
    people.add_codes(work.connection, tenant.id, person.id, [recovery_hash(work, one) for one in recovery])
    return renew(work, here, here.session.agency)


def end_totp(work: Work, here: SignedIn) -> str:
    """Do without; who asks has shown the password. The session's new token."""
    people.set_totp(work.connection, work.tenant.id, here.person.id, None, since=None)
    people.put_out_codes(work.connection, work.tenant.id, here.person.id, work.now)
    return renew(work, here, here.session.agency)


def _enrolment(work: Work, person: people.Person, secret: bytes) -> Enrolment:
    return Enrolment(people.totp_address(secret, person.login, work.tenant.pack.name["id"]))
