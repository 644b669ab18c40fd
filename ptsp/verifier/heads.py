"""See that heads follow each other, and reckon again what each says of all chains."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ptsp.verifier.archive import Archive, Line, Shape, parsed
from ptsp.verifier.chains import Leaf, Seen, is_id, moment
from ptsp.verifier.report import Report

HEAD: Shape = {"day": str, "statement": str, "signature": str, "stamp": (str, type(None))}
LEAF: Shape = {"day": str, "bundle": str, "seq": int, "hash": str}
STATEMENT: Shape = {
    **dict.fromkeys(("kind", "tenant", "day", "made_at", "previous", "root", "grown_hash"), str),
    **dict.fromkeys(("version", "tenant_id", "bundles", "events", "grown", "breaks"), int),
}
KIND, VERSION = "ptsp.ledger.head", 1
HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a day as the export has it; `said` is its statement, read."""

    day: str
    statement: bytes
    signature: bytes
    token: bytes | None
    said: Line
    made_at: datetime


def read_heads(archive: Archive, report: Report) -> list[Head]:
    """The heads that can be read, in the order of the file. What is wrong with one, or with their order, is noted."""
    heads: list[Head] = []
    for number, line in archive.lines("heads", HEAD):
        head = _head(line)
        if head is None:
            report.fault("head_form", f"heads.jsonl:{number}")
            continue
        of = (head.said["kind"], head.said["version"], head.said["tenant"], head.said["tenant_id"])
        if of != (KIND, VERSION, archive.about["tenant"], archive.about["tenant_id"]):
            report.fault("head_other", head.day)
        _check_order(heads[-1] if heads else None, head, report)
        if head.said["breaks"]:
            report.fault("head_breaks", f"{head.day}: {head.said['breaks']}")
        heads.append(head)
    report.heads = len(heads)
    return heads


def _head(line: Line) -> Head | None:
    said = parsed(line["statement"], STATEMENT)
    signature = from_base64(line["signature"])
    token = from_base64(line["stamp"]) if line["stamp"] is not None else None
    if said is None or signature is None or (token is None) != (line["stamp"] is None):
        return None
    made_at = moment(said["made_at"])
    if made_at is None or said["day"] != line["day"] or not _is_day(line["day"]):
        return None
    return Head(line["day"], line["statement"].encode(), signature, token, said, made_at)


def _check_order(before: Head | None, head: Head, report: Report) -> None:
    previous = hashlib.sha256(before.statement).hexdigest() if before else ""
    if head.said["previous"] != previous:
        report.fault("head_previous", head.day)
    if before and (before.day >= head.day or before.made_at >= head.made_at):
        report.fault("head_order", head.day)


def check_roots(archive: Archive, heads: Sequence[Head], report: Report) -> Seen:
    """Fold the leaves day by day and compare with each head; gives what heads say of chains."""
    numbers = {head.day: number for number, head in enumerate(heads)}
    of_days = _leaves(archive, numbers, report)
    leaves: dict[str, list[Leaf]] = defaultdict(list)
    written: dict[str, bytes] = {}
    nodes: dict[str, bytes] = {}
    events = 0
    for head in heads:
        grown = of_days[head.day]
        for bundle, leaf in grown:
            before = leaves[bundle][-1].seq if leaves[bundle] else 0
            if leaf.seq <= before:
                report.fault("leaf_order", f"{bundle} {leaf.seq}, {leaf.day}")
            leaves[bundle].append(leaf)
            written[bundle] = leaf_bytes(bundle, leaf)
            nodes[bundle] = hashlib.sha256(b"\x00" + written[bundle]).digest()
            events += leaf.seq - before
        told = (head.said["bundles"], head.said["events"], head.said["grown"])
        if told != (len(nodes), events, len(grown)):
            report.fault("head_counts", head.day)
        grown_hash = hashlib.sha256(b"".join(written[bundle] for bundle, _ in grown)).hexdigest()
        root = root_of([nodes[bundle] for bundle in sorted(nodes)]).hex()
        if (head.said["root"], head.said["grown_hash"]) != (root, grown_hash):
            report.fault("head_root", head.day)
    return Seen(leaves, [head.made_at for head in heads])


def _leaves(
    archive: Archive, numbers: Mapping[str, int], report: Report
) -> dict[str, list[tuple[str, Leaf]]]:
    of_days: dict[str, list[tuple[str, Leaf]]] = defaultdict(list)
    before = ("", "")
    for number, line in archive.lines("leaves", LEAF):
        place = (line["day"], line["bundle"])
        hash_ = _from_hex(line["hash"])
        is_ours = is_id(line["bundle"]) and hash_ is not None and 0 < line["seq"] < 2**31
        if not is_ours or place <= before:
            report.fault("line", f"leaves.jsonl:{number}")
        before = max(before, place)
        if line["day"] not in numbers:
            report.fault("leaf_day", line["day"])
        elif is_ours:
            leaf = Leaf(numbers[line["day"]], line["day"], line["seq"], line["hash"])
            of_days[line["day"]].append((line["bundle"], leaf))
    return of_days


def leaf_bytes(bundle: str, leaf: Leaf) -> bytes:
    return UUID(bundle).bytes + leaf.seq.to_bytes(8, "big") + bytes.fromhex(leaf.hash)


def root_of(nodes: Sequence[bytes]) -> bytes:
    """The root over hashes of leaves (RFC 6962, 2.1), from below: a node without a neighbour goes up as it is."""
    if not nodes:
        return hashlib.sha256().digest()
    level = list(nodes)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = above + level[len(level) - len(level) % 2 :]
    return level[0]


def from_base64(text: str) -> bytes | None:
    """Bytes from base64 in its one form; None for anything else."""
    try:
        read = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return read if base64.b64encode(read).decode() == text else None


def _from_hex(text: str) -> bytes | None:
    try:
        read = bytes.fromhex(text)
    except ValueError:
        return None
    return read if len(read) == HASH_BYTES and read.hex() == text else None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
