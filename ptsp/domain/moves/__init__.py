"""Moves: which running cases were carried over to another version of their standard, and which were taken back."""

from ptsp.domain.moves.store import add_case, add_move, cases, move, take_back, version
from ptsp.domain.moves.types import Move, MovedCase, Version

__all__ = [
    "Move",
    "MovedCase",
    "Version",
    "add_case",
    "add_move",
    "cases",
    "move",
    "take_back",
    "version",
]
