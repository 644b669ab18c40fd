"""Every operation of the application, and what is sent to it: with what belongs to office A, to office B, to nobody."""

import io
import json
import re
import uuid
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from flask import Flask
from werkzeug.test import TestResponse

from ptsp.main.prove.isolation.callers import Call, Caller

FILE = Path(__file__).with_name("requests.yaml")
MACHINES = ("/api/", "/agency/", "/snap/")
LOST = "lost"  # endpoints that only say that there is no such way
UNKNOWN = str(
    uuid.UUID(int=1, version=4)
)  # in an address that needs what no state has: nobody succeeds with it
SAME_ORIGIN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
IMPLIED = {"HEAD", "OPTIONS"}  # Flask adds them; HEAD runs the same code as GET
PARAMETER = re.compile(r"<(?:[a-z_]+:)?([a-z_]+)>")
TENANT = "tenant"
NAMES_OF_TENANT = ("X-Tenant", "X-Tenant-Id")  # headers nobody may listen to
OWN, FOREIGN, NOBODYS = "own", "foreign", "nobody's"
VARIANTS = (OWN, FOREIGN, NOBODYS)

State = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    method: str
    rule: str
    sent: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def never(self) -> str:
        """Why nobody succeeds with it; empty where somebody has to."""
        return str(self.sent.get("never", ""))

    @property
    def variants(self) -> tuple[str, ...]:
        """Whose values may stand in it: other offices' only where it holds values and they are nobody else's."""
        if self.sent.get("public"):
            return (OWN, NOBODYS)
        names = set(PARAMETER.findall(self.rule)) - {
            TENANT,
            "path",
            "filename",
            "missing",
            "method",
            "agency",
        }
        in_body = any("{" in str(part) or "$" in str(part) for part in self.sent.values())
        return VARIANTS if names or in_body else (OWN, FOREIGN)


def operations_of(app: Flask) -> list[Operation]:
    """Every method of every rule, sorted; the doors of those who lost their way are one each."""
    sent = yaml.safe_load(FILE.read_text())
    found = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - IMPLIED
        if not rule.endpoint.startswith(LOST)
    }
    if gone := sent.keys() - found:
        raise ValueError(f"{FILE.name} names operations that are no more: {sorted(gone)}")
    return [Operation(*one.split(" ", 1), sent.get(one, {})) for one in sorted(found)]


def documented(app: Flask, schemas: Path) -> set[str]:
    """`METHOD path` of the OpenAPI documents: what the application tells of itself, and what agencies are given."""
    told = app.test_client().get("/api/v1/openapi.json").get_json()
    paths = dict(told["paths"]) | json.loads((schemas / "openapi-agency.json").read_text())["paths"]
    return {
        f"{method.upper()} {path}"
        for path, ways in paths.items()
        for method in ways
        if method in ("get", "post", "put", "patch", "delete")
    }


def as_documented(operation: Operation) -> str:
    path = PARAMETER.sub(lambda name: f"{{{name[1]}}}", operation.rule)
    return f"{operation.method} {path}"


def ask(
    app: Flask,
    operation: Operation,
    caller: Caller,
    variant: str,
    own: Mapping[str, State],
    foreign: Mapping[str, State],
) -> TestResponse:
    """One case. `foreign` holds office B's values under the names of states that `own` has, where B has them."""
    state = _state(operation, variant, own, foreign)
    path = _path(operation, caller, state)
    sent = _sent(operation, state, caller)
    body = sent["data"] if isinstance(sent.get("data"), bytes) else b""
    headers = {
        "Idempotency-Key": "prove-1",
        **SAME_ORIGIN,
        **({name: str(foreign["-"]["tenant_id"]) for name in NAMES_OF_TENANT} if variant == FOREIGN else {}),
        **caller.headers(state, Call(operation.method, path, body)),
    }
    client = app.test_client(use_cookies=False)
    return client.open(path, method=operation.method, headers=headers, **sent)


def _state(operation: Operation, variant: str, own: Mapping[str, State], foreign: State) -> Mapping[str, Any]:
    where = operation.sent.get("in", "-")
    base = ChainMap(dict(own[where]), dict(own["-"]))
    if variant == OWN:
        return base
    if variant == FOREIGN:
        theirs = {**foreign["-"], **foreign.get(where, {})}
        return ChainMap({name: value for name, value in theirs.items() if name in base}, base)
    strange = {name: _nobodys(value) for name, value in base.items() if name not in ("service", "key")}
    return ChainMap(strange, base)


def _nobodys(value: Any) -> Any:
    """A value of the same form that nobody has."""
    if isinstance(value, uuid.UUID):
        return uuid.UUID(int=value.int ^ 1)
    if isinstance(value, str) and re.search("[0-9]", value):
        return re.sub("[0-9]", lambda digit: str((int(digit[0]) + 5) % 10), value)
    return value


def _path(operation: Operation, caller: Caller, state: State) -> str:
    put = operation.sent.get("put", {})

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == TENANT:
            return caller.office
        if name not in put and name not in state:
            return UNKNOWN
        return quote(_filled(put.get(name, f"{{{name}}}"), state))

    path = PARAMETER.sub(value, operation.rule)
    query = _filled(dict(operation.sent.get("query", {})), state)
    is_page = not operation.rule.startswith(MACHINES)
    if is_page and "<reference>" in operation.rule and (key := caller.key(state)):
        query["key"] = key
    return f"{path}?{urlencode(query)}" if query else path


def _sent(operation: Operation, state: State, caller: Caller) -> dict[str, Any]:
    if operation.method in ("GET", "DELETE"):
        return {}
    if "json" in operation.sent:
        told = _filled(operation.sent["json"], state)
        return {
            "data": json.dumps(told, default=str, sort_keys=True).encode(),
            "content_type": "application/json",
        }
    if "file" in operation.sent:
        data = operation.sent["text"].encode() if "text" in operation.sent else state["paper"]
        return {"data": {operation.sent["file"]: (io.BytesIO(data), "berkas.pdf")}}
    return {
        "data": _filled(dict(operation.sent.get("form", {})), ChainMap({"token": caller.token}, dict(state)))
    }


def _filled(told: Any, state: State) -> Any:
    if isinstance(told, dict):
        return {name: _filled(one, state) for name, one in told.items()}
    if isinstance(told, list):
        return [_filled(one, state) for one in told]
    if isinstance(told, str) and told.startswith("$"):
        return state[told[1:]]
    return told.format_map(state) if isinstance(told, str) else told
