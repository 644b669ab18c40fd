"""An agency with a folder: takes files from `out`, thinks, and leaves results in `in`. See README.md."""

import csv
import io
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ptsp.sdk.contract import Verdict
from ptsp.sdk.simulator import Case, Desk, Letter, Opening, Request, Route, Rule, asks_for_rejection, listed

LOOKS_EVERY_S = 0.02
LISTS_EVERY_S = 0.1
LISTS_AT_MOST = 0.05  # of its time goes into lists
ZONE = timezone(timedelta(hours=7))  # its days are those of western Indonesia
STATES = {None: "PROSES", Verdict.APPROVED: "SETUJU", Verdict.REJECTED: "TOLAK"}
END_MARK = "SELESAI"
HEAD = ("kunci", "nomor", "hasil", "alasan")
LIST_HEAD = ("kunci", "nomor", "dibuka", "hasil")
IN_FLOOD = "Lokasi berada di daerah rawan banjir."
MARKED = "Ditolak oleh dinas pengairan (uji coba)."
NOBODYS_KEY = "00000000-0000-4000-8000-000000000000"
PAGE = b"<!doctype html><html><title>502</title><body>Bad gateway</body></html>"
OK, LATER = 200, 503
_ABOUT = {
    "applicant": {"nik": "3515121502809990", "name": "Pemohon Contoh", "address": '=1+1; Jl. "Contoh" 1'},
    "services": ["imb"],
}


