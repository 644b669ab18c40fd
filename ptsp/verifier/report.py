"""What the verifier has found: faults, and what it could not check."""

from dataclasses import dataclass, field


class Unreadable(Exception):
    """This is no export at all, so nothing can be said of it; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A code of `words.WORDS`, and the place that it is about."""

    code: str
    place: str = ""


@dataclass(slots=True)
class Window:
    """After what nothing protects the end: seconds up to the export, None where there is no such head.

    `events_after` and `bundles_after` are what the last head of all does not hold.
    """

    since_head_s: float | None = None
    since_stamp_s: float | None = None
    since_held_s: float | None = None
    events_after: int = 0
    bundles_after: int = 0


@dataclass(slots=True)
class Report:
    """Grows while the verifier works. `authorities` are fingerprints of whoever vouches for the office's signatures."""

    tenant: str = ""
    exported_at: str = ""
    bundles: int = 0
    events: int = 0
    heads: int = 0
    stamped: int = 0
    held: int = 0
    authorities: set[str] = field(default_factory=set)
    faults: list[Finding] = field(default_factory=list)
    not_checked: list[Finding] = field(default_factory=list)
    window: Window = field(default_factory=Window)

    def fault(self, code: str, place: str = "") -> None:
        self.faults.append(Finding(code, place))

    def unchecked(self, code: str, place: str = "") -> None:
        self.not_checked.append(Finding(code, place))
