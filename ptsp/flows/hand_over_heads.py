"""Heads of the ledger leave the house: as files for a folder of a second holder, and as mail to roles of the office."""

import base64
import textwrap
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from babel.dates import format_date

from ptsp.domain import heads, messages
from ptsp.flows._dates import LOCALES
from ptsp.flows.owe_messages import owe_messages
from ptsp.infra.work import Work
from ptsp.kernel.specs import Text

KIND = "ledger_head"
RULE = "\n--\n"
LATEST_DAYS = 7  # a role named later is not sent the whole past; the folder is
WAITS_FOR_STAMP = timedelta(hours=1)

SUBJECT = "Ringkasan harian catatan kejadian, {day}: {hash}"
BODY: Text = {
    "id": "Ringkasan harian catatan kejadian {office}, {day}.\nSHA-256: {hash}\n\n"
    "Mohon simpan surel ini di luar kantor dan jangan diubah. Bila catatan kejadian pernah diubah, dipotong, atau "
    "dihapus, surel ini membuktikannya: simpan sebagai berkas .eml, lalu jalankan `ptsp-verify EKSPOR --heads FOLDER`.",
    "en": "Daily head of the ledger of {office}, {day}.\nSHA-256: {hash}\n\n"
    "Please keep this mail outside the office, unchanged. If the ledger was ever changed, cut off or removed, this "
    "mail proves it: save it as an .eml file and run `ptsp-verify EXPORT --heads FOLDER`.",
}
PARTS = {"STATEMENT": "statement", "SIGNATURE": "signature", "STAMP": "token"}


def files_of(work: Work, head: heads.HeadRow) -> Mapping[str, bytes]:
    """What a folder is given, by name: leaves first and the statement last, so that whoever has that has all."""
    day = head.day.isoformat()
    lines = (heads.leaf_fields(leaf, day) for leaf in heads.leaves_of(work.connection, head.day))
    leaves = "".join(f"{heads.canonical(line)}\n" for line in lines)
    files = {f"{day}.leaves.jsonl": leaves.encode(), f"{day}.p7s": head.signature}
    if head.token is not None:
        files[f"{day}.tst"] = head.token
    return files | {f"{day}.json": head.statement}


def owe_heads(work: Work, roles: Sequence[str], *, is_stamped: bool) -> int:
    """Owe the mails of the last days that were not owed yet; gives how many.

    `is_stamped`: an authority is set, and a mail waits an hour for its time-stamp.
    """
    found = [
        head
        for head in heads.newest(work.connection, limit=LATEST_DAYS)
        if work.today - head.day < timedelta(days=LATEST_DAYS) and _is_ripe(work, head, is_stamped=is_stamped)
    ]
    keys = {key_of(head, role): (head, role) for head in found for role in roles}
    known = messages.owed_before(work.connection, list(keys))
    return owe_messages(
        work, [_message(work, key, head, role) for key, (head, role) in keys.items() if key not in known]
    )


def key_of(head: heads.Signed, role: str) -> str:
    """Under which the mail of one day is owed to one role, once."""
    return f"{KIND}:{head.day}:{role}"


def _is_ripe(work: Work, head: heads.HeadRow, *, is_stamped: bool) -> bool:
    return (
        head.token is not None or not is_stamped or work.now - heads.made_at(head.statement) > WAITS_FOR_STAMP
    )


def _message(work: Work, key: str, head: heads.HeadRow, role: str) -> messages.NewMessage:
    hash_ = heads.hash_of(head.statement)
    told = [_told(work, head, hash_, language) for language in LOCALES]
    blocks = [block(name, getattr(head, part)) for name, part in PARTS.items() if getattr(head, part)]
    return messages.NewMessage(
        id=uuid4(),
        key=key,
        bundle_id=None,
        to_role=role,
        agency=None,
        kind=KIND,
        subject=SUBJECT.format(day=head.day.isoformat(), hash=hash_[:16]),
        body=RULE.join(told) + "\n" + "".join(blocks),
    )


def _told(work: Work, head: heads.HeadRow, hash_: str, language: str) -> str:
    day = str(format_date(head.day, "EEEE, d MMMM y", locale=LOCALES[language]))
    office = work.tenant.pack.name[language]
    return BODY[language].format(office=office, day=day, hash=hash_) + "\n"


def block(name: str, content: bytes) -> str:
    """Bytes as lines that survive any mail server."""
    lines = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    return f"-----BEGIN PTSP {name}-----\n{lines}\n-----END PTSP {name}-----\n"
