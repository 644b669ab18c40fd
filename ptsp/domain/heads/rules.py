"""What a head says. Pure.

The tree is that of RFC 6962, 2.1: SHA-256 of 0x00 and the leaf, SHA-256 of 0x01 and both sides; of no leaf at all it is
SHA-256 of nothing. A leaf is 16 bytes of the bundle's id, 8 of the last position (big end first), 32 of its hash; the
leaves stand in the order of their bytes.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from ptsp.domain.heads.types import Grown, Leaf, Of, Root

KIND = "ptsp.ledger.head"
VERSION = 1


class Tree:
    """Takes leaves one by one and keeps no more than one hash of each height."""

    def __init__(self) -> None:
        self._heights: list[
            tuple[int, bytes]
        ] = []  # whole trees from the left, each lower than the one before it
        self.size = 0

    def add(self, leaf: bytes) -> None:
        height, node = 0, hashlib.sha256(b"\x00" + leaf).digest()
        while self._heights and self._heights[-1][0] == height:
            node = _joined(self._heights.pop()[1], node)
            height += 1
        self._heights.append((height, node))
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self._heights:
            return hashlib.sha256().digest()
        *others, (_, node) = self._heights
        for _, left in reversed(others):
            node = _joined(left, node)
        return node


def root_of(leaves: Iterable[Grown]) -> Root:
    """Fold the leaves of all bundles, given in the order of their ids, without keeping them."""
    tree, grown, new, events = Tree(), hashlib.sha256(), 0, 0
    for leaf in leaves:
        written = leaf_bytes(leaf)
        tree.add(written)
        events += leaf.seq
        if leaf.is_new:
            new += 1
            grown.update(written)
    return Root(tree.root.hex(), tree.size, events, new, grown.hexdigest())


def leaf_bytes(leaf: Leaf) -> bytes:
    return leaf.bundle_id.bytes + leaf.seq.to_bytes(8, "big") + leaf.hash


def write_statement(of: Of, root: Root, *, breaks: int) -> bytes:
    """The statement, canonical. `breaks` are chains that no longer pass through where they stood before."""
    return canonical(
        {
            "kind": KIND,
            "version": VERSION,
            "tenant": of.tenant,
            "tenant_id": of.tenant_id,
            "day": of.day.isoformat(),
            "made_at": of.made_at.isoformat(),
            "previous": of.previous,
            "root": root.hash,
            "bundles": root.bundles,
            "events": root.events,
            "grown": root.grown,
            "grown_hash": root.grown_hash,
            "breaks": breaks,
        }
    ).encode()


def canonical(value: object) -> str:
    """One text for one value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def leaf_fields(leaf: Leaf, day: str) -> dict[str, object]:
    """A leaf as it is handed on."""
    return {"day": day, "bundle": str(leaf.bundle_id), "seq": leaf.seq, "hash": leaf.hash.hex()}


def hash_of(statement: bytes) -> str:
    """By which the next statement names this one."""
    return hashlib.sha256(statement).hexdigest()


def made_at(statement: bytes) -> datetime:
    """When a statement of ours was made; aware."""
    return datetime.fromisoformat(json.loads(statement)["made_at"])


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
