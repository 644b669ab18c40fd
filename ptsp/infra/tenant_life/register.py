"""The platform's register of what was done to whole offices. It outlives them, and holds the code and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, text

ADD: Final = text("""
    INSERT INTO app.tenant_act (id, office, code, act, by, reason, digest)
    VALUES (:id, :office, :code, :act, :by, :reason, :digest)""")
ACTS: Final = text(
    "SELECT office, code, act, at, by, reason, digest FROM app.tenant_act ORDER BY at DESC, id"
)


class Act(StrEnum):
    """What is written down. An archive that stays sealed is no act: it tells nobody anything."""

    OPENED = "opened"
    RESTORED = "restored"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Done:
    """One line of the register. `digest` is that of the archive's manifest."""

    office: int
    code: str
    act: Act
    at: datetime
    by: str
    reason: str
    digest: str


def write_down(
    connection: Connection, office: int, code: str, act: Act, *, by: str, reason: str, digest: str
) -> None:
    """Add a line in the transaction of the act itself, or before it where it cannot be undone."""
    values = {"id": uuid4(), "office": office, "code": code, "act": act}
    connection.execute(ADD, values | {"by": by, "reason": reason, "digest": digest})


def acts(connection: Connection) -> list[Done]:
    """The whole register, the newest first."""
    rows = connection.execute(ACTS)
    return [Done(one.office, one.code, Act(one.act), one.at, one.by, one.reason, one.digest) for one in rows]
