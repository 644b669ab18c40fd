"""Who calls at office A: each of its roles proves itself in the way of its door, and some come from elsewhere."""

import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from ptsp.flows.open_desk import open_desk
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.main.prove.isolation.states import NIB, OFFICER
from ptsp.sdk import oss, snap, webhooks
from ptsp.web.desk_door import COOKIE

DESKS = {
    "front office": ("front_office", OFFICER),
    "second officer": ("front_office", "loket-2"),
    "back office": ("back_office", "petugas-1"),
    "civil registrar": ("civil_registry", "pejabat-1"),
    "treasurer": ("treasurer", "loket-kas"),
    "head": ("head", "kepala"),
}
NOBODY, APPLICANT = "nobody", "applicant"
State = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A call as it goes out: method, path with its query, and the bytes that are signed."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Caller:
    """`office` is whose address it knocks at. `headers` proves it for one call, `key` opens pages of a bundle."""

    office: str
    key: Callable[[State], str] = lambda _: ""
    headers: Callable[[State, Call], Mapping[str, str]] = field(default=lambda _state, _call: {})
    token: str = ""


def tokens_of(owner: Engine, tenant: Tenant, roles: Collection[str] = tuple(DESKS)) -> dict[str, str]:
    """Role -> a token of its desk. Office B has not all of them."""
    with begin(owner, tenant, actor="prove") as work:
        return {name: open_desk(work, *who) for name, who in DESKS.items() if name in roles}


def callers_of(
    office: str,
    master: bytes,
    tokens: Mapping[str, str],
    other_key: str,
    foreign_key: str,
    foreign_token: str,
) -> dict[str, Caller]:
    """Role -> who proves it. The last two hold what opens doors at office B, and knock at A."""
    return {
        NOBODY: Caller(office),
        APPLICANT: _keyed(office, lambda state: str(state.get("key", other_key))),
        "applicant of another bundle": _keyed(office, lambda _: other_key),
        **{name: officer(office, token) for name, token in tokens.items()},
        "agency": _agency(master, office, "public_works"),
        "bank": _bank(master, office),
        "OSS": _oss(master, office),
        "applicant of office B": _keyed(office, lambda _: foreign_key),
        "front office of office B": officer(office, foreign_token),
    }


def _keyed(office: str, key: Callable[[State], str]) -> Caller:
    return Caller(office, key, lambda state, _: {"Authorization": f"Bearer {key(state)}"})


def officer(office: str, token: str) -> Caller:
    """An officer's program shows the token as bearer, the browser as cookie; here both."""
    shown = {"Authorization": f"Bearer {token}", "Cookie": f"{COOKIE}={token}"}
    return Caller(office, headers=lambda _state, _call: shown, token=token)


def _agency(master: bytes, office: str, agency: str) -> Caller:
    secret = webhooks.derive_secret(master, office, agency)
    return Caller(
        office, headers=lambda _, call: webhooks.sign(secret, uuid.uuid4().hex, call.body, now=time.time())
    )


def _bank(master: bytes, office: str) -> Caller:
    client, secret = f"{office}.bank", webhooks.derive_secret(master, office, "bank")

    def headers(_: State, call: Call) -> dict[str, str]:
        token, now = snap.make_token(secret, client, now=time.time()), snap.stamp(time.time())
        signature = snap.sign(
            secret, method=call.method, path=call.path, token=token, body=call.body or b"{}", timestamp=now
        )
        return {
            "Authorization": f"Bearer {token}",
            "X-TIMESTAMP": now,
            "X-SIGNATURE": signature,
            "X-PARTNER-ID": client,
            "X-EXTERNAL-ID": uuid.uuid4().hex,
            "CHANNEL-ID": "95051",
        }

    return Caller(office, headers=headers)


def _oss(master: bytes, office: str) -> Caller:
    password = webhooks.as_password(webhooks.derive_secret(master, office, "oss"))
    return Caller(
        office,
        headers=lambda _state, _call: {"Token": oss.token("ptsp", password, NIB, oss.days(time.time())[0])},
    )
