"""The few kinds of error, named for what the caller does next."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where: a path such as `applications[0].answers.floor_area`.

    `reason` is plain English. What an applicant can cause has a stable `code` too, with the `values` its
    texts in other languages name; see `ptsp.kernel.reasons`.
    """

    field: str
    reason: str
    code: str = ""
    values: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class PtspError(Exception):
    """Anything the platform refuses on purpose. `code` is stable and meant for machines."""

    code = "error"


class NotFound(PtspError):
    """There is no such thing, or it is not yours to see: the two are never told apart."""

    code = "not_found"


class Conflict(PtspError):
    """The thing is in a state that does not allow this; look again before trying once more."""

    code = "conflict"


class Forbidden(PtspError):
    """The caller is known, or should be, and may not do this."""

    code = "forbidden"


class NotYours(Forbidden):
    """The caller is known and may come in, but this is for somebody else to do."""

    code = "not_yours"


class TryLater(PtspError):
    """Nothing is wrong but the moment; `seconds` from now it may go."""

    code = "try_later"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"try again in {seconds} s")


class Invalid(PtspError):
    """The input is wrong. Every fault is named at once, each with its field."""

    code = "invalid"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))


class BadPack(Invalid):
    """A tenant's pack does not make sense; `field` is the file and the path in it."""

    code = "bad_pack"
