"""Puts each question into a folder as a file, and reads results from there: one file for one, or one for many."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import TypeVar

import requests

from ptsp.sdk import csv_files, listings, strict_json
from ptsp.sdk.addresses import PUBLIC, BadAddress
from ptsp.sdk.contract import Listing, Question, Receipt, Reply, Settings, Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.folders import Entry, Folder, Folders, local_folder
from ptsp.sdk.http import seconds
from ptsp.sdk.sftp import sftp_folder

OUT, TAKEN, IN, READ = "out", "out/taken", "in", "in/read"
END_MARK = "SELESAI"
COLLECTIVE = "hasil"  # what the names of files with many results begin with
COLUMNS = ("kunci", "nomor", "hasil", "alasan")
RESULTS = {"SETUJU": Verdict.APPROVED, "TOLAK": Verdict.REJECTED, "PROSES": None}
NAMES = listings.Names("kunci", "nomor", "dibuka", "hasil")
REASONS_APART = "|"
MOST_KEPT = 256  # files of which something is remembered

log = logging.getLogger(__name__)

Results = Mapping[str, Sequence[csv_files.Row]]
T = TypeVar("T")


class Files:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        self._folders = _folders(settings, http)
        self._look_again_s = seconds(settings.options, "look_again_s", 60, longest=86_400)
        self._end_mark = END_MARK if settings.options.get("end_mark", True) else ""
        self._seen: dict[
            str, str
        ] = {}  # without end marks: a file that has not changed since the last look is whole
        self._kept: dict[
            str, tuple[str, Results]
        ] = {}  # collective files by name, as long as they do not change

    def check(self) -> None:
        """Lists what waits for the agency."""
        with self._opened() as folder:
            folder.names(OUT)

    def ask(self, question: Question) -> Receipt:
        name = _name(question)
        data = csv_files.write(_question(question), end_mark=END_MARK)
        with self._opened() as folder:
            if not folder.has(TAKEN, name):
                folder.put(OUT, name, data)
        return self._waiting(question)

    def find(self, question: Question) -> Receipt | None:
        name = _name(question)
        with self._opened() as folder:
            is_there = any(folder.has(place, name) for place in (OUT, TAKEN, IN, READ))
        return self._waiting(question) if is_there else None

    def look(self, question: Question, agency_ref: str) -> Receipt:
        name = _name(question)
        with self._opened() as folder:
            rows = self._own(folder, question.key) or self._among_many(folder, question.key)
            receipt = _receipt(rows, agency_ref)
            if receipt is None:
                return Receipt(agency_ref, look_again_s=self._look_again_s)
            folder.move(name, IN, READ)  # so that the folder stays short; it is found there as well
        return receipt

    def list_cases(self, since: str, until: str, after: str | None = None) -> Listing:
        """Out of the lists that the agency leaves, one for each of its days: `in/daftar-2026-11-23.csv`.

        A day whose list is not there, or not whole, is asked for later.
        """
        window = listings.Window.of(since, until)
        with self._opened() as folder:
            data = {day: self._list_of(folder, day) for day in window.days()}
        digest = hashlib.sha256(b"".join(data.values())).hexdigest()[:16]
        with listings.readable():
            rows = [row for day, one in data.items() for row in self._listed(day, one)]
            wanted = [row for row in rows if listings.opened_at(row, NAMES) in window]
            start = _start(after, digest)
            end = start + listings.MOST
            further = f"{end}-{digest}" if end < len(wanted) else None
            cases = wanted[start:end]
            return listings.page(cases, RESULTS, window, names=NAMES, was=after, after=further)

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("this agency never calls back")

    def _opened(self) -> AbstractContextManager[Folder]:
        return self._folders.opened()

    def _waiting(self, question: Question) -> Receipt:
        return Receipt(agency_ref=question.key, look_again_s=self._look_again_s)

    def _list_of(self, folder: Folder, day: date) -> bytes:
        where = _list_place(day)
        data = folder.read(IN, f"daftar-{day}.csv")
        if data is None:
            raise TryLater(f"{where}: is not there yet", why=Why.BUSY)
        if not self._end_mark:
            before, stamp = self._seen.get(where), hashlib.sha256(data).hexdigest()
            _keep(self._seen, where, stamp)
            if before != stamp:
                raise TryLater(f"{where}: may still be being written", why=Why.BUSY)
        return data

    def _listed(self, day: date, data: bytes) -> list[listings.Row]:
        """The rows of one day. A list with a row that cannot be read is not whole, and nothing of it is taken."""
        where = _list_place(day)
        columns = (NAMES.key, NAMES.number, NAMES.opened_at, NAMES.state)
        table = csv_files.read(data, columns=columns, end_mark=self._end_mark)
        if table is None:
            raise TryLater(f"{where}: is still being written", why=Why.BUSY)
        if table.faults:
            raise strict_json.Malformed(f"{where}: {table.faults[0]}")
        found: list[listings.Row] = [(f"{where}, line {row.line}", row.cells) for row in table.rows]
        for row in found:
            if listings.opened_at(row, NAMES).date() != day:
                raise strict_json.Malformed(f"{row[0]}.{NAMES.opened_at}: is of another day")
        return found

    def _own(self, folder: Folder, key: str) -> list[tuple[str, csv_files.Row]]:
        """The rows of the file that is named by this question."""
        name = f"{key}.csv"
        for place in (IN, READ):
            data = folder.read(place, name)
            found = None if data is None else self._results(f"{place}/{name}", str(hash(data)), data)
            if found is None:
                continue
            if key not in found:
                raise RefusedByAgency(f"{place}/{name}: holds no row that can be read of this question")
            return [(f"{place}/{name}", row) for row in found[key]]
        return []

    def _among_many(self, folder: Folder, key: str) -> list[tuple[str, csv_files.Row]]:
        entries = [entry for entry in folder.names(IN) if entry.name.startswith(COLLECTIVE)]
        return [
            (f"{IN}/{entry.name}", row)
            for entry in entries
            for row in self._collective(folder, entry).get(key, ())
        ]

    def _collective(self, folder: Folder, entry: Entry) -> Results:
        stamp, found = self._kept.get(entry.name, ("", {}))
        if stamp == entry.stamp:
            return found
        data = folder.read(IN, entry.name)
        fresh = None if data is None else self._results(f"{IN}/{entry.name}", entry.stamp, data)
        if fresh is None:
            return {}
        _keep(self._kept, entry.name, (entry.stamp, fresh))
        return fresh

    def _results(self, where: str, stamp: str, data: bytes) -> Results | None:
        """Rows by key; None while somebody is still writing. What is wrong is named, and no other row is lost.

        A file is whole by its end mark; without such marks, if it has not changed since the last look.
        """
        before = self._seen.get(where)
        if not self._end_mark and before != stamp:
            _keep(self._seen, where, stamp)
            return None
        table = csv_files.read(data, columns=COLUMNS, end_mark=self._end_mark)
        if table is None:
            return None
        for fault in table.faults:
            log.warning("a result cannot be read: %s, %s", where, fault)
        found: dict[str, list[csv_files.Row]] = {}
        for row in table.rows:
            found.setdefault(row.cells["kunci"], []).append(row)
        return found


def _folders(settings: Settings, http: requests.Session) -> Folders:
    reach = getattr(http, "reach", PUBLIC)
    if settings.url.startswith("sftp:"):
        return sftp_folder(settings, reach)
    try:
        return local_folder(settings.url, reach)
    except BadAddress as error:
        raise Misconfigured(f"url: {error}") from error


def _keep(kept: dict[str, T], name: str, value: T) -> None:
    if name not in kept and len(kept) >= MOST_KEPT:
        del kept[next(iter(kept))]
    kept[name] = value


def _list_place(day: date) -> str:
    return f"{IN}/daftar-{day}.csv"


def _start(after: str | None, digest: str) -> int:
    """Where a page begins. The pages of a list that was left anew meanwhile do not fit each other."""
    start, _, before = (after or f"0-{digest}").partition("-")
    if before != digest:
        raise TryLater("the list was changed while it was read", why=Why.BUSY)
    return int(start)


def _name(question: Question) -> str:
    return f"{question.key}.csv"


def _receipt(rows: Sequence[tuple[str, csv_files.Row]], agency_ref: str) -> Receipt | None:
    """What the rows of one question say together; None while they say nothing final."""
    said = [_read(where, row, agency_ref) for where, row in rows]
    final = [receipt for receipt in said if receipt.verdict is not None]
    if any(receipt != final[0] for receipt in final):
        places = ", ".join(sorted({f"{where}, line {row.line}" for where, row in rows}))
        raise RefusedByAgency(f"{places}: rows of one question say different things")
    return final[0] if final else None


def _read(where: str, row: csv_files.Row, agency_ref: str) -> Receipt:
    try:
        verdict = strict_json.one_of(row.cells, "hasil", RESULTS)
        reasons = strict_json.texts({"alasan": _reasons(row.cells["alasan"])}, "alasan")
        number = strict_json.text({"nomor": row.cells["nomor"] or agency_ref}, "nomor", longest=100)
        if verdict is Verdict.REJECTED and not reasons:
            raise strict_json.Malformed("alasan: a rejection has at least one")
    except strict_json.Malformed as error:
        raise RefusedByAgency(f"{where}: line {row.line}, column {error}") from error
    return Receipt(number, verdict, reasons if verdict is Verdict.REJECTED else ())


def _reasons(written: str) -> list[str]:
    return [reason.strip() for reason in written.split(REASONS_APART) if reason.strip()]


def _question(question: Question) -> Iterator[tuple[str, str]]:
    yield "bidang", "isi"
    yield "kunci", question.key
    yield "nomor_berkas", question.reference
    yield "langkah", question.step
    yield from sorted(_flat("", question.payload))


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for code, inner in value.items():
            yield from _flat(f"{name}.{code}" if name else str(code), inner)
    elif isinstance(value, list | tuple):
        yield name, ",".join(map(str, value))
    elif isinstance(value, bool):
        yield name, "ya" if value else "tidak"
    elif value is not None:
        yield name, str(value)
