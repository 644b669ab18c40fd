"""Those who signed in at the office: what opens, and what does not, for whom."""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from ptsp.domain import people
from ptsp.flows._sessions import end, open_session, require
from ptsp.flows.add_person import NewPerson, add_person
from ptsp.flows.hold_role import Wish, grant_role
from ptsp.infra.passwords import Passwords
from ptsp.infra.work import Work, begin
from tests.flows.acts import as_admin
from tests.offices import Office

PASSWORDS = Passwords(memory_kib=8, passes=1)
PASSWORD = "kuda-laut-berenang-jauh"
# When a session was last seen is written once in a while; not while the matrix is asked, where GET writes nothing.
SEEN = "UPDATE app.session SET seen_at = seen_at + interval '2 hours'"
HELD = {
    "petugas": Wish("officer", "front_office", "siup"),
    "pemeriksa": Wish("auditor", "front_office"),
    "pengelola": Wish("administrator"),
}


def sign_in_people(office: Office, engine: Engine) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Tokens by caller, and what stands in addresses and forms of their pages. `engine` enters as the pages do."""

    def entered() -> contextlib.AbstractContextManager[Work]:
        return begin(engine, office.tenant, actor="test")

    with entered() as work:
        for login in HELD:
            add_person(work, NewPerson(login, "Petugas Contoh"), hashed=PASSWORDS.hashed(PASSWORD), by="uji")
    as_admin(office, "UPDATE app.person SET start_until = NULL")  # their passwords are their own
    with entered() as work:
        holdings = {login: grant_role(work, login, wish, by="uji") for login, wish in HELD.items()}
    with entered() as work:
        tokens = {
            "officer": _session(work, "petugas", "front_office"),
            "auditor": _session(work, "pemeriksa", "front_office"),
            "administrator": _session(work, "pengelola", None),
            "half_in": _session(work, "petugas", None, awaits_code=True),
            "signed_out": _session(work, "petugas", "front_office"),
        }
        session = require(work, _session(work, "petugas", "front_office")).session.id
        end(work, require(work, tokens["signed_out"]), people.Ending.SIGNED_OUT)
    as_admin(office, SEEN)
    told = {"login": "petugas", "password": PASSWORD, "holding": holdings["petugas"], "session": session}
    return tokens, told


def _session(work: Work, login: str, agency: str | None, *, awaits_code: bool = False) -> str:
    person = people.person_by_login(work.connection, work.tenant.id, login)
    assert person is not None
    ends_at = work.now + timedelta(hours=8)
    return open_session(work, person, agency, ends_at=ends_at, awaits_code=awaits_code)
