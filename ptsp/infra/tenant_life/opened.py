"""What stands sealed in an office's rows, opened for whoever takes the office over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, text

from ptsp.infra.vault import Vault

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed column of a table whose rows have an id; its place in the vault is `table.column:id`."""

    table: str
    column: str


SEALED: Final = (
    Sealed("bundle", "applicant"),
    Sealed("application", "closing_note"),
    Sealed("objection", "grounds"),
    Sealed("telling", "body"),
    Sealed("telling", "raw"),
    Sealed("central_filing", "raw"),
    Sealed("person", "name"),
)


def opened(connection: Connection, vault: Vault, tenant_id: int, one: Sealed) -> Iterator[dict[str, Any]]:
    """Each row's id and what was sealed there. What cannot be opened has `fault` in place of `value`."""
    query = text(
        f"SELECT id, {one.column} AS sealed FROM app.{one.table}"
        f" WHERE tenant_id = :tenant AND {one.column} IS NOT NULL ORDER BY id"
    )
    for row in connection.execute(query, {"tenant": tenant_id}, execution_options={"yield_per": AT_ONCE}):
        yield {
            "id": str(row.id),
            **_value(vault, tenant_id, f"{one.table}.{one.column}:{row.id}", row.sealed),
        }


def _value(vault: Vault, tenant_id: int, place: str, sealed: bytes) -> dict[str, Any]:
    try:
        return {"value": vault.open(tenant_id, place, bytes(sealed))}
    except (InvalidTag, ValueError):  # changed, or sealed by another installation; told, not hidden
        return {"fault": "cannot be opened"}
