"""Passwords as Argon2id makes them: slow on purpose, and never more than a few at a time.

Parameters are those of the OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane). Whoever asks for too many at
once would take all memory and both cores, so that the others wait, and give up after a while.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from ptsp.kernel.errors import TryLater

PARALLEL = 2
WAIT_S = 5.0
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks like something else


@dataclass(frozen=True, slots=True)
class Passwords:
    """Makes and checks hashes. `memory_kib` and `passes` are lowered by tests alone."""

    memory_kib: int = 19_456
    passes: int = 2
    _hasher: PasswordHasher = field(init=False, repr=False)
    _nobody: str = field(init=False, repr=False)
    _room: BoundedSemaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hasher = PasswordHasher(time_cost=self.passes, memory_cost=self.memory_kib, parallelism=1)
        object.__setattr__(self, "_hasher", hasher)
        object.__setattr__(self, "_nobody", hasher.hash(secrets.token_hex()))
        object.__setattr__(self, "_room", BoundedSemaphore(PARALLEL))

    def hashed(self, password: str) -> str:
        """Encoded with its salt and parameters. Raises TryLater while too many others are at it."""
        with self._turn():
            return self._hasher.hash(password)

    def fits(self, encoded: str | None, password: str) -> bool:
        """Is it the password? `encoded` None is nobody's: that takes as long and never fits. Raises TryLater."""
        with self._turn():
            try:
                return self._hasher.verify(encoded or self._nobody, password) and encoded is not None
            except VerifyMismatchError:
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(timeout=WAIT_S):
            raise TryLater(int(WAIT_S))
        try:
            yield
        finally:
            self._room.release()


def readable(groups: int) -> str:
    """A secret that is read off paper: groups of five signs, about 25 bits each."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(groups))
