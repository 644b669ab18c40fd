"""Number series of a tenant: without gaps and without doubles, since number and document commit together."""

from sqlalchemy import Connection, text

DRAW = text("""
    INSERT INTO app.number_series AS s (tenant_id, series, year, last) VALUES (:tenant, :series, :year, :count)
    ON CONFLICT (tenant_id, series, year) DO UPDATE SET last = s.last + EXCLUDED.last
    RETURNING last""")


def draw(connection: Connection, tenant_id: int, series: str, year: int, count: int = 1) -> range:
    """The next `count` numbers of a series and year.

    The series stays locked until the transaction ends; if it rolls back, the numbers were never drawn.
    """
    values = {"tenant": tenant_id, "series": series, "year": year, "count": count}
    last: int = connection.execute(DRAW, values).scalar_one()
    return range(last - count + 1, last + 1)
