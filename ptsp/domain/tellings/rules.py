"""Whether an event concerns a central system."""

from collections.abc import Mapping

from ptsp.kernel.specs import TellsSpec

WORDS = ("state", "task", "kind")  # what of an event tells apart what a central system has to know of it


def event_name(
    type_: str, data: Mapping[str, object], tells: TellsSpec, *, is_deemed: bool = False
) -> str | None:
    """The name under which an event is told: `type:word` where the table has it, else `type`; None: it is not.

    What the law approved by silence is told when it does: its end by a decision is `:deemed`, and no approval.
    """
    word = next((str(data[name]) for name in WORDS if name in data), "")
    if is_deemed and (type_, word) == ("application.ended", "approved"):
        word = "deemed"
    named = f"{type_}:{word}"
    if named in tells.events:
        return named
    return type_ if type_ in tells.events else None


def types_told(tells: TellsSpec) -> frozenset[str]:
    """The types of events that may be told."""
    return frozenset(event.partition(":")[0] for event in tells.events)
