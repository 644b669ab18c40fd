"""A mail room, and letters to send."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from ptsp.infra.post import Letter
from tests.post.rooms import MailRoom

LETTER = Letter(
    id=UUID("0b51c9e5-2a01-4c8d-9a52-6f2c5f2d3a10"),
    to="kepala@sidoarjo.example",
    recipient="head",
    office="sidoarjo",
    office_name="Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu Kabupaten Sidoarjo",
    kind="deadline_near",
    subject="Peringatan: 2 hari kerja lagi untuk SDA-2026-000017 — mohon ditindaklanjuti",
    body="Yth. Kepala Dinas,\n\nBerkas SDA-2026-000017 menunggu – batasnya 24 November 2026.\n.\nSalam.\n",
    written_at=datetime(2026, 11, 22, 3, 15, tzinfo=UTC),
)


def letter(**changes: Any) -> Letter:
    return replace(LETTER, **changes)


@pytest.fixture
def room() -> Iterator[MailRoom]:
    with MailRoom().open() as made:
        yield made
