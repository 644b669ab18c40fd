"""What a second holder has kept: heads as files of a folder, or as mails saved there."""

import base64
import email
import email.policy
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ptsp.verifier.archive import canonical, parsed
from ptsp.verifier.chains import Leaf
from ptsp.verifier.heads import STATEMENT, Head
from ptsp.verifier.report import Report, Unreadable
from ptsp.verifier.stamps import days

SUFFIXES = {".p7s": "signature", ".tst": "token", ".leaves.jsonl": "leaves"}
BLOCKS = {"STATEMENT": "statement", "SIGNATURE": "signature", "STAMP": "token"}
BLOCK = re.compile(r"-----BEGIN PTSP (\w+)-----\s(.*?)-----END PTSP \1-----", re.DOTALL)


@dataclass(slots=True)
class Copy:
    """One head as somebody else keeps it; what is not there is not compared."""

    place: str
    parts: dict[str, bytes] = field(default_factory=dict)


def check_copies(
    folder: Path,
    tenant: str,
    heads: Sequence[Head],
    leaves: Mapping[str, Sequence[Leaf]],
    report: Report,
) -> list[str]:
    """Compare every copy with the export; gives the days that somebody else holds, and that are the same there.

    Raises Unreadable for a folder that is not there.
    """
    copies = _copies(folder, tenant, report)
    of_days = {head.day: head for head in heads}
    same = []
    for day, held in sorted(copies.items()):
        if day not in of_days:
            report.fault("held_missing", f"{day} ({held[0].place})")
            continue
        ours = _parts(of_days[day], leaves)
        wrong = [f"{day} ({copy.place})" for copy in held if not _is_same(copy, ours)]
        for place in wrong:
            report.fault("held_differs", place)
        if not wrong:
            same.append(day)
    others = [head.day for head in heads if head.day not in copies]
    if others:
        report.unchecked("not_held", days(others))
    report.held = len(same)
    return same


def _parts(head: Head, leaves: Mapping[str, Sequence[Leaf]]) -> dict[str, bytes]:
    lines = [
        {"day": leaf.day, "bundle": bundle, "seq": leaf.seq, "hash": leaf.hash}
        for bundle in sorted(leaves)
        for leaf in leaves[bundle]
        if leaf.day == head.day
    ]
    parts = {"statement": head.statement, "signature": head.signature}
    if head.token is not None:
        parts["token"] = head.token
    return parts | {"leaves": "".join(canonical(line) + "\n" for line in lines).encode()}


def _is_same(copy: Copy, ours: Mapping[str, bytes]) -> bool:
    return all(ours.get(name) == part for name, part in copy.parts.items())


def _copies(folder: Path, tenant: str, report: Report) -> dict[str, list[Copy]]:
    """By day, those of this office; what cannot be read is noted."""
    if not folder.is_dir():
        raise Unreadable(f"{folder} is no folder")
    room = folder / tenant if (folder / tenant).is_dir() else folder
    copies: dict[str, list[Copy]] = defaultdict(list)
    for path in sorted(room.iterdir()):
        copy = _read(path)
        if copy is None:
            continue
        said = parsed(copy.parts.get("statement", b"").decode(errors="replace"), STATEMENT)
        if said is None:
            report.unchecked("held_unreadable", path.name)
        elif said["tenant"] == tenant:
            copies[said["day"]].append(copy)
    return copies


def _read(path: Path) -> Copy | None:
    """A copy, None for a file that is none. Of files, the statement's stands for all of its day."""
    if path.suffix == ".json":
        copy = Copy(path.name, {"statement": path.read_bytes()})
        for suffix, name in SUFFIXES.items():
            beside = path.with_suffix(suffix)
            if beside.exists():
                copy.parts[name] = beside.read_bytes()
        return copy
    return _from_mail(path) if path.suffix == ".eml" else None


def _from_mail(path: Path) -> Copy:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = mail.get_body(("plain",))
    copy = Copy(path.name)
    for name, content in BLOCK.findall(body.get_content() if body else ""):
        if name in BLOCKS:
            try:
                copy.parts[BLOCKS[name]] = base64.b64decode(content)
            except ValueError:
                copy.parts[BLOCKS[name]] = b""
    return copy
