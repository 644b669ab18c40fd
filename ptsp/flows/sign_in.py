"""Somebody signs in: the failure is noted in advance, the password looked at with no transaction open, then this.

`knock` and `come_in` are two transactions, since a password takes long to check: a thousand tries at once find the
failures of one another. Nothing tells an unknown login from a wrong password, neither words nor time.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ptsp.domain import people
from ptsp.flows._sessions import (
    SignedIn,
    desks_open,
    end,
    first_desk,
    open_session,
    renew,
    require,
    signed_in,
)
from ptsp.flows._telephone import recovery_hash, totp_secret
from ptsp.infra.work import Work
from ptsp.kernel.errors import Forbidden, NotFound, TryLater

LONGEST_LOGIN = 40

Rule = Callable[[int], timedelta]


@dataclass(frozen=True, slots=True)
class Knock:
    """One try. `person` is None for an unknown login, for somebody who left, and for a start password that is over.

    `places` are where its failure was noted: first that of the login, then that of the address.
    """

    login: str
    person: people.Person | None
    places: tuple[int, ...]


def knock(work: Work, login: str, *, address: str, device: str) -> Knock:
    """Note a failure in advance. `device` is what `device_of` gave this browser when it signed in before, or empty.

    Who guesses from elsewhere waits longer and longer, and the victim's own browser does not. Raises TryLater.
    """
    login = login.strip().lower()[:LONGEST_LOGIN]
    if is_known_device(work, login, device):
        keys = [(f"device|{login}|{device}", people.wait_after)]
    else:
        keys = [
            (f"login|{login}|{address}", people.wait_after),
            (f"address|{address}", people.wait_of_address),
        ]
    places = _reserve(work, keys)
    # what can be nobody's login may hold signs that PostgreSQL does not store
    is_one = people.LOGIN.fullmatch(login)
    person = people.person_by_login(work.connection, work.tenant.id, login) if is_one else None
    return Knock(login, person if _may_come(work, person) else None, places)


def prove_again(work: Work, here: SignedIn) -> tuple[int, ...]:
    """Somebody who is in shall show the password again: the failure is noted in advance. Raises TryLater."""
    return _reserve(work, [(f"account|{here.person.login}", people.wait_after)])


def proved(work: Work, places: tuple[int, ...]) -> None:
    """The password was right: what was noted in advance counts no more."""
    _clear(work, places)


def come_in(work: Work, knocked: Knock) -> str:
    """The password was right: the token of a new session, which awaits a code where the person has one."""
    person = knocked.person
    if person is None:
        raise Forbidden("nobody is signed in")
    if person.totp_since is not None:
        until = work.now + people.CODE_WITHIN
        return open_session(work, person, None, ends_at=until, awaits_code=True, places=knocked.places)
    _clear(work, knocked.places)
    return open_session(work, person, first_desk(work, person), ends_at=work.now + people.SESSION)


def confirm_code(work: Work, token: str, code: str) -> str | None:
    """The token of a new session for a right code, of the telephone or a recovery code; None for a wrong one.

    Each code counts once. After a few wrong ones the password has to be shown again: then this raises Forbidden, as for
    every token that awaits none.
    """
    here = signed_in(work, token)
    if here is None or not here.session.awaits_code:
        raise Forbidden("no code is awaited")
    person = here.person
    # counted before it is looked at: of many at once each waits for the one before
    tries = people.try_code(work.connection, work.tenant.id, here.session.id)
    if tries is None or tries > people.MOST_TRIES:
        raise Forbidden("no code is awaited")
    if not _is_right(work, person, code):
        if tries == people.MOST_TRIES:
            end(work, here, people.Ending.CODE)
        return None
    end(work, here, people.Ending.REPLACED)
    _clear(work, here.session.places)
    return open_session(work, person, first_desk(work, person), ends_at=work.now + people.SESSION)


def sign_out(work: Work, token: str) -> None:
    """End the session of a token, if it has one."""
    here = signed_in(work, token)
    if here is not None:
        end(work, here, people.Ending.SIGNED_OUT)


def change_desk(work: Work, token: str, agency: str) -> str:
    """Go to another desk, with a new session. Raises Forbidden, and NotFound for a desk that is not open to one."""
    here = require(work, token)
    held = people.holdings_of(work.connection, work.tenant.id, [here.person.id])[here.person.id]
    if here.person.start_until is not None or agency not in desks_open(work, people.in_force(held, work.now)):
        raise NotFound("this desk is not open to you")
    return renew(work, here, agency)


def device_of(work: Work, login: str, nonce: str) -> str:
    """What a browser keeps to be known again for this login: it opens nothing."""
    return f"{nonce}.{work.tenant.vault.token_hash(work.tenant.id, f'device|{login}|{nonce}').hex()}"


def is_known_device(work: Work, login: str, device: str) -> bool:
    nonce, _, _ = device.partition(".")
    return bool(nonce) and hmac.compare_digest(device.encode(), device_of(work, login, nonce).encode())


def _is_right(work: Work, person: people.Person, code: str) -> bool:
    if person.totp is None:
        return False
    step = people.step_taken(totp_secret(work, person), code, work.now, person.totp_step)
    if step is not None:
        return people.take_step(work.connection, work.tenant.id, person.id, step)
    return people.use_code(work.connection, work.tenant.id, person.id, recovery_hash(work, code), work.now)


def _may_come(work: Work, person: people.Person | None) -> bool:
    if person is None or person.left_at is not None:
        return False
    return person.start_until is None or work.now < person.start_until


def _clear(work: Work, places: tuple[int, ...]) -> None:
    """The login's failures are forgotten; of the address only this one, else a guesser would clear it with his own."""
    for place in sorted(places):
        people.take_back_failures(work.connection, work.tenant.id, place, is_all=place == places[0])


def _reserve(work: Work, keys: Sequence[tuple[str, Rule]]) -> tuple[int, ...]:
    """Note one more failure under each key, and return their places in the same order. Raises TryLater."""
    rules = {_place(work, key): rule for key, rule in keys}
    # locked in one order, so that two never wait for one another
    found = {place: people.lock_wait(work.connection, work.tenant.id, place) for place in sorted(rules)}
    now = work.now
    until = max(wait.until for wait in found.values())
    if until > now:
        raise TryLater(max(1, -(-(until - now) // timedelta(seconds=1))))
    for place, wait in found.items():
        failures = people.failures_now(wait, now) + 1
        noted = replace(wait, failures=failures, last_at=now, until=now + rules[place](failures))
        people.note_failure(work.connection, work.tenant.id, place, noted)
    return tuple(rules)


def _place(work: Work, key: str) -> int:
    digest = work.tenant.vault.index(work.tenant.id, "sign_in_wait", key)
    return int.from_bytes(digest[:4], "big") % people.PLACES
