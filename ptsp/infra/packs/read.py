"""Read one YAML file of a pack: exact numbers, real dates, and the line of every value.

The reader is built on the parser's events and not on a ready loader, because ready loaders make floats,
let a second equal key win silently, follow anchors into bombs, and crash on ten thousand open brackets.
Only what a pack needs is read: mappings, lists, texts, whole numbers, decimals, dates, true, false, null.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import yaml

from ptsp.infra.packs.places import Document, step_into
from ptsp.infra.packs.written import Written
from ptsp.kernel.errors import Fault

MAX_BYTES = 256 * 1024
MAX_DEPTH = 24

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,29})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,29})\.[0-9]{1,20}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: Mapping[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}


class _Unreadable(Exception):
    """The file cannot be read any further."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def read_document(path: Path, name: str) -> tuple[Document | None, tuple[Fault, ...]]:
    """What the file says, or None if it cannot be read, and its faults, which call the file `name`."""
    try:
        content = _content(path)
        building = _Building(yaml.parse(content, Loader=yaml.CSafeLoader), name, content)
        value = building.document()
    except _Unreadable as error:
        return None, (Fault(name, f"{error.reason} (line {error.line})"),)
    except yaml.MarkedYAMLError as error:
        return None, (Fault(name, _yaml_reason(error)),)
    except yaml.YAMLError as error:
        return None, (Fault(name, f"is not YAML: {' '.join(str(error).split())}"),)
    return Document(name, value, building.lines, texts=building.texts), tuple(building.faults)


def _content(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise _Unreadable(f"is {size:,} bytes long; a file of a pack has at most {MAX_BYTES:,}", 1)
    content = path.read_bytes()
    try:
        return content.decode("utf-8").removeprefix("\ufeff")  # which no mark counts
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _Unreadable("is not UTF-8 text; save the file as UTF-8", line) from error


def _yaml_reason(error: yaml.MarkedYAMLError) -> str:
    words = ", ".join(part for part in (error.context, error.problem) if part)
    mark = error.problem_mark or error.context_mark
    return f"is not YAML: {words} (line {mark.line + 1}, column {mark.column + 1})" if mark else words


@dataclass
class _Building:
    """Values made from the events of one file; `lines` and `texts` fill as it goes."""

    events: Iterator[yaml.Event]
    name: str
    source: str
    lines: dict[str, int] = field(default_factory=dict)
    texts: dict[str, Written] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def document(self) -> object:
        """The one document of the file; None for an empty file."""
        value: object = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Unreadable("holds two documents; a file of a pack is one", _line(event))
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, "$", 0)
        return value

    def _value(self, event: yaml.Event, path: str, depth: int) -> object:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Unreadable("uses an anchor (& or *); write the value out instead", _line(event))
        if depth > MAX_DEPTH:
            raise _Unreadable(f"is nested more than {MAX_DEPTH} levels deep", _line(event))
        tag = getattr(event, "tag", None)
        if tag and not (isinstance(event, yaml.ScalarEvent) and tag == "!"):
            raise _Unreadable(f"uses the tag {tag}; leave it out", _line(event))
        self.lines[path] = _line(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        raise _Unreadable("ends in the middle of a value", _line(event))

    def _mapping(self, path: str, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event)
            place = step_into(path, key)
            again = key in found
            value = self._value(following := next(self.events), place, depth + 1)
            if again:
                self.faults.append(
                    Fault(f"{self.name}: {place}", f"is given twice in one mapping (line {_line(following)})")
                )
                continue
            found[key] = value
            self.lines[place] = _line(event)
        return found

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor:
            raise _Unreadable("has a key that is not a plain word", _line(event))
        return str(event.value)

    def _list(self, path: str, depth: int) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self._value(event, step_into(path, len(found)), depth + 1))
        return found

    def _scalar(self, event: yaml.ScalarEvent, path: str) -> object:
        words: str = event.value
        self.texts[path] = Written(
            words, self.source, event.start_mark.index, event.end_mark.index, event.style or ""
        )
        if event.style or event.tag == "!":
            return words
        if words in _WORDS:
            return _WORDS[words]
        if _WHOLE.fullmatch(words):
            return int(words)
        if _DECIMAL.fullmatch(words):
            return Decimal(words)
        return self._day(words, path) if _DAY.fullmatch(words) else words

    def _day(self, words: str, path: str) -> object:
        try:
            return date.fromisoformat(words)
        except ValueError:
            reason = f"`{words}` is no day of the calendar (line {self.lines[path]})"
            self.faults.append(Fault(f"{self.name}: {path}", reason))
            return date(2000, 1, 1)  # stands in, so that the rest of the file can be checked


def _line(event: yaml.Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 0
