"""Small made-up event logs, as text."""

import gzip
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from ptsp.infra.xes import LoggedCase, read_cases

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACE = ' xmlns="http://www.xes-standard.org/"'
PREAMBLE = """
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
  <string key="about" value="the log"><int key="trace" value="not a number, and no part of a case"/></string>
"""


def attribute(kind: str, key: str, value: str, inside: str = "") -> str:
    return f"<{kind} key={quoteattr(key)} value={quoteattr(value)}>{inside}</{kind}>"


def event(name: str, at: str, *more: str) -> str:
    named = attribute("string", "concept:name", name)
    return f"<event>{named}{attribute('date', 'time:timestamp', at)}{''.join(more)}</event>"


def case(case_id: str, *inside: str) -> str:
    return f"<trace>{attribute('string', 'concept:name', case_id)}{''.join(inside)}</trace>"


def permit(case_id: str, *, deadline: str = "", end: str = "", days: int = 3) -> str:
    """A case opened on 1 March 2024 with one event a day."""
    dates = [("startdate", "2024-03-01"), ("deadline", deadline), ("enddate", end)]
    told = [attribute("date", key, f"{day}T00:00:00+01:00") for key, day in dates if day]
    return case(
        case_id, *told, *(event(f"step {n}", f"2024-03-0{n}T09:00:00+01:00") for n in range(1, days + 1))
    )


def log(*cases: str, namespace: str = NAMESPACE, head: str = HEAD) -> str:
    return f'{head}\n<log xes.version="1.0"{namespace}>{PREAMBLE}{"".join(cases)}</log>'


def written(path: Path, content: str | bytes) -> Path:
    """Zipped if the name says so."""
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(folder: Path, content: str | bytes, name: str = "log.xes") -> list[LoggedCase]:
    return list(read_cases(written(folder / name, content)))


def taken_before_a_fault(cases: Iterable[LoggedCase], seen: list[str]) -> None:
    """Reads on until the reader gives up; `seen` gets the ids that came before."""
    for one in cases:
        seen.append(one.case_id)
