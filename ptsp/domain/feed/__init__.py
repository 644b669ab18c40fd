"""The feed: which of an office's events go out to whoever listens, and how far that has come."""

from ptsp.domain.feed.rules import EVENTS, Shown, shown
from ptsp.domain.feed.store import Happened, Turn, advance, finish, news, take_turn

__all__ = ["EVENTS", "Happened", "Shown", "Turn", "advance", "finish", "news", "shown", "take_turn"]
