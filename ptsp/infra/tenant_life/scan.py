"""Look everywhere for words that must be nowhere: every table, document, key of Redis, message, and log."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import redis
from psycopg import sql

from ptsp.infra.files import FileStore
from ptsp.infra.files.rooms import everything
from ptsp.infra.tenant_life.broker_traces import messages
from ptsp.infra.tenant_life.redis_traces import texts
from ptsp.kernel.errors import Fault, Forbidden, Invalid

SHORTEST: Final = 4  # letters of a marker: shorter ones are found everywhere
PLAIN: Final = re.compile(
    r"""[ -~]+"""
)  # what every place writes the same way, but for the two that are quoted
QUOTED: Final = frozenset('"\\')
IS_SUPERUSER: Final = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
# Also the catalogue, where statistics keep samples of values.
RELATIONS: Final = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_(toast|temp)' ORDER BY 1, 2"""
FOUND: Final = """
    SELECT m.marker, count(*)
      FROM (SELECT scanned_row::text AS said FROM {} AS scanned_row OFFSET 0) AS r, unnest(%s::text[]) AS m (marker)
     WHERE strpos(r.said, m.marker) > 0 OR strpos(r.said, encode(convert_to(m.marker, 'UTF8'), 'hex')) > 0
     GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Trace:
    """A marker that was found: where, and in how many rows, files, keys or messages there."""

    place: str
    marker: str
    count: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look. `database_url` (libpq's form) has to be a superuser's; `broker_url` is empty without a broker."""

    database_url: str
    files: FileStore
    redis: redis.Redis
    broker_url: str
    queues: Sequence[str]
    folders: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Looked:
    """How much was looked at: a scan of nothing finds nothing."""

    tables: int
    documents: int
    redis_keys: int
    messages: int
    files: int


def scan(places: Places, markers: Sequence[str]) -> tuple[list[Trace], Looked]:
    """Every trace of the markers, as text, and as bytes that the database shows in hex.

    Raises Invalid for a marker that is too short to mean anything or not written alike everywhere, Forbidden for a
    role from which rows may be hidden.
    """
    if not markers or not all(_is_found_as_written(one) for one in markers):
        reason = f"each needs {SHORTEST} letters or more, of ASCII, without quotes and backslashes"
        raise Invalid([Fault("marker", reason)])
    tables, found = _database(places.database_url, markers)
    parts: dict[str, Iterable[tuple[str, bytes]]] = {
        "documents": ((name, name.encode() + data) for name, data in everything(places.files)),
        "redis": ((key.decode(errors="replace"), b"\n".join(held)) for key, held in texts(places.redis)),
        "broker": messages(places.broker_url, places.queues) if places.broker_url else (),
        "files": (one for folder in places.folders for one in _files(folder)),
    }
    counts = []
    for part, contents in parts.items():
        traces, count = _in(part, contents, markers)
        found += traces
        counts.append(count)
    return found, Looked(tables, *counts)


def _is_found_as_written(marker: str) -> bool:
    """Not one that some place writes with escapes: it would be looked for in vain, and said to be gone."""
    return len(marker) >= SHORTEST and bool(PLAIN.fullmatch(marker)) and not QUOTED & set(marker)


def _database(url: str, markers: Sequence[str]) -> tuple[int, list[Trace]]:
    found = []
    with psycopg.connect(url) as connection:
        if connection.execute(IS_SUPERUSER).fetchone() != (True,):
            raise Forbidden("the scan has to see every row: PTSP_DATABASE_URL must name a superuser")
        relations = connection.execute(RELATIONS).fetchall()
        for schema, name in relations:
            query = sql.SQL(FOUND).format(sql.Identifier(schema, name))
            for marker, count in connection.execute(query, (list(markers),)):
                found.append(Trace(f"table {schema}.{name}", marker, count))
    return len(relations), found


def _in(part: str, contents: Iterable[tuple[str, bytes]], markers: Sequence[str]) -> tuple[list[Trace], int]:
    """The traces, and how many things were looked at; one of them at a time is held."""
    counts: Counter[tuple[str, str]] = Counter()
    looked = 0
    for name, data in contents:
        looked += 1
        counts.update((f"{part} {name}", one) for one in markers if one.encode() in data)
    return [Trace(place, one, count) for (place, one), count in sorted(counts.items())], looked


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder.parent)), str(path.name).encode() + path.read_bytes()