class FakeAgency:
    approved = {**_ABOUT, "answers": {"area": "90", "flooded": False}}
    rejected = {**_ABOUT, "answers": {"area": "90", "flooded": True}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._root = Path()
        self._lists_left: dict[Path, bytes] = {}

    def routes(self) -> tuple[Route, ...]:
        return ()

    @contextmanager
    def door(self, place: Path) -> Iterator[str]:
        """Look into the folders below `place` while the block lasts; the address of that place."""
        place.mkdir(parents=True, exist_ok=True)
        self._root = place.resolve()
        self._desk.callbacks.carried_by(self._leave)
        ended = threading.Event()
        thread = threading.Thread(target=self._work, args=(ended,), name="folders", daemon=True)
        thread.start()
        try:
            yield self._root.as_uri()
        finally:
            ended.set()
            thread.join()

    def _work(self, ended: threading.Event) -> None:
        lists_at = 0.0
        while not ended.wait(LOOKS_EVERY_S):
            for file in sorted(self._root.glob("*/*/out/*.csv")):
                self._take(file)
            started = time.monotonic()
            if started >= lists_at:
                self._leave_lists()
                took = time.monotonic() - started
                lists_at = started + max(LISTS_EVERY_S, took / LISTS_AT_MOST)

    def _leave_lists(self) -> None:
        """Yesterday's and today's, anew when something has changed; a real agency leaves one at the end of a day."""
        today = datetime.fromtimestamp(self._desk.clock(), ZONE).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        for folder in self._root.glob("*/*"):
            office = f"{folder.parent.name}/{folder.name}"
            rule = self._desk.faults.draw(agency=office, kind="list")
            for begins in (today - timedelta(days=1), today):
                self._leave_list(folder, office, begins, rule)

    def _leave_list(self, folder: Path, office: str, begins: datetime, rule: Rule | None) -> None:
        asked = (begins.isoformat(), (begins + timedelta(days=1)).isoformat(), "")
        found = listed(self._desk, office, asked, _judge, rule, at_once=True)
        rows = [(one.key, one.number, _local(one.opened_at), STATES[one.verdict]) for one in found.cases]
        whole = _table(rows, head=LIST_HEAD)
        fault = rule.do if rule else ""
        spoilt = {"html": PAGE, "half_written": whole[: len(whole) // 2]}
        place = folder / "in" / f"daftar-{begins.date()}.csv"
        content = spoilt.get(fault, whole)
        if fault != "outage" and self._lists_left.get(place) != content:
            _put(place, content)
            self._lists_left[place] = content

    def _take(self, file: Path) -> None:
        agency, tenant = file.parts[-3], file.parts[-4]
        office = f"{tenant}/{agency}"
        told = _told(file)
        if told is None:
            return
        rule = self._desk.faults.draw(agency=office, kind="ask")
        fault = rule.do if rule else ""
        self._desk.books.note(
            Request(
                self._desk.clock(),
                office,
                "TAKE",
                file.name,
                file.stem,
                f"fault:{fault}" if fault else str(OK),
            )
        )
        if fault == "outage":
            return
        self._open(file, office, told, fault, rule.seconds if rule else 0.0)
        taken = file.parent / "taken"
        taken.mkdir(exist_ok=True)
        file.replace(taken / file.name)
        self._desk.callbacks.ring()

    def _open(self, file: Path, office: str, told: Mapping[str, str], fault: str, seconds: float) -> None:
        opening = Opening(
            office,
            file.stem,
            told.get("langkah", ""),
            told.get("nomor_berkas", ""),
            told.get("services", ""),
            "\n".join(f"{name}={value}" for name, value in told.items()),
        )

        def owes(case: Case) -> list[Letter]:
            return list(_letters(self._letter(file, case, told), fault, seconds))

        case, _ = self._desk.books.open_case(opening, prefix="BERKAS", at=self._desk.clock(), owes=owes)
        if fault == "reply_before_answer":
            self._leave(self._letter(file, case, told))

    def _letter(self, file: Path, case: Case, told: Mapping[str, str]) -> Letter:
        reasons = _reasons(told, case.agency.partition("/")[2])
        row = (case.key, case.number, "TOLAK" if reasons else "SETUJU", "|".join(reasons))
        due = case.opened_at + self._desk.faults.script.delay_s
        place = file.parent.parent / "in" / file.name
        return Letter(0, case.agency, str(place), case.key, _table([row]), "", 0, due, None, None)

    def _leave(self, letter: Letter) -> int:
        """Put a result into the folder; half of it, where that is the fault."""
        place = Path(letter.url)
        if letter.trouble == "half_written":
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(letter.body[: len(letter.body) // 2])
            return OK
        _put(place, letter.body)
        return OK


def _put(place: Path, content: bytes) -> None:
    """A file that is there wholly or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_suffix(".part")
    beside.write_bytes(content)
    beside.replace(place)


def _judge(case: Case) -> Verdict:
    told = dict(line.partition("=")[::2] for line in case.body.splitlines())
    return Verdict.REJECTED if _reasons(told, case.agency.partition("/")[2]) else Verdict.APPROVED


def _local(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(ZONE).isoformat()


def _letters(right: Letter, fault: str, seconds: float) -> Iterator[Letter]:
    """The files of one result under a scripted fault, in the order in which they are left."""
    place = Path(right.url)
    many = str(place.with_name(f"hasil-{place.name}"))
    (row,) = list(csv.reader(io.StringIO(right.body.decode()), delimiter=";"))[1:2]
    other = [NOBODYS_KEY, "BERKAS-X", "TOLAK", "Bukan untuk berkas ini."]
    broken: Mapping[str, bytes] = {
        "half_written": right.body,
        "html": PAGE,
        "wrong_schema": _table([row], head=("id", "status")),
        "wrong_task": _table([other]),
    }
    if fault in broken:
        # A result of its own is looked for by its name, so that what is not right goes into one for many.
        url = many if fault in ("html", "wrong_schema", "wrong_task") else right.url
        yield replace(right, body=broken[fault], trouble=fault, url=url)
    if fault in ("duplicate_reply", "reversed"):
        rows = [other, row] if fault == "reversed" else [row, row]
        yield replace(right, url=many, body=_table(rows))
        if fault == "reversed":
            return
    is_later = fault in broken or fault == "late"
    yield replace(right, next_at=right.next_at + seconds) if is_later else right


def _table(rows: list[tuple[str, ...]] | list[list[str]], head: tuple[str, ...] = HEAD) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerows([head, *rows, (END_MARK, str(len(rows) + 1))])
    return written.getvalue().encode("utf-8-sig" if len(rows) > 1 else "utf-8")


def _told(file: Path) -> dict[str, str] | None:
    """What stands in a question's file; None while it has no end mark."""
    try:
        rows = list(csv.reader(io.StringIO(file.read_text("utf-8"), newline=""), delimiter=";"))
    except FileNotFoundError:
        return None
    if not rows or rows[-1][0] != END_MARK:
        return None
    return {row[0]: row[1] for row in rows[1:-1]}


def _reasons(told: Mapping[str, str], agency: str) -> list[str]:
    reasons = [IN_FLOOD] if told.get("answers.flooded") == "ya" else []
    return reasons + [MARKED] * asks_for_rejection(told.get("applicant.address", ""), agency=agency)
