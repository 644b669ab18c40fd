"""Secrets that partners gave out: sealed with the office's key, the newest of each agency in force.

Every act stays as a row, so that it can be told who set what and when; a value that is not in force any more does not.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from ptsp.infra.vault import Vault

IN_FORCE = text(
    "SELECT agency, version, sealed FROM app.agency_secret WHERE sealed IS NOT NULL ORDER BY agency LIMIT 1000"
)
STANDING = text("""
    SELECT DISTINCT ON (agency) agency, sealed IS NOT NULL AS is_given, set_at, set_by FROM app.agency_secret
     ORDER BY agency, version DESC LIMIT 1000""")
NEXT = text("""
    SELECT COALESCE(max(version), 0) + 1 FROM app.agency_secret WHERE tenant_id = :tenant AND agency = :agency""")
FORGET = text("""
    UPDATE app.agency_secret SET sealed = NULL
     WHERE tenant_id = :tenant AND agency = :agency AND sealed IS NOT NULL
    RETURNING version""")
ADD = text("""
    INSERT INTO app.agency_secret (tenant_id, agency, version, act, sealed, set_by)
    VALUES (:tenant, :agency, :version, :act, :sealed, :by)""")


@dataclass(frozen=True, slots=True)
class GivenSecret:
    """What is stored of a secret in force. `version` is another one whenever the value is."""

    agency: str
    version: int
    sealed: bytes = field(repr=False)

    def opened(self, vault: Vault, tenant_id: int) -> bytes:
        """Raises cryptography's InvalidTag when it was changed or moved."""
        return b64decode(vault.open(tenant_id, _place(self.agency, self.version), self.sealed)["secret"])


@dataclass(frozen=True, slots=True)
class LastAct:
    """What was done last for an agency. Not given: the partner's was removed, and ours is in force again."""

    is_given: bool
    at: datetime
    by: str


def in_force(connection: Connection) -> dict[str, GivenSecret]:
    """Of this tenant, by agency; an agency without one has the secret that is derived."""
    return {row.agency: GivenSecret(*row) for row in connection.execute(IN_FORCE)}


def last_acts(connection: Connection) -> Mapping[str, LastAct]:
    """Of this tenant, by agency for which there ever was one."""
    return {row.agency: LastAct(row.is_given, row.set_at, row.set_by) for row in connection.execute(STANDING)}


def put(connection: Connection, tenant_id: int, vault: Vault, agency: str, secret: bytes, *, by: str) -> None:
    """In force from the commit on, in place of the one before. `connection` is the owner's, as for `remove`."""
    key = {"tenant": tenant_id, "agency": agency}
    version = connection.execute(NEXT, key).scalar_one()
    value = {"secret": b64encode(secret).decode()}
    sealed = vault.seal(tenant_id, _place(agency, version), value)
    connection.execute(FORGET, key)
    connection.execute(ADD, {**key, "version": version, "act": "set", "sealed": sealed, "by": by})


def remove(connection: Connection, tenant_id: int, agency: str, *, by: str) -> bool:
    """The derived one is in force again; False if it was already."""
    key = {"tenant": tenant_id, "agency": agency}
    version = connection.execute(NEXT, key).scalar_one()
    if connection.execute(FORGET, key).first() is None:
        return False
    connection.execute(ADD, {**key, "version": version, "act": "removed", "sealed": None, "by": by})
    return True


def _place(agency: str, version: int) -> str:
    return f"agency_secret.sealed:{agency}/{version}"
