"""Heads of the ledger: signed every day, so that what was there cannot go unseen."""

from ptsp.domain.heads.queries import (
    all_heads,
    all_leaves,
    breaks,
    last_head,
    leaves,
    leaves_of,
    newest,
    not_handed,
    unstamped,
)
from ptsp.domain.heads.rules import (
    Tree,
    canonical,
    hash_of,
    leaf_bytes,
    leaf_fields,
    made_at,
    root_of,
    write_statement,
)
from ptsp.domain.heads.store import add, add_handover, add_leaves, add_stamp, hold
from ptsp.domain.heads.types import Grown, HeadRow, Leaf, Of, Root, Signed

__all__ = [
    "Grown",
    "HeadRow",
    "Leaf",
    "Of",
    "Root",
    "Signed",
    "Tree",
    "add",
    "add_handover",
    "add_leaves",
    "add_stamp",
    "all_heads",
    "all_leaves",
    "breaks",
    "canonical",
    "hash_of",
    "hold",
    "last_head",
    "leaf_bytes",
    "leaf_fields",
    "leaves",
    "leaves_of",
    "made_at",
    "newest",
    "not_handed",
    "root_of",
    "unstamped",
    "write_statement",
]
