"""Outages: what is down, whom it holds up, and what the law may not approve meanwhile without a person."""

from ptsp.domain.outages.rules import TECHNICAL, concerns, in_the_way, working_days_lost
from ptsp.domain.outages.store import (
    add_hold,
    bundles_to_resume,
    bundles_to_stop,
    decide_hold,
    declare,
    end,
    holds_of,
    no_declaration_meanwhile,
    open_outages,
    outages_since,
    recent,
    settle,
    share,
    unsettled,
    waiting,
)
from ptsp.domain.outages.types import CENTRAL, Hold, Outage, Spell

__all__ = [
    "CENTRAL",
    "TECHNICAL",
    "Hold",
    "Outage",
    "Spell",
    "add_hold",
    "bundles_to_resume",
    "bundles_to_stop",
    "concerns",
    "decide_hold",
    "declare",
    "end",
    "holds_of",
    "in_the_way",
    "no_declaration_meanwhile",
    "open_outages",
    "outages_since",
    "recent",
    "settle",
    "share",
    "unsettled",
    "waiting",
    "working_days_lost",
]
