"""Event logs in XES (IEEE 1849), plain or gzipped, read one case at a time.

What is kept in memory is one piece of the file, its cases, and the ids of the cases before (a name twice is a
fault). Document type declarations, and with them entities, are refused. The order of events is that of the
file, since many share one moment; a moment without an offset is UTC. Attributes become JSON: texts, ids and
dates as written, numbers and truth values as such (a float JSON cannot say stays text), one that has others
inside `{"value": …, "attributes": {…}}`, a list `{"attributes": [{key: value}, …]}`.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Final, NoReturn
from xml.parsers import expat

from ptsp.kernel.errors import Fault, Invalid

PIECE: Final = 1 << 16
GZIP: Final = b"\x1f\x8b"
DEEPEST: Final = 20
LONGEST_ID: Final = 200
NAME, AT, LIFECYCLE, RESOURCE = "concept:name", "time:timestamp", "lifecycle:transition", "org:resource"
OWN_FIELDS: Final = (NAME, AT, LIFECYCLE, RESOURCE)
WHOLE: Final = re.compile(r"\s*[+-]?[0-9]{1,1000}\s*")
TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
MANY: Final = ("list", "container")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event; `position` counts from 1 in the order of the file. `attributes` lack what has a field here."""

    position: int
    name: str
    lifecycle: str | None
    resource: str | None
    at: datetime
    attributes: dict[str, object]


@dataclass(frozen=True, slots=True)
class LoggedCase:
    """One trace. `dates` are its attributes that are dates, parsed; `attributes` have them as written."""

    case_id: str
    attributes: dict[str, object]
    dates: dict[str, datetime]
    events: tuple[LoggedEvent, ...]


def read_cases(path: Path, progress: Callable[[int], object] = lambda _: None) -> Iterator[LoggedCase]:
    """Each case of a log once it is whole. `progress` hears how many bytes of the file have been read.

    Raises Invalid at the first fault, with file, case and element; every case before it has been yielded.
    """
    with path.open("rb") as raw:
        is_zipped = raw.read(len(GZIP)) == GZIP
        raw.seek(0)
        log = _Log(path.name)
        with gzip.open(raw) if is_zipped else raw as file:
            fault: Exception | None = None
            while fault is None and not log.is_read:
                try:
                    log.feed(file.read(PIECE))
                except (expat.ExpatError, EOFError, zlib.error, gzip.BadGzipFile, Invalid) as broken:
                    fault = broken
                progress(raw.tell())
                yield from log.taken()
            if fault is not None:
                raise log.said(fault) from fault


class _Open:
    """An attribute, an event or a case whose end has not been read."""

    __slots__ = ("date", "inside", "is_many", "key", "raw", "value")

    def __init__(
        self, key: str, raw: str | None = None, value: object = None, *, is_many: bool = False
    ) -> None:
        self.key = key
        self.raw = raw
        self.value = value
        self.is_many = is_many
        self.date: datetime | None = None
        self.inside: dict[str, object] | list[object] | None = None

    def put(self, key: str, value: object) -> bool:
        """False when it holds the key already and is no list."""
        if self.is_many:
            self.inside = self.inside or []
            assert isinstance(self.inside, list)
            self.inside.append({key: value})
            return True
        self.inside = self.inside or {}
        assert isinstance(self.inside, dict)
        if key in self.inside:
            return False
        self.inside[key] = value
        return True

    def as_json(self) -> object:
        if self.inside is None and not self.is_many:
            return self.value
        inner = {"attributes": [] if self.inside is None else self.inside}
        return inner if self.value is None else {"value": self.value, **inner}


