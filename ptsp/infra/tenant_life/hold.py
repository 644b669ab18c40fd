"""An office held still for as long as a transaction lasts, while all others work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from ptsp.infra.database import tenant_transaction
from ptsp.kernel.errors import Conflict

# Whoever writes for an office holds the row of a bundle, or hangs what is new on one of these: a bundle, a version of
# the calendars, the office itself. Bundles come first, as in every flow, so that nobody waits in a circle.
HELD: Final = (
    text(
        "SELECT count(*) FROM (SELECT FROM app.bundle WHERE tenant_id = :tenant ORDER BY id FOR UPDATE) AS b"
    ),
    text("SELECT count(*) FROM (SELECT FROM app.calendar WHERE tenant_id = :tenant FOR UPDATE) AS c"),
    text("SELECT count(*) FROM (SELECT FROM app.tenant WHERE id = :tenant FOR UPDATE) AS t"),
)
DEFERRED: Final = text("SET CONSTRAINTS ALL DEFERRED")
CHECKED: Final = text("SET CONSTRAINTS ALL IMMEDIATE")


@contextmanager
def held_office(owner: Engine, tenant_id: int) -> Iterator[Connection]:
    """A transaction of the owner in which nobody else writes for this office; row security keeps it from all others.

    What waits meanwhile goes on afterwards, or is refused by a foreign key and tried again by whoever sent it.
    Raises Conflict, with the constraint that would not hold, or the lock that was not given: nothing is done then.
    """
    try:
        with tenant_transaction(owner, tenant_id) as connection:
            connection.execute(DEFERRED)
            for one in HELD:
                connection.execute(one, {"tenant": tenant_id})
            yield connection
            connection.execute(CHECKED)
    except IntegrityError as error:
        name = error.orig.diag.constraint_name  # type: ignore[union-attr]
        raise Conflict(f"nothing was done: the rows would not keep {name}") from error
    except OperationalError as error:
        name = type(error.orig).__name__
        raise Conflict(
            f"nothing was done: the office is being worked on, or the database is away ({name})"
        ) from error
