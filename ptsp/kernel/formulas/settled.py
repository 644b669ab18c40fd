"""Finds the parts of an expression that can have only few values, so that each is worked out once."""

from ptsp.kernel.formulas.lookups import LookUp
from ptsp.kernel.formulas.nodes import Chain, Constant, Fixed, Fold, Name, Negate, Node, Round, Settled, Whole


def settled(node: Node) -> Node:
    """The part itself, or what keeps its values if it rests on at most one name and that is a key of tables."""
    keys = _keys(node)
    if keys is None or len(keys) > 1:
        return node
    place = node.text, node.spot, node.height
    return Settled(*place, node, *keys) if keys else Fixed(*place, node)


def _keys(node: Node) -> frozenset[str] | None:
    """The names whose only use is to be looked up among the keys of a table; None if there is any other use."""
    match node:
        case Settled():
            return frozenset({node.name})
        case Constant() | Fixed():
            return frozenset()
        case LookUp(function="choose", part=Name()):
            return frozenset({node.part.text})
        case LookUp() | Round() | Whole() | Negate():
            return _keys(node.part)
        case Chain():
            return _union(node.first, *(part for _, part in node.rest))
        case Fold():
            return _union(node.first, *node.rest)
    return None


def _union(*parts: Node) -> frozenset[str] | None:
    keys = [_keys(part) for part in parts]
    known = [one for one in keys if one is not None]
    return frozenset().union(*known) if len(known) == len(keys) else None
