"""The matrix as read from its file, and one cell of it asked."""

import io
import json
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import yaml
from flask import Flask
from werkzeug.test import TestResponse

from tests.access.callers import Call, Caller
from tests.access.scene import State
from tests.unit.files.makers import pdf

FILE = Path(__file__).with_name("matrix.yaml")
MACHINES = ("/api/", "/agency/", "/snap/")
OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
DOOR = "in"
OUTCOME = re.compile(f"[2-5][0-9][0-9]|{DOOR}")
STRANGERS = {DOOR, "401", "403", "404"}  # what tells nothing to those who may not
KEYS = {"ask", "as", "put", "query", "form", "json", "file", "others", "shows", "keeps", "in"}
IMPLIED = {"HEAD", "OPTIONS"}  # Flask adds them; HEAD runs the same code as GET
SAFE = {"GET"}
PARAMETER = re.compile(r"<(?:[a-z_]+:)?([a-z_]+)>")


@dataclass(frozen=True)
class Row:
    """One rule and its methods in one state, with the outcome for each caller."""

    methods: tuple[str, ...]
    rule: str
    name: str
    state: str
    cells: Mapping[str, str]
    shows: Mapping[str, frozenset[str]]
    keeps: frozenset[str]
    sent: Mapping[str, Any]

    def __str__(self) -> str:
        words = f"{','.join(self.methods)} {self.rule}"
        return f"{words}{f' ({self.name})' if self.name else ''} [{self.state}]"

    @property
    def is_for_machines(self) -> bool:
        return self.rule.startswith(MACHINES)

    @property
    def writes(self) -> bool:
        return not SAFE.issuperset(self.methods)

    @property
    def size(self) -> int:
        """How many cells it has."""
        return len(self.methods) * len(self.cells)


@dataclass(frozen=True)
class Matrix:
    callers: Mapping[str, str]
    states: Mapping[str, str]
    rows: tuple[Row, ...]

    @property
    def routes(self) -> set[str]:
        return {f"{method} {row.rule}" for row in self.rows for method in row.methods}

    @property
    def by_rule(self) -> dict[str, list[Row]]:
        """All rows of a rule together."""
        rules = dict.fromkeys(row.rule for row in self.rows)
        return {rule: [row for row in self.rows if row.rule == rule] for rule in rules}


class Names:
    """Callers, by their names and those of groups."""

    def __init__(self, callers: Mapping[str, str], groups: Mapping[str, list[str]]) -> None:
        self._groups = {name: [name] for name in callers} | dict(groups)
        self.all = tuple(callers)

    def read(self, written: str) -> frozenset[str]:
        """Raises ValueError for a name that is not known."""
        if unknown := [name for name in written.split() if name not in self._groups]:
            raise ValueError(f"no caller is called {', '.join(unknown)}")
        return frozenset(one for name in written.split() for one in self._members(name))

    def outcomes(self, told: Mapping[Any, str], base: Mapping[str, str]) -> dict[str, str]:
        """Caller -> outcome: what is told, over `base`; of two that name a caller the first holds for it.

        Raises ValueError for what is no outcome, and for one that is left with nobody.
        """
        cells: dict[str, str] = {}
        for outcome, written in told.items():
            named = self.read(written) - cells.keys()
            if not OUTCOME.fullmatch(str(outcome)) or not named:
                raise ValueError(f"{outcome!r} is no outcome, or nobody is left to get it")
            cells |= dict.fromkeys(named, str(outcome))
        cells = {**base, **cells}
        if without := [name for name in self.all if name not in cells]:
            raise ValueError(f"{', '.join(without)}: no outcome")
        return {name: cells[name] for name in self.all}

    def _members(self, name: str) -> Iterator[str]:
        for one in self._groups[name]:
            yield from [one] if one == name else self._members(one)


