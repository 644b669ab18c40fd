"""What a password must be, how long one waits after failures, which code counts, and what a holding opens.

Sources: NIST SP 800-63B (length before composition, a list of common ones), RFC 4226 and RFC 6238 (codes), OWASP
Authentication and Device Cookies (waits that hit the guesser and not the victim).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from ptsp.domain.people.common import COMMON, WORDS
from ptsp.domain.people.types import Grant, Holding, Person, Right, Role, Session, Wait

LOGIN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
SHORTEST, LONGEST = 12, 200
FEWEST_SIGNS = 5  # different ones in a password

STEP_S = 30
DIGITS = 6
WINDOW = 1  # steps before and after the present one that still count
MOST_TRIES = 3  # wrong codes after one right password

SESSION = timedelta(hours=12)
IDLE = timedelta(hours=1)
CODE_WITHIN = timedelta(minutes=5)
START_PASSWORD = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)

FORGOTTEN = timedelta(days=1)  # failures before this count no more
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_WAIT_OF_ADDRESS = timedelta(minutes=1)
FREE, FREE_OF_ADDRESS = 3, 30  # failures that cost no waiting
PLACES = 2**20  # so many rows of waits an office may have at most

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.OFFICER: frozenset({Right.SEE, Right.ANSWER, Right.RUN}),
    Role.TECHNICAL_TEAM: frozenset({Right.SEE, Right.ANSWER}),
    Role.SIGNER: frozenset({Right.SEE, Right.ANSWER, Right.SIGN}),
    Role.AUDITOR: frozenset({Right.SEE}),
    Role.ADMINISTRATOR: frozenset({Right.PEOPLE}),
}
OF_WHOLE_OFFICE = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})


# ---------------------------------------------------------------------------------------- passwords


def password_fault(password: str, login: str) -> str | None:
    """The code of `ptsp.kernel.reasons` for why a password may not be chosen; None if it may."""
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    bare = "".join(sign for sign in password.casefold() if sign.isalnum())
    if login.casefold() in password.casefold() and len(password) - len(login) < SHORTEST:
        return "password_login"
    if is_common(bare) or len(set(password)) < FEWEST_SIGNS:
        return "password_common"
    return None


def is_common(bare: str) -> bool:
    """Is it, in small letters and digits alone, one of those that are tried first?"""
    letters = bare.strip("0123456789")
    half = letters[: len(letters) // 2]
    return bare in COMMON or letters in WORDS or (half in WORDS and letters == half * 2)


# -------------------------------------------------------------------------------------------- waits


def wait_after(failures: int) -> timedelta:
    """How long nobody may try again for one login from one browser or address: it doubles, and has an end."""
    return _doubling(failures, FREE, LONGEST_WAIT)


def wait_of_address(failures: int) -> timedelta:
    """The same for an unknown browser of one address, whatever the login."""
    return _doubling(failures, FREE_OF_ADDRESS, LONGEST_WAIT_OF_ADDRESS)


def failures_now(wait: Wait | None, now: datetime) -> int:
    """What still counts of earlier failures."""
    return wait.failures if wait is not None and now - wait.last_at < FORGOTTEN else 0


def _doubling(failures: int, free: int, longest: timedelta) -> timedelta:
    if failures <= free:
        return timedelta()
    return min(longest, timedelta(seconds=2 ** min(failures - free, 30)))


# -------------------------------------------------------------------------------------------- codes


def totp_code(secret: bytes, step: int) -> str:
    """RFC 6238 with SHA-1 and six digits, which is what every telephone knows."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_S


def step_taken(secret: bytes, code: str, now: datetime, last: int) -> int | None:
    """The step whose code this is, if it is near enough and later than the last one taken."""
    written = code.replace(" ", "")
    if not written.isascii():
        return None
    here = step_of(now)
    steps = range(here - WINDOW, here + WINDOW + 1)
    fits = [step for step in steps if hmac.compare_digest(totp_code(secret, step), written)]
    return next((step for step in fits if step > last), None)


def totp_address(secret: bytes, login: str, office: str) -> str:
    """What a telephone reads from the QR code."""
    issuer = quote(office, safe="")
    key = base64.b32encode(secret).decode()
    return f"otpauth://totp/{issuer}:{quote(login, safe='')}?secret={key}&issuer={issuer}"


# ----------------------------------------------------------------------------------------- holdings


def is_live(session: Session, person: Person, now: datetime) -> bool:
    """Does the session still count?"""
    return person.left_at is None and now < session.ends_at and now - session.seen_at < IDLE


def in_force(holdings: Iterable[Holding], now: datetime, *, begun: datetime | None = None) -> list[Holding]:
    """Those that count now; with `begun` only what was held when the session began: more rights, a new session."""
    return [one for one in holdings if one.since <= (begun or now) and (one.until is None or now < one.until)]


def grants_at(holdings: Iterable[Holding], agency: str) -> frozenset[Grant]:
    """What these holdings allow at one desk."""
    return frozenset(
        Grant(right, one.service)
        for one in holdings
        if one.agency in (None, agency)
        for right in RIGHTS[one.role] - {Right.PEOPLE}
    )


def is_allowed(grants: Collection[Grant], right: Right, services: Collection[str] | None = None) -> bool:
    """With `services`: for each of them, since a task may belong to several. Without: for any at all."""
    covered = {one.service for one in grants if one.right is right}
    if None in covered or services is None:
        return bool(covered)
    return bool(services) and set(services) <= covered


def desks_of(holdings: Iterable[Holding], desks: Iterable[str]) -> list[str]:
    """The desks of the office that these holdings open, by code."""
    known = list(holdings)
    return sorted(code for code in desks if grants_at(known, code))


def is_administrator(holdings: Iterable[Holding]) -> bool:
    return any(Right.PEOPLE in RIGHTS[one.role] for one in holdings)


# --------------------------------------------------------------------------------------- separation


def crosses(agency: str, who: str, answers: Iterable[tuple[str, str | None]], signer: str) -> bool:
    """Four eyes: would `who`, at this agency, be on both sides of the signature?

    `answers` are agency and officer of what was answered in the case. What the signer's own desk answers belongs to
    the signature; all else is assessment.
    """
    is_signing = agency == signer
    return any(by == who and (at == signer) != is_signing for at, by in answers)
