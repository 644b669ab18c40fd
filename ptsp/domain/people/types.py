"""Who works at an office, and what they may do there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What somebody is at a desk, or in the whole office."""

    OFFICER = "officer"
    TECHNICAL_TEAM = "technical_team"
    SIGNER = "signer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What a role allows."""

    SEE = "see"  # what waits at the desk, and its cases
    ANSWER = "answer"  # take tasks, answer them, return them, steer their clocks
    RUN = "run"  # take money, look after deliveries, lodge for somebody who stands there
    SIGN = "sign"  # sign decisions, decide objections
    PEOPLE = "people"  # accounts of the office


class Ending(StrEnum):
    """Why a session ended, where it did not simply run out."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"  # by one of another id
    ENDED = "ended"  # by the person, from another browser, or by an administrator
    PASSWORD = "password"  # the password was changed
    LEFT = "left"
    CODE = "code"  # too many wrong codes


@dataclass(frozen=True, slots=True)
class Grant:
    """A right at one desk; `service` None: for all services."""

    right: Right
    service: str | None


@dataclass(frozen=True, slots=True)
class Holding:
    """One role of a person. `agency` None: the whole office; `service` None: all services."""

    id: UUID
    person_id: UUID
    role: Role
    agency: str | None
    service: str | None
    since: datetime
    until: datetime | None
    granted_by: str


@dataclass(frozen=True, slots=True)
class Person:
    """An account. `name` and `totp` are encrypted; `start_until` is set while the password is a start password.

    `totp_step` is that of the last code that was taken.
    """

    id: UUID
    login: str
    name: bytes
    nik_index: bytes | None
    password: str
    start_until: datetime | None
    totp: bytes | None
    totp_since: datetime | None
    totp_step: int
    added_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. With `awaits_code` only the password was shown so far."""

    id: UUID
    person_id: UUID
    agency: str | None
    awaits_code: bool
    tries: int
    places: tuple[int, ...]
    started_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """Failures at one place, and until when nobody may try again from there."""

    failures: int
    last_at: datetime
    until: datetime
