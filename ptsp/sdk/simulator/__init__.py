"""What a fake agency is made of: its own books, scripted faults, callbacks that do not give up.

Standard library only. A fake agency is for trying and testing; it is never started in production.
"""

from ptsp.sdk.simulator.books import Books, Case, Letter, Opening, Request
from ptsp.sdk.simulator.callbacks import Callbacks
from ptsp.sdk.simulator.desk import Answer, Call, Desk, FakeAgency, FakeAgencyClass, Route, always
from ptsp.sdk.simulator.lists import listed
from ptsp.sdk.simulator.outcome import asks_for_rejection
from ptsp.sdk.simulator.script import BadScript, Faults, Rule, Script
from ptsp.sdk.simulator.server import Running, running

__all__ = [
    "Answer",
    "BadScript",
    "Books",
    "Call",
    "Callbacks",
    "Case",
    "Desk",
    "FakeAgency",
    "FakeAgencyClass",
    "Faults",
    "Letter",
    "Opening",
    "Request",
    "Route",
    "Rule",
    "Running",
    "Script",
    "always",
    "asks_for_rejection",
    "listed",
    "running",
]
