"""A central system sends something: kept as it came, sealed, once."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

from ptsp.domain import tellings
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound
from ptsp.sdk.central import Filing, Keeping


class OfficeCounter:
    """What `ptsp.sdk.central.Counter` asks for, at one office for one agency. `open_work` begins a transaction."""

    def __init__(self, open_work: Callable[[], AbstractContextManager[Work]], source: str) -> None:
        self._open_work = open_work
        self._source = source

    def keep(self, filing: Filing) -> Keeping:
        with self._open_work() as work:
            return take_filing(work, self._source, filing)


def take_filing(work: Work, source: str, filing: Filing) -> Keeping:
    """Keep one filing. The same bytes of the same source about the same number are kept once."""
    ident = uuid4()
    raw = {"body": filing.raw.decode("latin-1")}  # any byte is a character there, and comes back as it was
    is_new = tellings.keep(
        work.connection,
        work.tenant.id,
        {
            "id": ident,
            "source": source,
            "kind": filing.kind,
            "number": filing.number,
            "state": "odd" if filing.is_odd else "read",
            "fingerprint": hashlib.sha256(filing.raw).digest(),
            "raw": work.tenant.vault.seal(work.tenant.id, _place(ident), raw),
        },
    )
    return Keeping.KEPT if is_new else Keeping.KEPT_BEFORE


def filed_body(work: Work, filing_id: UUID) -> bytes:
    """What was sent, to the byte. Raises NotFound."""
    sealed = tellings.filed(work.connection, filing_id)
    if sealed is None:
        raise NotFound("this office has no such filing")
    return work.tenant.vault.open(work.tenant.id, _place(filing_id), sealed)["body"].encode("latin-1")


def _place(filing_id: UUID) -> str:
    return f"central_filing.raw:{filing_id}"
