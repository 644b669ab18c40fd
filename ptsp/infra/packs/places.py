"""Where things stand in the files of a pack, so that a fault can name file, path and line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ptsp.infra.packs.written import Written
from ptsp.kernel.errors import Fault

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def step_into(path: str, part: str | int) -> str:
    """`$.route` and 2 give `$.route[2]`; `$.texts` and `office.about` give `$.texts["office.about"]`."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if _NAME.fullmatch(part) else f'{path}["{part}"]'


def path_of(parts: Iterable[str | int]) -> str:
    path = "$"
    for part in parts:
        path = step_into(path, part)
    return path


class Pointed(str):
    """A reason that blames one line and column, from 1, of the text at its path, such as an expression."""

    line: int
    column: int

    def __new__(cls, reason: str, *, line: int, column: int) -> "Pointed":
        pointed = super().__new__(cls, reason)
        pointed.line, pointed.column = line, column
        return pointed


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its name as faults call it, what it says, the line of every path in it, and how its texts are written.

    `mended` holds paths whose value was wrong and was replaced by a stand-in, so that the rest of the
    file can still be checked; what is found wrong there is not told a second time.
    """

    file: str
    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)
    mended: frozenset[str] = frozenset()
    texts: Mapping[str, Written] = field(default_factory=dict)

    def fault(self, path: str, reason: str) -> Fault:
        """A fault of this file; a path that is missing gets the line of what should hold it."""
        if isinstance(reason, Pointed) and path in self.texts:
            place = self.texts[path].place(reason.line, reason.column)
            if place:
                return Fault(f"{self.file}: {path}", f"{reason} (line {place[0]}, column {place[1]})")
        line = self.line(path)
        return Fault(f"{self.file}: {path}", f"{reason} (line {line})" if line else reason)

    def line(self, path: str) -> int | None:
        while path not in self.lines:
            path, _, rest = path.rpartition("[" if path.endswith("]") else ".")
            if not rest:
                return None
        return self.lines[path]

    def is_mended(self, path: str) -> bool:
        return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in self.mended)


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a pack and where it stands. `loans`: what inside it was taken over, by path inside this part."""

    document: Document
    path: str
    raw: Any
    loans: Mapping[str, "Loan"] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return self.document.file

    def faults(self, found: Iterable[tuple[str, str]]) -> Iterator[Fault]:
        """Faults from (path inside this part, reason), but for what a stand-in hides anyway."""
        for inside, reason in found:
            at = next(
                (one for one in self.loans if inside == one or inside.startswith((f"{one}.", f"{one}["))),
                None,
            )
            path = self.path + inside
            if at is not None:
                yield from self._of_loan(self.loans[at], inside.removeprefix(at), reason)
            elif not self.document.is_mended(path):
                yield self.document.fault(path, reason)

    def _of_loan(self, loan: "Loan", rest: str, reason: str) -> Iterator[Fault]:
        if not loan.blamed:
            yield from loan.part.faults([(rest, reason)])
            return
        path = self.path + loan.blamed
        if not self.document.is_mended(path):
            yield self.document.fault(path, f"{loan.part.file}: {loan.part.path}{rest} {reason}")


@dataclass(frozen=True, slots=True)
class Loan:
    """A value taken over from another place. `blamed`: the borrower's path that is at fault, for a sound lender."""

    part: Part
    blamed: str = ""


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or what there is to choose from, or nothing."""
    names = sorted(known)
    close = get_close_matches(found, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    if not names:
        return "; there is none"
    listed = ", ".join(names[:12])
    return f"; there is {listed}{' and more' if len(names) > 12 else ''}"
