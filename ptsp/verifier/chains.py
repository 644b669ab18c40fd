"""Fold every chain of events again, and see that it passes through every place where a head saw it."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import UUID

from ptsp.verifier.archive import Archive, Line, Shape
from ptsp.verifier.report import Report

EVENT: Shape = {"bundle": str, "seq": int, "at": str, "type": str, "body": str, "hash": str}
BUNDLE: Shape = {"bundle": str, "last_event": int, "head": str}
START = bytes(32)
LONGEST_WRITING = timedelta(hours=1)  # between the moment that an event names and its commit


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where the head of a day saw a chain; `number` is that of the head, from 0."""

    number: int
    day: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What heads say of chains: leaves by bundle, the oldest first, and when each head was made."""

    leaves: Mapping[str, Sequence[Leaf]]
    made_at: Sequence[datetime]


def check_chains(archive: Archive, seen: Seen, report: Report) -> None:
    """Note every fault, and how much comes after the last head."""
    ends = _ends(archive, report)
    tenant_id = archive.about["tenant_id"]
    found: set[str] = set()
    before = ""
    for bundle, lines in groupby(archive.lines("events", EVENT), key=lambda one: str(one[1]["bundle"])):
        if bundle <= before:
            report.fault("event_order", bundle)
        before = max(before, bundle)
        _check_chain(tenant_id, bundle, [line for _, line in lines], ends, seen, report)
        found.add(bundle)
    for bundle in [one for one in ends if one not in found]:
        report.fault("bundle_empty", bundle)
    for bundle in [one for one in seen.leaves if one not in found]:
        report.fault("bundle_gone", f"{bundle}, {seen.leaves[bundle][-1].day}")
    report.bundles, report.window.bundles_after = len(found), len(found - seen.leaves.keys())


def _ends(archive: Archive, report: Report) -> dict[str, tuple[int, str]]:
    ends: dict[str, tuple[int, str]] = {}
    before = ""
    for number, line in archive.lines("bundles", BUNDLE):
        bundle = line["bundle"]
        if bundle <= before or not is_id(bundle):
            report.fault("line", f"bundles.jsonl:{number}")
        before = bundle
        ends[bundle] = line["last_event"], line["head"]
    return ends


def _check_chain(
    tenant_id: int,
    bundle: str,
    lines: Sequence[Line],
    ends: Mapping[str, tuple[int, str]],
    seen: Seen,
    report: Report,
) -> None:
    hashes, wrong = _folded(tenant_id, bundle, lines)
    if wrong:
        report.fault(*wrong)
    if bundle not in ends:
        report.fault("bundle_unknown", bundle)
    elif ends[bundle] != (len(hashes), hashes[-1]) and not wrong:
        report.fault("chain_end", f"{bundle} {len(hashes)}")
    leaves = seen.leaves.get(bundle, ())
    for leaf in leaves:
        if leaf.seq > len(hashes):
            report.fault("chain_cut", f"{bundle} {leaf.seq}, {leaf.day}")
        elif hashes[leaf.seq - 1] != leaf.hash:
            report.fault("chain_remade", f"{bundle} {leaf.seq}, {leaf.day}")
    for seq in _backdated(lines, leaves, seen.made_at):
        report.fault("event_backdated", f"{bundle} {seq}")
    report.events += len(hashes)
    report.window.events_after += max(0, len(hashes) - (leaves[-1].seq if leaves else 0))


def _folded(tenant_id: int, bundle: str, lines: Sequence[Line]) -> tuple[list[str], tuple[str, str] | None]:
    """The hash at every event, and the first fault of the chain: what follows from that one is no news."""
    hashes: list[str] = []
    wrong: tuple[str, str] | None = None
    hash_ = START
    for seq, line in enumerate(lines, start=1):
        hash_ = hashlib.sha256(hash_ + line["body"].encode()).digest()
        hashes.append(hash_.hex())
        code = None if wrong else _fault(tenant_id, bundle, seq, line, hashes[-1])
        if code:
            wrong = code, f"{bundle} {seq}"
    return hashes, wrong


def _fault(tenant_id: int, bundle: str, seq: int, line: Line, hash_: str) -> str | None:
    if line["seq"] != seq or not is_id(bundle):
        return "event_order"
    if line["hash"] != hash_:
        return "event_hash"
    try:
        said = json.loads(line["body"])
        told = (said["tenant"], said["bundle"], said["seq"], said["type"], datetime.fromisoformat(said["at"]))
        is_same = told == (tenant_id, bundle, seq, line["type"], moment(line["at"]))
    except (ValueError, KeyError, TypeError):
        is_same = False
    return None if is_same else "event_columns"


def _backdated(lines: Sequence[Line], leaves: Sequence[Leaf], made_at: Sequence[datetime]) -> Iterator[int]:
    """Events that name a moment long before a head which does not hold them: they were written later than they say."""
    first = {leaf.seq: leaf.number for leaf in leaves}
    number = len(made_at)  # the head that holds the event first; after the last one, none does
    for seq in range(len(lines), 0, -1):
        number = first.get(seq, number)
        at = moment(lines[seq - 1]["at"])
        if number and at and at < made_at[number - 1] - LONGEST_WRITING:
            yield seq


def is_id(text: str) -> bool:
    """Whether this is a UUID in its one form."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def moment(text: str) -> datetime | None:
    """A moment in its one form, in UTC; None for anything else."""
    try:
        read = datetime.fromisoformat(text)
        return read if read.tzinfo and read.astimezone(UTC).isoformat() == text else None
    except (ValueError, OverflowError):
        return None
