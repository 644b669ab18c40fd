"""Errors of a connector, named for what the platform does next."""

from enum import StrEnum


class ConnectorError(Exception):
    """Parent of what a connector may raise. Anything else is a bug of the connector."""


class Why(StrEnum):
    """Why an agency has to be asked again later."""

    AWAY = "away"  # it cannot be reached: nothing was sent
    BUSY = "busy"  # it is there, and said: later
    QUOTA = "quota"  # it is there, and said: no more today
    LINE = "line"  # the line broke, or it failed inside
    NONSENSE = "nonsense"  # it answered what nobody can read


class TryLater(ConnectorError):
    """The agency is away, busy or out of quota: ask again, later each time.

    `after` is the agency's own wish in seconds (Retry-After), if it gave one. `unknown` is true when
    the question may have arrived (time-out, cut line, 5xx), so that the outcome is not known. `why` is told from
    these where it is not given: unknown is a broken line, a wish is a busy agency, anything else one that is away.
    """

    def __init__(
        self, reason: str, *, after: float | None = None, unknown: bool = False, why: Why | None = None
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.unknown = unknown
        self.why = why or (Why.LINE if unknown else Why.AWAY if after is None else Why.BUSY)


class RefusedByAgency(ConnectorError):
    """The message was understood and refused: a person has to look."""


class Misconfigured(ConnectorError):
    """Address, key or certificate cannot work: the operator has to act."""


class Forged(ConnectorError):
    """A message that claims to come from the agency does not; it is refused and changes nothing."""
