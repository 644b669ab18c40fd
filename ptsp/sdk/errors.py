"""Errors of a connector, named for what the platform does next."""


class ConnectorError(Exception):
    """Parent of what a connector may raise. Anything else is a bug of the connector."""


class TryLater(ConnectorError):
    """The agency is away, busy or out of quota: ask again, later each time.

    `after` is the agency's own wish in seconds (Retry-After), if it gave one. `unknown` is true when
    the question may have arrived (time-out, cut line, 5xx), so that the outcome is not known.
    """

    def __init__(self, reason: str, *, after: float | None = None, unknown: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.unknown = unknown


class RefusedByAgency(ConnectorError):
    """The message was understood and refused: a person has to look."""


class Misconfigured(ConnectorError):
    """Address, key or certificate cannot work: the operator has to act."""


class Forged(ConnectorError):
    """A message that claims to come from the agency does not; it is refused and changes nothing."""
