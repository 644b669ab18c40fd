"""A fake agency's own books, in a file of its own: what it did, what it was asked, what it still owes.

They are kept as an agency would keep them: durable before it answers, and apart from the platform,
so that "one effect per question" can be checked against a second witness.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS effects (
    agency TEXT NOT NULL, key TEXT NOT NULL, step TEXT NOT NULL, reference TEXT NOT NULL,
    subject TEXT NOT NULL, number TEXT NOT NULL UNIQUE, opened_at REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (agency, key));
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, agency TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, key TEXT NOT NULL, outcome TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS letters (
    id INTEGER PRIMARY KEY, agency TEXT NOT NULL, url TEXT NOT NULL, message_id TEXT NOT NULL,
    body BLOB NOT NULL, trouble TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL,
    status INTEGER, done_at REAL);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS letters_due ON letters (next_at) WHERE done_at IS NULL;
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A question that asks for an effect. `agency` is `<tenant>/<agency>`; `body` is what was sent.

    `subject` tells apart two questions of the same step of one bundle (the permits concerned).
    """

    agency: str
    key: str
    step: str
    reference: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Case:
    """One effect in the books: a case that was opened, once."""

    agency: str
    key: str
    step: str
    reference: str
    subject: str
    number: str
    opened_at: float
    body: str

    @property
    def opened(self) -> datetime:
        """To the microsecond, as it is told and compared."""
        return datetime.fromtimestamp(self.opened_at, UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in, repeats included. `outcome` is a status, or the scripted fault."""

    at: float
    agency: str
    method: str
    path: str
    key: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A callback owed: it is sent again, signed anew, until somebody answers 2xx.

    `trouble` spoils it on purpose (`wrong_signature`, `unknown_question`); such a letter is sent until
    it gets any answer at all, which is kept in `status`.
    """

    id: int
    agency: str
    url: str
    message_id: str
    body: bytes
    trouble: str
    tries: int
    next_at: float
    status: int | None
    done_at: float | None


_CASE = "agency, key, step, reference, subject, number, opened_at, body"
_LETTER = "id, agency, url, message_id, body, trouble, tries, next_at, status, done_at"


class Books:
    """SQLite, write-ahead log, synchronous=FULL; one writer at a time, safe over threads.

    Open the same file a second time to read it while the agency runs.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()  # what an agency owes for a case may depend on its other cases
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def open_case(
        self,
        opening: Opening,
        *,
        prefix: str,
        at: float,
        owes: Callable[[Case], Sequence[Letter]] = lambda case: (),
    ) -> tuple[Case, bool]:
        """The case of this key, and whether it is new. Its letters are owed in the same write."""
        with self._writing():
            case, is_new = self._opened(opening, prefix, at)
            for letter in owes(case) if is_new else ():
                self._post(letter)
            return case, is_new

    def open_cases(
        self,
        openings: Sequence[Opening],
        *,
        prefix: str,
        at: float,
        owes: Callable[[Sequence[Case]], Sequence[Letter]],
    ) -> list[Case]:
        """The cases of these keys, new or not. The letters about all of them are owed in the same write."""
        with self._writing():
            cases = [self._opened(opening, prefix, at)[0] for opening in openings]
            for letter in owes(cases):
                self._post(letter)
            return cases

    def _opened(self, opening: Opening, prefix: str, at: float) -> tuple[Case, bool]:
        """Within a write."""
        known = self._one("agency = ? AND key = ?", (opening.agency, opening.key))
        if known:
            return known, False
        (count,) = self._db.execute("SELECT count(*) FROM effects").fetchone()
        case = Case(
            opening.agency,
            opening.key,
            opening.step,
            opening.reference,
            opening.subject,
            f"{prefix}-{count + 1:06d}",
            at,
            opening.body,
        )
        row = (case.agency, case.key, case.step, case.reference, case.subject, case.number, at, case.body)
        self._db.execute(f"INSERT INTO effects ({_CASE}) VALUES (?,?,?,?,?,?,?,?)", row)
        return case, True

    def kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """What the agency made once and keeps, such as a key of its own."""
        with self._writing() as db:
            row = db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
            if row is None:
                row = (make(),)
                db.execute("INSERT INTO kept (name, value) VALUES (?,?)", (name, *row))
            return bytes(row[0])

    def case_by_key(self, agency: str, key: str) -> Case | None:
        with self._lock:
            return self._one("agency = ? AND key = ?", (agency, key))

    def case_by_number(self, agency: str, number: str) -> Case | None:
        with self._lock:
            return self._one("agency = ? AND number = ?", (agency, number))

    def note(self, request: Request) -> None:
        """Write a request down."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO requests (at, agency, method, path, key, outcome) VALUES (?,?,?,?,?,?)",
                (request.at, request.agency, request.method, request.path, request.key, request.outcome),
            )

    def owe(self, letter: Letter) -> None:
        with self._writing():
            self._post(letter)

    def due_letters(self, at: float, *, limit: int = 64) -> list[Letter]:
        rows = f"SELECT {_LETTER} FROM letters WHERE done_at IS NULL AND next_at <= ? ORDER BY next_at, id"
        with self._lock:
            return [Letter(*row) for row in self._db.execute(f"{rows} LIMIT ?", (at, limit))]

    def next_letter_at(self) -> float | None:
        with self._lock:
            (at,) = self._db.execute("SELECT min(next_at) FROM letters WHERE done_at IS NULL").fetchone()
        return None if at is None else float(at)

    def letter_sent(
        self, letter: Letter, *, status: int | None, done_at: float | None, next_at: float
    ) -> None:
        with self._writing() as db:
            db.execute(
                "UPDATE letters SET tries = tries + 1, status = ?, done_at = ?, next_at = ? WHERE id = ?",
                (status, done_at, next_at, letter.id),
            )

    def effects(self) -> list[Case]:
        """Every effect, oldest first."""
        with self._lock:
            return [Case(*row) for row in self._db.execute(f"SELECT {_CASE} FROM effects ORDER BY rowid")]

    def opened_between(self, agency: str, since: datetime, until: datetime) -> list[Case]:
        """Its cases from `since` up to, and without, `until`, in the order in which they were written down."""
        rows = f"SELECT {_CASE} FROM effects WHERE agency = ? AND opened_at BETWEEN ? AND ? ORDER BY rowid"
        values = (
            agency,
            since.timestamp() - 1,
            until.timestamp() + 1,
        )  # exactly: below, without fractions lost
        with self._lock:
            cases = [Case(*row) for row in self._db.execute(rows, values)]
        return [case for case in cases if since <= case.opened < until]

    def requests(self) -> list[Request]:
        """Every request, repeats included, oldest first."""
        columns = "SELECT at, agency, method, path, key, outcome FROM requests ORDER BY id"
        with self._lock:
            return [Request(*row) for row in self._db.execute(columns)]

    def letters(self) -> list[Letter]:
        with self._lock:
            return [Letter(*row) for row in self._db.execute(f"SELECT {_LETTER} FROM letters ORDER BY id")]

    def doubled(self) -> list[tuple[str, str, str, str]]:
        """Questions that had more than one effect: (agency, step, reference, subject). Must be empty."""
        same = "agency, step, reference, subject"
        rows = f"SELECT {same} FROM effects GROUP BY {same} HAVING count(*) > 1 ORDER BY {same}"
        with self._lock:
            return [(a, b, c, d) for a, b, c, d in self._db.execute(rows)]

    def _one(self, where: str, values: tuple[str, ...]) -> Case | None:
        row = self._db.execute(f"SELECT {_CASE} FROM effects WHERE {where}", values).fetchone()
        return Case(*row) if row else None

    def _post(self, letter: Letter) -> None:
        self._db.execute(
            "INSERT INTO letters (agency, url, message_id, body, trouble, next_at) VALUES (?,?,?,?,?,?)",
            (letter.agency, letter.url, letter.message_id, letter.body, letter.trouble, letter.next_at),
        )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