def read_matrix(written: str | None = None) -> Matrix:
    """Raises ValueError for a row that is not whole, naming it."""
    told = yaml.safe_load(FILE.read_text() if written is None else written)
    names = Names(told["callers"], told["groups"])
    others = {name: names.outcomes(one, {}) for name, one in told["others"].items()}
    rows: list[Row] = []
    for one in told["rows"]:
        try:
            rows += _rows(one, names, others, told["states"])
        except ValueError as error:
            raise ValueError(f"{one['ask']}: {error}") from error
    if twice := {str(row) for row in rows if sum(str(row) == str(other) for other in rows) > 1}:
        raise ValueError(f"{sorted(twice)}: stands there twice; tell them apart by `as`")
    return Matrix(told["callers"], told["states"], tuple(rows))


def _rows(
    one: Mapping[str, Any],
    names: Names,
    others: Mapping[str, Mapping[str, str]],
    states: Mapping[str, str],
) -> Iterator[Row]:
    methods, _, rule = one["ask"].partition(" ")
    if unknown := (one.keys() - KEYS) | (one["in"].keys() - states.keys()):
        raise ValueError(f"{sorted(unknown)} is not known")
    base = others[one["others"]] if "others" in one else {}
    shows = {what: names.read(to) for what, to in one.get("shows", {}).items()}
    keeps = names.read(one.get("keeps", ""))
    for state, told in one["in"].items():
        cells = names.outcomes(told, base)
        yield Row(tuple(methods.split(",")), rule, one.get("as", ""), state, cells, shows, keeps, one)


def routes_of(app: Flask) -> set[str]:
    """Every method of every rule there is."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - IMPLIED
    }


def ask(
    app: Flask,
    row: Row,
    method: str,
    caller: Caller,
    state: State,
    headers: Mapping[str, str] = OWN,
) -> TestResponse:
    """One cell. `headers` say where the call comes from, as browsers do."""
    path = _path(row, caller, state)
    sent = _sent(row, state, method)
    body = sent["data"] if isinstance(sent.get("data"), bytes) else b""
    proof = caller.headers(state, Call(method, path, body))
    client = app.test_client(use_cookies=False)
    all_headers = {"Idempotency-Key": "matrix-1", **headers, **proof}
    return client.open(path, method=method, headers=all_headers, buffered=True, **sent)


def state_of(states: Mapping[str, State], row: Row) -> State:
    """What a row's names stand for: the values of its state, and those of no bundle."""
    return ChainMap(dict(states[row.state]), dict(states["-"]))


def _path(row: Row, caller: Caller, state: State) -> str:
    put = {**row.sent.get("put", {})}

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "tenant":
            return caller.office
        return quote(filled(put.get(name, f"{{{name}}}"), state))

    path = PARAMETER.sub(value, row.rule)
    query = filled(dict(row.sent.get("query", {})), state)
    if not row.is_for_machines and "<reference>" in row.rule and (key := caller.key(state)):
        query["key"] = key
    return f"{path}?{urlencode(query)}" if query else path


def _sent(row: Row, state: State, method: str) -> dict[str, Any]:
    if method in ("GET", "DELETE"):
        return {}
    if "json" in row.sent:
        told = filled(row.sent["json"], state)
        return {"data": json.dumps(told, default=str).encode(), "content_type": "application/json"}
    if "file" in row.sent:
        return {"data": {row.sent["file"]: (io.BytesIO(pdf()), "berkas.pdf")}}
    return {"data": filled(row.sent.get("form", {}), state)}


def filled(told: Any, state: State) -> Any:
    """What is written in the table with the values of the state in it."""
    if isinstance(told, dict):
        return {name: filled(one, state) for name, one in told.items()}
    if isinstance(told, list):
        return [filled(one, state) for one in told]
    if isinstance(told, str) and told.startswith("$"):
        return state[told[1:]]
    return told.format_map(state) if isinstance(told, str) else told


def outcome(answer: TestResponse, caller: Caller) -> str:
    """A cell as the table has it."""
    path = urlsplit(answer.headers.get("Location", "")).path
    is_door = answer.status_code == 303 and path == f"/{caller.office}/desk"
    return DOOR if is_door else str(answer.status_code)


def is_refusal(cell: str) -> bool:
    return cell == DOOR or cell >= "400"