class _Log:
    """What has been read of a log, fed piece by piece."""

    def __init__(self, file: str) -> None:
        self.is_read = False
        self._file = file
        self._skipped = 0  # how deep in the log's own attributes, which are no part of a case
        self._in_log = False
        self._case: _Open | None = None
        self._event: _Open | None = None
        self._open: list[_Open] = []
        self._fields: dict[str, str] = {}
        self._at: datetime | None = None
        self._dates: dict[str, datetime] = {}
        self._case_id = ""
        self._events: list[LoggedEvent] = []
        self._known: set[str] = set()
        self._whole: list[LoggedCase] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes) -> None:
        """Nothing ends the log."""
        self._parser.Parse(piece, not piece)
        self.is_read = not piece

    def taken(self) -> list[LoggedCase]:
        """The cases that became whole since the last time."""
        whole, self._whole = self._whole, []
        return whole

    def said(self, fault: Exception) -> Invalid:
        """A fault of the file's form, or one of ours, as what the caller gets."""
        if isinstance(fault, Invalid):
            return fault
        if isinstance(fault, expat.ExpatError):
            return self._invalid("", f"is not well-formed XML: {expat.ErrorString(fault.code)}")
        return self._invalid("", "the compressed file is damaged or cut off")

    # ------------------------------------------------------------------------------------- elements

    def _doctype(self, *declared: object) -> None:
        del declared
        self._refuse("DOCTYPE", "a document type declaration is not taken")

    def _start(self, tag: str, given: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if self._case is None:
            self._start_outside(name)
        elif name == "event" and self._event is None and not self._open:
            self._event = _Open("event")
            self._fields, self._at = {}, None
        elif name == "values" and self._open and self._open[-1].is_many:
            pass  # newer logs put the entries of a list into it
        else:
            self._start_attribute(name, given)

    def _start_outside(self, name: str) -> None:
        if not self._in_log:
            if name != "log":
                self._refuse(name, "is not an event log: the first element must be `log`")
            self._in_log = True
        elif name == "trace" and not self._skipped:
            self._case, self._case_id, self._dates, self._events = _Open("trace"), "", {}, []
        else:
            self._skipped += 1

    def _start_attribute(self, kind: str, given: dict[str, str]) -> None:
        key = given.get("key")
        if not key:
            self._refuse(kind, "has no key")
        if len(self._open) == DEEPEST:
            self._refuse(key, f"lies more than {DEEPEST} attributes deep")
        if kind in MANY:
            self._open.append(_Open(key, is_many=True))
            return
        text = given.get("value")
        if text is None:
            self._refuse(key, "has no value")
        one = _Open(key, text)
        try:
            if kind == "date":
                one.date = _moment(text)
            one.value = _value(kind, text)
        except (ValueError, OverflowError):
            self._refuse(key, f"{text[:80]!r} is no {kind}")
        except KeyError:
            self._refuse(key, f"{kind!r} is no kind of attribute")
        self._open.append(one)

    def _end(self, tag: str) -> None:
        if self._case is None:
            self._skipped -= self._skipped > 0
        elif self._open:
            if not tag.endswith("values"):
                self._end_attribute(self._open.pop())
        elif self._event is not None:
            self._end_event(self._event)
        else:
            self._end_case(self._case)

    def _end_attribute(self, one: _Open) -> None:
        around = self._open[-1] if self._open else self._event or self._case
        assert around is not None
        if not self._open:
            if self._event is not None:
                if self._keep_field(one):
                    return
            elif self._keep_of_case(one):
                return
        if not around.put(one.key, one.as_json()):
            self._refuse(one.key, "is there twice")

    def _keep_field(self, one: _Open) -> bool:
        """Does this attribute of an event go into a field of its own, with nothing left to put elsewhere?"""
        if one.key not in OWN_FIELDS or one.raw is None:
            return False
        if one.key in self._fields:
            self._refuse(one.key, "is there twice")
        if one.key == AT and one.date is None:
            self._refuse(AT, "must be a date")
        self._fields[one.key] = one.raw
        self._at = one.date if one.key == AT else self._at
        return one.inside is None

    def _keep_of_case(self, one: _Open) -> bool:
        if one.date is not None:
            self._dates.setdefault(one.key, one.date)
        if one.key != NAME or one.raw is None:
            return False
        if self._case_id:
            self._refuse(NAME, "is there twice")
        if not one.raw.strip() or len(one.raw) > LONGEST_ID:
            self._refuse(NAME, f"must have 1 to {LONGEST_ID} characters")
        if one.raw in self._known:
            self._refuse(NAME, f"there was a case {one.raw!r} before")
        self._case_id = one.raw
        return one.inside is None

    def _end_event(self, event: _Open) -> None:
        fields = self._fields
        if self._at is None:
            self._refuse(AT, "is missing")
        if NAME not in fields:
            self._refuse(NAME, "is missing")
        assert event.inside is None or isinstance(event.inside, dict)
        self._events.append(
            LoggedEvent(
                len(self._events) + 1,
                fields[NAME],
                fields.get(LIFECYCLE),
                fields.get(RESOURCE),
                self._at,
                event.inside or {},
            )
        )
        self._event = None

    def _end_case(self, case: _Open) -> None:
        if not self._case_id:
            self._refuse(NAME, "is missing")
        assert case.inside is None or isinstance(case.inside, dict)
        self._known.add(self._case_id)
        self._whole.append(LoggedCase(self._case_id, case.inside or {}, self._dates, tuple(self._events)))
        self._case = None

    # --------------------------------------------------------------------------------------- faults

    def _refuse(self, element: str, reason: str) -> NoReturn:
        raise self._invalid(element, reason)

    def _invalid(self, element: str, reason: str) -> Invalid:
        """Named by file, case (its number where it has no name yet), event, element and line."""
        where = [self._file]
        if self._case is not None:
            where.append(f"case {self._case_id}" if self._case_id else f"case no. {len(self._known) + 1}")
        if self._event is not None:
            where.append(f"event {len(self._events) + 1}")
        where += [element] if element else []
        return Invalid([Fault(", ".join(where), f"{reason} (line {self._parser.CurrentLineNumber})")])


def _value(kind: str, text: str) -> object:
    """The JSON of a value. Raises ValueError for one that is not of its kind, KeyError for an unknown kind."""
    return KINDS[kind](text)


def _int(text: str) -> object:
    if WHOLE.fullmatch(text) is None:
        raise ValueError(text)
    return int(text)


def _float(text: str) -> object:
    if "_" in text:  # Python's own way of writing numbers
        raise ValueError(text)
    number = float(text)
    return number if isfinite(number) else text


def _bool(text: str) -> object:
    if text.strip().lower() not in TRUTH:
        raise ValueError(text)
    return TRUTH[text.strip().lower()]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)


KINDS: Final[dict[str, Callable[[str], object]]] = {
    "string": str,
    "date": str,
    "id": str,
    "int": _int,
    "float": _float,
    "boolean": _bool,
}
