"""Who calls: each proves itself in the way of its door, wherever it knocks."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ptsp.sdk import oss, snap, webhooks
from ptsp.web.desk_door import COOKIE
from tests.access.scene import HERE, OFFICER, THERE, Scene, State, desk_token
from tests.flows.acts import as_admin
from tests.flows.telling import NIB

DESKS = {
    "front": ("front_office", OFFICER),
    "front2": ("front_office", "loket-2"),
    "back": ("back_office", "petugas-1"),
    "registrar": ("civil_registry", "pejabat-1"),
    "treasurer": ("treasurer", "loket-kas"),
    "head": ("head", "kepala"),
}
DESKS_THERE = {one: DESKS[one] for one in ("front", "treasurer", "head")}
HOUR_S = 3600.0
WEEK_S = 7 * 24 * HOUR_S


@dataclass(frozen=True)
class Call:
    """A call as it goes out: method, path with its query, and the bytes that are signed."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Caller:
    """`office` is whose address it knocks at. `headers` proves it for one call, `key` opens pages of a bundle."""

    office: str = HERE
    key: Callable[[State], str] = lambda _: ""
    headers: Callable[[State, Call], Mapping[str, str]] = field(default=lambda _state, _call: {})
    cookie: str = ""

    def by_cookie_alone(self) -> "Caller":
        """What is left of it when another site makes its browser call."""
        shown = {"Cookie": self.cookie}
        return Caller(self.office, headers=lambda _state, _call: shown)


def callers_of(scene: Scene) -> dict[str, Caller]:
    """By the names that the matrix has."""
    master = scene.settings.secret
    here = {name: desk_token(scene.here, *who) for name, who in DESKS.items()}
    there = {name: desk_token(scene.there, *who) for name, who in DESKS_THERE.items()}
    revoked = desk_token(scene.here, "front_office", "keluar")
    as_admin(scene.here, "UPDATE app.credential SET revoked_at = now() WHERE officer = 'keluar'")
    return {
        "nobody": Caller(),
        "applicant": _key(HERE, lambda state: str(state.get("key", scene.key_of_another))),
        "applicant2": _key(HERE, lambda _: scene.key_of_another),
        "applicant_abroad": _key(HERE, lambda _: scene.key_there),
        "applicant_at_home": _key(THERE, lambda _: scene.key_there),
        **{name: _token(HERE, token) for name, token in here.items()},
        **{f"{name}_abroad": _token(HERE, token) for name, token in there.items()},
        **{f"{name}_at_home": _token(THERE, token) for name, token in there.items()},
        "revoked": _token(HERE, revoked),
        **{name: _token(HERE, token) for name, token in scene.sessions.items()},
        "agency": _agency(master, HERE, "public_works"),
        "agency2": _agency(master, HERE, "trade"),
        "agency_abroad": _agency(master, THERE, "public_works", at=HERE),
        "agency_at_home": _agency(master, THERE, "public_works"),
        "agency_late": _agency(master, HERE, "public_works", ago_s=HOUR_S),
        "bank": _bank(master, HERE),
        "bank_abroad": _bank(master, THERE),
        "bank_late": _bank(master, HERE, ago_s=HOUR_S),
        "oss": _oss(master),
        "oss_late": _oss(master, ago_s=WEEK_S),
    }


def _key(office: str, key: Callable[[State], str]) -> Caller:
    return Caller(office, key, lambda state, _: {"Authorization": f"Bearer {key(state)}"})


def _token(office: str, token: str) -> Caller:
    """An officer's program shows the token as bearer, the browser as cookie; here both."""
    cookie = f"{COOKIE}={token}"
    shown = {"Authorization": f"Bearer {token}", "Cookie": cookie}
    return Caller(office, headers=lambda _state, _call: shown, cookie=cookie)


def _agency(master: bytes, office: str, agency: str, at: str = "", ago_s: float = 0.0) -> Caller:
    secret = webhooks.derive_secret(master, office, agency)
    return Caller(
        at or office,
        headers=lambda _, call: webhooks.sign(secret, uuid.uuid4().hex, call.body, now=time.time() - ago_s),
    )


def _bank(master: bytes, office: str, ago_s: float = 0.0) -> Caller:
    """Only the token is of `ago_s` ago: the call itself is signed now."""
    client, secret = f"{office}.bank", webhooks.derive_secret(master, office, "bank")

    def headers(_: State, call: Call) -> dict[str, str]:
        token, now = snap.make_token(secret, client, now=time.time() - ago_s), snap.stamp(time.time())
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

    return Caller(headers=headers)


def _oss(master: bytes, ago_s: float = 0.0) -> Caller:
    password = webhooks.as_password(webhooks.derive_secret(master, HERE, "oss"))
    return Caller(
        headers=lambda _state, _call: {
            "Token": oss.token("ptsp", password, NIB, oss.days(time.time() - ago_s)[0])
        }
    )
