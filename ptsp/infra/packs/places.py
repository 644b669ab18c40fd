"""Where things stand in the files of a pack, so that a fault can name file, path and line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its name as faults call it, what it says, and the line of every path in it.

    `mended` holds paths whose value was wrong and was replaced by a stand-in, so that the rest of the
    file can still be checked; what is found wrong there is not told a second time.
    """

    file: str
    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)
    mended: frozenset[str] = frozenset()

    def fault(self, path: str, reason: str) -> Fault:
        """A fault of this file; a path that is missing gets the line of what should hold it."""
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
